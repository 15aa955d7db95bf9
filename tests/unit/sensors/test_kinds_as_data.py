"""The kinds' data: default rules as alarms are meant, judgement of values, and a believable day."""

import random

import pytest

from sensors.kinds import CATEGORIES, KINDS, default_rules, judge, metric_of, ranges
from sensors.kinds.categories import DEVICE_UPKEEP
from sensors.kinds.clock import air_temperature, is_dark, local_hour
from sensors.kinds.definition import Moment
from sensors.kinds.durations import DAY, HOUR, MINUTE, SECOND
from sensors.kinds.pace import DEMO_CAP_MS, demo
from streams.contracts import (
    Condition,
    Flagged,
    Measure,
    Members,
    Nominal,
    Op,
    Quality,
    Rate,
    Rule,
    Scope,
    Severity,
    Value,
    encode,
)
from streams.contracts.codec import decode
from streams.rules import cycles, problems

RULES = {rule.id: rule for rule in default_rules()}
NOON = 1_795_320_000_000
"""22 November 2026, 12:00 in Shanghai."""
LON, LAT = 110.0, 30.0


def test_the_default_rules_are_those_of_the_table_and_the_health_of_the_devices() -> None:
    assert set(RULES) == {
        "gas.ch4", "gas.rising", "gas.alarm", "gas.over_range", "gas.silent",
        "gas.fault", "gas.unready", "gas.battery", "gas.life", "gas.stuck", "gas.jump", "gas.noisy",
        "septic.ch4", "septic.ch4_high", "septic.rising", "septic.persistent", "septic.h2s", "septic.o2_low",
        "septic.o2_high", "septic.silent", "septic.fault", "septic.battery", "septic.stuck", "septic.jump",
        "light.feeder", "light.feeder_dead",
        "light.out", "light.day_burner", "light.power_factor", "light.cycling", "light.silent",
        "light.fault",
        "parking.fire_lane", "parking.forbidden", "parking.silent", "parking.battery", "parking.stuck",
        "gateway.down",
    }  # fmt: skip


def test_no_default_rule_has_a_problem() -> None:
    assert [(rule.id, problem) for rule in RULES.values() for problem in problems(rule, ranges())] == []
    assert cycles(RULES.values()) == []


def test_health_rules_open_upkeep_tickets_only_and_others_none() -> None:
    for rule in RULES.values():
        categories = {level.ticket.category for level in rule.levels if level.ticket}
        assert categories <= {DEVICE_UPKEEP} if rule.health else DEVICE_UPKEEP not in categories


def test_only_critical_gas_needs_a_second_approver_to_be_shelved() -> None:
    grave = {rule.id for rule in RULES.values() if rule.levels[0].severity is Severity.CRITICAL}
    assert {rule.id for rule in RULES.values() if rule.second_approver} == grave
    assert all(rule.max_shelve_ms > 0 for rule in RULES.values())


@pytest.mark.parametrize(
    ("rule", "severity", "limit", "deadband", "on_delay", "repeat", "unrefuted", "off_delay", "latch"),
    [
        ("gas.ch4", "critical", 50, 5, 10 * SECOND, 2, 90 * SECOND, 5 * MINUTE, True),
        ("gas.ch4", "major", 25, 5, 30 * SECOND, 2, 10 * MINUTE, 5 * MINUTE, False),
        ("gas.ch4", "warning", 10, 2, 60 * SECOND, 2, None, 10 * MINUTE, False),
        ("gas.alarm", "critical", 1, 0, 0, 2, 30 * SECOND, 5 * MINUTE, True),
        ("gas.over_range", "critical", 1, 0, 0, 2, 30 * SECOND, 5 * MINUTE, True),
        ("gas.rising", "warning", 60, 24, 60 * SECOND, 2, None, 10 * MINUTE, False),
        ("septic.ch4_high", "critical", 2.5, 0.5, 30 * MINUTE, 3, None, HOUR, False),
        ("septic.rising", "warning", 0.25, 0.1, 0, 1, None, 2 * HOUR, False),
        ("septic.h2s", "major", 7, 1, 10 * MINUTE, 3, None, 30 * MINUTE, False),
        ("light.feeder", "major", 30, 20, 2 * MINUTE, 1, None, 10 * MINUTE, False),
        ("light.out", "minor", 10, 10, 15 * MINUTE, 3, None, 10 * MINUTE, False),
        ("septic.ch4", "critical", 5.0, 0.5, 10 * MINUTE, 2, None, HOUR, False),
        ("septic.ch4", "major", 1.25, 0.25, 30 * MINUTE, 3, None, HOUR, False),
        ("septic.h2s", "warning", 7, 1, 10 * MINUTE, 3, None, 30 * MINUTE, False),
        ("septic.o2_low", "major", 19.5, 0.3, 10 * MINUTE, 3, None, 30 * MINUTE, False),
        ("septic.o2_high", "major", 23.5, 0.3, 10 * MINUTE, 3, None, 30 * MINUTE, False),
        ("septic.o2_low", "warning", 19.5, 0.3, 10 * MINUTE, 3, None, 30 * MINUTE, False),
        ("septic.o2_high", "warning", 23.5, 0.3, 10 * MINUTE, 3, None, 30 * MINUTE, False),
        ("parking.fire_lane", "major", 1, 0, 5 * MINUTE, 1, 5 * MINUTE, 60 * SECOND, False),
    ],
)
def test_a_level_has_the_limits_and_delays_of_its_table(
    rule: str,
    severity: str,
    limit: float,
    deadband: float,
    on_delay: int,
    repeat: int,
    unrefuted: int | None,
    off_delay: int,
    *,
    latch: bool,
) -> None:
    level = next(level for level in RULES[rule].levels if level.severity == severity)
    assert (level.limit, level.deadband, level.on_delay_ms, level.repeat) == (limit, deadband, on_delay, repeat)
    assert (level.unrefuted_ms, level.off_delay_ms, level.latch) == (unrefuted, off_delay, latch)


