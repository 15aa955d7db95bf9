"""One look at one quantity: what it needs, how old it may be, and when it says nothing."""

from typing import Any

import msgspec
import pytest

from streams.contracts import (
    Condition,
    Device,
    Flagged,
    Jump,
    Level,
    Measure,
    Members,
    Nominal,
    Op,
    Quality,
    Rate,
    Ratio,
    Sample,
    Schedule,
    Severity,
    Sum,
    Value,
)
from streams.rules import Plan
from streams.rules.probes import Given, Probe, Side, Watch, evaluable
from streams.rules.track import Track
from tests.unit.streams.rule_table import GRID, HOUR, MIN, PLAIN, T0, S, Table

NAN = float("nan")
LAMP = Device("l1", "light", GRID, attributes={"nominal_w": "50", "zero": "0", "word": "fifty"}, period_s=60)
RULE = msgspec.structs.replace(PLAIN, no_data_after_ms=HOUR, no_data_periods=3)


def sample(values: dict[str, float], at: int = 0, **quality: Quality) -> Sample:
    return Sample("l1", "light", T0 + at, T0 + at, values, quality)


def given(now: dict[str, float], *before: Sample, at: int = HOUR, **quality: Quality) -> Given:
    """What is known at a sample that says ``now``, after the samples ``before``."""
    track = Track(LAMP, Plan([RULE]), T0)
    for each in before:
        track.remember(each, each.values)
    return Given(track, sample(now, at, **quality), T0 + at, 0)


def look(measure: Measure, known: Given, metric: str = "m") -> float | None:
    return Probe(RULE, metric, measure).look(known)


@pytest.mark.parametrize(
    ("known", "value"),
    [
        (given({"m": 3.0}), 3.0),
        (given({"m": 3.0}, m=Quality.FAULT), None),
        (given({"m": 3.0}, x=Quality.FAULT), 3.0),
        (given({"x": 3.0}), None),
        (given({"x": 3.0}, sample({"m": 4.0})), 4.0),
        (given({"x": 3.0}, sample({"m": 4.0}), at=HOUR + 1), None),
        (given({"x": 3.0}, sample({"m": 4.0}, m=Quality.FAULT)), None),
        (given({"m": 3.0}, sample({"m": 4.0}), m=Quality.FAULT), None),
    ],
)
def test_a_value_is_this_samples_or_the_last_good_one_that_is_not_too_old(known: Given, value: float | None) -> None:
    assert look(Value(), known) == value
    assert look(Sum("n"), given({"n": 1.0})) is None


@pytest.mark.parametrize(
    ("measure", "known", "value"),
    [
        (Sum("n"), given({"m": 3.0, "n": 4.0}), 7.0),
        (Sum("n"), given({"m": 3.0}, sample({"n": 5.0})), 8.0),
        (Sum("n"), given({"m": 3.0}), None),
        (Ratio("n"), given({"m": 3.0, "n": -2.0}), -1.5),
        (Ratio("n"), given({"m": 3.0, "n": 1e-9}), None),
        (Ratio("n"), given({"m": 3.0, "n": 0.0}), None),
        (Ratio("n"), given({"m": 3.0, "n": 2e-9}), 1.5e9),
        (Nominal("nominal_w"), given({"m": 20.0}), 40.0),
        (Nominal("nominal_w"), given({}), None),
        (Nominal("zero"), given({"m": 20.0}), None),
        (Nominal("word"), given({"m": 20.0}), None),
        (Nominal("none"), given({"m": 20.0}), None),
        (Nominal("nominal_w", "dim"), given({"m": 20.0}), 40.0),
        (Nominal("nominal_w", "dim"), given({"m": 20.0, "dim": 50.0}), 80.0),
        (Nominal("nominal_w", "dim"), given({"m": 20.0, "dim": 0.0}), None),
        (Nominal("nominal_w", "dim"), given({"m": 20.0}, sample({"dim": 50.0})), 80.0),
        (Nominal("nominal_w", "dim"), given({"m": 20.0}, sample({"dim": 50.0}), at=HOUR + 1), None),
        (Nominal("nominal_w", "dim"), given({"m": 20.0, "dim": 50.0}, dim=Quality.FAULT), None),
    ],
)
def test_two_metrics_or_a_metric_and_an_attribute(measure: Measure, known: Given, value: float | None) -> None:
    assert look(measure, known) == (None if value is None else pytest.approx(value))


@pytest.mark.parametrize(
    ("metric", "known", "value"),
    [
        ("m", given({"m": 1.0}, m=Quality.FAULT), 1.0),
        ("m", given({"m": 1.0}, m=Quality.SENTINEL), 0.0),
        ("m", given({"m": 1.0}), 0.0),
        ("m", given({"x": 1.0}, x=Quality.FAULT), None),
        ("m", given({}), None),
        ("", given({"x": 1.0, "y": 1.0}, y=Quality.FAULT), 1.0),
        ("", given({"x": 1.0}), 0.0),
        ("", given({}), None),
    ],
)
def test_a_flag_is_of_the_metric_or_of_any(metric: str, known: Given, value: float | None) -> None:
    assert look(Flagged((Quality.FAULT,)), known, metric) == value


