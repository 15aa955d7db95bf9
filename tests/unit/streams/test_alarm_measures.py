"""Derived conditions of alarms.md: slopes, shares, two metrics, commands, schedules, health of the sensor."""

from typing import Any

import msgspec
import pytest

from streams.contracts import (
    AlarmEvent,
    AlarmState,
    Cause,
    Condition,
    Days,
    Device,
    Flagged,
    Jump,
    Level,
    Measure,
    Noise,
    Nominal,
    Op,
    Quality,
    Rate,
    Ratio,
    Rule,
    Schedule,
    Scope,
    Severity,
    Share,
    Sum,
    Unchanged,
    Value,
)
from streams.rules import Catalogue
from tests.unit.streams.rule_table import CH4, GRID, HOUR, MIN, PLAIN, T0, S, Table, gas

MIDNIGHT = 1_790_006_400_000 - T0
"""The first midnight in Shanghai after T0, which is a Monday evening (21 September 2026)."""


def rule(measure: Measure, limit: float = 1.0, op: Op = Op.GE, **more: Any) -> Rule:
    level = Level(Severity.MAJOR, limit, **more.pop("level", {}))
    fields = {"metric": "m", "kind": "gas"} | more
    return Rule("r", 1, op=op, levels=(level,), cause="c", name_zh="零", name_en="r", measure=measure, **fields)


def test_a_rate_of_rise_is_the_slope_by_least_squares_in_units_an_hour() -> None:
    table = Table(rules=[rule(Rate(window_ms=10 * MIN, minimum=4), limit=29.9)])
    for minute in range(5):
        assert table.send(minute * MIN, 0.5 * minute, metric="m") == []
    (raised,) = table.send(5 * MIN, 2.5, metric="m")
    assert raised.value == pytest.approx(30.0)
    assert raised.quality == "good"


def test_a_rate_needs_its_minimum_of_samples_over_half_of_its_window() -> None:
    table = Table(rules=[rule(Rate(window_ms=10 * MIN, minimum=4), limit=10)])
    for at, value in ((0, 0), (5 * MIN, 9)):
        assert table.send(at, value, metric="m") == []
    crowded = Table(rules=[rule(Rate(window_ms=10 * MIN, minimum=4), limit=10)])
    for minute in range(5):
        assert crowded.send(minute * MIN, float(minute * minute), metric="m") == []


def test_a_rate_counts_good_samples_only() -> None:
    table = Table(rules=[rule(Rate(window_ms=10 * MIN, minimum=4), limit=10)])
    for minute in range(12):
        quality = Quality.SENTINEL if minute % 2 else None
        assert table.send(minute * MIN, 500.0 if quality else 1.0, metric="m", quality=quality) == []


def test_a_window_forgets_what_has_left_it() -> None:
    table = Table(rules=[rule(Rate(window_ms=10 * MIN, minimum=4), limit=20)])
    for minute in range(30):
        table.send(minute * MIN, float(min(minute, 6)), metric="m")
    assert [event.new for event in table.events] == [AlarmState.ACTIVE_UNACK, AlarmState.RTN_UNACK]


def test_a_window_survives_a_restart() -> None:
    table = Table(rules=[rule(Rate(window_ms=10 * MIN, minimum=4), limit=29.9)], restart_every=1)
    for minute in range(6):
        table.send(minute * MIN, 0.5 * minute, metric="m")
    assert len(table.events) == 1


def test_a_window_begins_anew_when_the_clock_changes() -> None:
    table = Table(rules=[rule(Rate(window_ms=10 * MIN, minimum=4), limit=5)])
    for minute in range(6):
        table.send(minute * MIN, 1.0, metric="m")
    for minute in range(6, 9):
        table.send(minute * MIN, 40.0, ts=minute * MIN - 3 * HOUR, metric="m")
    assert [event.rule for event in table.events] == ["device.clock"]


def test_persistence_is_the_share_of_time_over_a_limit() -> None:
    table = Table(rules=[rule(Share(window_ms=HOUR, op=Op.GE, limit=7.0), limit=50.0)])
    for minute in range(0, 30, 5):
        assert table.send(minute * MIN, 2.0, metric="m") == []
    for minute in range(30, 55, 5):
        assert table.send(minute * MIN, 9.0, metric="m") == []
    (raised,) = [event for minute in (55, 60, 65) for event in table.send(minute * MIN, 9.0, metric="m")]
    assert raised.value == pytest.approx(50.0)
    assert raised.at == T0 + HOUR


