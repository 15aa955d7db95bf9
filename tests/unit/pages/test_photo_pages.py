"""Photos without a script: sent with an action or a report, kept over a slip, shown on the pages."""

import re
from typing import Any

import httpx
import pytest

from tests.fakes.city import MemoryCity
from tests.fakes.photos import digest, picture
from tests.unit.adapters.test_darkroom import EXE
from tests.unit.pages.test_kpi_page import act
from tests.unit.pages.test_rule_pages import Visitor

PHOTO = picture(size=(60, 40))


@pytest.fixture
def city() -> MemoryCity:
    return MemoryCity()


def working(city: MemoryCity) -> str:
    """A call that a unit works on."""
    ticket = city.call(city.clock.now(), "路灯不亮", "三号楼前", "三号楼", "王女士", "13812345621")
    area = city.of_kind("gas").area
    steps: list[tuple[str, str, dict[str, Any]]] = [
        ("accept", "operator", {}),
        ("classify", "dispatcher", {"category": "lighting", "area": area, "urgency": 0}),
        ("dispatch", "dispatcher", {"unit": "gas-co"}),
        ("sign", "unit_handler", {}),
        ("contact", "unit_handler", {"text": "已联系"}),
    ]
    unit = city.people.users["unit_handler"][0].unit
    for action, role, details in steps:
        act(city, ticket, action, role, city.clock.now(), **({"unit": unit} if action == "dispatch" else details))
    return ticket


def send(
    visitor: Visitor, path: str, fields: dict[str, Any], *files: tuple[str, bytes]
) -> httpx.Response:  # fmt: skip
    sent = [("picture", (name, data, "image/jpeg")) for name, data in files] or [("picture", ("", b""))]
    return visitor.send("POST", path, data={**visitor.csrf, **fields}, files=sent)


def finish(visitor: Visitor, city: MemoryCity, ticket: str, *files: tuple[str, bytes], **more: Any) -> httpx.Response:
    version = city.tickets.state.tickets[ticket].version
    fields = {"action": "finish", "version": str(version), "outcome": "已换灯", "next": f"/tickets/{ticket}?", **more}
    return send(visitor, f"/tickets/{ticket}/actions", fields, *files)


def test_a_unit_finishes_with_a_photo_and_everybody_sees_it(city: MemoryCity) -> None:
    ticket = working(city)
    visitor = Visitor(city, "unit_handler")
    page = visitor.send("GET", f"/tickets/{ticket}?do=finish").text
    assert 'enctype="multipart/form-data"' in page
    assert 'capture="environment"' in page
    answer = finish(visitor, city, ticket, ("a.jpg", PHOTO), ("b.jpg", picture(colour="blue")))
    assert answer.status_code == 303, answer.text
    assert city.tickets.state.tickets[ticket].state == "checking"
    for path, role in ((f"/tickets/{ticket}", "operator"), (f"/tasks/{ticket}", "grid_worker")):
        seen = Visitor(city, role).send("GET", path).text
        addresses = re.findall(r'<img src="(/api/v1/tickets/[^"]+/thumbnail)"', seen)
        assert len(addresses) == 2
        assert Visitor(city, role).send("GET", addresses[0]).headers["content-type"] == "image/jpeg"


def test_a_slip_elsewhere_keeps_the_photo_and_without_one_the_page_asks_for_it(city: MemoryCity) -> None:
    ticket = working(city)
    visitor = Visitor(city, "unit_handler")
    none = finish(visitor, city, ticket)
    assert none.status_code == 409
    assert "还缺少现场证据" in none.text
    slip = finish(visitor, city, ticket, ("a.jpg", PHOTO), outcome="")
    assert slip.status_code == 422
    kept = re.search(r'<input type="checkbox" name="photos" value="([0-9a-f]{64})" checked>', slip.text)
    assert kept is not None
    assert kept.group(1) == digest(PHOTO)
    done = finish(visitor, city, ticket, photos=kept.group(1))
    assert done.status_code == 303, done.text
    evidence = city.tickets.state.tickets[ticket].evidence
    assert evidence is not None
    assert evidence.photos == (digest(PHOTO),)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([("照片.jpg", EXE)], "这是程序，不是照片"),
        ([("a.jpg", b"hello")], "这不是照片"),
        ([("a.jpg", PHOTO)] * 4, "一次最多 3 张照片"),
    ],
)
def test_a_file_that_is_no_photo_is_named_at_its_field(
    city: MemoryCity, files: list[tuple[str, bytes]], words: str
) -> None:
    ticket = working(city)
    answer = finish(Visitor(city, "unit_handler"), city, ticket, *files)
    assert answer.status_code == 422
    assert words in answer.text
    assert 'id="finish-photos-error"' in answer.text
    assert city.blobs.kept == {}


