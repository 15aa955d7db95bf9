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
    TicketPolicy,
    Value,
)
from streams.rules import Problem, Weight, cycles, problems

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


AREA = "the digits of an area code, from the county down"
KNOWN = "gas has no such metric; one of ch4_lel, on"
NEVER = "can never be met; values lie in 0..100"
HOUR = 3_600_000
NAN = float("nan")


@pytest.mark.parametrize(
    ("rule", "field", "value", "remedy"),
    [
        (levels({"limit": 101.0}, {}), "levels[0].limit", 101.0, NEVER),
        (levels({"limit": float("inf")}, {}), "levels[0].limit", float("inf"), "a finite number"),
        (levels({"limit": float("-inf")}), "levels[0].limit", float("-inf"), "a finite number"),
        (change(op=Op.GT, levels=(Level(Severity.MAJOR, 100.0),)), "levels[0].limit", 100.0, NEVER),
        (change(op=Op.LT, levels=(Level(Severity.MAJOR, 0.0),)), "levels[0].limit", 0.0, NEVER),
        (change(op=Op.LE, levels=(Level(Severity.MAJOR, -0.5),)), "levels[0].limit", -0.5, NEVER),
        (
            change(measure=Share(1000, Op.GE, 1.0), levels=(Level(Severity.MAJOR, 100.5),)),
            "levels[0].limit",
            100.5,
            NEVER,
        ),
        (
            change(measure=Members(), group=("main",), levels=(Level(Severity.MAJOR, 100.5),)),
            "levels[0].limit",
            100.5,
            NEVER,
        ),
        (levels({"deadband": -0.5}, {}), "levels[0].deadband", -0.5, "0 or more, in the unit of the limit"),
        (levels({"repeat": 0}, {}), "levels[0].repeat", 0, "1 or more samples"),
        (
            levels({}, {"severity": Severity.CRITICAL}),
            "levels[1].severity",
            Severity.CRITICAL,
            "levels run from the worst severity down, each once",
        ),
        (levels({}, {"limit": 50.0}), "levels[1].limit", 50.0, "must be milder than 50 of the level above it"),
        (levels({}, {"limit": 50.5}), "levels[1].limit", 50.5, "must be milder than 50 of the level above it"),
        (
            change(op=Op.LE, levels=(Level(Severity.MAJOR, 5.0), Level(Severity.MINOR, 4.5))),
            "levels[1].limit",
            4.5,
            "must be milder than 5 of the level above it",
        ),
        (levels({"on_delay_ms": -1}, {}), "levels[0].on_delay_ms", -1, "0 ms or more"),
        (levels({}, {"off_delay_ms": -1}), "levels[1].off_delay_ms", -1, "0 ms or more"),
        (levels({"unrefuted_ms": -1}, {}), "levels[0].unrefuted_ms", -1, "0 ms or more"),
        (
            levels({"on_delay_ms": HOUR}, {}),
            "levels[0].on_delay_ms",
            HOUR,
            "must be shorter than no_data_after_ms, 3600000",
        ),
        (
            levels({}, {"unrefuted_ms": HOUR}),
            "levels[1].unrefuted_ms",
            HOUR,
            "must be shorter than no_data_after_ms, 3600000",
        ),
        (
            change(levels=(Level(Severity.WARNING, 10, ticket=TicketPolicy("gas")),)),
            "levels[0].ticket",
            "gas",
            "a warning opens no ticket; leave the ticket out",
        ),
        (change(levels=()), "levels", [], "a rule needs at least one level"),
        (change(metric="ch5"), "metric", "ch5", KNOWN),
        (change(metric=""), "metric", "", KNOWN),
        (change(kind="*", metric="ch5"), "metric", "ch5", "* has no such metric; one of ch4_lel, dim_pct, on, power_w"),
        (change(kind="gaz"), "kind", "gaz", "one of gas, light, or * for every kind"),
        (
            change(op=Op.SILENT),
            "metric",
            "ch4_lel",
            "a silence rule watches for messages at all; leave the metric empty",
        ),
        (change(measure=Sum("nope")), "measure.other", "nope", KNOWN),
        (change(measure=Ratio("nope")), "measure.other", "nope", KNOWN),
        (change(measure=Nominal("nominal_w", "dim_pct")), "measure.dimming", "dim_pct", KNOWN),
        (
            change(metric="", measure=Members(of=Value()), group=("main",)),
            "metric",
            "",
            KNOWN,
        ),
        (change(gate=(Condition("on"), Condition("of"))), "gate[1].metric", "of", KNOWN),
        (
            change(gate=(Condition("on", Op.SILENT),)),
            "gate[0].op",
            Op.SILENT,
            "silence cannot be a side condition; use ge, gt, le, lt or true",
        ),
        (levels({}, {"given": (Condition("on"), Condition("of"))}), "levels[1].given[1].metric", "of", KNOWN),
        (
            levels({"given": (Condition("on", Op.GE, 1, Sum("x")),)}, {}),
            "levels[0].given[0].measure.other",
            "x",
            KNOWN,
        ),
        (change(measure=Rate(0)), "measure.window_ms", 0, "more than 0 ms"),
        (change(measure=Noise(1000, 1)), "measure.minimum", 1, "2 to 16 points"),
        (change(measure=Rate(1000, 17)), "measure.minimum", 17, "2 to 16 points"),
        (change(gate=(Condition("on", Op.GE, 1, Rate(0)),)), "gate[0].measure.window_ms", 0, "more than 0 ms"),
        (change(scope=Scope(area="99x")), "scope.area", "99x", AREA),
        (change(scope=Scope(area="九九")), "scope.area", "九九", AREA),
        (change(scope=Scope(area="9" * 21)), "scope.area", "9" * 21, AREA),
        (
            change(scope=Scope(attributes={"zone": ""})),
            "scope.attributes.zone",
            "",
            "name an attribute and the value it must have",
        ),
        (
            change(scope=Scope(attributes={"": "kitchen"})),
            "scope.attributes.",
            "kitchen",
            "name an attribute and the value it must have",
        ),
        (
            change(measure=Members()),
            "group",
            [],
            "a rule on a group must name the attribute that makes it, such as feeder",
        ),
        (change(schedule=Schedule(-1, 60)), "schedule.start", -1, "minutes since midnight, 0 to 1439"),
        (change(schedule=Schedule(1440, 60)), "schedule.start", 1440, "minutes since midnight, 0 to 1439"),
        (change(schedule=Schedule(0, 1441)), "schedule.end", 1441, "minutes since midnight, 0 to 1440"),
        (
            change(schedule=Schedule(0, 1, Days.ALL, "Asia/Nowhere")),
            "schedule.zone",
            "Asia/Nowhere",
            "a zone of the tz database, such as Asia/Shanghai",
        ),
        (
            change(schedule=Schedule(0, 1, Days.ALL, "../zone")),
            "schedule.zone",
            "../zone",
            "a zone of the tz database, such as Asia/Shanghai",
        ),
        (change(suppress_when=("gas.x",)), "suppress_when", "gas.x", "a rule cannot hide itself; take it out"),
        (change(max_shelve_ms=-1), "max_shelve_ms", -1, "0 or more"),
        (change(reorder_wait_ms=-1), "reorder_wait_ms", -1, "0 or more"),
        (change(reorder_wait_ms=HOUR), "reorder_wait_ms", HOUR, f"must be shorter than no_data_after_ms, {HOUR}"),
        (change(name_zh="名" * 81), "name_zh", "名" * 81, "at most 80 characters"),
        (change(name_en="n" * 81), "name_en", "n" * 81, "at most 80 characters"),
        *(
            (change(cause=cause), "cause", cause, "small letters and digits in parts joined by -, such as gas-leak")
            for cause in ("Ü", "gas leak", "gas:leak", "-gas", "gas-", "gas--leak", "Gas")
        ),
        (change(scope=Scope(area="123")), "scope.area", "123", AREA),
        (change(scope=Scope(area="9" * 16)), "scope.area", "9" * 16, AREA),
        (change(no_data_periods=0), "no_data_periods", 0, "1 or more"),
        (change(op=Op.SILENT, metric="", no_data_after_ms=0), "no_data_after_ms", 0, "1 or more"),
        (change(realarm_after_ms=0), "realarm_after_ms", 0, "more than 0 ms, or leave it out"),
        *((change(**{field: " "}), field, " ", "must not be empty") for field in ("id", "cause", "name_zh", "name_en")),
        (
            change(list_only=True, levels=(Level(Severity.MINOR, 1, ticket=TicketPolicy("x")),)),
            "list_only",
            True,
            "an entry in a list opens no ticket; leave the tickets out",
        ),
        (
            change(measure=Flagged(())),
            "measure.qualities",
            [],
            "name at least one of " + ", ".join(Quality),
        ),
        *(
            (
                change(measure=measure, group=group),
                f"{place}.attribute",
                "",
                "name the attribute that holds the nominal value, such as nominal_w",
            )
            for measure, group, place in (
                (Nominal(""), (), "measure"),
                (Members(of=Nominal("")), ("feeder",), "measure.of"),
            )
        ),
    ],
)
def test_a_mistake_is_one_error_that_names_its_field_its_value_and_the_remedy(
    rule: Rule, field: str, value: object, remedy: str
) -> None:
    assert problems(rule, RANGES) == [Problem(field, value, remedy)]