@pytest.mark.parametrize(
    ("rule", "metric", "op", "measure"),
    [
        ("gas.ch4", "ch4_lel", Op.GE, Value()),
        ("gas.alarm", "alarm", Op.TRUE, Value()),
        ("gas.over_range", "ch4_lel", Op.TRUE, Flagged((Quality.OVER_RANGE,))),
        ("gas.rising", "ch4_lel", Op.GE, Rate(window_ms=5 * MINUTE, minimum=4)),
        ("septic.ch4", "ch4_vol", Op.GE, Value()),
        ("septic.ch4_high", "ch4_vol", Op.GE, Value()),
        ("septic.rising", "ch4_vol", Op.GE, Rate(window_ms=3 * HOUR, minimum=6)),
        ("septic.h2s", "h2s_ppm", Op.GT, Value()),
        ("septic.o2_low", "o2_vol", Op.LT, Value()),
        ("septic.o2_high", "o2_vol", Op.GT, Value()),
        (
            "light.feeder",
            "power_w",
            Op.GE,
            Members(minimum=5, silent_periods=3, of=Nominal("nominal_w", "dim_pct"), op=Op.LT, limit=10.0),
        ),
        ("light.out", "power_w", Op.LT, Nominal("nominal_w", "dim_pct")),
        ("parking.fire_lane", "occupied", Op.TRUE, Value()),
    ],
)
def test_a_rule_of_the_table_looks_at_its_quantity(rule: str, metric: str, op: Op, measure: Measure) -> None:
    assert (RULES[rule].metric, RULES[rule].op, RULES[rule].measure) == (metric, op, measure)


@pytest.mark.parametrize(
    ("rules", "floor"),
    [
        (("gas.ch4", "gas.rising", "gas.alarm", "gas.over_range", "gas.silent"), HOUR),
        (("septic.ch4", "septic.ch4_high", "septic.rising", "septic.h2s", "septic.o2_low", "septic.o2_high"), 2 * HOUR),
        (("septic.silent",), 2 * HOUR),
        (("light.out", "light.silent"), DAY),
        (("parking.fire_lane", "parking.silent"), 36 * HOUR),
    ],
)
def test_no_data_means_three_periods_and_never_less_than_the_floor_of_the_kind(
    rules: tuple[str, ...], floor: int
) -> None:
    assert {(RULES[rule].no_data_periods, RULES[rule].no_data_after_ms) for rule in rules} == {(3, floor)}


