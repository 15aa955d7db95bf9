"""A rule that cannot work is refused before it is in force, with the field, the value and the remedy."""

from typing import Any

import msgspec
import pytest

from streams.contracts import (
    Condition,
    Days,
    Flagged,
    Level,
    Members,
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
    TicketPolicy,
    Value,
)
from streams.rules import Weight, cycles, problems

RANGES = {"gas": {"ch4_lel": (0.0, 100.0), "on": (0.0, 1.0)}, "light": {"power_w": (0.0, 2000.0), "dim_pct": (0, 100)}}
SOUND = Rule(
    "gas.x", 1, "gas", "ch4_lel", Op.GE,
    (Level(Severity.CRITICAL, 50, 5, 10, 2, 90), Level(Severity.MAJOR, 25, 5, 10, 2, 90)),
    "leak", "气", "Gas", "做", "Do", max_shelve_ms=1,
)  # fmt: skip


def found(rule: Rule) -> list[tuple[str, object]]:
    return [(problem.field, problem.value) for problem in problems(rule, RANGES)]


def change(**more: Any) -> Rule:
    return msgspec.structs.replace(SOUND, **more)


def levels(*changes: dict[str, Any]) -> Rule:
    return change(
        levels=tuple(msgspec.structs.replace(level, **more) for level, more in zip(SOUND.levels, changes, strict=False))
    )


def test_a_sound_rule_has_no_problem() -> None:
    assert problems(SOUND, RANGES) == []


@pytest.mark.parametrize(
    ("rule", "field", "value"),
    [
        (levels({"limit": 101.0}, {}), "levels[0].limit", 101.0),
        (levels({"limit": float("nan")}, {}), "levels[0].limit", None),
        (levels({"limit": float("inf")}), "levels[0].limit", float("inf")),
        (change(op=Op.GT, levels=(Level(Severity.MAJOR, 100.0),)), "levels[0].limit", 100.0),
        (change(op=Op.LT, levels=(Level(Severity.MAJOR, 0.0),)), "levels[0].limit", 0.0),
        (change(op=Op.LE, levels=(Level(Severity.MAJOR, -1.0),)), "levels[0].limit", -1.0),
        (
            change(measure=Share(1000, Op.GE, 1.0), levels=(Level(Severity.MAJOR, 100.5),)),
            "levels[0].limit",
            100.5,
        ),
        (levels({"deadband": -1.0}, {}), "levels[0].deadband", -1.0),
        (levels({"repeat": 0}, {}), "levels[0].repeat", 0),
        (levels({}, {"severity": Severity.CRITICAL}), "levels[1].severity", Severity.CRITICAL),
        (levels({}, {"limit": 50.0}), "levels[1].limit", 50.0),
        (levels({}, {"limit": 60.0}), "levels[1].limit", 60.0),
        (levels({"on_delay_ms": -1}, {}), "levels[0].on_delay_ms", -1),
        (levels({"on_delay_ms": 3_600_000}, {}), "levels[0].on_delay_ms", 3_600_000),
        (levels({"unrefuted_ms": 3_600_000}, {}), "levels[0].unrefuted_ms", 3_600_000),
        (
            change(levels=(Level(Severity.WARNING, 10, ticket=TicketPolicy("gas")),)),
            "levels[0].ticket",
            "gas",
        ),
        (change(levels=()), "levels", []),
        (change(metric="ch5"), "metric", "ch5"),
        (change(metric=""), "metric", ""),
        (change(kind="gaz"), "kind", "gaz"),
        (change(op=Op.SILENT), "metric", "ch4_lel"),
        (change(measure=Sum("nope")), "measure.other", "nope"),
        (change(measure=Ratio("nope")), "measure.other", "nope"),
        (change(measure=Nominal("nominal_w", "dim_pct")), "measure.dimming", "dim_pct"),
        (change(gate=(Condition("of"),)), "gate[0].metric", "of"),
        (change(gate=(Condition("on", Op.SILENT),)), "gate[0].op", Op.SILENT),
        (levels({"given": (Condition("of"),)}, {}), "levels[0].given[0].metric", "of"),
        (
            levels({"given": (Condition("on", Op.GE, 1, Sum("x")),)}, {}),
            "levels[0].given[0].measure.other",
            "x",
        ),
        (change(measure=Rate(0)), "measure.window_ms", 0),
        (change(measure=Flagged(())), "measure.qualities", []),
        (change(measure=Nominal("")), "measure.attribute", ""),
        (change(measure=Members(of=Nominal("")), group=("feeder",)), "measure.of.attribute", ""),
        (change(measure=Rate(1000, 1)), "measure.minimum", 1),
        (change(measure=Rate(1000, 17)), "measure.minimum", 17),
        (change(gate=(Condition("on", Op.GE, 1, Rate(0)),)), "gate[0].measure.window_ms", 0),
        (change(scope=Scope(area="99x")), "scope.area", "99x"),
        (change(scope=Scope(attributes={"zone": ""})), "scope.attributes.zone", ""),
        (change(measure=Members()), "group", []),
        (change(schedule=Schedule(-1, 60)), "schedule.start", -1),
        (change(schedule=Schedule(1440, 60)), "schedule.start", 1440),
        (change(schedule=Schedule(0, 1441)), "schedule.end", 1441),
        (change(schedule=Schedule(0, 1, Days.ALL, "Asia/Nowhere")), "schedule.zone", "Asia/Nowhere"),
        (change(suppress_when=("gas.x",)), "suppress_when", "gas.x"),
        (change(max_shelve_ms=-1), "max_shelve_ms", -1),
        (change(reorder_wait_ms=-1), "reorder_wait_ms", -1),
        (change(no_data_periods=0), "no_data_periods", 0),
        (change(realarm_after_ms=0), "realarm_after_ms", 0),
        (change(name_zh=" "), "name_zh", " "),
        (change(list_only=True, levels=(Level(Severity.MINOR, 1, ticket=TicketPolicy("x")),)), "list_only", True),
    ],
)
def test_each_mistake_is_an_error_that_names_its_field_and_value(rule: Rule, field: str, value: object) -> None:
    errors = [problem for problem in problems(rule, RANGES) if problem.weight is Weight.ERROR]
    matching = [problem for problem in errors if problem.field == field]
    assert matching, errors
    assert value is None or matching[0].value == value
    assert matching[0].remedy


