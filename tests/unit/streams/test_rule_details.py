"""What a step hands on detail by detail: times, clocks, latches, offsets, names. Each was once changed unnoticed."""

from typing import Any

import msgspec
import pytest

from streams.contracts import (
    Action,
    ActionName,
    AlarmState,
    Cause,
    Condition,
    Flag,
    Level,
    Members,
    Noise,
    Op,
    Quality,
    Rate,
    Rule,
    Severity,
    Share,
    Sum,
    Unchanged,
    Value,
)
from streams.contracts.devices import DeviceState
from streams.rules import ClockPolicy, Reading, episode_id, machine, new_slot, step
from streams.rules.acts import shelf_end
from streams.rules.crowd import Crowd
from streams.rules.plan import Plan
from streams.rules.slots import Slot
from streams.rules.track import Membership, Track
from streams.rules.windows import Remembering, empty, feed, result, slope, taker
from tests.unit.streams.rule_table import CH4, GRID, HOUR, MIN, PLAIN, SILENT, T0, S, Table, gas

UNACK, RTN, NORMAL = AlarmState.ACTIVE_UNACK, AlarmState.RTN_UNACK, AlarmState.NORMAL
AT_ONCE = msgspec.structs.replace(PLAIN, levels=(Level(Severity.MAJOR, 25),))
BESIDE = msgspec.structs.replace(AT_ONCE, levels=(Level(Severity.MAJOR, 25, given=(Condition("open"),)),))
LATCHES = msgspec.structs.replace(
    PLAIN, levels=(Level(Severity.CRITICAL, 50, latch=True), Level(Severity.MAJOR, 25, latch=True))
)


def changed(rule: Rule, **more: object) -> Rule:
    return msgspec.structs.replace(rule, version=rule.version + 1, **more)


def slot_of(table: Table, rule: Rule) -> Slot:
    return table.shard.grids[GRID].tracks["g1"].slots[rule.id]


def stepped(rule: Rule, *values: float, slot: Slot | None = None) -> Slot:
    """The slot after one reading a second."""
    slot = slot or new_slot(rule)
    start = slot.last.ts + S if slot.last else T0
    for second, value in enumerate(values):
        slot, _ = machine.observe(slot, Reading(start + second * S, start + second * S, value), rule, "g1")
    return slot


def test_what_nothing_refuted_waits_for_its_time() -> None:
    slot, _ = step(new_slot(PLAIN), Reading(T0, T0, 30.0), PLAIN, "g1", T0)
    assert step(slot, None, PLAIN, "g1", T0 + 10 * MIN - 1) == (slot, [])


def test_what_is_overdue_under_a_new_version_happens_when_that_comes_into_force() -> None:
    table = Table(rules=[PLAIN])
    table.send(0, 30)
    table.adopt(rules=[changed(PLAIN, levels=(msgspec.structs.replace(PLAIN.levels[0], unrefuted_ms=MIN),))])
    (raised,) = table.tick(6 * MIN)
    assert (raised.at, raised.cause, raised.since) == (T0 + 6 * MIN, Cause.RULE, T0)


@pytest.mark.parametrize(("quality", "latched"), [(Quality.OVER_RANGE, True), (None, False)])
def test_1_over_range_that_nothing_refuted_is_latched_and_another_value_is_not(
    quality: Quality | None, latched: bool
) -> None:
    table = Table(rules=[msgspec.structs.replace(PLAIN, latch_over_range=True)])
    table.send(0, 110, quality=quality)
    (raised,) = [event for event in table.tick(HOUR) if event.rule == PLAIN.id]
    assert (raised.cause, raised.latched) == (Cause.UNREFUTED, latched)


def test_1_over_range_latches_the_top_level_and_no_other() -> None:
    rule = msgspec.structs.replace(
        LATCHES, levels=(Level(Severity.CRITICAL, 50), Level(Severity.MAJOR, 25)), latch_over_range=True
    )
    slot, _ = machine.observe(new_slot(rule), Reading(T0, T0, 110.0, over=True), rule, "g1")
    assert (slot.on, slot.latched) == (0b11, 0b01)
    mild = msgspec.structs.replace(rule, levels=(Level(Severity.CRITICAL, 500, repeat=9), Level(Severity.MAJOR, 25)))
    slot, _ = machine.observe(new_slot(mild), Reading(T0, T0, 110.0, over=True), mild, "g1")
    assert (slot.on, slot.latched) == (0b10, 0), "the milder level by itself is not the top limit"


