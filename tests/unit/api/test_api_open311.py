"""Open311 GeoReport v2 as its specification has it: https://wiki.open311.org/GeoReport_v2, in both formats.

Each test names the part of the specification, or the line of the loop, that it holds the server to.
"""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from services.api.open311.offered import ATTRIBUTES, OTHER, codes
from services.api.open311.reporting import full_name
from services.api.open311.requests import STATES
from services.api.open311.writing import SINGULAR, element
from services.registry.domain import Area
from services.registry.domain.geometry import surrounds
from services.tickets.domain import State
from services.tickets.domain.catalogue import GROUPS, LEAVES
from tests.fakes.city import NOW, MemoryCity
from tests.fakes.stage import staged
from tests.fakes.web import ask, token

V2: Final = "/open311/v2"
PAYLOAD: Final = Path(__file__).parents[2] / "data" / "payloads" / "35-ticket-fiware-open311-service-request.json"
REQUEST: Final = [
    "service_request_id", "status", "status_notes", "service_name", "service_code", "description",
    "agency_responsible", "service_notice", "requested_datetime", "updated_datetime", "expected_datetime", "address",
    "address_id", "zipcode", "lat", "long", "media_url",
]  # fmt: skip
W3: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")
DAY: Final = 86_400_000


@pytest.fixture(scope="module")
def shared() -> MemoryCity:
    return MemoryCity()


@pytest.fixture
def city() -> MemoryCity:
    return MemoryCity()


def plain(node: ET.Element) -> Any:
    """An XML answer as the Spark convention maps it to JSON."""
    children = list(node)
    if node.tag in SINGULAR:
        return [plain(child) for child in children]
    return {child.tag: plain(child) for child in children} if children else node.text


def read(answer: httpx.Response, status: int = 200) -> Any:
    """The body of an answer, whichever format it has, with the content type that the format demands."""
    assert answer.status_code == status, answer.text
    if answer.request.url.path.endswith(".json"):
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        return answer.json()
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert answer.content.startswith(b'<?xml version="1.0" encoding="utf-8"?>')
    return plain(ET.fromstring(answer.content))  # noqa: S314 - our own answer


def errors(answer: httpx.Response, status: int) -> str:
    """In "Errors": every entry has a code and a description."""
    found = read(answer, status)
    assert found
    assert all(set(each) == {"code", "description"} and each["description"] for each in found)
    return " | ".join(str(each["description"]) for each in found)


def form(city: MemoryCity, **changes: str) -> dict[str, str]:
    """The specification's example request, of a resident here."""
    building = city.places.areas[city.of_kind("gas").building]
    given = {
        "api_key": token(city, "citizen"), "jurisdiction_id": "", "service_code": "lighting", "lat": str(building.lat),
        "long": str(building.lon), "address_string": "纺织新村12栋东侧", "email": "w@example.org", "device_id": "tt2",
        "account_id": "123456", "first_name": "芳", "last_name": "王", "phone": "13812345621",
        "description": "路灯不亮 <b>&\n第二行", "media_url": "https://example.org/a.jpg", "attribute[POLE]": "LD-0042",
    }  # fmt: skip
    return {**given, **changes}


def post(city: MemoryCity, data: Mapping[str, Any], kind: str = "json", **headers: str) -> httpx.Response:
    return ask(city, "POST", f"{V2}/requests.{kind}", data=data, headers={"Accept-Language": "en", **headers})


def refused(city: MemoryCity, path: str, code: int, lang: str = "en", **query: str) -> str:
    """Why an address of the interface says no."""
    return errors(ask(city, "GET", path, params=query, headers={"Accept-Language": lang}), code)


def number(answer: httpx.Response) -> str:
    (made,) = read(answer, 201)
    return str(made["service_request_id"])


# Service discovery and services