def test_a_resident_reports_with_a_photo_that_stays_without_an_action(city: MemoryCity) -> None:
    visitor = Visitor(city, "citizen")
    report = {"place": "三号楼", "area": city.of_kind("gas").area, "category": "noise", "text": "夜间施工", "key": "k"}
    wrong = send(visitor, "/tickets/new", report, ("a.jpg", EXE))
    assert wrong.status_code == 422
    assert "夜间施工" in wrong.text
    assert 'name="key" value="k"' in wrong.text
    slip = send(visitor, "/tickets/new", {**report, "text": ""}, ("a.jpg", PHOTO))
    assert "照片没有保存，请重新选" in slip.text
    assert city.blobs.kept == {}
    first, again = (send(visitor, "/tickets/new", report, ("a.jpg", PHOTO)) for _ in range(2))
    assert first.headers["location"] == again.headers["location"]
    assert digest(PHOTO) in visitor.send("GET", first.headers["location"]).text
    (photo,) = [photo for photo, _ in city.tickets.state.photos.values()]
    assert (photo.by, photo.shown_at) == ("citizen", city.clock.now())


def test_a_form_of_more_than_its_photos_may_have_is_413_in_words(city: MemoryCity) -> None:
    answer = finish(Visitor(city, "unit_handler"), city, working(city), ("a.jpg", b"\xff\xd8\xff" + bytes(50_000_000)))
    assert answer.status_code == 413
    assert "内容太大" in answer.text


def test_a_master_shows_the_photos_of_its_reports_with_their_numbers(city: MemoryCity) -> None:
    master = working(city)
    visitor = Visitor(city, "citizen")
    report = {
        "place": "三号楼",
        "area": city.of_kind("gas").area,
        "category": "lighting",
        "text": "路灯坏了",
        "key": "k",
    }
    made = send(visitor, "/tickets/new", report, ("a.jpg", PHOTO)).headers["location"]
    merged = made.removeprefix("/tickets/").partition("?")[0]
    found = city.tickets.state.tickets[merged]
    form = {"action": "merge", "version": str(found.version), "master": city.tickets.state.tickets[master].number}
    operator = Visitor(city, "operator")
    assert operator.send("POST", f"/tickets/{merged}/actions", data={**operator.csrf, **form}).status_code == 303
    for path, role in ((f"/tickets/{master}", "operator"), (f"/tasks/{master}", "grid_worker")):
        seen = Visitor(city, role).send("GET", path).text
        assert f'并入的报告 <a class="ll-mono" href="/tickets/{merged}">{found.number}</a>' in seen
        beside = seen.partition("并入本单的工单")[2].partition("</section>")[0]
        assert (f"/tickets/{merged}" in beside) is (path != f"/tasks/{master}"), "who else reported the matter"
        [address] = re.findall(r'<img src="(/api/v1/tickets/[^"]+/thumbnail)"', seen)
        assert address == f"/api/v1/tickets/{merged}/photos/{digest(PHOTO)}/thumbnail"
        assert Visitor(city, role).send("GET", address).headers["content-type"] == "image/jpeg"
    handler = Visitor(city, "unit_handler")
    alone = handler.send("GET", f"/tickets/{master}").text
    assert "<h3>并入的报告</h3>" in alone
    assert found.number not in alone, "which report it is is not said"
    [address] = re.findall(r'<img src="(/api/v1/tickets/[^"]+/thumbnail)"', alone)
    assert address == f"/api/v1/tickets/{master}/photos/{digest(PHOTO)}/thumbnail"
    assert handler.send("GET", address).headers["content-type"] == "image/jpeg"