def test_a_sum_or_ratio_of_two_metrics_takes_the_last_good_value_of_the_other() -> None:
    table = Table(rules=[rule(Sum("n"), limit=10.0)])
    assert table.send(0, 4.0, metric="n") == []
    (raised,) = table.send(S, 6.0, metric="m")
    assert raised.value == 10.0
    ratio = Table(rules=[rule(Ratio("n"), limit=2.0)])
    assert ratio.say(0, {"m": 9.0, "n": 0.0}) == []
    (raised,) = ratio.say(S, {"m": 9.0, "n": 3.0})
    assert raised.value == 3.0


@pytest.mark.parametrize("why", ["bad", "old", "never"])
def test_1_two_metrics_cannot_be_evaluated_while_one_is_missing(why: str) -> None:
    table = Table(rules=[rule(Sum("n"), limit=10.0)])
    if why == "bad":
        table.send(0, 50.0, metric="n", quality=Quality.FAULT)
    elif why == "old":
        table.send(0, 50.0, metric="n")
    assert table.send(2 * HOUR, 6.0, metric="m") == []


LAMP = Device("g1", "light", GRID, attributes={"nominal_w": "60"}, period_s=300)
OUT = rule(
    Nominal("nominal_w", "dim_pct"),
    limit=10.0,
    op=Op.LT,
    kind="light",
    metric="power_w",
    gate=(Condition("on"),),
    no_data_after_ms=24 * HOUR,
    level={"deadband": 10.0, "on_delay_ms": 15 * MIN, "repeat": 3, "off_delay_ms": 10 * MIN},
)


def lamp(table: Table, minute: int, power: float, *, on: float = 1.0, dim: float = 100.0) -> list[AlarmEvent]:
    return table.say(minute * MIN, {"power_w": power, "on": on, "dim_pct": dim})


def test_a_lamp_is_out_when_its_power_is_under_a_tenth_of_what_was_commanded() -> None:
    table = Table(rules=[OUT], devices=[LAMP])
    assert [lamp(table, minute, 2.9, dim=50.0) for minute in (0, 5, 10)] == [[], [], []]
    (raised,) = lamp(table, 15, 2.9, dim=50.0)
    assert raised.value == pytest.approx(100 * 2.9 / 30)
    healthy = Table(rules=[OUT], devices=[LAMP])
    assert [lamp(healthy, minute, 29.0, dim=50.0) for minute in range(0, 60, 5)] == [[]] * 12


def test_1_what_is_not_commanded_on_is_not_normal_state_and_timers_hold() -> None:
    table = Table(rules=[OUT], devices=[LAMP])
    lamp(table, 0, 0.0)
    lamp(table, 5, 0.0)
    for minute in range(10, 600, 10):
        assert lamp(table, minute, 0.3, on=0.0) == []
    assert len(lamp(table, 600, 0.0)) == 1
    for minute in range(610, 900, 10):
        assert lamp(table, minute, 0.3, on=0.0, dim=0.0) == []
    assert lamp(table, 900, 60.0) == []
    (back,) = lamp(table, 910, 60.0)
    assert back.cause is Cause.RETURNED


@pytest.mark.parametrize("attributes", [{}, {"nominal_w": "sixty"}, {"nominal_w": "0"}])
def test_a_lamp_without_a_nominal_power_cannot_be_judged(attributes: dict[str, str]) -> None:
    table = Table(rules=[OUT], devices=[msgspec.structs.replace(LAMP, attributes=attributes)])
    assert [lamp(table, minute, 0.0) for minute in range(0, 60, 5)] == [[]] * 12


def test_a_lamp_that_never_said_its_dimming_counts_as_full() -> None:
    table = Table(rules=[OUT], devices=[LAMP])
    events = [table.say(minute * MIN, {"power_w": 5.0, "on": 1.0}) for minute in (0, 5, 15)]
    assert [len(made) for made in events] == [0, 0, 1]