@pytest.mark.parametrize("kind", ["xml", "json"])
def test_discovery_names_the_endpoint_and_both_formats(shared: MemoryCity, kind: str) -> None:
    found = read(ask(shared, "GET", f"/open311/discovery.{kind}"))
    assert set(found) == {"changeset", "contact", "key_service", "endpoints"}
    (endpoint,) = found["endpoints"]
    assert endpoint["specification"] == "http://wiki.open311.org/GeoReport_v2"
    assert endpoint["url"] == f"http://linli.test{V2}"
    assert endpoint["formats"] == ["text/xml", "application/json"]
    assert endpoint["type"] == "production"
    assert ask(shared, "GET", endpoint["url"] + "/services.json").status_code == 200


def test_discovery_names_the_address_from_outside_and_another_jurisdiction_is_404(city: MemoryCity) -> None:
    """In "jurisdiction_id": an endpoint that serves one may ignore it; one that is wrong is not found."""
    city.app = staged(city.container(public_url="https://12345.example", open311_jurisdiction="linli.example"))
    (endpoint,) = read(ask(city, "GET", "/open311/discovery.json"))["endpoints"]
    assert endpoint["url"] == f"https://12345.example{V2}"
    for path in ("services", "services/lighting", "requests", "requests/LY-0", "tokens/x"):
        assert "here it is linli.example" in refused(city, f"{V2}/{path}.xml", 404, jurisdiction_id="elsewhere")
    assert "linli.example" in errors(post(city, form(city, jurisdiction_id="elsewhere")), 404)
    assert read(ask(city, "GET", f"{V2}/services.json", params={"jurisdiction_id": "linli.example"}))


@pytest.mark.parametrize("kind", ["xml", "json"])
def test_services_list_what_may_be_reported_without_a_key(shared: MemoryCity, kind: str) -> None:
    found = read(ask(shared, "GET", f"{V2}/services.{kind}"))
    wanted = {"service_code", "service_name", "description", "metadata", "type", "keywords", "group"}
    assert all(set(each) == wanted and each["type"] == "realtime" for each in found)
    assert [each["service_code"] for each in found] == list(codes())
    asking = {each["service_code"] for each in found if str(each["metadata"]).lower() == "true"}
    assert asking == set(ATTRIBUTES)


def test_the_services_are_the_catalogues_leaves_but_our_own_upkeep(shared: MemoryCity) -> None:
    assert set(codes()) == set(LEAVES) - {"device-upkeep"}
    found = read(ask(shared, "GET", f"{V2}/services.json"))
    assert {each["group"] for each in found} == {group.name_zh for group in GROUPS.values()}


def test_services_speak_the_language_that_is_asked_for(shared: MemoryCity) -> None:
    english = {"Accept-Language": "en-GB,en;q=0.9"}
    (first, *_) = read(ask(shared, "GET", f"{V2}/services.json", headers=english))
    assert (first["service_name"], first["group"]) == ("Gas leak", "Public safety")
    assert "119" in first["description"]


@pytest.mark.parametrize("kind", ["xml", "json"])
@pytest.mark.parametrize("code", [*ATTRIBUTES, "drainage", OTHER])
def test_a_definition_has_its_questions_in_order(shared: MemoryCity, code: str, kind: str) -> None:
    found = read(ask(shared, "GET", f"{V2}/services/{code}.{kind}"))
    assert found["service_code"] == code
    attributes = found["attributes"] or []
    assert [each["code"] for each in attributes] == [each.code for each in ATTRIBUTES.get(code, ())]
    assert [str(each["order"]) for each in attributes] == [str(n) for n in range(1, len(attributes) + 1)]
    for each in attributes:
        wanted = "variable code datatype required datatype_description order description values".split()  # noqa: SIM905
        assert list(each) == wanted
        assert bool(each["values"]) == (each["datatype"] == "singlevaluelist")


# POST service request