def test_2_each_level_that_nothing_refuted_rises_at_its_own_time() -> None:
    levels = (
        Level(Severity.CRITICAL, 50, repeat=9, unrefuted_ms=10 * MIN),
        Level(Severity.MAJOR, 25, repeat=9, unrefuted_ms=MIN),
    )
    table = Table(rules=[msgspec.structs.replace(PLAIN, levels=levels)])
    table.send(0, 60)
    table.tick(HOUR)
    assert [(event.at - T0, event.severity) for event in table.events] == [
        (MIN, Severity.MAJOR),
        (10 * MIN, Severity.CRITICAL),
    ]


def test_3_every_latched_level_waits_for_the_one_reset() -> None:
    slot = stepped(LATCHES, 60.0)
    assert (slot.on, slot.latched) == (0b11, 0b11)
    slot = stepped(LATCHES, 1.0, slot=slot)
    assert (slot.on, slot.gone, slot.state) == (0b11, 0b11, UNACK)
    reset = Action("a", ActionName.RESET, GRID, "g1", LATCHES.id, slot.episode, "wang", T0 + MIN)
    slot, (told,) = step(slot, reset, LATCHES, "g1", T0 + MIN)
    assert (told.new, slot.on, slot.latched, slot.gone) == (NORMAL, 0, 0, 0)


def test_3_a_reset_of_the_worst_level_leaves_the_milder_one_as_it_is() -> None:
    rule = msgspec.structs.replace(LATCHES, levels=(LATCHES.levels[0], Level(Severity.MAJOR, 25)))
    slot = stepped(rule, 60.0, 30.0)
    assert (slot.on, slot.gone) == (0b11, 0b01)
    reset = Action("a", ActionName.RESET, GRID, "g1", rule.id, slot.episode, "wang", T0 + MIN)
    slot, (told,) = step(slot, reset, rule, "g1", T0 + MIN)
    assert (told.new, slot.on, slot.latched, slot.gone) == (UNACK, 0b10, 0, 0)


def test_a_reset_forgets_the_acknowledgement_and_when_to_ask_again() -> None:
    rule = msgspec.structs.replace(LATCHES, levels=LATCHES.levels[:1], realarm_after_ms=HOUR)
    slot = stepped(rule, 60.0, 1.0)
    for name in (ActionName.ACKNOWLEDGE, ActionName.RESET):
        slot, _ = step(slot, Action("a", name, GRID, "g1", rule.id, slot.episode, "wang", T0 + MIN), rule, "g1", T0)
    assert (slot.state, slot.acknowledged, slot.due) == (NORMAL, None, None)


def test_an_alarm_that_has_returned_survives_a_restart_with_its_levels() -> None:
    table = Table(rules=[AT_ONCE])
    table.send(0, 30)
    (back,) = table.send(S, 1)
    table.restart()
    assert (slot_of(table, AT_ONCE).state, slot_of(table, AT_ONCE).clearing) == (RTN, [None])
    (again,) = table.send(2 * S, 30)
    assert (again.episode, again.cause) == (back.episode, Cause.REALARM)


def test_a_silence_is_now_and_its_end_is_dated_by_the_message() -> None:
    table = Table(rules=[SILENT])
    table.tick(0)
    (quiet,) = table.tick(2 * HOUR)
    assert (quiet.backlog, quiet.joins, quiet.by) == (False, "", "")
    (heard,) = table.send(3 * HOUR, 2)
    assert (heard.at, heard.normal_since, heard.backlog) == (T0 + 3 * HOUR, T0 + 3 * HOUR, False)


def test_what_no_person_did_names_nobody() -> None:
    table = Table(rules=[msgspec.structs.replace(AT_ONCE, max_shelve_ms=HOUR)])
    table.send(0, 30)
    table.do(ActionName.SHELVE, MIN, until=HOUR)
    (shown,) = table.tick(2 * HOUR)
    assert (shown.by, shown.why) == ("", "the shelving has ended")
    table.adopt(rules=[])
    (ended,) = table.tick(3 * HOUR)
    assert (ended.by, ended.why) == ("", "rule withdrawn")


