"""What a grid does beside judging: whom it knows, what it counts, what it must write, what news does to it."""

import msgspec
import pytest

from streams.contracts import (
    ActionName,
    AlarmState,
    Batch,
    Cause,
    Condition,
    Device,
    Flagged,
    Level,
    Nominal,
    Op,
    Quality,
    Rate,
    Rule,
    Sample,
    Severity,
)
from streams.contracts.devices import DeviceState
from streams.rules import ClockPolicy, episode_id
from streams.rules.grid import MOST_STRANGERS
from tests.unit.streams.rule_table import CH4, GRID, HOUR, MIN, OTHER_GRID, PLAIN, SILENT, T0, S, Table, gas

AT_ONCE = msgspec.structs.replace(PLAIN, levels=(Level(Severity.MAJOR, 25),))
DIM = Rule(
    "light.out", 1, "light", "power_w", Op.LT, (Level(Severity.MINOR, 10.0),), "out", "灭", "Out",
    measure=Nominal("nominal_w"), gate=(Condition("on"),),
)  # fmt: skip


def samples(*devices: str, at: int = 0, ts: int | None = None, value: float = 3.0) -> Batch:
    stamp = T0 + (at if ts is None else ts)
    return Batch(
        "gw", GRID, T0 + at, tuple(Sample(name, "gas", stamp, T0 + at, {"ch4_lel": value}) for name in devices)
    )


def test_late_doubled_and_strange_samples_are_counted_one_by_one() -> None:
    table = Table(devices=[gas("g1"), gas("g2")])
    table.feed(samples("g1", "g2", at=MIN))
    counts = []
    for record in (
        samples("g1", "g2", at=2 * MIN, ts=MIN),
        samples("g1", "g2", at=3 * MIN, ts=0),
        samples("a", "b", at=4 * MIN),
    ):
        table.feed(record)
        assert table.last is not None
        counts.append((table.last.duplicates, table.last.late, table.last.strangers))
    assert counts == [(2, 0, 0), (0, 2, 0), (0, 0, 2)]


def test_a_device_of_another_grid_or_a_retired_one_is_a_stranger_here() -> None:
    table = Table(rules=[AT_ONCE], devices=[gas("moved", area=OTHER_GRID), gas("old", state=DeviceState.RETIRED)])
    assert table.feed(samples("moved", "old", value=90.0)) == []
    assert table.last is not None
    assert table.last.strangers == 2


def test_as_many_strangers_wait_for_the_next_tick_as_there_is_room_for() -> None:
    names = [f"n{number}" for number in range(MOST_STRANGERS + 1)]
    table = Table(rules=[AT_ONCE], devices=[])
    table.tick(0)
    table.feed(samples(*names, at=S, value=90.0))
    table.adopt(devices=[gas(name) for name in names])
    raised = table.tick(2 * S)
    assert len(raised) == MOST_STRANGERS
    assert table.last is not None
    assert table.last.strangers == -MOST_STRANGERS, "so many fewer than were counted before"
    assert table.shard.grids[GRID].dirty


def test_what_is_news_is_written_and_what_is_none_is_not() -> None:
    table = Table(rules=[AT_ONCE], devices=[gas("g1"), gas("g2")])
    table.tick(0)
    table.feed(samples("g1", "g2", at=S))
    grid = table.shard.grids[GRID]
    table.shard.pack(GRID)
    table.adopt()
    table.tick(2 * S)
    assert not grid.dirty
    table.adopt(devices=[gas("g1", version=2), gas("g2")])
    table.tick(3 * S)
    assert grid.dirty
    table.shard.pack(GRID)
    table.adopt(devices=[gas("g1", version=2)])
    table.tick(4 * S)
    assert grid.dirty
    assert list(grid.tracks) == ["g1"]


def test_the_first_tick_after_a_restart_is_no_news() -> None:
    table = Table(rules=[CH4], devices=[gas("g1"), gas("g2")])
    table.tick(0)
    table.feed(samples("g1", "g2", at=S))
    table.restart()
    table.tick(2 * S)
    assert not table.shard.grids[GRID].dirty


def test_a_device_that_is_gone_keeps_no_other_from_its_news() -> None:
    table = Table(rules=[AT_ONCE], devices=[gas("g1"), gas("g2"), gas("g3")])
    table.tick(0)
    table.feed(samples("g1", "g2", "g3", at=S, value=20.0))
    lower = msgspec.structs.replace(AT_ONCE, version=2, levels=(Level(Severity.MAJOR, 15),))
    table.adopt(rules=[lower], devices=[gas("g1"), gas("g3")])
    assert [event.device for event in table.tick(2 * S)] == ["g1", "g3"]