def test_what_is_not_a_number_is_neither_a_limit_nor_a_deadband() -> None:
    nameless = [
        (problem.field, problem.remedy) for problem in problems(levels({"limit": NAN, "deadband": NAN}), RANGES)
    ]
    assert nameless == [
        ("levels[0].deadband", "0 or more, in the unit of the limit"),
        ("levels[0].limit", "a finite number"),
    ]


def test_several_mistakes_are_told_at_once_errors_before_warnings() -> None:
    rule = change(metric="ch5", max_shelve_ms=0, schedule=Schedule(-1, 1441))
    weights = [problem.weight for problem in problems(rule, RANGES)]
    assert weights == [Weight.ERROR, Weight.ERROR, Weight.ERROR, Weight.WARNING]


@pytest.mark.parametrize(
    ("rule", "field", "value", "remedy"),
    [
        (
            levels({"deadband": 25.0}, {}),
            "levels[0].deadband",
            25.0,
            "crosses the next limit: the level clears only where major does; keep it below 25",
        ),
        (
            change(
                op=Op.LT,
                levels=(Level(Severity.MAJOR, 5), Level(Severity.MINOR, 10, 6), Level(Severity.WARNING, 15)),
            ),
            "levels[1].deadband",
            6,
            "crosses the next limit: the level clears only where warning does; keep it below 5",
        ),
        (change(max_shelve_ms=0), "max_shelve_ms", 0, "its alarms can never be shelved; give the longest time"),
        (
            change(reorder_wait_ms=1, levels=(Level(Severity.CRITICAL, 25.0),)),
            "reorder_wait_ms",
            1,
            "every alarm comes that much later, a critical one too",
        ),
        (change(response_en=""), "response_zh", "做", "say what is to be done, in both languages"),
        (change(response_zh=""), "response_zh", "", "say what is to be done, in both languages"),
    ],
)
def test_what_may_be_meant_is_a_warning(rule: Rule, field: str, value: object, remedy: str) -> None:
    assert problems(rule, RANGES) == [Problem(field, value, remedy, Weight.WARNING)]


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