def test_11_a_shelf_ends_though_a_new_version_has_made_the_alarm_worse() -> None:
    rule = msgspec.structs.replace(AT_ONCE, max_shelve_ms=HOUR)
    table = Table(rules=[rule])
    table.send(0, 30)
    table.do(ActionName.SHELVE, MIN, until=HOUR)
    table.adopt(rules=[changed(rule, levels=(Level(Severity.CRITICAL, 25),))])
    (risen,) = table.tick(2 * MIN)
    assert (risen.severity, risen.shelved_until) == (Severity.CRITICAL, T0 + HOUR)
    (shown,) = table.tick(2 * HOUR)
    assert (shown.cause, shown.at) == (Cause.SHOWN, T0 + HOUR)


def test_a_rule_that_a_bug_turned_off_fires_nothing_when_its_device_changes() -> None:
    table = Table(rules=[PLAIN])
    table.send(0, 30)
    table.shard.grids[GRID].tracks["g1"].disabled = {PLAIN.id: PLAIN.version}
    table.adopt(devices=[gas(place="2F", version=2)])
    assert table.tick(20 * MIN) == []


def test_11_a_shelving_that_nothing_tells_of_is_written_all_the_same() -> None:
    """Nothing stands, so there is no event; the input is acknowledged, and a restart must know of it."""
    rule = msgspec.structs.replace(AT_ONCE, max_shelve_ms=HOUR)
    table = Table(rules=[rule])
    table.tick(0)
    table.shard.pack(GRID)
    table.do(ActionName.SHELVE, S, until=HOUR, device="g1", rule=rule.id, episode="-")
    assert table.events == []
    assert GRID in table.shard.dirty


def test_11_the_shortest_shelf_is_a_millisecond() -> None:
    rule = msgspec.structs.replace(PLAIN, max_shelve_ms=1)
    wish = Action("a", ActionName.SHELVE, GRID, "g1", PLAIN.id, "", "wang", T0, until=T0 + HOUR)
    assert shelf_end(wish, rule) == T0 + 1


def test_6_a_sample_that_was_released_does_not_wait_again() -> None:
    rule = msgspec.structs.replace(PLAIN, reorder_wait_ms=20 * S)
    table = Table(rules=[rule])
    table.send(0, 30)
    table.tick(20 * S)
    table.send(21 * S, 1.0, metric="co")
    table.send(22 * S, 30, ts=0)
    assert table.last is not None
    assert (table.last.late, slot_of(table, rule).waiting) == (1, [])


def test_12_what_came_while_the_rule_rested_is_no_evidence() -> None:
    assert stepped(PLAIN, 3.0, 4.0).evidence == []
    assert [reading.value for reading in stepped(PLAIN, 3.0, 30.0).evidence] == [30.0]


def test_6_a_late_sample_that_decides_is_as_live_as_any_and_names_its_device() -> None:
    table = Table(rules=[msgspec.structs.replace(AT_ONCE, reorder_wait_ms=20 * S)])
    table.send(40 * S, 1.0, metric="co")
    table.send(41 * S, 30, ts=30 * S)
    (raised,) = table.tick(2 * MIN)
    assert (raised.backlog, raised.episode) == (False, episode_id("g1", PLAIN.id, T0 + 30 * S))


def test_6_what_waits_longer_leaves_room_for_what_comes_before_it() -> None:
    twice = msgspec.structs.replace(PLAIN, reorder_wait_ms=20 * S, levels=(Level(Severity.MAJOR, 25, repeat=2),))
    table = Table(rules=[twice])
    table.send(0, 30)
    table.send(15 * S, 1)
    table.tick(20 * S)
    table.send(21 * S, 30, ts=10 * S)
    table.tick(2 * MIN)
    assert [event.cause for event in table.events] == [Cause.CONFIRMED, Cause.RETURNED]


def test_6_what_waits_is_let_go_though_what_came_before_it_could_not_be_judged() -> None:
    rule = msgspec.structs.replace(AT_ONCE, reorder_wait_ms=20 * S, gate=(Condition("on"),))
    table = Table(rules=[rule])
    table.say(0, {"ch4_lel": 30.0, "on": 0.0})
    table.say(15 * S, {"ch4_lel": 30.0})
    table.tick(MIN)
    assert PLAIN.id not in table.shard.grids[GRID].tracks["g1"].slots


def test_6_nothing_late_waits_at_a_device_that_is_not_in_service() -> None:
    planned = gas(state=DeviceState.PLANNED)
    table = Table(rules=[msgspec.structs.replace(AT_ONCE, reorder_wait_ms=20 * S)], devices=[planned])
    table.send(40 * S, 3)
    table.send(41 * S, 30, ts=30 * S)
    assert table.shard.grids[GRID].tracks["g1"].slots == {}