def test_an_alarm_of_a_device_that_is_gone_says_why_it_ended() -> None:
    table = Table(rules=[AT_ONCE])
    table.tick(0)
    table.send(S, 90.0)
    table.adopt(devices=[])
    (ended,) = table.tick(MIN)
    assert (ended.cause, ended.why, ended.at) == (Cause.DEVICE, "device retired or moved", T0 + MIN)


def test_7_a_rule_that_was_disabled_while_nobody_worked_ends_its_alarms() -> None:
    table = Table(rules=[AT_ONCE])
    table.tick(0)
    (raised,) = table.send(S, 90.0)
    table.catalogue = table.catalogue.with_changes({AT_ONCE.id: msgspec.structs.replace(AT_ONCE, enabled=False)})
    table.restart()
    (ended,) = table.tick(MIN)
    assert (ended.episode, ended.cause, ended.why) == (raised.episode, Cause.RULE, "rule withdrawn")


def test_7_a_device_with_another_attribute_is_judged_again_at_once_by_the_rules_that_it_had() -> None:
    lamp = Device("g1", "light", GRID, attributes={"nominal_w": "60"}, period_s=300)
    table = Table(rules=[DIM], devices=[lamp])
    table.tick(0)
    table.say(S, {"power_w": 30.0, "on": 1.0})
    table.adopt(devices=[msgspec.structs.replace(lamp, attributes={"nominal_w": "600"}, version=2)])
    (raised,) = table.tick(MIN)
    assert (raised.cause, raised.at, raised.value) == (Cause.RULE, T0 + MIN, 5.0)


@pytest.mark.parametrize("restarted", [False, True])
def test_7_another_rule_leaves_the_timers_of_the_one_that_stays_alone(*, restarted: bool) -> None:
    table = Table(rules=[PLAIN])
    table.tick(0)
    table.send(S, 30)
    if restarted:
        table.restart()
    table.adopt(rules=[PLAIN, msgspec.structs.replace(PLAIN, id="gas.other", levels=(Level(Severity.MAJOR, 99),))])
    (fired,) = table.tick(HOUR)
    assert (fired.cause, fired.at) == (Cause.UNREFUTED, T0 + S + 10 * MIN)


def test_7_the_policy_on_clocks_is_in_force_after_a_restart_too() -> None:
    table = Table(rules=[AT_ONCE], policy=ClockPolicy(ahead=HOUR, outage=1_000 * HOUR), restart_every=1)
    table.send(0, 3)
    (raised,) = table.send(MIN, 30, ts=31 * MIN)
    assert (raised.quality, raised.since) == ("good", T0 + 31 * MIN)


def test_a_catalogue_waits_for_the_first_tick_that_every_grid_is_still_to_see() -> None:
    """A worker killed while it wrote begins before the newest of its grids; that one must not miss what changed."""
    table = Table(rules=[AT_ONCE])
    table.tick(0)
    table.send(S, 90.0)
    table.shard.grids[GRID].offset = 5
    table.catalogue = table.catalogue.with_changes({AT_ONCE.id: msgspec.structs.replace(AT_ONCE, enabled=False)})
    table.restart()
    for second in range(2, 5):
        assert table.tick(second * S) == []
    (ended,) = [event for second in range(5, 9) for event in table.tick(second * S)]
    assert ended.cause is Cause.RULE


def test_a_tick_says_that_it_put_a_catalogue_in_force() -> None:
    table = Table()
    told = []
    for second in range(3):
        table.tick(second * S)
        assert table.last is not None
        told.append(table.last.adopted)
        if second == 1:
            table.adopt()
    assert told == [True, False, True]


def test_news_for_one_device_reach_it_and_neither_its_neighbour_nor_another_grid() -> None:
    devices = [gas("g1"), gas("g2"), gas("h1", area=OTHER_GRID)]
    table = Table(rules=[AT_ONCE], devices=devices)
    table.tick(0)
    table.feed(samples("g1", "g2", at=S))
    kept = table.shard.grids[GRID].tracks["g1"]
    table.adopt(devices=[devices[0], gas("g2", version=2), devices[2]])
    table.tick(2 * S)
    tracks = table.shard.grids[GRID].tracks
    assert tracks["g1"] is kept
    assert tracks["g2"].version == 2