def test_what_a_rule_of_the_table_holds_only_with() -> None:
    opened, burning = Condition("cover_open"), Condition("on")
    rising = Condition("ch4_vol", Op.GE, 0.05, Rate(window_ms=6 * HOUR, minimum=6))
    given = {rule.id: level.given for rule in RULES.values() for level in rule.levels if level.given}
    entry = {f"septic.{metric}": (opened,) for metric in ("h2s", "o2_low", "o2_high")}
    assert given == entry | {"septic.ch4_high": (rising,)}
    assert all(RULES[rule].levels[0].given for rule in entry), "the cover lifts the warning to major"
    gated = {"light.feeder", "light.out", "light.power_factor"}
    assert {rule.id: rule.gate for rule in RULES.values() if rule.gate} == dict.fromkeys(gated, (burning,))
    assert RULES["parking.fire_lane"].scope == Scope(attributes={"zone": "fire_lane"})
    feeders = {"light.feeder", "light.feeder_dead"}
    hidden = {rule.id for rule in RULES.values() if feeders <= set(rule.suppress_when)}
    assert hidden == {rule for rule in RULES if rule.startswith("light.")} - feeders - {"light.fault"}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_is_whole(rule: Rule) -> None:
    assert rule.kind in {*KINDS, "*"}
    nameless = rule.op is Op.SILENT or rule.kind == "*"
    assert nameless == (rule.metric == "")
    assert nameless or metric_of(rule.kind, rule.metric) is not None
    assert rule.response_zh
    assert rule.response_en
    ranks = [level.severity.rank for level in rule.levels]
    assert ranks == sorted(ranks, reverse=True)
    for level in rule.levels:
        assert (level.ticket is None) == (level.severity is Severity.WARNING)
        assert level.ticket is None or level.ticket.category in CATEGORIES
        assert level.on_delay_ms < rule.no_data_after_ms
        assert level.unrefuted_ms is None or level.unrefuted_ms < rule.no_data_after_ms
    assert decode(encode(rule), Rule) == rule


def test_urgency_follows_severity() -> None:
    wanted = {Severity.CRITICAL: 2, Severity.MAJOR: 1, Severity.MINOR: 0}
    levels = [level for rule in RULES.values() for level in rule.levels if level.ticket]
    assert all(level.ticket and level.ticket.urgency == wanted[level.severity] for level in levels)


def test_each_kind_is_proven_and_reopened_after_its_own_time() -> None:
    """How long a sensor stays normal before that counts as a proof, and until when the same cause reopens a ticket."""
    wanted = {
        "gas-leak": {(30 * MINUTE, 24 * HOUR)},
        "septic-gas": {(24 * HOUR, 72 * HOUR)},
        "fire-lane": {(10 * MINUTE, 0)},  # another car is another matter
    }
    tickets = [level.ticket for rule in RULES.values() for level in rule.levels if level.ticket]
    found = {
        category: {(each.normal_for_ms, each.reopen_ms) for each in tickets if each.category == category}
        for category in wanted
    }
    assert found == wanted
    lamp = RULES["light.out"].levels[0].ticket
    assert lamp is not None
    assert (lamp.normal_for_ms, lamp.reopen_ms) == (DAY, 7 * DAY), "a day and night hold one whole night"


def test_the_demo_shortens_what_a_visitor_waits_for_and_nothing_that_decides_an_alarm() -> None:
    for rule in RULES.values():
        hurried = demo(rule)
        for before, after in zip(rule.levels, hurried.levels, strict=True):
            assert after.off_delay_ms == min(before.off_delay_ms, DEMO_CAP_MS)
            assert (after.limit, after.on_delay_ms, after.repeat) == (before.limit, before.on_delay_ms, before.repeat)
            assert after.ticket is None or after.ticket.normal_for_ms <= DEMO_CAP_MS
        assert demo(hurried) == hurried