def test_7_maintenance_and_another_severity_at_once_are_told_with_their_time() -> None:
    table = Table(rules=[AT_ONCE])
    table.send(0, 30)
    table.adopt(
        rules=[changed(AT_ONCE, levels=(Level(Severity.CRITICAL, 25),))],
        devices=[gas(state=DeviceState.MAINTENANCE, version=2)],
    )
    assert {event.at for event in table.tick(MIN)} == {T0 + MIN}


def test_1_a_bad_value_of_another_metric_spoils_nothing() -> None:
    (raised,) = Table(rules=[AT_ONCE]).say(0, {"ch4_lel": 30.0, "co": 1.0}, quality={"co": Quality.FAULT})
    assert (raised.rule, raised.quality) == (PLAIN.id, "good")


@pytest.mark.parametrize(
    ("flags", "raised"), [((Flag.TEST,), 0), ((Flag.WARMUP,), 0), ((Flag.TEST, Flag.WARMUP), 0), ((Flag.STARTUP,), 1)]
)
@pytest.mark.parametrize("measure", [Value(), Sum("co")])
def test_1_a_test_or_a_warm_up_proves_nothing_and_a_start_does(
    flags: tuple[str, ...], raised: int, measure: Value | Sum
) -> None:
    table = Table(rules=[msgspec.structs.replace(AT_ONCE, measure=measure)])
    assert len(table.say(0, {"ch4_lel": 30.0, "co": 1.0}, flags=flags)) == raised


def test_1_a_test_looks_at_no_last_value_again() -> None:
    table = Table(rules=[BESIDE])
    table.send(0, 30)
    assert table.send(S, 1.0, metric="open", flags=(Flag.TEST,)) == []
    assert len(table.send(2 * S, 1.0, metric="open")) == 1


def test_1_a_bad_last_value_is_not_looked_at_again() -> None:
    table = Table(rules=[BESIDE])
    table.send(0, 30, quality=Quality.FAULT)
    assert table.send(S, 1.0, metric="open") == []
    assert table.last is not None
    assert table.last.faults == []


@pytest.mark.parametrize("apart", [True, False], ids=["the last value again", "with its side in one message"])
def test_6_a_value_judged_beside_another_keeps_its_arrival_its_clock_and_its_backlog(apart: bool) -> None:
    def told(table: Table, after: int, ts: int) -> Any:
        first = {"ch4_lel": 30.0} if apart else {"ch4_lel": 30.0, "open": 1.0}
        last = table.stamped(after, first, ts)
        return table.stamped(after + S, {"open": 1.0}, ts + S)[-1] if apart else last[-1]

    now = told(Table(rules=[BESIDE]), 0, 0)
    assert (now.arrival, now.backlog, now.quality) == (T0, False, "good")
    old = Table(rules=[BESIDE])
    old.send(0, 1.0, metric="co")
    assert told(old, HOUR, 10 * MIN).backlog
    wrong = Table(rules=[BESIDE])
    for second in range(0, 50, 10):
        wrong.send(second * S, 1.0, metric="co", ts=second * S + 51 * S)
    event = told(wrong, MIN, MIN + 51 * S)
    assert (event.rule, event.quality, event.arrival) == (BESIDE.id, "arrival_time", T0 + MIN)


def test_12_a_derived_quantity_names_the_record_that_decided() -> None:
    table = Table(rules=[msgspec.structs.replace(AT_ONCE, measure=Sum("co"))])
    table.say(0, {"ch4_lel": 1.0, "co": 1.0})
    (raised,) = table.say(S, {"ch4_lel": 30.0, "co": 1.0})
    assert [(sample.value, sample.partition, sample.offset) for sample in raised.samples] == [(31.0, 0, 1)]


@pytest.mark.parametrize("window", [Rate, Share, Noise])
def test_a_window_is_cut_into_whole_milliseconds(window: type[Rate] | type[Noise] | type[Share]) -> None:
    def made(window_ms: int) -> Remembering:
        if window is Share:
            return Share(window_ms=window_ms, op=Op.GE, limit=5.0, minimum=2)
        return window(window_ms=window_ms, minimum=2)

    def said(measure: Remembering, *times: int) -> list[bool]:
        points, take = empty(0), taker(measure)
        return [feed(points, take, 3_100_000 + t, 9.0, 0) is not None for t in times]

    assert said(made(10), 0, 4, 5) == [False, False, True], "a slot of a millisecond where the window is short"
    assert said(made(1_000), 0, 619, 620, 621) == [False, True, True, False], "a slot of 31 ms"