def test_a_window_takes_good_values_of_this_very_sample_only() -> None:
    known = given({"m": 3.0})
    jump = Probe(RULE, "m", Jump())
    assert jump.look(known) is None
    for values, quality in (({"x": 9.0}, {}), ({"m": NAN}, {}), ({"m": 99.0}, {"m": Quality.FAULT})):
        known.sample, known.time = sample(values, 2 * HOUR, **quality), T0 + 2 * HOUR
        assert jump.look(known) is None
    known.sample = sample({"m": 5.0}, 2 * HOUR)
    assert jump.look(known) == 2.0
    known.sample, known.time = sample({"x": 1.0}, 3 * HOUR), T0 + 3 * HOUR
    assert jump.look(known) is None
    assert jump.look(known, fresh=False) == 2.0, "a side condition goes on with what the window last said"
    assert list(known.windows) == ["Jump|m"]


def side(metric: str, op: Op = Op.TRUE, limit: float = 0.0) -> Side:
    return Side(RULE, Condition(metric, op, limit))


@pytest.mark.parametrize(
    ("known", "holds"), [(given({"on": 1.0}), True), (given({"on": 0.0}), False), (given({"x": 0.0}), None)]
)
def test_a_side_holds_or_not_or_cannot_be_told(known: Given, holds: bool | None) -> None:
    assert side("on").holds(known) is holds
    assert evaluable((side("on"),), None, known) is bool(holds)
    assert evaluable((side("x", Op.LE, 5.0), side("on")), None, given({"x": 5.0, "on": 1.0}))
    assert evaluable((), None, known)
    assert not evaluable((), Schedule(0, 1), known)


def test_a_side_condition_that_is_too_old_fires_nothing() -> None:
    level = Level(Severity.MAJOR, 7.0, given=(Condition("cover_open"),))
    rule = msgspec.structs.replace(PLAIN, metric="h2s", levels=(level,))
    table = Table(rules=[rule])
    table.say(0, {"cover_open": 1.0})
    assert len(table.say(MIN, {"h2s": 9.0})) == 1
    stale = Table(rules=[rule])
    stale.say(0, {"cover_open": 1.0})
    assert stale.say(2 * HOUR, {"h2s": 9.0}) == []


def steep(**more: Any) -> tuple[Watch, Track]:
    """A watch on a slope of at most 30 an hour, and a device whose window has three points of a flat line."""
    rule = msgspec.structs.replace(
        RULE, metric="m", measure=Rate(10 * MIN, 4), levels=(Level(Severity.MAJOR, 30.0),), **more
    )
    plan = Plan([rule])
    (watch,) = [each for each in plan.watches if each.probe.metric == "m"]
    track = Track(LAMP, plan, T0)
    for minute in range(1, 6):
        watch.at_rest(Given(track, sample({"m": 1.0}, minute * MIN), T0 + minute * MIN, 0))
    return watch, track


@pytest.mark.parametrize(
    ("at", "values", "quickly", "at_rest"),
    [
        (6 * MIN, {"m": 1.0}, True, True),
        (6 * MIN, {"m": 40.0}, None, False),
        (6 * MIN, {"x": 9.0}, True, True),
        (6 * MIN, {"m": NAN}, True, True),
        (5 * MIN, {"m": 9.0}, None, True),
        (5 * MIN + S, {"m": 40.0}, True, True),
    ],
    ids=["flat", "steep", "another metric", "no number", "no newer", "the same slot"],
)
def test_a_watch_says_quickly_what_it_would_say_at_length(
    at: int, values: dict[str, float], quickly: bool | None, at_rest: bool
) -> None:
    watch, track = steep()
    assert watch.quickly(track, sample(values, at)) is quickly
    again, fresh = steep()
    assert again.at_rest(Given(fresh, sample(values, at), T0 + at, 0)) is at_rest
    if quickly:
        assert track.windows["Rate|m|600000|4"].tobytes() == fresh.windows["Rate|m|600000|4"].tobytes()


def test_a_watch_without_a_window_or_of_another_clock_is_asked_at_length() -> None:
    watch, track = steep()
    track.clock.life = 1
    assert watch.quickly(track, sample({"m": 1.0}, 6 * MIN)) is None
    track.windows = {}
    assert watch.quickly(track, sample({"m": 1.0}, 6 * MIN)) is None
    assert Watch(Probe(RULE, "m", Sum("n"))).quickly(track, sample({"m": 1.0})) is None


def test_a_watch_counts_only_while_its_gates_and_its_schedule_let_it() -> None:
    shut, track = steep(gate=(Condition("on"),))
    assert shut.at_rest(Given(track, sample({"m": 40.0, "on": 0.0}, 6 * MIN), T0 + 6 * MIN, 0))
    ajar, track = steep(gate=(Condition("on"),))
    assert not ajar.at_rest(Given(track, sample({"m": 40.0, "on": 1.0}, 6 * MIN), T0 + 6 * MIN, 0))
    closed, track = steep(schedule=Schedule(0, 1))
    assert closed.at_rest(Given(track, sample({"m": 40.0}, 6 * MIN), T0 + 6 * MIN, 0))


def test_a_rule_on_a_group_is_watched_with_its_gates_and_schedule() -> None:
    rule = msgspec.structs.replace(
        RULE,
        measure=Members(of=Value(), op=Op.LT, limit=5.0),
        gate=(Condition("on"),),
        schedule=Schedule(0, 60),
        group=("main",),
    )
    (watch,) = Plan([rule]).watches
    assert (len(watch.gates), watch.schedule, watch.probe.rule) == (1, rule.schedule, rule)
    assert watch.probe.calm == (5.0, float("inf"))