@pytest.mark.parametrize(
    ("kind", "values", "flags", "expected"),
    [
        ("gas", {"ch4_lel": 3.0, "alarm": 0.0}, (), {}),
        ("gas", {"ch4_lel": -5.0}, (), {}),
        ("gas", {"ch4_lel": -5.1}, (), {"ch4_lel": Quality.OUT_OF_RANGE}),
        ("gas", {"ch4_lel": -100.0}, (), {"ch4_lel": Quality.SENTINEL}),
        ("gas", {"ch4_lel": 65_534.0}, (), {"ch4_lel": Quality.SENTINEL}),
        ("gas", {"ch4_lel": 110.0}, (), {"ch4_lel": Quality.OVER_RANGE}),
        ("gas", {"ch4_lel": 9_999.0}, (), {"ch4_lel": Quality.OUT_OF_RANGE}),
        ("gas", {"alarm": 2.0}, (), {"alarm": Quality.OUT_OF_RANGE}),
        ("gas", {"alarm": -0.01}, (), {"alarm": Quality.OUT_OF_RANGE}),
        ("gas", {"ch4_lel": 60.0, "battery_pct": 50.0}, ("test",), {"ch4_lel": Quality.TEST}),
        ("gas", {"ch4_lel": 60.0}, ("fault:x", "warmup"), {"ch4_lel": Quality.WARMUP}),
        ("gas", {"ch4_lel": 60.0}, ("warmup", "test"), {"ch4_lel": Quality.TEST}),
        ("gas", {"ch4_lel": 60.0}, ("fault:sensor",), {"ch4_lel": Quality.FAULT}),
        ("gas", {"ch4_lel": 60.0}, ("fault:battery-low",), {}),
        ("gas", {"ch4_lel": 110.0}, ("fault:sensor",), {"ch4_lel": Quality.OVER_RANGE}),
        ("gas", {"ch4_lel": 110.0}, ("test",), {"ch4_lel": Quality.TEST}),
        ("septic", {"ch4_vol": 16.0}, (), {}),
        ("septic", {"ch4_vol": 25.0}, (), {"ch4_vol": Quality.OVER_RANGE}),
        ("septic", {"temp_c": -12.0}, (), {}),
        ("septic", {"temp_c": -31.0}, (), {"temp_c": Quality.OUT_OF_RANGE}),
        ("light", {"wind": 3.0}, ("test",), {"wind": Quality.UNLISTED}),
        ("weather", {"ch4_lel": 3.0}, (), {"ch4_lel": Quality.UNLISTED}),
    ],
)
def test_a_value_is_judged_by_range_sentinel_and_flags(
    kind: str, values: dict[str, float], flags: tuple[str, ...], expected: dict[str, Quality]
) -> None:
    assert judge(kind, values, flags) == expected


def live(kind: str, *, hours: int, start: int = NOON, **attributes: str) -> list[dict[str, float]]:
    rng = random.Random(1)
    said: list[dict[str, float]] = [{}]
    for step in range(hours * 6):
        said.append(
            KINDS[kind].simulate(
                Moment(
                    at=start + step * 600_000,
                    lon=LON,
                    lat=LAT,
                    rng=rng,
                    elapsed_s=600.0 if step else 0.0,
                    previous=said[-1],
                    attributes=attributes,
                )
            )
        )
    return said[1:]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_ordinary_week_is_good_and_raises_nothing(kind: str) -> None:
    for values in live(kind, hours=24 * 7, zone="fire_lane"):
        assert judge(kind, values) == {}
        assert values.get("ch4_lel", 0.0) < 10
        assert values.get("ch4_vol", 0.0) < 1.25
        assert values.get("h2s_ppm", 0.0) <= 7
        assert 19.5 <= values.get("o2_vol", 20.0) <= 23.5
        assert values.get("alarm", 0.0) == 0.0
        assert kind != "parking" or values["occupied"] == 0.0


def test_lamps_burn_from_sunset_to_sunrise() -> None:
    day = live("light", hours=24, nominal_w="60")
    lit = {(round(local_hour(NOON + step * 600_000), 2), values["on"]) for step, values in enumerate(day)}
    assert {hour for hour, on in lit if on} == {hour for hour, _ in lit if hour > 17.7 or hour < 7.3}
    assert 56 <= max(values["power_w"] for values in day) <= 64
    assert day[-1]["energy_kwh"] > day[0]["energy_kwh"]


def test_bays_fill_at_night_and_empty_by_day() -> None:
    rng = random.Random(3)

    def taken(hour: int) -> float:
        at = NOON + (hour - 12) * 3_600_000
        said = [KINDS["parking"].simulate(Moment(at=at, lon=LON, lat=LAT, rng=rng)) for _ in range(400)]
        return sum(values["occupied"] for values in said) / 400

    assert taken(23) > 0.85
    assert taken(11) < 0.45


def test_septic_methane_is_higher_in_summer() -> None:
    winter = live("septic", hours=48, start=NOON + 60 * DAY)
    summer = live("septic", hours=48, start=NOON + 240 * DAY)
    assert sum(v["ch4_vol"] for v in summer) > 1.2 * sum(v["ch4_vol"] for v in winter)


def test_the_sun_and_the_climate_are_the_districts() -> None:
    assert not is_dark(NOON, LON, LAT)
    assert is_dark(NOON + 10 * HOUR, LON, LAT)
    assert air_temperature(NOON + 240 * DAY) > 25
    assert air_temperature(NOON + 60 * DAY) < 15