def test_a_value_that_has_just_moved_has_been_still_for_no_time() -> None:
    window, take = empty(0), taker(Unchanged(tolerance=0.1))
    assert [feed(window, take, T0 + hour * HOUR, value, 0) for hour, value in enumerate((5.0, 5.0, 9.0))] == [0, 1, 0]
    assert result(window) == 0.0


def test_a_slope_is_as_exact_far_from_zero() -> None:
    times = [T0 + minute * MIN for minute in range(20)]
    values = [1e9 + 0.25 * minute for minute in range(20)]
    assert slope(times, values) == pytest.approx(15.0, rel=1e-12)


TWO = msgspec.structs.replace(CH4, levels=(CH4.levels[0], CH4.levels[2]))


@pytest.mark.parametrize(
    ("rule", "values", "joined"),
    [(TWO, (60.0, 60.0), True), (PLAIN, (30.0, 30.0), True), (CH4, (12.0, 12.0), False), (LATCHES, (1.0,), False)],
    ids=["critical beside a warning", "major", "a warning", "nothing"],
)
def test_a_silence_joins_an_alarm_that_is_about_safety(rule: Rule, values: tuple[float, ...], joined: bool) -> None:
    table = Table(rules=[rule, SILENT])
    table.tick(0)
    for minute, value in enumerate(values):
        table.send(minute * 2 * MIN + S, value)
    (quiet,) = [event for event in table.tick(10 * HOUR) if event.rule == SILENT.id]
    assert (quiet.joins != "") is joined


def test_a_silence_joins_nothing_that_has_ended() -> None:
    table = Table(rules=[AT_ONCE, SILENT])
    table.tick(0)
    table.send(S, 30)
    table.send(2 * S, 1)
    (quiet,) = [event for event in table.tick(10 * HOUR) if event.rule == SILENT.id]
    assert quiet.joins == ""


def test_what_hides_an_alarm_and_when_is_told() -> None:
    cause = Rule("a.cause", 1, "gas", "cause", Op.TRUE, (Level(Severity.MAJOR),), "cause", "因", "Cause")
    table = Table(rules=[cause, msgspec.structs.replace(AT_ONCE, suppress_when=(cause.id,))])
    table.send(0, 30)
    first, hidden = table.send(MIN, 1.0, metric="cause")
    assert (hidden.at, hidden.by, hidden.why) == (T0 + MIN, first.episode, "")
    _, shown = table.send(2 * MIN, 0.0, metric="cause")
    assert (shown.at, shown.by) == (T0 + 2 * MIN, "")


def test_a_confirmed_episode_is_that_of_its_device() -> None:
    _, (raised,) = step(new_slot(AT_ONCE), Reading(T0, T0, 30.0), AT_ONCE, "g1", T0)
    assert raised.episode == episode_id("g1", PLAIN.id, T0)


def test_a_lamp_that_is_heard_again_counts_in_its_group_for_what_else_is_against_it() -> None:
    rules = [
        msgspec.structs.replace(AT_ONCE, id=name, group=("main",), measure=Members(silent_periods=3)) for name in "ab"
    ]
    track = Track(gas(attributes={"main": "M7"}), Plan(rules), T0)
    track.members = {"b": Membership("main:M7", dark=True, silent=True, told=True)}
    crowd = Crowd(track)
    crowd.heard(T0)
    assert (track.members, crowd.told) == ({"b": Membership("main:M7", True, False, True)}, [])


def test_a_partition_has_lost_no_rule_before_its_first_tick() -> None:
    assert Table().shard.lost == frozenset()


def test_a_grid_that_begins_judges_clocks_as_its_partition_does() -> None:
    table = Table(policy=ClockPolicy(outage=1_000 * HOUR, steady=10 * S, samples=3, ahead=2 * MIN))
    for second in range(0, 60, 10):
        table.send(second * S, 2.0, ts=second * S + 51 * S)
    assert table.events == []


def test_a_grid_is_packed_while_only_an_alarm_about_a_device_itself_stands() -> None:
    table = Table()
    for second in range(0, 60, 10):
        table.send(second * S, 2.0, ts=second * S + 51 * S)
    assert [event.rule for event in table.events] == ["device.clock"]
    assert table.shard.pack(GRID)
