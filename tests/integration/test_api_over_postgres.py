"""The web process over real PostgreSQL and Kafka: pages of lists, conflicts, fuzz, and a whole day's roles."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import httpx
import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.pictures import kind_of
from services.registry.domain import Role
from services.tickets.domain import State
from services.tickets.postgres import PostgresTicketStore
from tests.conftest import PostgresServer, fresh_database
from tests.fakes.photos import with_place
from tests.integration.api_rig import Rig, running
from tests.unit.tickets.ticket_stories import to

LISTS = ("/devices", "/readings", "/alarms", "/tickets", "/areas", "/rules", "/dead-letters", "/quarantine",
         "/oncall/notifications", "/units")  # fmt: skip


@pytest.fixture(scope="module")
def rig(postgres_server: PostgresServer, kafka_servers: str) -> Iterator[Rig]:
    with contextmanager(fresh_database)(postgres_server) as database, running(database, kafka_servers) as rig:
        populate(rig)
        yield rig


def populate(rig: Rig) -> None:
    """Two hundred readings, seven alarms with tickets, three letters, two strangers."""
    device = rig.device()
    rig.readings(device.id, "gas", [{"ch4_lel": 3.0 + n % 7, "battery_pct": 90.0} for n in range(100)])
    for number in range(7):
        rig.leak(f"episode-{number}", rig.device("gas", number % 3), at=rig.now + number, since=rig.now - 10 * number)
    for number in range(3):
        rig.letter(f"letter-{number}", b"\xff{" * number)
    for name, value in (("stranger-a", 1.0), ("stranger-b", 80.0)):
        rig.readings(name, "gas", [{"ch4_lel": value}], registered=False)


def test_every_list_answers_items_and_next(rig: Rig) -> None:
    with rig.as_("administrator") as administrator:
        for path in LISTS:
            answer = administrator.get(path)
            assert answer.status_code == 200, (path, answer.text)
            counted = {"total"} if path == "/tickets" else set()
            assert set(answer.json()) == {"items", "next"} | counted, path


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/devices", "id"),
        ("/areas", "code"),
        ("/alarms", "episode"),
        ("/tickets", "id"),
        ("/dead-letters", "id"),
        ("/quarantine", "device"),
    ],
)
def test_pages_follow_each_other_without_gap_or_repetition(rig: Rig, path: str, key: str) -> None:
    with rig.as_("administrator") as administrator:
        whole = [item[key] for item in paged(administrator, path, 1000)]
        for limit in (1, 2, 3) if len(whole) < 20 else (19, 500):
            if len(whole) // limit < 50:
                assert [item[key] for item in paged(administrator, path, limit)] == whole
        assert len(set(whole)) == len(whole) >= 2


def paged(client: httpx.Client, path: str, limit: int, **query: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = client.get(path, params={"limit": limit, **query, **({"cursor": cursor} if cursor else {})}).json()
        items += page["items"]
        assert len(page["items"]) <= limit
        cursor = page["next"]
        if cursor is None:
            return items


def test_readings_are_paged_by_device_metric_and_time(rig: Rig) -> None:
    device = rig.device().id
    with rig.as_("administrator") as administrator:
        found = paged(administrator, "/readings", 17, device=device, metric="ch4_lel")
        stamps = [reading["ts"] for reading in found]
        assert len(found) == 100
        assert stamps == sorted(stamps, reverse=True)
        assert {reading["metric"] for reading in found} == {"ch4_lel"}
        some = paged(administrator, "/readings", 50, device=device, **{"from": rig.now - 10_000, "to": rig.now})
        assert len(some) == 2 * 10
        assert max(reading["ts"] for reading in some) < rig.now


def test_the_dangerous_stranger_comes_first_and_one_call_adopts_it(rig: Rig) -> None:
    with rig.as_("administrator") as administrator:
        strangers = administrator.get("/quarantine").json()["items"]
        assert [(s["device"], s["danger"]) for s in strangers] == [("stranger-b", "critical"), ("stranger-a", None)]
        body = {"kind": "gas", "area": rig.device().area}
        made = administrator.post("/quarantine/stranger-a/adopt", json=body)
        assert (made.status_code, made.json()["id"]) == (201, "stranger-a")
        assert administrator.get("/devices/stranger-a").status_code == 200
    with psycopg.connect(rig.database.admin_url) as connection:
        row = connection.execute("SELECT count(*) FROM registry.outbox WHERE key = 'stranger-a'").fetchone()
    assert row == (1,)


def test_an_acknowledgement_and_a_replay_reach_their_outboxes(rig: Rig) -> None:
    def queued() -> Counter[str]:
        query = "SELECT topic FROM alarms.outbox UNION ALL SELECT topic FROM history.outbox"
        with psycopg.connect(rig.database.admin_url) as connection:
            return Counter(topic for (topic,) in connection.execute(query).fetchall())

    before = queued()
    with rig.as_("administrator") as administrator:
        assert administrator.post("/alarms/episode-1/ack", json={"comment": "到场"}).status_code == 202
        assert administrator.post("/dead-letters/letter-1/replay").json()["replays"] == 1
    assert queued() - before == {"linli.commands": 1, "linli.inputs": 1}


def test_of_two_people_who_act_at_once_one_is_told_the_current_version(rig: Rig) -> None:
    gate, answers = threading.Barrier(2), []
    with rig.as_("administrator") as reader:
        ticket = reader.get("/tickets", params={"device": rig.device("gas", 2).id}).json()["items"][0]

    def act() -> None:
        with rig.as_("operator") as operator:
            gate.wait()
            wanted = {"action": "note", "version": ticket["version"], "text": "来电"}
            answers.append(operator.post(f"/tickets/{ticket['id']}/actions", json=wanted))

    rig.as_("operator").close()
    people = [threading.Thread(target=act) for _ in range(2)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    (refused,) = [answer.json() for answer in answers if answer.status_code == 409]
    assert refused["version"] == ticket["version"] + 1


def test_one_key_opens_one_ticket_however_often_it_is_sent_at_once(rig: Rig) -> None:
    rig.as_("operator").close()
    body = {"title": "路灯不亮", "place": "3栋", "area": rig.device().area}
    answers: list[httpx.Response] = []

    def send() -> None:
        with rig.as_("operator") as operator:
            answers.append(operator.post("/tickets", json=body, headers={"Idempotency-Key": "one-call"}))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1


def test_a_photo_goes_through_process_disk_and_database_and_is_the_reporters_alone(rig: Rig) -> None:
    with rig.as_("citizen") as citizen:
        made = citizen.post("/tickets", json={"title": "噪声", "place": "3栋", "area": rig.device().area}).json()
        at = f"/tickets/{made['id']}/photos"
        photo = citizen.post(at, files={"photo": ("a.jpg", with_place(), "image/jpeg")}).raise_for_status().json()
        note = {"action": "note", "version": made["version"], "text": "看图", "photos": [photo["id"]]}
        noted = citizen.post(f"/tickets/{made['id']}/actions", json=note).raise_for_status().json()
        assert noted["events"][-1]["evidence"]["photos"] == [photo["id"]]
        shown = citizen.get(at).raise_for_status().json()["items"]
        assert [(each["id"], each["shown_at"] is not None) for each in shown] == [(photo["id"], True)]
        data = citizen.get(f"{at}/{photo['id']}").raise_for_status().content
        assert kind_of(data) == "jpeg"
        assert b"SecretPhone" not in data
    with rig.as_("unit_handler") as unit:
        assert unit.get(f"{at}/{photo['id']}").status_code in {403, 404}


@pytest.mark.parametrize("role", list(Role))
def test_every_role_signs_in_and_sees_its_own_part(rig: Rig, role: Role) -> None:
    with rig.as_(role) as person:
        me = person.get("/me").json()
        assert me["role"] == role
        tickets = person.get("/tickets")
        if role is Role.ONCALL:
            assert tickets.status_code == 403
            return
        for ticket in tickets.json()["items"]:
            assert ticket["area"].startswith(me["scope"])
            assert not me["unit"] or me["unit"] in {ticket["lead"], *ticket["assisting"]}


WORDS = st.text(max_size=30) | st.sampled_from(
    ["", "0", "-1", "9" * 30, "1e308", "NaN", "\x00", "é", "' OR 1=1 --", "%", "_", "\\", "gas", "9901", "null", "true"]
)
NAMES = st.sampled_from(
    ["device", "kind", "area", "state", "metric", "from", "to", "limit", "cursor", "severity", "stage", "text", "level",
     "source", "reason", "replayed", "open", "quality", "card", "incident", "unit", "rule"]
)  # fmt: skip


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(LISTS), query=st.dictionaries(NAMES, WORDS, max_size=3))
def test_no_query_is_a_failure_of_ours(rig: Rig, path: str, query: dict[str, str]) -> None:
    with rig.as_("administrator") as administrator:
        answer = administrator.get(path, params={k: v.encode("utf-8", "replace") for k, v in query.items()})
    assert answer.status_code in {200, 400, 422}, (answer.status_code, answer.text)
    if answer.status_code != 200:
        assert answer.json()["remedy"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(
        ["/tickets", "/devices", "/alarms/episode-0/ack", "/tickets/x/actions", "/quarantine/x/adopt"]
    ),
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "kind", "area", "title", "action", "version", "text", "lon", "caller",
                                           "attributes", "comment", "position", "place"]), inner, max_size=5),
        max_leaves=8,
    ),
)  # fmt: skip
def test_no_body_is_a_failure_of_ours(rig: Rig, path: str, body: Any) -> None:
    with rig.as_("administrator") as administrator:
        content = json.dumps(body).encode()
        answer = administrator.post(path, content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code in {201, 202, 404, 403, 409, 422}, (answer.status_code, answer.text)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(["/devices/{}", "/alarms/{}", "/tickets/{}", "/rules/{}", "/areas/{}", "/dead-letters/{}/raw",
                          "/oncall/notifications/{}", "/devices/{}/metrics/{}/chart"]),
    name=WORDS,
)  # fmt: skip
def test_no_name_in_an_address_is_a_failure_of_ours(rig: Rig, path: str, name: str) -> None:
    with rig.as_("administrator") as administrator:
        answer = administrator.get(path.replace("{}", quote(name.encode("utf-8", "replace"), safe="")))
    assert answer.status_code in {200, 307, 404, 422, 403}, (answer.status_code, answer.text)


def test_the_description_is_served(rig: Rig) -> None:
    with rig.as_("citizen") as citizen:
        assert citizen.get("/openapi.json").json()["openapi"].startswith("3.")


def test_the_doors_without_a_sign_in_reach_what_is_theirs_and_nothing_else(rig: Rig) -> None:
    """Behind row security: a stranger sees what came in through Open311, a link opens its own ticket."""
    with rig.as_("operator") as operator:
        key = operator.headers["Authorization"].removeprefix("Bearer ")
        taken = operator.post("/tickets", json={"title": "热线来电", "place": "三号楼"}).json()["number"]
        waiting = to(State.CALLBACK)
        with PostgresTicketStore(rig.pools["tickets"]).transaction() as work:
            work.save(waiting.ticket, waiting.events)
        link = operator.post(f"/tickets/{waiting.ticket.id}/feedback-links").json()["address"]
    form = {"api_key": key, "service_code": "lighting", "address_string": "三号楼", "description": "路灯不亮"}
    lon, lat = rig.device().lon, rig.device().lat
    made = httpx.post(f"{rig.base}/open311/v2/requests.json", data={**form, "lat": lat, "long": lon}, trust_env=False)
    assert made.status_code == 201, made.text
    number = made.json()[0]["service_request_id"]

    def stranger(path: str) -> httpx.Response:
        return httpx.get(rig.base + path, trust_env=False)

    shown = {request["service_request_id"] for request in stranger("/open311/v2/requests.json").json()}
    assert number in shown
    assert taken not in shown
    assert stranger(f"/open311/v2/requests/{number}.json").status_code == 200
    assert stranger(f"/open311/v2/requests/{taken}.json").status_code == 404
    assert stranger(f"/open311/v2/requests/{taken}.json?api_key={key}").status_code == 200
    assert stranger("/feedback/" + link.rpartition("/")[2]).status_code == 200


def test_another_units_ticket_is_not_there_for_the_people_of_a_unit(rig: Rig) -> None:
    other = to(State.DISPATCHED)
    moved = (
        msgspec.structs.replace(other.ticket, id="of-unit-a", number="LY-A"),
        tuple(msgspec.structs.replace(event, ticket="of-unit-a") for event in other.events),
    )
    with PostgresTicketStore(rig.pools["tickets"]).transaction() as work:
        work.save(*moved)
    with rig.as_("unit_handler") as crew, rig.as_("operator") as operator:
        assert operator.get("/tickets/of-unit-a").status_code == 200
        assert crew.get("/tickets/of-unit-a").status_code == 404
        assert crew.get("/tickets", params={"text": "路灯不亮"}).json()["items"] == []
