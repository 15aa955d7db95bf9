"""The small parts of a rule's step by themselves: what is carried over, what is due, what is remembered."""

from typing import Any

import msgspec
import pytest

from streams.contracts import (
    AlarmState,
    Cause,
    Condition,
    Flagged,
    Jump,
    Level,
    Members,
    Op,
    Quality,
    Rate,
    Rule,
    Sample,
    Severity,
    Share,
    Sum,
)
from streams.rules import ARRIVAL, Reading, Slot, machine, new_slot
from streams.rules.built_in import CLOCK as CLOCK_ALARM
from streams.rules.plan import Plan
from streams.rules.probes import Given
from streams.rules.slots import Run, first
from streams.rules.timers import Alarm, Due, earliest, next_due
from streams.rules.track import Membership, Track
from streams.rules.windows import CLOCK, empty, feed, result, slope, taker
from tests.unit.streams.rule_table import CH4, GRID, HOUR, MIN, PLAIN, SILENT, T0, S, Table, gas


def run(at: int) -> Run:
    return Run(at, at, 0, 1, at)


def test_7_each_level_takes_its_own_bits_and_runs_to_its_new_place() -> None:
    critical, major, warning = CH4.levels
    slot = new_slot(CH4)
    slot.on, slot.latched, slot.gone = 0b110, 0b010, 0b100
    slot.firing, slot.clearing = [run(1), run(2), run(3)], [run(4), run(5), run(6)]
    slot.state, slot.acknowledged = AlarmState.ACTIVE_ACK, T0
    minor = Level(Severity.MINOR, 15, unrefuted_ms=MIN)
    lower = msgspec.structs.replace(warning, limit=9.0)
    newer = msgspec.structs.replace(CH4, version=2, levels=(major, minor, lower))
    moved = machine.adapt(slot, newer)
    assert (moved.version, moved.levels, moved.limits) == (
        2,
        (Severity.MAJOR, Severity.MINOR, Severity.WARNING),
        (25, 15, 9.0),
    )
    assert (moved.on, moved.latched, moved.gone) == (0b101, 0b001, 0b100)
    assert (moved.firing, moved.clearing) == ([run(2), None, None], [run(5), None, None])
    assert (moved.state, moved.acknowledged, moved.due) == (AlarmState.ACTIVE_ACK, T0, None)
    back = machine.adapt(moved, msgspec.structs.replace(CH4, version=3, levels=(critical, major, lower)))
    assert (back.on, back.latched, back.gone) == (0b110, 0b010, 0b100)
    assert back.firing == [None, run(2), None]
    assert slot.version == 1


def test_7_what_is_pending_under_the_new_version_is_due_under_its_delays() -> None:
    slot = new_slot(PLAIN)
    slot.firing = [run(T0)]
    sooner = msgspec.structs.replace(PLAIN, version=2, levels=(Level(Severity.MAJOR, 25, unrefuted_ms=MIN),))
    assert machine.adapt(slot, sooner).due == T0 + MIN


def test_an_ended_alarm_remembers_nothing_of_what_was_under_way() -> None:
    slot, _ = machine.observe(new_slot(PLAIN), Reading(T0, T0, 30.0), PLAIN, "g1")
    slot, _ = machine.observe(slot, Reading(T0 + MIN, T0 + MIN, 30.0), PLAIN, "g1")
    slot.waiting, slot.acknowledged, slot.clearing = [Reading(T0, T0, 1.0)], T0, [run(T0)]
    ended, (told,) = machine.end(slot, Cause.DEVICE, T0 + HOUR, "gone", by="wang")
    assert (told.cause, told.at, told.why, told.by) == (Cause.DEVICE, T0 + HOUR, "gone", "wang")
    assert (told.level, told.normal_since, told.number) == (0, T0 + HOUR, 2)
    assert (ended.on, ended.latched, ended.gone, ended.acknowledged) == (0, 0, 0, None)
    assert (ended.firing, ended.clearing, ended.waiting, ended.evidence) == ([None], [None], [], [])
    assert ended.state is AlarmState.NORMAL
    pending, _ = machine.observe(new_slot(PLAIN), Reading(T0, T0, 30.0), PLAIN, "g1")
    forgotten, told_nothing = machine.end(pending, Cause.RULE, T0, "")
    assert (told_nothing, forgotten.firing, forgotten.normal_since) == ([], [None], None)