ENTRY = Rule(
    "septic.h2s", 1, "gas", "h2s", Op.GT,
    (
        Level(Severity.MAJOR, 7.0, 1.0, 10 * MIN, 3, None, 30 * MIN, given=(Condition("cover_open"),)),
        Level(Severity.WARNING, 7.0, 1.0, 10 * MIN, 3, None, 30 * MIN),
    ),
    "entry", "硫化氢", "H2S",
)  # fmt: skip


def test_a_side_condition_lifts_an_alarm_and_its_end_lowers_nothing() -> None:
    table = Table(rules=[ENTRY])
    for minute in (0, 5, 10):
        table.say(minute * MIN, {"h2s": 9.0, "cover_open": 0.0})
    assert [event.severity for event in table.events] == [Severity.WARNING]
    for minute in (15, 20, 25):
        table.say(minute * MIN, {"h2s": 9.0, "cover_open": 1.0})
    assert (table.events[-1].severity, table.events[-1].cause) == (Severity.MAJOR, Cause.SEVERITY_UP)
    for minute in range(30, 120, 5):
        assert table.say(minute * MIN, {"h2s": 9.0, "cover_open": 0.0}) == []


def test_a_side_condition_that_comes_by_itself_looks_again_at_the_last_value() -> None:
    level = Level(Severity.MAJOR, 7.0, given=(Condition("cover_open"),))
    table = Table(rules=[msgspec.structs.replace(ENTRY, levels=(level,))])
    assert table.send(0, 9.0, metric="h2s") == []
    (raised,) = table.send(MIN, 1.0, metric="cover_open")
    assert (raised.at, raised.ts, raised.value) == (T0 + MIN, T0, 9.0)


def test_high_methane_alone_does_not_fire_what_asks_for_a_rise() -> None:
    rising = Condition("m", Op.GE, 0.05, Rate(window_ms=6 * HOUR, minimum=6))
    high = rule(Value(), limit=2.5, level={"repeat": 3, "on_delay_ms": 30 * MIN, "given": (rising,)})
    flat = Table(rules=[high])
    for step in range(48):
        assert flat.send(step * 10 * MIN, 3.0, metric="m") == []
    steep = Table(rules=[high])
    for step in range(48):
        steep.send(step * 10 * MIN, 2.0 + 0.02 * step, metric="m")
    (raised,) = steep.events
    assert raised.value == pytest.approx(2.5 + 0.02 * 3)


def test_a_schedule_is_judged_only_while_it_is_open_and_holds_what_stands() -> None:
    night = msgspec.structs.replace(PLAIN, schedule=Schedule(start=22 * 60, end=6 * 60))
    table = Table(rules=[night])
    evening = MIDNIGHT - 3 * HOUR
    for step in range(10):
        assert table.send(evening + step * MIN, 60) == []
    table.send(evening + HOUR, 60)
    (raised,) = table.send(evening + HOUR + MIN, 60)
    assert raised.at == T0 + MIDNIGHT - 2 * HOUR + MIN
    for step in range(60):
        assert table.send(MIDNIGHT + 7 * HOUR + step * MIN, 1) == []
    table.send(MIDNIGHT + 22 * HOUR, 1)
    assert len(table.send(MIDNIGHT + 22 * HOUR + 6 * MIN, 1)) == 1


def test_what_nothing_refuted_waits_for_the_window_to_open() -> None:
    night = msgspec.structs.replace(PLAIN, schedule=Schedule(start=0, end=60))
    table = Table(rules=[night])
    table.send(MIDNIGHT + 55 * MIN, 60)
    (raised,) = table.tick(MIDNIGHT + 48 * HOUR)
    assert (raised.at, raised.cause) == (T0 + MIDNIGHT + 24 * HOUR, Cause.UNREFUTED)