@pytest.mark.parametrize(
    "rule",
    [
        change(levels=(Level(Severity.MAJOR, 100.0),)),
        change(op=Op.GT, levels=(Level(Severity.MAJOR, 99.5),)),
        change(op=Op.LE, levels=(Level(Severity.MAJOR, 0.0),)),
        change(op=Op.LT, levels=(Level(Severity.MAJOR, 0.5),)),
        change(metric="on", op=Op.TRUE, levels=(Level(Severity.MAJOR, 7.0), Level(Severity.MINOR, 7.0))),
        change(measure=Share(1, Op.GE, 1.0, 2), levels=(Level(Severity.MAJOR, 100.0),)),
        change(measure=Share(1, Op.GT, 1.0, 16), levels=(Level(Severity.MAJOR, 0.0),)),
        change(op=Op.LE, measure=Share(1000, Op.GE, 1.0), levels=(Level(Severity.MAJOR, 0.0),)),
        levels({"repeat": 1, "on_delay_ms": 0, "deadband": 0.0}, {"off_delay_ms": 0, "unrefuted_ms": None}),
        levels({"on_delay_ms": HOUR - 1, "unrefuted_ms": 0}, {"off_delay_ms": 2 * HOUR}),
        levels({"deadband": 24.5}, {}),
        change(levels=(Level(Severity.MINOR, 25.0, ticket=TicketPolicy("gas")),)),
        change(schedule=Schedule(0, 0)),
        change(schedule=Schedule(1439, 1440, Days.HOLIDAY, "Asia/Urumqi")),
        change(no_data_periods=1, reorder_wait_ms=0, realarm_after_ms=1),
        change(op=Op.SILENT, metric="", no_data_after_ms=1, levels=(Level(Severity.MINOR, on_delay_ms=HOUR),)),
        change(scope=Scope(area="9" * 20, attributes={"zone": "kitchen"})),
        change(metric="", measure=Members(), group=("main",)),
        change(gate=(Condition("on", Op.GE, 1, Nominal("nominal_w")),)),
        change(list_only=True),
        change(
            levels=(Level(Severity.MAJOR, 25.0),),
            reorder_wait_ms=HOUR - 1,
            name_zh="名" * 80,
            name_en="n" * 80,
            cause="c3-x",
        ),
        *(change(scope=Scope(area="9" * length)) for length in (0, 6, 9, 12, 15)),
    ],
)
def test_what_just_fits_is_no_problem(rule: Rule) -> None:
    assert problems(rule, RANGES) == []


