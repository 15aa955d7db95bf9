"""What is worked out of a set of rules before any message: order, bounds, what touches what, who is covered."""

from typing import Any

import msgspec
import pytest

from streams.contracts import (
    Condition,
    Device,
    Flagged,
    Jump,
    Level,
    Members,
    Nominal,
    Op,
    Quality,
    Rate,
    Severity,
    Sum,
)
from streams.rules import Catalogue, Plan
from streams.rules.conditions import EVERYTHING, beyond_deadband, meets_limit, quiet_interval
from streams.rules.plan import MOST_MIXES, in_order
from streams.rules.probes import window_key
from tests.unit.streams.rule_table import GRID, MIN, OTHER_GRID, PLAIN, SILENT, gas

INF = float("inf")


def rule(name: str, **more: Any) -> Any:
    return msgspec.structs.replace(PLAIN, id=name, **more)


def test_rules_step_by_their_ids_but_after_what_hides_them() -> None:
    rules = [rule("a", suppress_when=("d", "c", "nobody")), rule("b"), rule("c", suppress_when=("d",)), rule("d")]
    for given in (rules, rules[::-1]):
        assert [each.id for each in in_order(given)] == ["d", "c", "a", "b"]


def test_a_circle_is_cut_and_every_rule_steps_once() -> None:
    ring = [rule("a", suppress_when=("b",)), rule("b", suppress_when=("c",)), rule("c", suppress_when=("a", "d"))]
    assert sorted(each.id for each in in_order([*ring, rule("d")])) == ["a", "b", "c", "d"]
    assert [each.id for each in in_order([*ring, rule("d")])] == ["d", "c", "b", "a"]


def test_a_message_touches_the_rules_of_its_metrics_and_of_what_stands_beside_them_each_once() -> None:
    beside = Level(Severity.MAJOR, 5.0, given=(Condition("on"), Condition("near", Op.GE, 1, Rate(MIN))))
    plan = Plan([
        rule("a", metric="x"), rule("b", metric="y", measure=Sum("x")), rule("c", metric="z", levels=(beside,)),
        rule("d", metric="p", measure=Nominal("w", "dim")), rule("e", metric="x", measure=Flagged((Quality.FAULT,))),
        rule("f", metric="x", measure=Members(of=PLAIN.measure), group=("main",)), SILENT,
    ])  # fmt: skip

    def touched(*metrics: str) -> list[str]:
        return [each.id for each in plan.touched(metrics)]

    assert touched("x") == ["a", "b"]
    assert touched("y", "x") == touched("x", "y") == ["a", "b"]
    assert (touched("z"), touched("on"), touched("near")) == (["c"], ["c"], ["c"])
    assert (touched("p"), touched("dim"), touched("q"), touched()) == (["d"], ["d"], [], [])
    assert [each.id for each in plan.reports] == ["e"]
    assert [each.id for each in plan.crowds] == ["f"]
    assert ([each.id for each in plan.silent], plan.mute) == ([SILENT.id], {SILENT.id})
    assert set(plan.probes) == {"a", "b", "c", "d", "e", "f"}
    assert set(plan.givens) == {"c"}
    assert plan.touched(("x",)) is plan.touched(("x",)), "worked out once"


def test_no_more_mixes_of_metrics_are_kept_than_there_is_room_for() -> None:
    plan = Plan([PLAIN])
    for number in range(MOST_MIXES + 9):
        assert [each.id for each in plan.touched(("ch4_lel", f"m{number}"))] == [PLAIN.id]
    assert len(plan._mixes) == MOST_MIXES


def test_within_its_bounds_a_metric_concerns_no_rule() -> None:
    low = rule("low", op=Op.LE, levels=(Level(Severity.MAJOR, -3.0), Level(Severity.MINOR, 2.0)))
    lid = rule("lid", metric="p", levels=(Level(Severity.MAJOR, 9.0, given=(Condition("lid"),)),))
    plan = Plan([PLAIN, low, lid, rule("sum", measure=Sum("x")), rule("gated", metric="q", gate=(Condition("on"),))])
    assert plan.bounds == {"ch4_lel": (2.0, 25.0), "p": (-INF, 9.0), "lid": (-INF, 0.5)}
    assert len(plan.watches) == 2
    assert plan.keys == set()
    assert not plan.has_reorder
    assert Plan([rule("r", reorder_wait_ms=1)]).has_reorder