@pytest.mark.parametrize(
    ("more", "due"),
    [
        ({}, Due(1 << 62, None)),
        ({"firing": [run(T0), run(T0 - MIN), run(T0)]}, Due(T0 + 90 * S, Alarm.UNREFUTED, 0)),
        ({"firing": [run(T0), run(T0 - 8 * MIN - 30 * S), None]}, Due(T0 + 90 * S, Alarm.UNREFUTED, 0)),
        ({"firing": [run(T0), run(T0 - 9 * MIN), None]}, Due(T0 + MIN, Alarm.UNREFUTED, 1)),
        ({"firing": [run(T0), run(T0), None], "on": 0b111}, Due(1 << 62, None)),
        ({"firing": [run(T0), run(T0), None], "on": 0b110}, Due(T0 + 90 * S, Alarm.UNREFUTED, 0)),
        ({"firing": [run(T0), None, None], "on": 0b001, "gone": 0b001}, Due(T0 + 90 * S, Alarm.UNREFUTED, 0)),
        ({"firing": [run(T0), None, None], "shelved_until": T0 + 90 * S}, Due(T0 + 90 * S, Alarm.UNREFUTED, 0)),
        ({"firing": [run(T0), None, None], "shelved_until": T0 + 89 * S}, Due(T0 + 89 * S, Alarm.SHELF)),
        ({"acknowledged": T0, "state": AlarmState.ACTIVE_ACK, "on": 1}, Due(T0 + HOUR, Alarm.AGAIN)),
        ({"acknowledged": T0, "state": AlarmState.ACTIVE_UNACK, "on": 1}, Due(1 << 62, None)),
        ({"acknowledged": T0, "state": AlarmState.ACTIVE_ACK, "on": 1, "gone": 1}, Due(1 << 62, None)),
        (
            {"acknowledged": T0, "state": AlarmState.ACTIVE_ACK, "on": 1, "shelved_until": T0 + HOUR},
            Due(T0 + HOUR, Alarm.SHELF),
        ),
    ],
    ids=str,
)
def test_time_does_the_first_thing_first_and_the_worst_level_before_milder_ones(more: dict[str, Any], due: Due) -> None:
    rule = msgspec.structs.replace(CH4, realarm_after_ms=HOUR)
    slot = new_slot(rule)
    for name, value in more.items():
        setattr(slot, name, value)
    assert earliest(slot, rule) == due
    assert next_due(slot, rule) == (due.at if due.what else None)
    slot.waiting = [Reading(T0, T0 + 40 * S, 1.0), Reading(T0, T0 + 30 * S, 1.0)]
    waited = msgspec.structs.replace(rule, reorder_wait_ms=10 * S)
    assert next_due(slot, waited) == min(due.at, T0 + 40 * S)


def test_a_run_counts_a_sample_once_and_lasts_by_one_clock() -> None:
    start = first(Reading(T0, T0 + 5, 1.0, 3))
    assert start == Run(T0, T0 + 5, 3, 1, T0)
    assert start.and_then(Reading(T0, T0 + 9, 1.0, 3)) is start
    assert start.and_then(Reading(T0 + 7, T0 + 9, 1.0, 3)) == Run(T0, T0 + 5, 3, 2, T0 + 7)
    assert (start.since, msgspec.structs.replace(start, clock=ARRIVAL).since) == (T0, T0 + 5)
    later = Reading(T0 + 30, T0 + 50, 1.0, 3)
    assert start.lasted(later) == 30
    assert start.lasted(msgspec.structs.replace(later, clock=4)) == 45
    by_arrival = msgspec.structs.replace(start, clock=ARRIVAL)
    assert by_arrival.lasted(msgspec.structs.replace(later, clock=ARRIVAL)) == 45


