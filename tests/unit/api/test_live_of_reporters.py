"""What whoever reported something hears live: that their own reports moved, and nothing that tells of another's."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from services.api import events
from services.api.container import Container
from services.api.door.auth import Caller
from services.api.events import of_reporter
from services.api.live import own
from services.api.live.messages import from_record
from streams.contracts import TicketEvent, encode
from streams.contracts.topics import ALARMS, TICKETS
from tests.fakes.alarm_events import raised
from tests.fakes.api import HERE, NOW, MemoryPlatform

AT = "/api/v1/tickets"
BOTH = frozenset({"alarm", "ticket"})


@pytest.fixture
def platform() -> MemoryPlatform:
    return MemoryPlatform()


def reported(platform: MemoryPlatform, role: str) -> str:
    answer = platform.as_(role).post(AT, {"title": "积水", "text": "门口", "area": HERE}, Idempotency_Key=f"k-{role}")
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def moved(platform: MemoryPlatform, ticket: str, **more: Any) -> None:
    """A record of the log, as the tickets' process writes it, on the stream."""
    record = TicketEvent(
        id=f"{ticket}-2", ticket=ticket, number=f"LY-{ticket}", version=2, action="accept", old="reported",
        new="accepted", stage="discovery", source="citizen", area=HERE, urgency=0, at=NOW, by="chen", role="operator",
        why="\u738b\u5973\u58eb 13812345621", incident="gas-leak:gas-1", device="gas-1", units=("gas-co",), **more,
    )  # fmt: skip
    _publish(platform, TICKETS.name, encode(record))


def _publish(platform: MemoryPlatform, topic: str, value: bytes) -> None:
    offset = platform.log.position.get((topic, 0), 0)
    platform.log.position[topic, 0] = offset + 1
    platform.hub.publish(from_record(topic, 0, offset, value, dict(platform.log.position)))


def heard(container: Container, caller: Caller, happens: Callable[[], None], count: int) -> list[dict[str, Any]]:
    """The first ``count`` things that a reporter's stream says, while ``happens`` happens behind its opening."""

    async def scene() -> list[dict[str, Any]]:
        answer = await of_reporter(container, caller, BOTH)
        chunks, found = answer.body_iterator.__aiter__(), []
        while len(found) < count:
            async with asyncio.timeout(30):
                text = str(bytes(await anext(chunks)), "utf-8")  # type: ignore[arg-type]
            found.append(dict(line.split(": ", 1) for line in text.strip().split("\n")))
            if len(found) == 2:
                happens()
        await chunks.aclose()  # type: ignore[attr-defined]
        return found

    return asyncio.run(scene())


def caller_of(platform: MemoryPlatform, role: str = "citizen") -> Caller:
    user = platform.people.get_user(role)
    assert user is not None
    return Caller(user.id, user.name, user.role, user.scope, user.unit, "session")


def test_only_ones_own_reports_are_heard_of_and_only_that_they_moved(platform: MemoryPlatform) -> None:
    mine, other = reported(platform, "citizen"), reported(platform, "operator")

    def happens() -> None:
        _publish(platform, ALARMS.name, encode(raised("leak-9", grid=HERE)))
        moved(platform, other)
        moved(platform, mine)
        moved(platform, other)
        moved(platform, mine, deadline=NOW + 1)

    found = heard(platform.container(), caller_of(platform), happens, 4)
    assert [each["event"] for each in found] == ["resync", "beat", "ticket", "ticket"]
    assert json.loads(found[1]["data"]) == {"now": NOW, "lag": None, "id": None}
    assert not any("id" in each for each in found), "a place in the log counts what happens in the whole city"
    assert json.loads(found[2]["data"]) == {
        "id": mine, "number": f"LY-{mine}", "version": 2, "state": "accepted", "stage": "discovery", "at": NOW,
    }  # fmt: skip
    said = json.dumps(found, ensure_ascii=False)
    for secret in (other, "chen", "gas-", "13812345621", "leak-9"):
        assert secret not in said


def test_what_is_reported_meanwhile_is_heard_of_and_who_was_disabled_hears_no_more(
    platform: MemoryPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own, "AGAIN_S", 0)
    later: list[str] = []
    container, caller = platform.container(), caller_of(platform)

    async def scene() -> list[str]:
        answer, found = await of_reporter(container, caller, BOTH), []
        async for chunk in answer.body_iterator:
            found.append(str(bytes(chunk), "utf-8").split("event: ")[1].split("\n")[0])  # type: ignore[arg-type]
            if len(found) == 1:
                later.append(await asyncio.to_thread(reported, platform, "citizen"))
            elif len(found) == 2:
                moved(platform, later[0])
            else:
                monkeypatch.setattr(events, "still", lambda *_: False)
                moved(platform, later[0])
        return found

    async def bounded() -> list[str]:
        async with asyncio.timeout(30):
            return await scene()

    assert asyncio.run(bounded()) == ["resync", "beat", "ticket"]


def test_reporters_come_after_those_who_watch(platform: MemoryPlatform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "MOST_STREAMS", 0)
    answer = platform.as_("citizen").get("/api/v1/events")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
    assert answer.json()["code"] == "crowded"


def test_who_neither_watches_nor_reports_gets_no_stream(platform: MemoryPlatform) -> None:
    assert platform.ask("GET", "/api/v1/events").status_code == 401
    assert platform.as_("citizen").get("/api/v1/events", topics="weather").status_code == 422
