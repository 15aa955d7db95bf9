import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing

from hypothesis import given, settings
from hypothesis import strategies as st

from services.api.live.hub import WAITING, Accepts, Hub
from services.api.live.messages import LiveMessage
from services.api.live.stream import stream, while_allowed
from services.api.live.vector import read, write
from streams.contracts.topics import ALARMS, TICKETS
from tests.fakes.live import MemoryLog

Event = dict[str, str]
LONG = 3_600.0


class StillClock:
    def now(self) -> int:
        return 1_795_312_800_000


def everything(message: LiveMessage) -> bool:
    return bool(message.event)


async def read_events(hub: Hub, after: str | None, count: int, accepts: Accepts = everything) -> list[Event]:
    """Open a stream and read ``count`` events of it, beats included."""
    subscription = hub.subscribe(accepts, read(after) if after else None)
    found: list[Event] = []
    async with aclosing(stream(hub, subscription, StillClock(), LONG)) as chunks:
        while len(found) < count:
            found.append(parsed(await take(chunks)))
    return found


async def take(chunks: AsyncIterator[bytes]) -> bytes:
    async with asyncio.timeout(10):
        return await anext(chunks)


def parsed(chunk: bytes) -> Event:
    return dict(line.split(": ", 1) for line in chunk.decode().strip().split("\n"))


def filled(count: int, ring: int, log: MemoryLog | None = None) -> tuple[Hub, MemoryLog]:
    log = log or MemoryLog()
    hub = Hub(log, ring=ring)
    hub.start_at(dict(log.position))
    for number in range(count):
        topic = (ALARMS, TICKETS)[number % 2]
        hub.publish(log.append(topic.name, number % 3, json.dumps(number)))
    return hub, log


def numbers(events: list[Event]) -> list[int]:
    return [json.loads(event["data"]) for event in events if event["event"] == "alarm"]


def test_a_new_stream_opens_with_a_beat_that_can_be_resumed() -> None:
    hub, log = filled(5, ring=10)
    (beat,) = asyncio.run(read_events(hub, None, 1))
    assert beat["event"] == "beat"
    assert json.loads(beat["data"]) == {"now": 1_795_312_800_000, "lag": None, "id": beat["id"]}
    hub.publish(log.append(ALARMS.name, 0, "99"))
    assert numbers(asyncio.run(read_events(hub, beat["id"], 1))) == [99]


@settings(max_examples=60, deadline=None)
@given(count=st.integers(0, 40), ring=st.integers(1, 50), seen=st.integers(0, 40))
def test_a_stream_resumes_exactly_wherever_it_broke_off(count: int, ring: int, seen: int) -> None:
    seen = min(seen, count)
    hub, log = filled(count, ring)
    after = {} if seen == 0 else log.messages[seen - 1].after
    events = asyncio.run(read_events(hub, write(after), count - seen + 1))
    # Kafka keeps order inside a partition only; a re-reading may interleave partitions anew.
    assert sorted(numbers(events)) == list(range(seen, count))
    assert events[-1]["event"] == "beat"
    assert read(events[-1]["id"]) == read(write(log.position))


@settings(max_examples=60, deadline=None)
@given(first=st.integers(0, 30), second=st.integers(0, 30), cut=st.integers(0, 60))
def test_a_stream_resumes_at_another_process_that_saw_another_order(first: int, second: int, cut: int) -> None:
    hub, log = filled(first, ring=100)
    for number in range(first, first + second):
        hub.publish(log.append((ALARMS, TICKETS)[number % 2].name, number % 3, json.dumps(number)))
    other = Hub(log, ring=5)
    other.start_at({})
    order = sorted(log.messages, key=lambda message: (message.topic, message.partition, message.offset))
    position: dict[tuple[str, int], int] = {}
    for message in order:
        position[message.topic, message.partition] = message.offset + 1
        other.publish(
            LiveMessage(message.topic, message.partition, message.offset, dict(position), "alarm", "", message.data)
        )
    cut = min(cut, first + second)
    seen = log.messages[:cut]
    after = seen[-1].after if seen else {}
    events = asyncio.run(read_events(other, write(after), first + second - cut + 1))
    assert sorted(numbers(events)) == list(range(cut, first + second))