@pytest.mark.parametrize("kind", ["xml", "json"])
def test_a_request_is_made_once_and_can_be_read_by_everybody(city: MemoryCity, kind: str) -> None:
    answer = post(city, form(city), kind)
    (made,) = read(answer, 201)
    assert set(made) == {"service_request_id", "service_notice", "account_id"}, "a request id, and no token with it"
    assert made["account_id"] == "123456"
    for address in (f"{V2}/requests/{made['service_request_id']}.{kind}", f"{V2}/requests.{kind}"):
        (seen,) = read(ask(city, "GET", address))
        assert list(seen) == REQUEST
        assert (seen["status"], seen["service_code"], seen["service_name"]) == ("open", "lighting", "路灯故障")
        assert seen["service_request_id"] == made["service_request_id"]
        for name in ("requested_datetime", "updated_datetime", "expected_datetime"):
            assert W3.fullmatch(seen[name]), "times are in the w3 form, with their zone"
    (ticket,) = city.tickets.state.tickets.values()
    assert (ticket.source, ticket.reporter, ticket.category) == ("open311", "citizen", "lighting")
    assert ticket.caller is not None
    assert (ticket.caller.name, ticket.caller.phone) == ("王芳", "13812345621")
    assert ticket.building == city.of_kind("gas").building
    assert ticket.area == ticket.building[:15]
    assert "灯杆编号（如看得到）LD-0042" in ticket.text


def test_the_same_key_reports_once(city: MemoryCity) -> None:
    sent = form(city)
    first, second = (number(post(city, sent, Idempotency_Key="k")) for _ in range(2))
    assert first == second
    assert len(city.tickets.state.tickets) == 1


def test_a_stranger_reads_where_and_how_far_but_not_what_people_wrote(city: MemoryCity) -> None:
    made = number(post(city, form(city)))
    (seen,) = read(ask(city, "GET", f"{V2}/requests/{made}.json"))
    assert seen["description"] is None
    assert "12栋东侧" not in seen["address"]
    key = token(city, "operator")
    (read_by_operator,) = read(ask(city, "GET", f"{V2}/requests/{made}.json?api_key={key}"))
    assert read_by_operator["description"].startswith("路灯不亮 <b>&\n第二行")
    assert read_by_operator["address"] == "纺织新村12栋东侧"
    for text in (json.dumps(seen), json.dumps(read_by_operator)):
        assert "13812345621" not in text
        assert "王芳" not in text


def test_a_stranger_sees_only_what_came_in_here_and_nothing_confidential(city: MemoryCity) -> None:
    called = city.call(NOW - 60_000, "楼道有燃气味", "四楼", "棉纺二村 4栋", "王女士", "13812345621", "gas-leak")
    with city.tickets.transaction() as work:
        of_hotline = work.ticket(called)
    assert of_hotline is not None
    assert read(ask(city, "GET", f"{V2}/requests.json")) == []
    refused(city, f"{V2}/requests/{of_hotline.number}.json", 404)
    key = token(city, "operator")
    (seen,) = read(ask(city, "GET", f"{V2}/requests.json?api_key={key}"))
    assert seen["service_request_id"] == of_hotline.number
    assert read(ask(city, "GET", f"{V2}/requests.json?api_key={token(city, 'citizen')}")) == [], "another's call"


