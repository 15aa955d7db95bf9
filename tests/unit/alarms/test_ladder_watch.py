"""What the loop of call ladders does at each look, and what Prometheus is told."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from services.adapters.clock import RandomIds
from services.adapters.health import Health
from services.adapters.kafka import Message
from services.alarms.domain.ladder_plan import DEFAULT_PLAN, MINUTE, SECOND
from services.alarms.domain.ladder_reach import Around
from services.alarms.handlers import ClimbLadders, PassTime, RecordTransitions, TakeArrival
from services.alarms.ladders import ArrivalConsumer, LadderWatch
from streams.contracts import DeadLetter, TicketEvent, encode
from tests.fakes.alarm_events import GRID, T0, acknowledged, raised
from tests.fakes.alarms import MemoryAlarmStore
from tests.fakes.clock import ManualClock
from tests.fakes.ladders import MemoryLadderReader


@dataclass
class Office:
    """Keeps each letter once, as the topic's readers do."""

    letters: dict[str, DeadLetter] = field(default_factory=dict)

    def bury(self, letters: Sequence[DeadLetter]) -> None:
        self.letters.update({letter.id: letter for letter in letters})


def told(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"linli_{name}", labels)


def test_a_look_takes_what_is_due_says_so_and_counts_what_is_left() -> None:
    store, clock = MemoryAlarmStore(), ManualClock(T0)
    record = RecordTransitions(store, RandomIds(), ClimbLadders(DEFAULT_PLAN, clock))
    record([raised("e1")])
    watch = LadderWatch(PassTime(store, clock), MemoryLadderReader(store), clock, Health())
    assert watch.look() == 0
    assert (told("ladders", part="calling"), told("ladders", part="awaiting")) == (1, 1)
    clock.set(T0 + 60 * SECOND)
    with capture_logs() as logs:
        assert watch.look() == 1
    assert [(log["event"], log["step"], log["nobody_holds"]) for log in logs] == [("ladder step", "second", [])]
    assert told("ladder_overdue_seconds") == 0
    record([acknowledged("e1")])
    watch.look()
    assert (told("ladders", part="calling"), told("ladders", part="awaiting")) == (0, 1)


def test_an_office_that_nobody_holds_is_named_and_counted() -> None:
    store, clock = MemoryAlarmStore(), ManualClock(T0)
    store.state.ladders.around = Around("12栋")
    RecordTransitions(store, RandomIds(), ClimbLadders(DEFAULT_PLAN, clock))([raised("e1")])
    watch = LadderWatch(PassTime(store, clock), MemoryLadderReader(store), clock, Health())
    clock.set(T0 + MINUTE)
    with capture_logs() as logs:
        watch.look()
    assert logs[0]["nobody_holds"] == ["second_grid_worker", "street_duty"]
    assert told("ladder_unreached") == 6


def test_an_arrival_is_taken_and_what_nobody_can_read_is_buried() -> None:
    store, clock, office = MemoryAlarmStore(), ManualClock(T0), Office()
    RecordTransitions(store, RandomIds(), ClimbLadders(DEFAULT_PLAN, clock))([raised("e1")])
    arrived = TicketEvent(
        "t:7", "t", "LY-1", 7, "arrive", "signed", "on_site", "resolve", "sensor", GRID, 2, T0 + MINUTE, "陈抢修",
        "unit_handler", incident="gas-leak:gas-000001",
    )  # fmt: skip
    signed = msgspec.structs.replace(arrived, id="t:6", action="sign", at=T0 + 1)
    values = (b"not a ticket", None, encode(signed), encode(arrived))
    messages = [Message("linli.tickets", 0, offset, b"t", value, T0) for offset, value in enumerate(values)]
    consume = ArrivalConsumer(TakeArrival(store), office, clock)
    consume(messages)
    consume(messages)
    ladder = store.state.ladders.ladders["gas-leak:gas-000001"]
    assert (ladder.arrived_by, ladder.arrived_at) == ("陈抢修", T0 + MINUTE)
    assert {(letter.source, letter.origin) for letter in office.letters.values()} == {("alarms", "linli.tickets/0/0")}