def test_a_rule_for_every_kind_is_news_for_every_device() -> None:
    table = Table(rules=[AT_ONCE])
    table.tick(0)
    table.send(S, 7.0, metric="m")
    every = msgspec.structs.replace(AT_ONCE, id="any", kind="*", metric="m", levels=(Level(Severity.MINOR, 5),))
    table.adopt(rules=[AT_ONCE, every])
    assert [event.rule for event in table.tick(2 * S)] == ["any"]


def test_alarms_of_a_device_that_was_deleted_while_nobody_worked_end_at_the_first_tick() -> None:
    table = Table(rules=[AT_ONCE])
    table.tick(0)
    table.send(S, 90.0)
    table.catalogue = table.catalogue.with_changes(devices={"g1": None})
    table.restart()
    (ended,) = table.tick(MIN)
    assert (ended.cause, ended.new) == (Cause.DEVICE, AlarmState.NORMAL)


def test_what_is_due_before_a_batch_closed_or_a_person_acted_comes_first() -> None:
    table = Table(rules=[PLAIN], devices=[gas("g1"), gas("g2")])
    table.send(0, 30)
    late = Sample("g2", "gas", T0 + 9 * MIN, T0 + 9 * MIN, {"ch4_lel": 3.0})
    (fired,) = table.feed(Batch("gw", GRID, T0 + 11 * MIN, (late,)))
    assert (fired.device, fired.at) == ("g1", T0 + 10 * MIN)
    acted = Table(rules=[PLAIN])
    acted.send(0, 30)
    fired, answered = acted.do(
        ActionName.ACKNOWLEDGE, HOUR, device="g1", rule=PLAIN.id, episode=episode_id("g1", PLAIN.id, T0)
    )
    assert (fired.cause, answered.cause) == (Cause.UNREFUTED, Cause.ACKNOWLEDGED)


def test_an_act_on_what_is_not_here_has_no_effect() -> None:
    empty = Table()
    assert empty.do(ActionName.CLOSE, 0, device="g1", rule=CH4.id, episode="e") == []
    table = Table()
    table.send(0, 3)
    for where in ({"device": "nobody", "rule": CH4.id}, {"device": "g1", "rule": "nothing"}):
        assert table.do(ActionName.SHELVE, S, until=HOUR, episode="e", **where) == []
        assert table.last is not None
        assert table.last.faults == []


def test_an_alarm_about_the_clock_can_be_answered_like_any_other() -> None:
    table = Table()
    for step in range(4):
        table.send(step * 10 * S, 2, ts=step * 10 * S - 10 * MIN)
    (told,) = table.events
    assert (told.episode, told.since, told.at) == (
        episode_id("g1", "device.clock", T0 + 20 * S - 10 * MIN),
        T0 + 20 * S,
        T0 + 20 * S,
    )
    assert (told.value, told.quality, [sample.offset for sample in told.samples]) == (10.0 * MIN, "arrival_time", [2])
    assert told.ts == T0 + 20 * S - 10 * MIN
    (answered,) = table.do(ActionName.ACKNOWLEDGE, MIN)
    assert answered.new is AlarmState.ACTIVE_ACK
    table.adopt(devices=[])
    (ended,) = table.tick(2 * MIN)
    assert (ended.rule, ended.cause) == ("device.clock", Cause.DEVICE)


def test_11_what_maintenance_does_to_an_alarm_is_said_in_words() -> None:
    table = Table(rules=[AT_ONCE])
    table.tick(0)
    table.send(S, 30)
    said = []
    for minute, state in ((1, DeviceState.MAINTENANCE), (2, DeviceState.ACTIVE)):
        table.adopt(devices=[gas(state=state, version=minute + 1)])
        (event,) = table.tick(minute * MIN)
        said.append((event.at - T0, event.why))
    assert said == [(MIN, "the device is in maintenance"), (2 * MIN, "the maintenance has ended")]


def test_7_a_window_goes_on_while_other_rules_come_and_is_forgotten_with_its_own() -> None:
    rising = msgspec.structs.replace(PLAIN, id="gas.rising", measure=Rate(window_ms=10 * MIN, minimum=4))
    table = Table(rules=[rising])
    table.tick(0)
    for minute in range(1, 5):
        table.send(minute * MIN, 1.0 * minute)
    table.adopt(rules=[rising, CH4])
    table.tick(5 * MIN)
    (kept,) = table.shard.grids[GRID].tracks["g1"].windows.values()
    assert len(kept) == 2 + 2 * 4
    table.adopt(rules=[CH4])
    table.tick(6 * MIN)
    assert table.shard.grids[GRID].tracks["g1"].windows == {}