@pytest.mark.parametrize("kind", ["xml", "json"])
def test_a_missing_or_wrong_key_is_403(shared: MemoryCity, kind: str) -> None:
    """In "General errors": 403, missing or invalid API key."""
    assert "api_key was not provided" in errors(post(shared, {"service_code": "lighting"}, kind), 403)
    assert "api_key is wrong" in errors(post(shared, {"api_key": "xyz"}, kind), 403)
    assert "api_key is wrong" in refused(shared, f"{V2}/requests.{kind}", 403, api_key="xyz")
    assert "oncall" in errors(post(shared, form(shared, api_key=token(shared, "oncall")), kind), 403)
    session = {"Cookie": f"linli_session={shared.session('operator')}"}
    assert "api_key was not provided" in errors(post(shared, {"service_code": "lighting"}, kind, **session), 403)


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"service_code": ""}, 400, "service_code was not provided"),
        ({"service_code": "dragons"}, 404, "service_code dragons was not found"),
        ({"service_code": "device-upkeep"}, 404, "was not found"),
        ({"lat": "", "long": "", "address_string": ""}, 400, "no location was provided"),
        ({"lat": "31"}, 400, "outside this district"),
        ({"lat": ""}, 400, "sent together"),
        ({"lat": "nan"}, 400, "WGS84"),
        ({"lat": "91"}, 400, "WGS84"),
        ({"address_id": "123456"}, 400, "address_id 123456"),
        ({"service_code": "gas-leak"}, 400, "attribute[WHERE_SMELT] was not provided"),
        ({"service_code": "gas-leak", "attribute[WHERE_SMELT]": "moon"}, 400, "indoors, stairs, outside"),
        ({"attribute[COLOUR]": "red"}, 400, "attribute[COLOUR]"),
        ({"description": "长" * 4_001}, 400, "4001"),
        ({"description": "a\0b"}, 400, "control characters"),
        ({"media_url": "javascript:alert(1)"}, 400, "media_url"),
        ({"phone": "1381"}, 400, "phone '1381' is no telephone number"),
        ({"phone": "不告诉 12345"}, 400, "phone"),
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["xml", "json"])
def test_what_is_wrong_is_named(
    shared: MemoryCity, changes: dict[str, str], status: int, words: str, kind: str
) -> None:
    assert words in errors(post(shared, form(shared, **changes), kind), status)
    assert shared.tickets.state.tickets == {}


def test_several_reasons_come_at_once(shared: MemoryCity) -> None:
    answer = post(shared, form(shared, lat="", media_url="ftp://x", description="长" * 4_001))
    assert len(read(answer, 400)) == 3


def test_every_refusal_is_chinese_unless_english_is_asked_for(shared: MemoryCity) -> None:
    """In "Errors": the description "is meant to be seen by the user", and who reports here reads Chinese."""
    sent = form(shared, service_code="gas-leak", lat="x", media_url="ftp://x", phone="x", description="长" * 4_001)
    for lang, chinese in (("zh-CN,zh;q=0.9", True), ("en-GB", False)):
        found = read(post(shared, sent, Accept_Language=lang), 400)
        assert len(found) == 6
        assert all(bool(re.search("[\u4e00-\u9fff]", each["description"])) is chinese for each in found)
    for path in ("nothing/here", "services/dragons", "tokens/none", "requests/LY-0"):
        assert "没有" in refused(shared, f"{V2}/{path}.json", 404, "zh")
    assert "没有填 api_key" in errors(post(shared, {"service_code": "x"}, Accept_Language=""), 403)
    for query in ({"status": "lost"}, {"end_date": "x"}, {"page": "x"}):
        ((name, value),) = query.items()
        assert refused(shared, f"{V2}/requests.json", 400, "zh", **query).startswith(f"{name} “{value}”须是")


@pytest.mark.parametrize("kind", ["xml", "json"])
def test_what_never_reaches_a_route_is_refused_in_the_same_form(shared: MemoryCity, kind: str) -> None:
    """In "Errors": 400 for any other error where the request can not be fulfilled as expected."""
    for method, path, body in (
        ("DELETE", "requests", b""),
        ("POST", "services", b""),
        ("POST", "requests", b"a" * (1 << 20) + b"a"),
    ):
        found = read(ask(shared, method, f"{V2}/{path}.{kind}", content=body), 400)
        assert [str(each["code"]) for each in found] == ["413" if body else "405"]


def test_letters_that_were_not_escaped_are_read_and_those_of_another_encoding_refused(city: MemoryCity) -> None:
    """In "Encoding": what a client sends is UTF-8. ``curl -d`` escapes nothing."""
    given = form(city)
    head = f"api_key={given['api_key']}&service_code=lighting&lat={given['lat']}&long={given['long']}&description="
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    number(ask(city, "POST", f"{V2}/requests.json", content=f"{head}路灯不亮".encode(), headers=kind))
    (ticket,) = city.tickets.state.tickets.values()
    assert ticket.text == "路灯不亮"
    for body in ("路灯".encode("gbk"), b"%C2%B7%B5%C6"):
        answer = ask(city, "POST", f"{V2}/requests.json", content=head.encode() + body, headers=kind)
        assert "UTF-8" in errors(answer, 400)
    assert len(city.tickets.state.tickets) == 1