def test_a_break_during_the_replay_resumes_without_loss_or_repetition() -> None:
    hub, log = filled(30, ring=6)
    place, got = write({}), []
    for _ in range(10):
        events = asyncio.run(read_events(hub, place, 3))
        got += numbers(events)
        place = events[-1]["id"]
    assert sorted(got) == list(range(30))
    assert len(log.asked) > 1


def test_a_place_that_nobody_knows_is_answered_resync() -> None:
    hub, _ = filled(5, ring=10)
    resync, beat = asyncio.run(read_events(hub, "a0.999", 2))
    assert (resync["event"], beat["event"]) == ("resync", "beat")
    assert resync["id"] == beat["id"]


def test_a_gap_that_is_too_long_is_answered_resync() -> None:
    log = MemoryLog()
    hub = Hub(log, ring=4, gap=10)
    hub.start_at({})
    for number in range(40):
        hub.publish(log.append(ALARMS.name, 0, json.dumps(number)))
    events = asyncio.run(read_events(hub, "a0.1", 2))
    assert [event["event"] for event in events] == ["resync", "beat"]


def test_a_slow_reader_is_told_to_resynchronise_and_costs_a_bounded_queue() -> None:
    async def scene() -> list[Event]:
        hub, log = filled(0, ring=10_000)
        subscription = hub.subscribe(everything, None)
        async with aclosing(stream(hub, subscription, StillClock(), LONG)) as chunks:
            events = [parsed(await take(chunks))]
            for number in range(WAITING + 50):
                hub.publish(log.append(ALARMS.name, 0, json.dumps(number)))
            await asyncio.sleep(0)
            assert len(subscription.waiting) <= WAITING
            events.append(parsed(await take(chunks)))
            hub.publish(log.append(ALARMS.name, 0, "7000"))
            events.append(parsed(await take(chunks)))
            return events

    events = asyncio.run(scene())
    assert [event["event"] for event in events] == ["beat", "resync", "alarm"]
    assert events[1]["id"] == f"a0.{WAITING + 50}"
    assert events[2]["data"] == "7000"


def test_a_stream_shows_only_what_its_reader_may_see() -> None:
    log = MemoryLog()
    hub = Hub(log)
    hub.start_at({})
    for number, area in enumerate(["990101001001001", "990101002001001", "990101001002001"]):
        hub.publish(log.append(ALARMS.name, number, json.dumps(number), area=area))
    events = asyncio.run(read_events(hub, "0", 3, lambda message: message.area.startswith("990101001")))
    assert numbers(events) == [0, 2]


def test_every_stream_ends_when_the_process_does() -> None:
    async def scene() -> int:
        hub, _ = filled(3, ring=10)
        subscription = hub.subscribe(everything, None)
        chunks = [chunk async for chunk in closing_soon(hub, stream(hub, subscription, StillClock(), LONG))]
        late = hub.subscribe(everything, None)
        assert [chunk async for chunk in stream(hub, late, StillClock(), LONG)] != []
        return len(chunks)

    assert asyncio.run(scene()) == 1


async def closing_soon(hub: Hub, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        yield chunk
        hub.close()


def test_a_stream_ends_where_its_reader_was_disabled_meanwhile() -> None:
    async def scene() -> list[Event]:
        hub, log = filled(0, ring=10)
        subscription, answers = hub.subscribe(everything, None), iter([True, False])
        messages = stream(hub, subscription, StillClock(), LONG)
        events = []
        async for chunk in while_allowed(messages, lambda: next(answers), every_s=0):
            events.append(parsed(chunk))
            hub.publish(log.append(ALARMS.name, 0, json.dumps(len(events))))
        subscription.waiting.clear()
        hub.publish(log.append(ALARMS.name, 0, "late"))
        assert not subscription.waiting, "its place is free"
        return events

    assert [event["event"] for event in asyncio.run(scene())] == ["beat"]