def test_a_shelf_goes_with_its_rule() -> None:
    rule = msgspec.structs.replace(AT_ONCE, max_shelve_ms=8 * HOUR)
    table = Table(rules=[rule])
    table.tick(0)
    table.send(S, 3)
    table.do(ActionName.SHELVE, 2 * S, until=8 * HOUR, device="g1", rule=rule.id, episode="-")
    for second, rules in ((3, []), (4, [rule])):
        table.adopt(rules=rules)
        table.tick(second * S)
    (raised,) = table.send(MIN, 30)
    assert not raised.hidden


@pytest.mark.parametrize(("offset", "quality"), [(0, "good"), (51 * S, "arrival_time")])
def test_7_a_new_rule_judges_by_the_clock_that_is_believed(offset: int, quality: str) -> None:
    table = Table(rules=[])
    for step in range(4):
        table.send(step * 10 * S, 30, ts=step * 10 * S + offset)
    table.adopt(rules=[AT_ONCE])
    (raised,) = [event for event in table.tick(MIN) if event.rule == AT_ONCE.id]
    assert (raised.quality, raised.since, raised.backlog, raised.cause) == (quality, T0 + 30 * S, False, Cause.RULE)


def test_7_what_is_due_at_the_very_tick_that_brings_its_rule_happens_then() -> None:
    table = Table(rules=[])
    table.send(0, 30)
    table.adopt(rules=[PLAIN])
    (raised,) = table.tick(10 * MIN)
    assert (raised.cause, raised.at, raised.episode) == (Cause.RULE, T0 + 10 * MIN, episode_id("g1", PLAIN.id, T0))


def test_an_unrefuted_alarm_has_the_id_of_its_first_sample() -> None:
    table = Table(rules=[PLAIN])
    table.send(0, 30)
    (raised,) = table.tick(HOUR)
    assert raised.episode == episode_id("g1", PLAIN.id, T0)


def test_a_planned_device_that_comes_into_service_is_judged_as_if_it_had_just_spoken() -> None:
    table = Table(rules=[AT_ONCE], devices=[gas(state=DeviceState.PLANNED)])
    table.tick(0)
    assert table.send(S, 90) == []
    table.adopt(devices=[gas(version=2)])
    (raised,) = table.tick(MIN)
    assert (raised.cause, raised.at) == (Cause.CONFIRMED, T0 + MIN)


def test_6_a_message_of_the_same_time_adds_what_it_says_anew_and_changes_nothing_that_was_said() -> None:
    other = msgspec.structs.replace(AT_ONCE, id="gas.co", metric="co")
    table = Table(rules=[AT_ONCE, other])
    table.say(0, {"ch4_lel": 3.0, "on": 1.0})
    (raised,) = table.say(0, {"ch4_lel": 99.0, "co": 40.0})
    assert raised.rule == other.id
    last = table.shard.grids[GRID].tracks["g1"].last
    assert {metric: sample.values[metric] for metric, sample in last.items()} == {"ch4_lel": 3.0, "on": 1.0, "co": 40.0}


def test_6_a_health_alarm_of_a_backlog_says_so() -> None:
    fault = msgspec.structs.replace(AT_ONCE, op=Op.TRUE, measure=Flagged((Quality.FAULT,)), health=True)
    table = Table(rules=[fault])
    table.send(0, 3)
    (raised,) = table.send(HOUR, 3, ts=10 * MIN, quality=Quality.FAULT)
    assert raised.backlog


def test_a_device_keeps_the_pace_of_its_last_twenty_gaps_and_of_none_if_it_was_given_one() -> None:
    quick = msgspec.structs.replace(SILENT, no_data_after_ms=S)
    table = Table(rules=[quick], devices=[gas("g1", period_s=0), gas("g2", period_s=1)])
    table.tick(0)
    at = HOUR
    for gap in (*[30] * 5, *range(1, 21)):
        at += gap * MIN
        table.send(at, 2.0)
        table.send(at, 2.0, ts=at - 1)
    track = table.shard.grids[GRID].tracks["g1"]
    assert track.gaps == tuple(gap * MIN for gap in range(1, 21))
    assert track.period_ms == 19 * MIN
    (quiet,) = [event for event in table.tick(at + 2 * HOUR) if event.device == "g1"]
    assert quiet.at == T0 + at + 57 * MIN
    table.send(at + 3 * HOUR, 2.0, device="g2")
    paced = table.shard.grids[GRID].tracks["g2"]
    assert (paced.gaps, paced.period_ms) == ((), 1_000)