def test_a_photographs_address_comes_back_to_those_who_may_read_what_was_written(city: MemoryCity) -> None:
    made = number(post(city, form(city)))
    (stranger,) = read(ask(city, "GET", f"{V2}/requests/{made}.json"))
    (operator,) = read(ask(city, "GET", f"{V2}/requests/{made}.json?api_key={token(city, 'operator')}"))
    assert stranger["media_url"] is None
    assert operator["media_url"] == "https://example.org/a.jpg"
    assert "example.org" not in operator["description"]


@pytest.mark.parametrize(
    ("first", "last", "whole"), [("芳", "王", "王芳"), ("John", "Smith", "John Smith"), ("", "王", "王")]
)
def test_a_name_is_written_as_its_language_writes_it(first: str, last: str, whole: str) -> None:
    assert full_name(last, first) == whole


def test_an_app_of_another_site_may_read_and_somebody_who_tries_the_root_finds_the_way(shared: MemoryCity) -> None:
    assert ask(shared, "GET", f"{V2}/services.json").headers["access-control-allow-origin"] == "*"
    for entrance in ("/open311/", V2, f"{V2}/"):
        assert ask(shared, "GET", entrance).headers["location"] == "/open311/discovery.xml"


def test_what_is_no_form_is_refused(shared: MemoryCity) -> None:
    """In "POST service request": application/x-www-form-urlencoded."""
    answer = ask(shared, "POST", f"{V2}/requests.json?api_key={token(shared, 'citizen')}", json={"service_code": "x"})
    assert "application/x-www-form-urlencoded" in errors(answer, 400)


@pytest.mark.parametrize(
    "text", ["'; DROP TABLE tickets; --", "<script>alert(1)</script>", "]]>&amp;", "\U0001f525 火"]
)
@pytest.mark.parametrize("kind", ["xml", "json"])
def test_code_in_a_text_stays_text(city: MemoryCity, text: str, kind: str) -> None:
    key = token(city, "operator")
    made = number(post(city, form(city, description=text, address_string=text), kind))
    (seen,) = read(ask(city, "GET", f"{V2}/requests/{made}.{kind}?api_key={key}"))
    assert seen["description"].startswith(text)
    assert seen["address"] == text


def test_a_report_that_fits_no_service_is_for_an_operator_to_classify(city: MemoryCity) -> None:
    sent = {name: value for name, value in form(city, service_code=OTHER).items() if "attribute" not in name}
    made = number(post(city, sent))
    (seen,) = read(ask(city, "GET", f"{V2}/requests.json?service_code={OTHER}"))
    assert (seen["service_request_id"], seen["service_code"]) == (made, OTHER)


def test_an_address_in_words_needs_no_position(city: MemoryCity) -> None:
    sent = form(city, lat="", long="")
    made = number(post(city, sent))
    (ticket,) = city.tickets.state.tickets.values()
    assert (ticket.number, ticket.area, ticket.position, ticket.place) == (made, "", None, "纺织新村12栋东侧")


# GET service requests


def filled(city: MemoryCity) -> dict[str, str]:
    """Three requests, of today, of 40 and of 100 days ago; the middle one is withdrawn. By age in days."""
    numbers = {}
    for days, code in ((100, "lighting"), (40, "fire-lane"), (0, "lighting")):
        city.clock.set(NOW - days * DAY)
        sent = {name: value for name, value in form(city, service_code=code).items() if "attribute" not in name}
        numbers[str(days)] = number(post(city, sent))
    city.clock.set(NOW)
    return numbers


def found(city: MemoryCity, **query: str) -> set[str]:
    return {each["service_request_id"] for each in read(ask(city, "GET", f"{V2}/requests.json", params=query))}


def w3(days_ago: int) -> str:
    return datetime.fromtimestamp((NOW - days_ago * DAY) / 1000).astimezone().isoformat(timespec="seconds")


