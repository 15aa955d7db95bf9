"""The order of effects around the pure shard: events, then state, then the acknowledgement."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiokafka.errors import KafkaConnectionError

from streams.agents import engine as engine_module
from streams.agents import sending
from streams.agents.engine import Engine, Gap
from streams.agents.hold import Hold
from streams.agents.partition import SAVE_EVERY_S
from streams.agents.poison import Poison
from streams.agents.stages import FIRST
from streams.contracts import AlarmEvent, Batch, DeadLetter, Device, Input, Sample, Tick, decode, encode, metrics
from streams.process.health import Progress
from streams.process.metrics import made
from streams.rules import Catalogue, Withdrawn, partition_of
from tests.unit.streams.rule_table import BROKEN, CH4, GRID, T0, S

HOME = partition_of(GRID)


@dataclass
class Message:
    partition: int
    offset: int
    value: bytes | None


@dataclass
class Event:
    message: Message
    story: list[str]

    def ack(self) -> None:
        self.story.append(f"ack {self.message.offset}")


@dataclass(eq=False)
class Acknowledgement:
    """What Kafka answers, once somebody waits for it; nobody has to."""

    answer: Callable[[], None]

    def __await__(self) -> Generator[None, None, None]:
        self.answer()
        yield from ()


@dataclass
class MemoryKafka:
    """Keeps what is sent and saved, in order; ``away`` sends fail first."""

    story: list[str] = field(default_factory=list)
    sent: list[tuple[str, bytes]] = field(default_factory=list)
    saved: dict[str, bytes] = field(default_factory=dict)
    away: int = 0
    first: int = 0

    async def send(self, topic: str, key: str, value: bytes, partition: int | None = None) -> Awaitable[Any]:
        def acknowledged() -> None:
            if self.away:
                self.away -= 1
                raise KafkaConnectionError("away")
            self.story.append(f"send {topic}" if partition is None else f"send {topic}/{partition}")
            self.sent.append((topic, value))

        return Acknowledgement(acknowledged)

    async def save(self, partition: int, grid: str, packed: bytes | None) -> Awaitable[Any]:
        async def acknowledged() -> None:
            self.story.append("save" if packed is not None else "forget")
            if packed is None:
                del self.saved[grid]
            else:
                self.saved[grid] = packed

        return acknowledged()

    async def earliest(self, partition: int) -> int:
        return self.first

    async def rewind(self, partition: int, offset: int) -> None:
        self.story.append(f"rewind to {offset}")


@dataclass
class Rig:
    engine: Engine
    kafka: MemoryKafka
    seconds: list[float]
    offset: int = -1

    def later(self) -> None:
        """After so long everything that has changed is to be written."""
        self.seconds.append(self.seconds[-1] + SAVE_EVERY_S)

    def raise_alarm(self) -> None:
        """With two records, of which nothing is left to be written or acknowledged."""
        self.feed(leak(0))
        self.later()
        self.feed(leak(10 * S))

    def feed(self, record: Input | bytes, *, offset: int | None = None) -> None:
        self.offset = self.offset + 1 if offset is None else offset
        value = record if isinstance(record, bytes) else encode(record)
        asyncio.run(self.engine.handle(Event(Message(HOME, self.offset, value), self.kafka.story)))

    def alarms(self) -> list[AlarmEvent]:
        return [decode(value, AlarmEvent) for topic, value in self.kafka.sent if topic == "linli.alarms"]

    def letters(self) -> list[DeadLetter]:
        return [decode(value, DeadLetter) for topic, value in self.kafka.sent if topic == "linli.dead-letters"]


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Rig]:
    def build(kafka: MemoryKafka | None = None, *, most_s: float = 300.0) -> Rig:
        store = kafka or MemoryKafka()
        seconds = [0.0]
        made = Engine(
            send=store.send,
            save=store.save,
            stored=lambda: store.saved,
            earliest=store.earliest,
            rewind=store.rewind,
            poison=Poison(tmp_path),
            progress=Progress(),
            hold=Hold(FIRST, most_s=most_s, look_s=0.0),
            clock=lambda: seconds[-1],
        )
        made.adopt(Catalogue.of([CH4], [Device("g1", "gas", GRID)]))
        return Rig(made, store, seconds)

    return build


def refusals() -> float:
    counted: float = made(metrics.ENGINE_STATE_REFUSED).labels(stage="inputs")._value.get()
    return counted


def leak(after: int, grid: str = GRID, device: str = "g1") -> Batch:
    at = T0 + after
    return Batch("gw", grid, at, (Sample(device, "gas", at, at, {"ch4_lel": 60.0}),))


def test_events_are_acknowledged_before_state_is_written_before_input_is_acked(make: Callable[..., Rig]) -> None:
    rig = make()
    rig.feed(leak(0))
    assert rig.kafka.story == []
    rig.feed(leak(10 * S))
    assert rig.kafka.story == ["send linli.alarms", "save"]
    rig.later()
    rig.feed(leak(11 * S))
    assert rig.kafka.story[2:] == ["save", "save", "ack 0", "ack 1", "ack 2"]


def test_a_transition_writes_what_it_moved_and_nothing_else(make: Callable[..., Rig]) -> None:
    """An alarm must not wait until every grid of its partition is packed."""
    rig = make()
    neighbour = next(code for number in range(999) if partition_of(code := f"99010200{number:07d}") == HOME)
    rig.engine.adopt(Catalogue.of([CH4], [Device("g1", "gas", GRID), Device("g2", "gas", neighbour)]))
    rig.feed(leak(0, neighbour, "g2"))
    rig.feed(leak(0))
    rig.feed(leak(10 * S))
    assert rig.kafka.saved.keys() == {GRID}
    assert "ack" not in " ".join(rig.kafka.story)
    second = make(rig.kafka)
    second.engine.adopt(rig.engine.catalogue)
    for record in (leak(0, neighbour, "g2"), leak(0), leak(10 * S), leak(10 * S, neighbour, "g2")):
        second.feed(record)
    assert [event.device for event in second.alarms()] == ["g1", "g2"], "the written one is not told again"
    assert [event.since for event in second.alarms()] == [T0, T0], "the other one is worked out again"


def test_state_without_transitions_is_written_after_a_while(make: Callable[..., Rig]) -> None:
    rig = make()
    rig.feed(leak(0))
    rig.later()
    rig.feed(Tick("gw", T0 + S))
    assert rig.kafka.story == [f"send linli.groups/{HOME}", "save", "save", "ack 0", "ack 1"]


def test_while_kafka_is_away_nothing_is_acked_and_then_everything_is(
    make: Callable[..., Rig], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "RETRY_S", 0.0)
    rig = make(MemoryKafka(away=3))
    rig.feed(leak(0))
    rig.later()
    rig.feed(leak(10 * S))
    assert rig.kafka.story == ["send linli.alarms", "save", "save", "ack 0", "ack 1"]


def test_undecodable_bytes_become_a_dead_letter_and_the_flow_goes_on(make: Callable[..., Rig]) -> None:
    rig = make()
    rig.feed(b"\xff not json")
    rig.feed(leak(0))
    rig.feed(leak(10 * S))
    (letter,) = rig.letters()
    assert (letter.source, letter.reason, letter.origin) == ("streams", "json", f"linli.inputs/{HOME}/0")
    assert letter.payload == b"\xff not json"
    assert len(rig.alarms()) == 1


def test_a_worker_that_takes_over_goes_on_from_the_written_state(make: Callable[..., Rig]) -> None:
    first = make()
    first.feed(leak(0))
    first.feed(leak(10 * S))
    second = make(first.kafka)
    second.feed(leak(0), offset=0)
    second.feed(leak(10 * S), offset=1)
    second.feed(Tick("gw", T0 + 20 * S), offset=2)
    assert len(second.alarms()) == 1


def test_a_record_that_comes_again_is_acknowledged_and_not_stepped(make: Callable[..., Rig]) -> None:
    rig = make()
    rig.feed(leak(0))
    rig.feed(leak(0), offset=0)
    rig.later()
    rig.feed(leak(10 * S), offset=1)
    assert [event.since for event in rig.alarms()] == [T0]
    assert rig.kafka.story[-3:] == ["ack 0", "ack 0", "ack 1"]


def test_a_hole_in_the_log_is_read_again_before_anything_else_is_stepped(make: Callable[..., Rig]) -> None:
    rig = make()
    rig.feed(leak(0))
    rig.feed(leak(10 * S), offset=3)
    assert rig.kafka.story == ["rewind to 1"]
    for offset, after in ((1, 2 * S), (2, 4 * S), (3, 10 * S)):
        rig.feed(leak(after), offset=offset)
    assert [(event.at, event.source.offset) for event in rig.alarms()] == [(T0 + 10 * S, 3)]


def test_a_takeover_that_starts_too_late_is_read_again_from_the_stored_offset(make: Callable[..., Rig]) -> None:
    first = make()
    first.raise_alarm()
    second = make(first.kafka)
    first.kafka.story.clear()
    second.feed(leak(20 * S), offset=4)
    assert first.kafka.story == ["rewind to 2"]


def test_state_of_another_version_is_forgotten_told_of_and_worked_out_again_from_the_log(
    make: Callable[..., Rig], caplog: pytest.LogCaptureFixture
) -> None:
    first = make()
    first.raise_alarm()
    kafka = first.kafka
    kafka.saved[GRID] = zlib.compress(msgspec.msgpack.encode([1, GRID, 1]))
    kafka.story.clear()
    before = refusals()
    second = make(kafka)
    second.feed(leak(20 * S), offset=2)
    assert kafka.story == ["forget", "forget", "rewind to 0"]
    assert kafka.saved == {}
    assert f"state of {GRID}: format 1, this version takes 2" in caplog.text
    assert refusals() == before + 1
    for offset, after in enumerate((0, 10 * S, 20 * S)):
        second.feed(leak(after), offset=offset)
    assert len(second.alarms()) == 2
    assert len({encode(event) for event in second.alarms()}) == 1, "the same event again, under its own id"
    third = make(kafka)
    third.feed(leak(30 * S), offset=3)
    assert caplog.text.count("cannot be taken over") == 1, "what it wrote anew is taken over"


def test_a_log_whose_beginning_was_deleted_starts_where_it_begins_now(make: Callable[..., Rig]) -> None:
    rig = make(MemoryKafka(first=100))
    rig.feed(leak(0), offset=100)
    rig.feed(leak(10 * S), offset=101)
    assert len(rig.alarms()) == 1


def test_a_hole_that_rewinding_does_not_close_stops_the_process(
    make: Callable[..., Rig], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "REWIND_MOST_S", -1.0)
    rig = make()
    rig.feed(leak(0))
    with pytest.raises(Gap):
        rig.feed(leak(10 * S), offset=2)


def test_after_a_rebalance_the_unwritten_is_worked_out_again(make: Callable[..., Rig]) -> None:
    rig = make()
    rig.feed(leak(0))
    rig.engine.forget()
    rig.feed(leak(0), offset=0)
    rig.feed(leak(10 * S), offset=1)
    assert [event.since for event in rig.alarms()] == [T0]


def test_a_record_that_stopped_the_process_twice_is_put_aside(
    make: Callable[..., Rig], monkeypatch: pytest.MonkeyPatch
) -> None:
    def bug(*_: object) -> None:
        raise ZeroDivisionError

    for _ in range(2):
        rig = make()
        with monkeypatch.context() as broken:
            broken.setattr("streams.rules.shard.Shard.apply", bug)
            with pytest.raises(ZeroDivisionError):
                rig.feed(leak(0))
        assert rig.kafka.story == []
    rig = make()
    rig.feed(leak(0))
    (letter,) = rig.letters()
    assert (letter.reason, letter.payload) == ("poison", encode(leak(0)))
    rig.feed(leak(1 * S))
    rig.feed(leak(11 * S))
    assert [event.since for event in rig.alarms()] == [T0 + S]


def test_an_isolated_bug_leaves_a_dead_letter_with_its_trace_and_a_health_alarm(make: Callable[..., Rig]) -> None:
    rig = make()
    rig.engine.adopt(Catalogue.of([CH4, BROKEN], [Device("g1", "gas", GRID)]))
    rig.feed(Tick("gw", T0 - S))
    rig.feed(leak(0))
    (letter,) = rig.letters()
    assert (letter.reason, letter.payload) == ("bug", encode(leak(0)))
    assert "TypeError" in letter.trace
    rig.feed(leak(10 * S))
    assert [event.rule for event in rig.alarms()] == ["engine.isolated", "gas.ch4"]


def test_a_bug_in_the_machine_itself_stops_the_process(make: Callable[..., Rig]) -> None:
    rig = make()
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr("streams.rules.machine.observe", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            rig.feed(leak(0))
    assert rig.kafka.story == []


def test_health_is_lost_when_nothing_moves() -> None:
    now = 0.0
    progress = Progress(limit_s=30, clock=lambda: now)
    assert progress.report()["healthy"] is False
    progress.beat("inputs")
    assert progress.report()["healthy"] is True
    now = 31.0
    assert progress.report() == {"healthy": False, "loops": {"inputs": 31.0}}


def test_a_worker_waits_for_lost_rules_and_takes_nothing_meanwhile(make: Callable[..., Rig]) -> None:
    rig = make()
    rig.raise_alarm()
    known, next_one = rig.engine.catalogue, make(rig.kafka)
    next_one.engine.adopt(Catalogue({}, known.devices, Withdrawn()))
    tick = Event(Message(HOME, 2, encode(Tick("gw", T0 + 20 * S))), [])

    async def feed() -> bool:
        waiting = asyncio.create_task(next_one.engine.handle(tick))
        for _ in range(5):
            await asyncio.sleep(0)
        assert next_one.engine.held
        before = next_one.engine.position(HOME) is None
        next_one.engine.adopt(known)
        await waiting
        return before

    assert asyncio.run(feed())
    assert (next_one.engine.held, next_one.engine.position(HOME)) == (False, 3)
    assert len(rig.alarms()) == 1


def test_a_partition_that_moves_away_while_it_waits_is_nobodys(make: Callable[..., Rig]) -> None:
    rig = make()
    rig.raise_alarm()
    next_one = make(rig.kafka)
    next_one.engine.adopt(Catalogue({}, rig.engine.catalogue.devices, Withdrawn()))
    story = len(rig.kafka.story)

    async def feed() -> None:
        waiting = asyncio.create_task(next_one.engine.handle(Event(Message(HOME, 2, leak(20 * S).grid.encode()), [])))
        for _ in range(5):
            await asyncio.sleep(0)
        assert next_one.engine.held
        next_one.engine.forget()
        await waiting

    asyncio.run(feed())
    assert next_one.engine.position(HOME) is None
    assert len(rig.kafka.story) == story


def test_a_rule_in_force_only_because_it_was_stored_is_counted(
    make: Callable[..., Rig],
) -> None:
    rig = make()
    rig.raise_alarm()
    next_one = make(rig.kafka, most_s=0.0)
    other = msgspec.structs.replace(CH4, id="gas.other")
    next_one.engine.adopt(Catalogue({other.id: other}, rig.engine.catalogue.devices, Withdrawn()))
    next_one.feed(Tick("gw", T0 + 20 * S), offset=2)
    lost = made(metrics.ENGINE_RULES_LOST).labels(stage="inputs")
    assert lost._value.get() == 1
    next_one.engine.adopt(rig.engine.catalogue)
    next_one.feed(Tick("gw", T0 + 30 * S), offset=3)
    assert lost._value.get() == 0
    assert len(rig.alarms()) == 1
