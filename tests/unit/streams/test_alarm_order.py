"""alarms.md rule 6, ``reorder_wait``: what is put in order keeps its time, its clock, its backlog and its evidence."""

import msgspec
import pytest

from streams.contracts import Condition, Level, Quality, Schedule, Severity
from tests.unit.streams.rule_table import HOUR, MIN, PLAIN, T0, S, Table

ORDERED = msgspec.structs.replace(PLAIN, reorder_wait_ms=20 * S)
GATED = msgspec.structs.replace(ORDERED, gate=(Condition("on"),), levels=(Level(Severity.MAJOR, 25),))


def test_6_a_sample_that_came_after_a_newer_one_counts_from_its_own_time() -> None:
    table = Table(rules=[ORDERED])
    table.send(40 * S, 30, ts=30 * S)
    table.send(41 * S, 30, ts=0)
    (raised,) = table.tick(MIN)
    assert (raised.since, raised.at, raised.backlog) == (T0, T0 + 60 * S, False)
    assert [(sample.ts - T0, sample.offset, sample.quality) for sample in raised.samples] == [
        (0, 1, "good"),
        (30 * S, 0, "good"),
    ]


def test_6_what_waited_is_told_by_arrival_where_the_clock_is_wrong() -> None:
    table = Table(rules=[ORDERED])
    for step in range(4):
        table.send(step * 10 * S, 2, ts=step * 10 * S - 10 * MIN)
    table.send(40 * S, 30, ts=40 * S - 10 * MIN)
    table.send(70 * S, 30, ts=70 * S - 10 * MIN)
    (raised,) = [event for event in table.tick(HOUR) if event.rule == ORDERED.id]
    assert (raised.quality, raised.since, raised.at) == ("arrival_time", T0 + 40 * S, T0 + 90 * S)


def test_6_what_waited_in_a_backlog_says_so() -> None:
    table = Table(rules=[ORDERED])
    table.send(0, 2)
    table.send(HOUR, 30, ts=10 * MIN)
    table.send(HOUR, 30, ts=11 * MIN)
    (raised,) = table.tick(HOUR + MIN)
    assert (raised.backlog, raised.since) == (True, T0 + 10 * MIN)


def test_6_each_sample_waits_for_itself() -> None:
    table = Table(rules=[ORDERED])
    table.send(0, 30)
    table.send(15 * S, 30)
    table.send(31 * S, 30)
    assert table.tick(50 * S) == []
    (raised,) = table.tick(51 * S)
    assert (raised.at, len(raised.samples)) == (T0 + 51 * S, 3)


def test_6_over_range_keeps_its_meaning_while_it_waits() -> None:
    rule = msgspec.structs.replace(GATED, latch_over_range=True)
    table = Table(rules=[rule])
    table.send(0, 110, quality=Quality.OVER_RANGE)
    (raised,) = table.tick(MIN)
    assert (raised.quality, raised.latched) == ("over_range", True)


@pytest.mark.parametrize(("on", "raised"), [(0.0, 0), (1.0, 1)])
def test_6_a_gate_is_asked_when_the_sample_has_waited(on: float, raised: int) -> None:
    table = Table(rules=[GATED])
    table.say(0, {"ch4_lel": 30.0, "on": on})
    assert len(table.tick(MIN)) == raised


def test_6_the_same_sample_twice_waits_once_and_what_is_older_than_the_released_is_dropped() -> None:
    table = Table(rules=[ORDERED])
    table.send(30 * S, 30)
    table.tick(MIN)
    slot = table.shard.grids[table.devices[0].area].tracks["g1"].slots[ORDERED.id]
    assert slot.waiting == []
    table.send(61 * S, 30, ts=29 * S)
    table.send(62 * S, 30, ts=30 * S)
    assert table.shard.grids[table.devices[0].area].tracks["g1"].slots[ORDERED.id].waiting == []


NIGHT = msgspec.structs.replace(PLAIN, schedule=Schedule(22 * 60, 6 * 60), levels=(Level(Severity.MAJOR, 25),))
TEN_PM = 1_790_006_400_000 - T0 - 2 * HOUR


def test_6_a_schedule_is_asked_at_the_samples_own_time() -> None:
    table = Table(rules=[NIGHT])
    table.send(TEN_PM - HOUR, 2)
    (raised,) = table.send(TEN_PM + 9 * HOUR, 30, ts=TEN_PM + HOUR)
    assert raised.since == T0 + TEN_PM + HOUR
    assert Table(rules=[NIGHT]).send(TEN_PM + HOUR, 30, ts=TEN_PM - MIN) == []


def test_6_and_at_its_arrival_where_the_clock_is_wrong() -> None:
    table = Table(rules=[NIGHT])
    for step in range(4):
        table.send(TEN_PM - MIN + step * 10 * S, 2, ts=TEN_PM + 3 * HOUR + step * 10 * S)
    assert [event.rule for event in table.send(TEN_PM - S, 30, ts=TEN_PM + 3 * HOUR + 59 * S)] == []
    (raised,) = table.send(TEN_PM, 30, ts=TEN_PM + 3 * HOUR + 60 * S)
    assert (raised.rule, raised.quality) == (NIGHT.id, "arrival_time")