def test_a_window_is_shared_by_every_rule_that_looks_through_the_same_one() -> None:
    rate, jump = Rate(window_ms=MIN, minimum=4), Jump()
    key = "Rate|m|60000|4"
    assert (window_key("m", rate), window_key("m", jump), window_key("m", PLAIN.measure)) == (key, "Jump|m", "")
    plan = Plan([
        rule("a", metric="m", measure=rate), rule("b", metric="m", measure=rate, levels=(Level(Severity.MINOR, 1),)),
        rule("c", metric="x", gate=(Condition("m", Op.GE, 1, jump),)),
        rule("d", metric="m", measure=Members(of=Rate(MIN, 5), op=Op.GE, limit=2.0), group=("main",)),
    ])  # fmt: skip
    assert plan.keys == {key, "Jump|m", "Rate|m|60000|5"}
    calm = {watch.probe.rule.id: watch.probe.calm for watch in plan.watches if watch.probe.metric == "m"}
    assert calm == {"a": (-INF, 25.0), "b": (-INF, 1.0), "c": EVERYTHING, "d": (-INF, 2.0)}


def test_what_hides_what_is_known_from_both_ends() -> None:
    plan = Plan([rule("a", suppress_when=("z",)), rule("b", suppress_when=("z", "a")), rule("z")])
    assert {name: [each.id for each in hidden] for name, hidden in plan.hides.items()} == {"z": ["a", "b"], "a": ["b"]}


@pytest.mark.parametrize(
    ("op", "met", "just_not", "clear", "not_clear", "quiet"),
    [
        (Op.GE, 10.0, 9.9, 8.0, 8.1, (-INF, 10.0)),
        (Op.GT, 10.1, 10.0, 8.0, 8.1, (-INF, 10.0)),
        (Op.LE, 10.0, 10.1, 12.0, 11.9, (10.0, INF)),
        (Op.LT, 9.9, 10.0, 12.0, 11.9, (10.0, INF)),
        (Op.TRUE, 0.5, 0.4, 0.0, None, (-INF, 0.5)),
        (Op.SILENT, None, 10.0, 0.0, None, EVERYTHING),
    ],
)
def test_each_operator_at_its_edges(
    op: Op, met: float | None, just_not: float, clear: float, not_clear: float | None, quiet: tuple[float, float]
) -> None:
    level = Level(Severity.MAJOR, 10.0, deadband=2.0)
    assert met is None or meets_limit(op, 10.0, met)
    assert not meets_limit(op, 10.0, just_not)
    assert beyond_deadband(op, level, clear)
    assert not_clear is None or not beyond_deadband(op, level, not_clear)
    assert quiet_interval(op, (10.0,)) == quiet
    assert quiet_interval(op, ()) == EVERYTHING


def test_a_catalogue_takes_changes_and_tombstones_and_leaves_the_one_before_alone() -> None:
    one, off = rule("one"), rule("off", version=4, enabled=False)
    before = Catalogue.of([one, off], [gas("g1"), gas("g2")])
    assert before.versions == {"one": 1}
    after = before.with_changes({"one": None, "two": rule("two", version=7)}, {"g1": None, "g3": gas("g3")})
    assert (set(after.rules), set(after.devices), after.versions) == ({"off", "two"}, {"g2", "g3"}, {"two": 7})
    assert (set(before.rules), set(before.devices)) == ({"one", "off"}, {"g1", "g2"})
    assert before.with_changes().rules == before.rules
    assert before.with_changes(devices={"g1": None}).rules == before.rules


def test_devices_watched_by_the_same_rules_share_a_plan() -> None:
    every, lamps = rule("every", kind="*"), rule("lamps", kind="light")
    catalogue = Catalogue.of([PLAIN, every, lamps], [])
    plan = catalogue.plan(gas())
    assert sorted(plan.rules) == ["every", PLAIN.id]
    assert catalogue.plan(gas("g2", area=OTHER_GRID)) is plan
    assert sorted(catalogue.plan(Device("l1", "light", GRID)).rules) == ["every", "lamps"]
    assert list(catalogue.plan(Device("x", "unheard", GRID)).rules) == ["every"]