def test_several_mistakes_are_told_at_once_errors_before_warnings() -> None:
    rule = change(metric="ch5", max_shelve_ms=0, schedule=Schedule(-1, 1441))
    weights = [problem.weight for problem in problems(rule, RANGES)]
    assert weights == [Weight.ERROR, Weight.ERROR, Weight.ERROR, Weight.WARNING]


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (levels({"deadband": 25.0}, {}), "levels[0].deadband"),
        (change(max_shelve_ms=0), "max_shelve_ms"),
        (change(response_en=""), "response_zh"),
    ],
    ids=["the deadband crosses the next limit", "can never be shelved", "nothing to do"],
)
def test_what_may_be_meant_is_a_warning(rule: Rule, field: str) -> None:
    assert [(problem.field, problem.weight) for problem in problems(rule, RANGES)] == [(field, Weight.WARNING)]


@pytest.mark.parametrize(
    "rule",
    [
        change(measure=Rate(1000), levels=(Level(Severity.MAJOR, 5_000.0),)),
        change(op=Op.LT, levels=(Level(Severity.MAJOR, 5.0, 1.0), Level(Severity.MINOR, 10.0))),
        change(op=Op.TRUE, metric="", measure=Flagged((Quality.FAULT,)), levels=(Level(Severity.MINOR),)),
        change(op=Op.SILENT, metric="", levels=(Level(Severity.MINOR),)),
        change(kind="*", metric="", measure=Members(), group=("gateway",), levels=(Level(Severity.MAJOR, 80.0),)),
        change(kind="light", metric="power_w", measure=Nominal("nominal_w", "dim_pct")),
        change(
            levels=(Level(Severity.MAJOR, 7.0, given=(Condition("on"),)), Level(Severity.WARNING, 7.0)),
            measure=Value(),
        ),
    ],
    ids=["a slope has no range", "falling levels", "flags", "silence", "every kind", "dimming", "one limit, a side"],
)
def test_what_the_default_rules_do_is_no_problem(rule: Rule) -> None:
    assert problems(rule, RANGES) == []


def test_a_circle_of_suppressions_is_found_with_its_way() -> None:
    ring = [change(id=name, suppress_when=(other,)) for name, other in (("a", "b"), ("b", "c"), ("c", "a"))]
    found = cycles([*ring, change(id="d", suppress_when=("a",))])
    assert [problem.value for problem in found] == ["a → b → c → a", "b → c → a → b", "c → a → b → c"]
    assert all(problem.weight is Weight.ERROR for problem in found)


def test_suppression_by_an_unknown_rule_is_a_warning() -> None:
    (problem,) = cycles([change(suppress_when=("nobody",))])
    assert (problem.value, problem.weight) == ("nobody", Weight.WARNING)