def test_a_reading_tells_its_time_and_quality() -> None:
    reading = Reading(1, 2, 3.0)
    assert (reading.time, reading.quality) == (1, "good")
    assert (Reading(1, 2, 3.0, ARRIVAL).time, Reading(1, 2, 3.0, ARRIVAL).quality) == (2, "arrival_time")
    assert Reading(1, 2, 3.0, ARRIVAL, over=True).quality == "over_range"


@pytest.mark.parametrize(
    ("more", "facts"),
    [
        ({}, (True, False, False)),
        ({"state": AlarmState.RTN_UNACK}, (False, False, False)),
        ({"waiting": [Reading(1, 1, 1.0)]}, (False, False, False)),
        ({"firing": [None, run(1), None]}, (False, False, False)),
        ({"clearing": [None, run(1), None]}, (True, False, False)),
        ({"shelved_until": 1}, (True, True, True)),
        ({"out_of_service": True}, (True, True, True)),
        ({"suppressed_by": ("e",)}, (True, True, True)),
        ({"masked_by": "e"}, (True, False, True)),
    ],
    ids=str,
)
def test_when_a_slot_rests_and_what_hides_it(more: dict[str, Any], facts: tuple[bool, bool, bool]) -> None:
    slot = new_slot(CH4)
    for name, value in more.items():
        setattr(slot, name, value)
    assert (slot.idle, slot.held, slot.hidden) == facts


@pytest.mark.parametrize(
    ("on", "gone", "worst", "all_gone"),
    [
        (0, 0, -1, False),
        (0b100, 0, 2, False),
        (0b110, 0b100, 1, False),
        (0b110, 0b110, 1, True),
        (0b111, 0b111, 0, True),
    ],
)
def test_the_worst_level_that_is_on_and_whether_all_only_wait(
    on: int, gone: int, worst: int, *, all_gone: bool
) -> None:
    slot = new_slot(CH4)
    slot.on, slot.gone = on, gone
    assert (slot.worst, slot.all_gone) == (worst, all_gone)


def test_a_fork_of_a_slot_shares_no_list() -> None:
    slot = Slot("r", 1, (), ())
    twin = slot.fork()
    for name in ("firing", "clearing", "waiting", "evidence"):
        getattr(twin, name).append(None)
        assert getattr(slot, name) == []


def test_a_window_begins_anew_with_another_clock_and_says_the_same_for_the_same_moment() -> None:
    take = taker(Share(window_ms=32 * MIN, op=Op.GE, limit=5.0, minimum=2))
    window = empty(1)
    assert (result(window), window[CLOCK]) == (None, 1.0)
    assert feed(window, take, T0, 9.0, 1) is None
    assert feed(window, take, T0 + 30 * MIN, 9.0, 1) == 100.0
    assert feed(window, take, T0 + 30 * MIN, 1.0, 1) == 100.0, "the same moment again"
    assert feed(window, take, T0 + 29 * MIN, 1.0, 1) is None, "an older one"
    assert feed(window, take, T0 + 30 * MIN + 1, 1.0, 1) is None, "a second value of the slot"
    assert result(window) == 100.0
    assert feed(window, take, T0 + 31 * MIN, 1.0, 2) is None
    assert list(window[2:]) == [T0 + 31 * MIN, 1.0]
    assert window[CLOCK] == 2.0


def test_a_share_is_of_the_time_up_to_the_next_point() -> None:
    take = taker(Share(window_ms=32 * MIN, op=Op.GE, limit=5.0, minimum=2))
    window = empty(0)
    said = [
        feed(window, take, T0 + minute * MIN, value, 0) for minute, value in ((0, 9.0), (4, 1.0), (16, 5.0), (20, 1.0))
    ]
    assert said == [None, None, pytest.approx(25.0), pytest.approx(40.0)]
    assert feed(window, take, T0 + 32 * MIN, 0.0, 0) == pytest.approx(25.0), (
        "what is as old as the window is still in it"
    )
    assert feed(window, take, T0 + 33 * MIN, 0.0, 0) == pytest.approx(100 * 4 / 29)
    assert feed(window, take, T0 + 65 * MIN, 0.0, 0) == 0.0


def test_a_slope_is_in_units_an_hour() -> None:
    assert slope([0, HOUR, 2 * HOUR], [1.0, 3.0, 5.0]) == pytest.approx(2.0)
    assert slope([T0, T0 + HOUR, T0 + 3 * HOUR], [0.0, 3.0, 3.0]) == pytest.approx(6 / 7)