def test_a_circle_of_suppressions_is_found_with_its_way() -> None:
    ring = [change(id=name, suppress_when=(other,)) for name, other in (("a", "b"), ("b", "c"), ("c", "a"))]
    remedy = "rules may not hide each other in a circle; take one out"
    assert cycles([*ring, change(id="d", suppress_when=("a",))]) == [
        Problem("suppress_when", way, remedy) for way in ("a → b → c → a", "b → c → a → b", "c → a → b → c")
    ]


def test_two_ways_to_one_rule_are_no_circle() -> None:
    ways = {"a": ("b", "c"), "b": ("d",), "c": ("d",), "d": ()}
    assert cycles([change(id=name, suppress_when=others) for name, others in ways.items()]) == []


def test_a_circle_beyond_a_fork_and_past_an_unknown_name_is_found() -> None:
    ways = {"a": ("b", "nobody", "c"), "b": ("d",), "c": ("a",), "d": ("b",)}
    found = cycles([change(id=name, suppress_when=others) for name, others in ways.items()])
    assert [problem.value for problem in found] == ["nobody", "a → c → a", "b → d → b", "c → a → c", "d → b → d"]


def test_suppression_by_an_unknown_rule_is_a_warning() -> None:
    remedy = "there is no rule 'nobody'; name an existing one"
    assert cycles([change(suppress_when=("nobody",))]) == [Problem("suppress_when", "nobody", remedy, Weight.WARNING)]