def test_requests_are_found_by_date_code_status_and_number(city: MemoryCity) -> None:
    n = filled(city)
    city.act(city.tickets.state.tickets[_id(city, n["0"])].id, "withdraw", "citizen", NOW, reason="已亮")
    assert found(city) == {n["0"], n["40"]}, "the most recent 90 days where nothing is asked"
    assert found(city, start_date=w3(101)) == {n["100"], n["40"]}, "90 days from the start"
    assert found(city, end_date=w3(1)) == {n["40"]}
    assert found(city, end_date=w3(-30)) == {n["0"], n["40"]}, "the most recent 90 days, whatever lies ahead"
    assert found(city, start_date=w3(40), end_date=w3(40)) == {n["40"]}, "both dates are included, as they are shown"
    assert found(city, start_date=w3(41), end_date=w3(39)) == {n["40"]}
    assert found(city, start_date="", end_date="", status="") == found(city), "an empty argument is none"
    assert found(city, status="closed") == {n["0"]}
    assert found(city, status="open") == {n["40"]}
    assert found(city, status="open,closed") == {n["0"], n["40"]}
    assert found(city, service_code="lighting") == {n["0"]}
    assert found(city, service_code="lighting,fire-lane") == {n["0"], n["40"]}
    several = ask(
        city, "GET", f"{V2}/requests.json?service_code=lighting&service_code=fire-lane&status=open&status=closed"
    )
    assert len(read(several)) == 2, "can be declared multiple times"
    both = f"{n['100']},{n['0']}"
    assert found(city, service_request_id=both, status="open") == {n["100"], n["0"]}, "overrides all other arguments"
    assert found(city, service_request_id=f"LY-0,{n['0']}") == {n["0"]}, "one that is gone does not hide the others"
    assert found(city, page_size="1") == {n["0"]}, "the newest first"
    assert found(city, page_size="1", page="2") == {n["40"]}
    assert found(city, page_size="1", page="3") == set()


def _id(city: MemoryCity, number: str) -> str:
    return next(ticket.id for ticket in city.tickets.state.tickets.values() if ticket.number == number)


def test_a_closed_request_was_last_changed_when_it_was_closed(city: MemoryCity) -> None:
    n = filled(city)
    city.act(_id(city, n["0"]), "withdraw", "citizen", NOW + 5_000, reason="已亮")
    (seen,) = read(ask(city, "GET", f"{V2}/requests/{n['0']}.json"))
    assert datetime.fromisoformat(seen["updated_datetime"]).timestamp() * 1000 == NOW + 5_000 - (NOW + 5_000) % 1000
    assert (seen["status"], seen["status_notes"]) == ("closed", "已撤销")


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ({"status": "lost"}, 400, "neither open nor closed"),
        ({"service_code": "dragons"}, 404, "dragons"),
        ({"start_date": "2026-01-01"}, 400, "start_date"),
        ({"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-06-01T00:00:00Z"}, 400, "90 days"),
        ({"start_date": "2026-06-01T00:00:00Z", "end_date": "2026-01-01T00:00:00Z"}, 400, "after"),
        ({"service_request_id": "LY-0"}, 404, "LY-0"),
        ({"service_request_id": ",".join(str(n) for n in range(101))}, 400, "at most 100"),
        ({"end_date": "1960-01-01T00:00:00Z"}, 400, "end_date '1960-01-01T00:00:00Z'"),
        ({"page_size": "1001"}, 400, "page_size '1001' is to be a number from 1 to 1000"),
        ({"page": "0"}, 400, "page '0'"),
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["xml", "json"])
def test_a_query_that_means_nothing_says_so(
    shared: MemoryCity, query: dict[str, str], status: int, words: str, kind: str
) -> None:
    assert words in refused(shared, f"{V2}/requests.{kind}", status, **query)


@pytest.mark.parametrize("path", ["services/dragons", "requests/LY-0", "tokens/none", "nothing/here"])
@pytest.mark.parametrize("kind", ["xml", "json"])
def test_what_does_not_exist_is_404_with_a_reason(shared: MemoryCity, path: str, kind: str) -> None:
    errors(ask(shared, "GET", f"{V2}/{path}.{kind}"), 404)