@pytest.mark.parametrize(
    ("levels", "more", "due"),
    [
        ((None, MIN), {"firing": [run(T0), run(T0)]}, Due(T0 + MIN, Alarm.UNREFUTED, 1)),
        ((HOUR, MIN), {"firing": [None, run(T0)], "on": 0b10, "gone": 0b10}, Due(T0 + MIN, Alarm.UNREFUTED, 1)),
        ((HOUR,), {"firing": [None, run(T0)]}, Due(1 << 62, None)),
    ],
    ids=["a level that time does not confirm", "a milder level that only waits", "a level that the rule lacks now"],
)
def test_each_level_is_due_by_itself(levels: tuple[int | None, ...], more: dict[str, Any], due: Due) -> None:
    rated = zip((Severity.MAJOR, Severity.MINOR), (50, 25), levels, strict=False)
    rule = msgspec.structs.replace(PLAIN, levels=tuple(Level(s, limit, unrefuted_ms=wait) for s, limit, wait in rated))
    slot = new_slot(rule)
    for name, value in more.items():
        setattr(slot, name, value)
    assert earliest(slot, rule) == due


def test_4_a_rise_is_as_live_as_what_brought_it_and_a_fall_is_dated() -> None:
    levels = (Level(Severity.MAJOR, 50), Level(Severity.MINOR, 25))
    rule = msgspec.structs.replace(PLAIN, levels=levels, realarm_after_ms=HOUR)
    slot, _ = machine.observe(new_slot(rule), Reading(T0, T0, 30.0), rule, "g1")
    slot.state, slot.acknowledged = AlarmState.ACTIVE_ACK, T0
    slot, (risen,) = machine.observe(slot, Reading(T0 + 1, T0 + 1, 60.0, backlog=True), rule, "g1")
    assert (risen.cause, risen.backlog, slot.acknowledged, slot.due) == (Cause.SEVERITY_UP, True, None, None)
    slot, (told,) = machine.observe(slot, Reading(T0 + 2, T0 + 2, 60.0), rule, "g1")
    assert (told.cause, told.backlog) == (Cause.CONFIRMED, False)
    slot, (fallen,) = machine.observe(slot, Reading(T0 + 3, T0 + 3, 30.0), rule, "g1")
    assert (fallen.cause, fallen.at) == (Cause.SEVERITY_DOWN, T0 + 3)


def test_4_a_rise_by_another_version_forgets_the_acknowledgement_and_what_was_due_of_it() -> None:
    rule = msgspec.structs.replace(PLAIN, levels=(Level(Severity.MINOR, 25),), realarm_after_ms=HOUR)
    slot, _ = machine.observe(new_slot(rule), Reading(T0, T0, 30.0), rule, "g1")
    slot.state, slot.acknowledged, slot.due = AlarmState.ACTIVE_ACK, T0, T0 + HOUR
    newer = msgspec.structs.replace(rule, version=2, levels=(Level(Severity.MAJOR, 25),))
    risen, (told,) = machine.carried(slot, newer, T0 + MIN)
    assert (told.old, told.new, risen.acknowledged, risen.due) == (
        AlarmState.ACTIVE_ACK,
        AlarmState.ACTIVE_UNACK,
        None,
        None,
    )
    assert (slot.state, slot.acknowledged, slot.number) == (AlarmState.ACTIVE_ACK, T0, 1)
    assert machine.carried(slot, rule, T0 + MIN) == (slot, [])


def tracked(*rules: Rule, **more: Any) -> Track:
    return Track(gas(**more), Plan(rules), T0)


def test_only_a_device_without_a_registered_period_learns_its_pace() -> None:
    for period, gaps, quiet in ((0, (7,), False), (1, (), True)):
        track = tracked(SILENT, period_s=period)
        assert not track.quiet
        track.newest = Sample("g1", "gas", T0, T0, {"ch4_lel": 1.0})
        track.hear(T0 + 7)
        assert (track.gaps, track.calm()) == (gaps, quiet)


