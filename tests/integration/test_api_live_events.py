"""The event stream over a real Kafka: as it happens, resumed exactly, and never beyond one's area."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from services.registry.domain import Role
from streams.contracts import TicketEvent
from streams.contracts.topics import ALARMS, TICKETS
from tests.conftest import PostgresServer, fresh_database
from tests.fakes.alarm_events import raised
from tests.integration.api_rig import Rig, running, serving


@pytest.fixture(scope="module")
def rig(postgres_server: PostgresServer, kafka_servers: str) -> Iterator[Rig]:
    with contextmanager(fresh_database)(postgres_server) as database, running(database, kafka_servers) as rig:
        yield rig


class Stream:
    """One open event stream, read message by message."""

    def __init__(self, answer: httpx.Response) -> None:
        self._lines = answer.iter_lines()

    def next(self) -> dict[str, Any]:
        message: dict[str, Any] = {}
        for line in self._lines:
            if not line:
                return message
            name, _, value = line.partition(": ")
            message[name] = json.loads(value) if name == "data" else value
        raise AssertionError("the stream has ended")

    def alarms(self, prefix: str, count: int) -> list[dict[str, Any]]:
        """The next ``count`` alarms of this test's own episodes; nothing may ask for a resync."""
        found: list[dict[str, Any]] = []
        while len(found) < count:
            message = self.next()
            assert message["event"] != "resync"
            if message["event"] == "alarm" and message["data"]["episode"].startswith(prefix):
                found.append(message)
        return found


@contextmanager
def following(rig: Rig, role: str, after: str = "") -> Iterator[Stream]:
    headers = {"Last-Event-ID": after} if after else {}
    with rig.as_(role) as client, client.stream("GET", "/events", headers=headers) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield Stream(answer)


def publish(rig: Rig, prefix: str, numbers: range) -> None:
    """One alarm a number, spread over the grids, so over the partitions."""
    grids = sorted({device.area for device in rig.place.devices})
    rig.publish(ALARMS, [(grids[n % len(grids)], raised(f"{prefix}{n}", grid=grids[n % len(grids)])) for n in numbers])


def episodes(messages: list[dict[str, Any]], prefix: str) -> list[int]:
    return sorted(int(message["data"]["episode"].removeprefix(prefix)) for message in messages)


def test_an_alarm_is_on_the_stream_as_the_api_shows_it(rig: Rig) -> None:
    with following(rig, "administrator") as stream:
        beat = stream.next()
        assert (beat["event"], beat["data"]["id"]) == ("beat", beat["id"])
        publish(rig, "shown-", range(1))
        (message,) = stream.alarms("shown-", 1)
    data = message["data"]
    assert (data["device"], data["severity"], data["value"]) == ("gas-000001", "critical", 62.0)
    assert data["state"] == "active_unack"


def test_a_broken_stream_resumes_exactly_from_memory(rig: Rig) -> None:
    with following(rig, "administrator") as stream:
        stream.next()
        publish(rig, "broken-", range(20))
        first = stream.alarms("broken-", 8)
    publish(rig, "broken-", range(20, 30))
    with following(rig, "administrator", first[-1]["id"]) as stream:
        rest = stream.alarms("broken-", 22)
        assert stream.next()["event"] == "beat"
    assert episodes([*first, *rest], "broken-") == list(range(30))


def test_a_stream_resumes_exactly_at_a_restarted_process_from_kafka(rig: Rig) -> None:
    with following(rig, "administrator") as stream:
        stream.next()
        publish(rig, "restart-", range(20))
        first = stream.alarms("restart-", 5)
    port = rig.port
    with serving(rig):
        assert rig.port != port
        publish(rig, "restart-", range(20, 25))
        with following(rig, "administrator", first[-1]["id"]) as stream:
            middle = stream.alarms("restart-", 10)
        with following(rig, "administrator", middle[-1]["id"]) as stream:
            rest = stream.alarms("restart-", 10)
    rig.port = port
    assert episodes([*first, *middle, *rest], "restart-") == list(range(25))


def test_a_person_hears_of_their_own_area_only(rig: Rig) -> None:
    with rig.as_("grid_manager") as manager:
        scope = manager.get("/me").json()["scope"]
    grids = sorted({device.area for device in rig.place.devices})
    mine = [n for n in range(20) if grids[n % len(grids)].startswith(scope)]
    assert 0 < len(mine) < 20
    with following(rig, "grid_manager") as stream:
        stream.next()
        publish(rig, "scope-", range(20))
        heard = stream.alarms("scope-", len(mine))
        assert all(message["data"]["area"].startswith(scope) for message in heard)
    assert episodes(heard, "scope-") == mine


def test_a_place_that_cannot_be_found_is_answered_resync_and_then_goes_on(rig: Rig) -> None:
    for place in ("nonsense", "a0.999999999"):
        with following(rig, "administrator", place) as stream:
            assert [stream.next()["event"], stream.next()["event"]] == ["resync", "beat"]


def test_a_reporter_hears_that_their_own_report_moved_and_nothing_else(rig: Rig) -> None:
    """Another's ticket and an alarm go before it on the same partition: they would have been heard first."""
    area = min(device.area for device in rig.place.devices)
    asked = {"title": "门口积水", "text": "一楼", "area": area}
    with rig.as_(Role.CITIZEN) as client:
        mine = client.post("/tickets", json=asked, headers={"Idempotency-Key": "live-own"}).json()["id"]
    with rig.as_("operator") as client:
        other = client.post("/tickets", json=asked, headers={"Idempotency-Key": "live-other"}).json()["id"]
    with following(rig, Role.CITIZEN) as stream:
        assert [stream.next()["event"], stream.next()["event"]] == ["resync", "beat"]
        publish(rig, "reporter-", range(3))
        rig.publish(TICKETS, [(area, ticket_event(ticket, area)) for ticket in (other, mine)])
        message = stream.next()
        while message["event"] == "beat":
            message = stream.next()
    assert (message["event"], message["data"]["id"]) == ("ticket", mine)
    assert set(message) == {"event", "data"}
    assert set(message["data"]) == {"id", "number", "version", "state", "stage", "at"}


def ticket_event(ticket: str, area: str) -> TicketEvent:
    return TicketEvent(
        id=f"live-{ticket}", ticket=ticket, number="LY-1", version=2, action="accept", old="reported", new="accepted",
        stage="discovery", source="citizen", area=area, urgency=0, at=1, by="operator", role="operator",
    )  # fmt: skip


def test_who_is_nobody_gets_no_stream(rig: Rig) -> None:
    with rig.as_("administrator") as client:
        assert client.get("/events", params={"topics": "alarm,weather"}).status_code == 422
    assert httpx.get(f"{rig.base}/api/v1/events", trust_env=False).status_code == 401