def test_an_unknown_format_is_404(shared: MemoryCity) -> None:
    assert b"xml, json" in ask(shared, "GET", f"{V2}/services.yaml").content
    assert ask(shared, "GET", f"{V2}/services.yaml").status_code == 404


@pytest.mark.parametrize("kind", ["xml", "json"])
def test_a_token_leads_to_its_request(city: MemoryCity, kind: str) -> None:
    made = number(post(city, form(city)))
    (pair,) = read(ask(city, "GET", f"{V2}/tokens/{_id(city, made)}.{kind}"))
    assert pair == {"service_request_id": made, "token": _id(city, made)}
    errors(ask(city, "GET", f"{V2}/tokens/{made}.{kind}"), 404)


# What the loop means in their words


def test_every_state_is_open_or_closed_and_a_merged_ticket_is_never_shown_as_resolved() -> None:
    """The loop: "A merged ticket is never shown as resolved by itself"."""
    assert sorted([*STATES["open"], *STATES["closed"]]) == sorted(State)
    assert State.MERGED in STATES["open"]
    assert set(STATES["closed"]) == {State.CLOSED, State.ARCHIVED, State.WITHDRAWN, State.REJECTED}


def test_our_detail_goes_into_status_notes_and_an_extension(city: MemoryCity) -> None:
    """The loop: "Open311 GeoReport v2: our detail goes into status_notes and an extension"."""
    made = number(post(city, form(city)))
    city.act(_id(city, made), "accept", "operator", NOW + 1_000)
    (strict,) = read(ask(city, "GET", f"{V2}/requests/{made}.json"))
    assert list(strict) == REQUEST, "nothing foreign where nobody asked"
    assert strict["status_notes"] == "已受理"
    english = {"Accept-Language": "en"}
    (more,) = read(ask(city, "GET", f"{V2}/requests/{made}.json?extensions=true", headers=english))
    assert more["status_notes"] == "Accepted"
    assert more["extended_attributes"] | {"deadline_datetime": ""} == {
        "state": "accepted", "stage": "discovery", "step": "discovery", "source": "open311", "urgency": 0,
        "area": city.of_kind("gas").building[:15], "lead": "", "deadline_datetime": "", "recurrences": 0,
        "supervised": False, "unsolved": False, "version": 2,
    }  # fmt: skip


def test_the_published_example_of_a_service_request_has_no_field_that_we_have_not() -> None:
    """The Smart Data Models example: the entity's own members aside, each name is one of ours."""
    example = json.loads(PAYLOAD.read_text())
    entity = {"id", "type", "location", "attributes", "address_string"}  # NGSI's envelope and point; POST's arguments
    assert set(example) - entity <= set(REQUEST)
    assert example["status"] in STATES
    for name in ("requested_datetime", "updated_datetime", "expected_datetime"):
        assert W3.fullmatch(example[name])


def test_xml_holds_only_what_xml_can() -> None:
    assert element("a", "x\x00\x0b\ufffe<&>") == "<a>x\ufffd\ufffd\ufffd&lt;&amp;&gt;</a>"
    assert element("a", None) == "<a/>"
    assert element("a", True) == "<a>true</a>"


@pytest.mark.parametrize(
    ("lon", "lat", "held"), [(1, 1, True), (5, 5, False), (-1, 1, False), (1, 11, False), (8.5, 8.5, True)]
)
def test_a_point_is_in_a_polygon_but_not_in_its_hole(lon: float, lat: float, held: bool) -> None:
    outer = [[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]
    hole = [[4, 4], [6, 4], [6, 6], [4, 6], [4, 4]]
    polygon = {"type": "Polygon", "coordinates": [outer, hole]}
    assert surrounds(polygon, lon, lat) is held
    assert surrounds({"type": "MultiPolygon", "coordinates": [[outer, hole]]}, lon, lat) is held
    assert not surrounds(Area("990101", "county", "", "").geometry, lon, lat)