def test_a_device_learns_its_pace_from_the_first_gap_on() -> None:
    table = Table(rules=[SILENT], devices=[gas(period_s=0)])
    table.tick(0)
    for minute in (1, 2, 4):
        table.send(minute * MIN, 3.0)
    assert table.shard.grids[GRID].tracks["g1"].gaps == (MIN, 2 * MIN)


def test_a_device_that_is_put_aside_has_nothing_due_and_is_not_quiet() -> None:
    track = tracked(SILENT)
    assert track.next_due(0) == T0 + HOUR
    assert track.calm()
    track.disabled = {"*": 1}
    assert track.next_due(0) is None
    assert not track.calm()


def test_a_built_in_rule_is_in_force_for_every_device_until_a_bug_turns_it_off() -> None:
    track = tracked()
    assert track.rule(CLOCK_ALARM.id) is CLOCK_ALARM
    track.disabled = {CLOCK_ALARM.id: CLOCK_ALARM.version}
    assert track.rule(CLOCK_ALARM.id) is None


def test_a_group_that_knows_of_a_silence_keeps_no_other_from_hearing_of_it() -> None:
    first, second = (
        msgspec.structs.replace(PLAIN, id=name, group=("main",), measure=Members(silent_periods=3)) for name in "ab"
    )
    track = tracked(first, second, attributes={"main": "M7"})
    due = T0 + 3 * 600 * S
    assert track.crowd_silences(0) == [(first, "main:M7", due), (second, "main:M7", due)]
    track.members = {"a": Membership("main:M7", silent=True)}
    assert track.crowd_silences(0) == [(second, "main:M7", due)]


@pytest.mark.parametrize(
    ("metric", "quality", "wanted", "said"),
    [
        ("a", {"b": Quality.FAULT}, Quality.FAULT, 0.0),
        ("a", {"a": Quality.FAULT}, Quality.FAULT, 1.0),
        ("", {"b": Quality.FAULT}, Quality.FAULT, 1.0),
        ("c", {"b": Quality.FAULT}, Quality.FAULT, None),
        ("a", {"b": Quality.FAULT}, Quality.GOOD, 1.0),
    ],
)
def test_a_quality_is_that_of_the_metric_asked_for(
    metric: str, quality: dict[str, Quality], wanted: Quality, said: float | None
) -> None:
    sample = Sample("g1", "gas", T0, T0, {"a": 1.0, "b": 2.0}, quality)
    assert Given(tracked(), sample, T0, 0).flagged(metric, Flagged((wanted,))) == said


def test_a_gate_goes_by_what_its_window_last_said_where_a_message_adds_nothing() -> None:
    rising = Condition("flow", Op.GE, 5.0, measure=Rate(window_ms=10 * MIN, minimum=2))
    table = Table(rules=[msgspec.structs.replace(PLAIN, levels=(Level(Severity.MAJOR, 25),), gate=(rising,))])
    for minute in range(9):
        table.say(minute * MIN, {"flow": 1.0 * minute})
    (raised,) = table.say(9 * MIN, {"ch4_lel": 30.0})
    assert raised.rule == PLAIN.id


@pytest.mark.parametrize(
    ("measure", "calm", "limit"),
    [(Sum("b"), {"a": 4.0, "b": 4.0}, {"a": 2.0, "b": 3.0}), (Jump(), {"a": 9.0}, {"a": 4.0})],
    ids=["looked at", "quickly"],
)
def test_a_quiet_device_at_the_very_limit_from_above_is_not_at_rest(
    measure: Sum | Jump, calm: dict[str, float], limit: dict[str, float]
) -> None:
    low = msgspec.structs.replace(PLAIN, metric="a", op=Op.LE, measure=measure, levels=(Level(Severity.MAJOR, 5.0),))
    table = Table(rules=[low])
    for minute in range(3):
        table.say(minute * MIN, {name: value + 20.0 * minute for name, value in calm.items()})
    assert table.shard.grids[GRID].tracks["g1"].quiet
    assert table.events == []
    (raised,) = table.say(3 * MIN, limit if isinstance(measure, Sum) else {"a": calm["a"] + 45.0})
    assert raised.value == 5.0