def test_a_workday_schedule_knows_the_holidays() -> None:
    """1 to 7 October is a holiday; 10 October 2026, a Saturday, is a make-up workday."""
    noon = msgspec.structs.replace(PLAIN, schedule=Schedule(start=0, end=1440, days=Days.WORKDAY))
    table = Table(rules=[noon], devices=[gas(period_s=86_400)])
    day = 24 * HOUR
    october = MIDNIGHT + 9 * day
    for number in range(1, 12):
        table.send(october + (number - 1) * day + 12 * HOUR, 60)
        table.send(october + (number - 1) * day + 12 * HOUR + MIN, 60)
        table.send(october + (number - 1) * day + 13 * HOUR, 1)
        table.send(october + (number - 1) * day + 14 * HOUR, 1)
    raised = [event.at for event in table.events if event.new is AlarmState.ACTIVE_UNACK]
    assert [1 + (at - T0 - october) // day for at in raised] == [8, 9, 10]


def test_1_an_implausible_jump_is_a_health_event_and_the_sample_counts() -> None:
    jump = msgspec.structs.replace(rule(Jump(), limit=40.0), metric="ch4_lel", health=True)
    table = Table(rules=[CH4, jump])
    table.send(0, 2.0)
    (leapt,) = table.send(10 * S, 70.0)
    assert (leapt.rule, leapt.value, leapt.health) == ("r", 68.0, True)
    (raised,) = [event for event in table.send(20 * S, 71.0) if event.rule == CH4.id]
    assert raised.since == T0 + 10 * S


def test_a_value_that_never_moves_is_listed_but_never_at_zero() -> None:
    still = msgspec.structs.replace(rule(Unchanged(), limit=48.0), list_only=True)
    table = Table(rules=[still])
    for hour in range(49):
        table.send(hour * HOUR, 3.0, metric="m")
    (listed,) = table.events
    assert (listed.value, listed.list_only, listed.page) == (48.0, True, None)
    assert len(table.send(49 * HOUR, 3.1, metric="m")) == 1
    zero = Table(rules=[still])
    for hour in range(100):
        assert zero.send(hour * HOUR, 0.0, metric="m") == []


def test_a_value_that_dances_is_noise() -> None:
    table = Table(rules=[rule(Noise(window_ms=32 * MIN, minimum=8), limit=5.0)])
    for minute in range(32):
        table.send(minute * MIN, 10.0 + 6 * (minute % 2), metric="m")
    assert [event.value for event in table.events] == [6.0]


@pytest.mark.parametrize("quality", [Quality.FAULT, Quality.SENTINEL, Quality.OVER_RANGE])
def test_1_a_bad_sample_drives_the_devices_health_alarm(quality: Quality) -> None:
    bad = Flagged((Quality.FAULT, Quality.SENTINEL, Quality.OVER_RANGE))
    fault = msgspec.structs.replace(rule(bad, op=Op.TRUE), metric="ch4_lel", health=True)
    table = Table(rules=[PLAIN, fault])
    (raised,) = table.send(0, 99.0, quality=quality)
    assert (raised.rule, raised.health, raised.value) == ("r", True, 1.0)
    assert table.send(MIN, 50.0, metric="battery_pct") == []
    (back,) = table.send(2 * MIN, 3.0)
    assert back.cause is Cause.RETURNED


def test_a_warm_up_that_does_not_end_is_a_health_alarm_and_no_other() -> None:
    unready = msgspec.structs.replace(
        rule(Flagged((Quality.WARMUP, Quality.TEST)), op=Op.TRUE, level={"on_delay_ms": 30 * MIN, "repeat": 3}),
        metric="ch4_lel",
        health=True,
    )
    table = Table(rules=[CH4, unready])
    for minute in range(0, 31, 10):
        table.send(minute * MIN, 90.0, quality=Quality.WARMUP, flags=("warmup",))
    assert [event.rule for event in table.events] == ["r"]


def test_of_a_family_the_most_specific_scope_wins() -> None:
    def scoped(name: str, scope: Scope) -> Rule:
        return msgspec.structs.replace(PLAIN, id=name, family="gas", scope=scope)

    rules = [
        scoped("kind", Scope()),
        scoped("area", Scope(area="990101")),
        scoped("nearer", Scope(area="990101001")),
        scoped("zone", Scope(attributes={"zone": "kitchen"})),
        scoped("zone-and-floor", Scope(attributes={"zone": "kitchen", "floor": "1"})),
        scoped("model", Scope(model="x1")),
        scoped("device", Scope(device="g9")),
    ]
    catalogue = Catalogue.of(rules, [])
    wanted = {
        "nearer": gas(),
        "zone": gas(attributes={"zone": "kitchen"}),
        "zone-and-floor": gas(attributes={"zone": "kitchen", "floor": "1"}),
        "model": gas(attributes={"zone": "kitchen"}, model="x1"),
        "device": gas("g9", model="x1"),
        "kind": gas(area="330101001001001"),
    }
    assert {name: list(catalogue.plan(device).rules) for name, device in wanted.items()} == {
        name: [name] for name in wanted
    }


def test_equally_specific_scopes_are_told_apart_by_their_ids() -> None:
    rules = [msgspec.structs.replace(PLAIN, id=name, family="f") for name in ("b", "a", "c")]
    assert list(Catalogue.of(rules, []).plan(gas()).rules) == ["a"]


def test_a_value_that_is_not_a_number_spoils_no_window() -> None:
    table = Table(rules=[rule(Jump(), limit=40.0)])
    for second, value in enumerate((2.0, float("nan"), 3.0)):
        assert table.send(second * S, value, metric="m") == []
    (leapt,) = table.send(4 * S, 60.0, metric="m")
    assert leapt.value == 57.0


def test_side_conditions_bar_each_level_by_itself() -> None:
    """Two levels with sides of their own beside one without; what cannot be told holds, and fires nothing."""
    levels = (
        Level(Severity.CRITICAL, 7.0, given=(Condition("fire"),)),
        Level(Severity.MAJOR, 7.0, given=(Condition("cover_open"), Condition("near"))),
        Level(Severity.WARNING, 7.0),
    )
    entry = msgspec.structs.replace(ENTRY, levels=levels)
    wanted = [
        ({"fire": 0.0, "cover_open": 0.0, "near": 0.0}, Severity.WARNING),
        ({"fire": 0.0, "cover_open": 1.0, "near": 0.0}, Severity.WARNING),
        ({"fire": 0.0, "cover_open": 1.0, "near": 1.0}, Severity.MAJOR),
        ({"fire": 1.0, "cover_open": 0.0, "near": 0.0}, Severity.CRITICAL),
        ({"fire": 1.0}, Severity.CRITICAL),
        ({"cover_open": 1.0}, Severity.WARNING),
        ({}, Severity.WARNING),
    ]
    for beside, severity in wanted:
        table = Table(rules=[entry])
        assert [event.severity for event in table.say(0, {"h2s": 9.0} | beside)] == [severity], beside


def test_a_level_pending_on_its_side_holds_while_the_side_cannot_be_told() -> None:
    level = Level(Severity.MAJOR, 7.0, 1.0, 10 * MIN, 2, given=(Condition("cover_open"),))
    table = Table(rules=[msgspec.structs.replace(ENTRY, levels=(level,))])
    table.say(0, {"h2s": 9.0, "cover_open": 1.0})
    table.say(5 * MIN, {"h2s": 9.0, "cover_open": 1.0}, quality={"cover_open": Quality.FAULT})
    (raised,) = table.say(10 * MIN, {"h2s": 9.0, "cover_open": 1.0})
    assert raised.since == T0
    closed = Table(rules=[msgspec.structs.replace(ENTRY, levels=(level,))])
    closed.say(0, {"h2s": 9.0, "cover_open": 1.0})
    closed.say(5 * MIN, {"h2s": 9.0, "cover_open": 0.0})
    assert closed.say(10 * MIN, {"h2s": 9.0, "cover_open": 1.0}) == []


def test_1_over_range_asks_for_no_side_condition() -> None:
    entry = msgspec.structs.replace(ENTRY, levels=(Level(Severity.MAJOR, 7.0, given=(Condition("cover_open"),)),))
    table = Table(rules=[msgspec.structs.replace(entry, latch_over_range=True)])
    (raised,) = table.say(0, {"h2s": 300.0, "cover_open": 0.0}, quality={"h2s": Quality.OVER_RANGE})
    assert (raised.quality, raised.latched) == ("over_range", True)


def test_a_wrong_clock_is_told_of_a_derived_quantity_too() -> None:
    table = Table(rules=[rule(Sum("n"), limit=10.0)])
    for step in range(6):
        table.send(step * 10 * S, 1.0, ts=step * 10 * S + 51 * S, metric="n")
    (raised,) = table.send(MIN, 9.0, ts=MIN + 51 * S, metric="m")
    assert (raised.quality, raised.since) == ("arrival_time", T0 + MIN)


def test_a_backlog_is_told_of_a_derived_quantity_too() -> None:
    table = Table(rules=[rule(Sum("n"), limit=10.0)])
    table.send(0, 1.0, metric="n")
    (raised,) = table.send(30 * MIN, 9.0, ts=10 * MIN, metric="m")
    assert raised.backlog
