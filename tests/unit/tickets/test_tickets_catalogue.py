"""Who is responsible for what, where: the category tree, and the line that wins."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.kinds import CATEGORIES, KINDS, default_rules
from services.tickets.domain.catalogue import (
    DISTRICT,
    GROUPS,
    LEAVES,
    Decision,
    Line,
    Reason,
    check_category,
    holes,
    lineage,
    responsible_for,
)
from streams.contracts import Refused

STREET, GRID = "990101001", "990101001002003"
AREAS = ("990101", "990102", STREET, "990101002", "990101001002", GRID)
LINES = st.builds(
    Line,
    id=st.text("abcdef", min_size=1, max_size=3),
    category=st.sampled_from(("", "utilities", "safety", "lighting", "gas-leak")),
    area=st.sampled_from(AREAS),
    lead=st.sampled_from(("u1", "u2", "u3")),
    urgency=st.sampled_from((None, 0, 1, 2)),
    own=st.booleans(),
)


def test_the_tree_has_two_levels_and_at_least_sixty_leaves_in_both_languages() -> None:
    assert len(LEAVES) >= 60
    assert all(leaf.parent in GROUPS for leaf in LEAVES.values())
    assert all(category.name_zh and category.name_en for category in (*GROUPS.values(), *LEAVES.values()))
    names = [category.name_zh for category in LEAVES.values()]
    assert len(set(names)) == len(names)


def test_every_cause_that_a_sensor_finds_is_a_leaf_with_its_kind() -> None:
    assert set(CATEGORIES) <= set(LEAVES)
    for rule in default_rules():
        for level in rule.levels:
            if level.ticket is not None:
                kinds = LEAVES[level.ticket.category].kinds
                assert set(kinds) == set(KINDS) if rule.kind == "*" else rule.kind in kinds, rule.id


@given(st.lists(LINES, max_size=12), st.sampled_from(sorted(LEAVES)), st.sampled_from(AREAS), st.integers(0, 2))
def test_there_is_always_an_answer_and_it_does_not_depend_on_the_order(
    lines: list[Line], category: str, area: str, urgency: int
) -> None:
    found = responsible_for(category, area, urgency, lines)
    again = responsible_for(category, area, urgency, lines[::-1])
    assert (found.lead != "", found.reason) == (True, again.reason)
    assert (found.line is None) == (found.lead == DISTRICT)


@given(st.lists(LINES, max_size=12), st.sampled_from(sorted(LEAVES)), st.sampled_from(AREAS), st.integers(0, 2))
def test_nobody_nearer_who_names_the_category_is_passed_over(
    lines: list[Line], category: str, area: str, urgency: int
) -> None:
    found = responsible_for(category, area, urgency, lines).line
    naming = [
        line
        for line in lines
        if line.category in lineage(category)[:-1] and area.startswith(line.area) and line.urgency in {None, urgency}
    ]
    if not naming:
        assert found is None or not found.category
        return
    assert found is not None
    assert len(found.area) == max(len(line.area) for line in naming)
    depths = [lineage(category).index(line.category) for line in naming if line.area == found.area]
    assert lineage(category).index(found.category) == min(depths)


def test_nearest_area_wins_then_nearest_category_then_urgency_then_what_is_written() -> None:
    lines = [
        Line("county", "lighting", "990101", "county-lamps"),
        Line("group", "utilities", STREET, "street-utilities"),
        Line("own", "lighting", STREET, "street-lamps", own=True),
        Line("urgent", "lighting", STREET, "night-shift", urgency=2, assisting=("power",), policy="beijing"),
        Line("all", "", GRID, "grid-office"),
    ]
    assert responsible_for("lighting", GRID, 0, lines).lead == "street-lamps"
    urgent = responsible_for("lighting", GRID, 2, lines)
    assert (urgent.lead, urgent.assisting, urgent.policy) == ("night-shift", ("power",), "beijing")
    assert [line.id for line in urgent.others] == ["own", "group", "county", "all"]
    assert responsible_for("drainage", GRID, 0, lines).lead == "street-utilities"
    assert responsible_for("lighting", "990101002", 0, lines).lead == "county-lamps"
    assert responsible_for("noise", GRID, 0, lines).reason is Reason.CATCH_ALL
    assert responsible_for("noise", "990102", 0, lines) == Decision(DISTRICT, Reason.DISTRICT)


def test_holes_are_where_only_the_district_is_left() -> None:
    lines = [Line("a", group, "990101", "office") for group in GROUPS if group != "market"]
    found = holes(["990101001"], lines)
    assert {category for category, _ in found} == {leaf.code for leaf in LEAVES.values() if leaf.parent == "market"}
    assert holes(["990101001"], [*lines, Line("b", "", "990101", "all")]) == ()


@pytest.mark.parametrize(
    ("asked", "meant"),
    [("lightning", "lighting"), ("路灯", "lighting"), ("food", "food-safety"), ("噪音扰民", "noise")],
)
def test_an_unknown_category_is_refused_with_the_nearest_names(asked: str, meant: str) -> None:
    with pytest.raises(Refused) as refused:
        check_category(asked)
    assert refused.value.code == "fields"
    assert meant in refused.value.extra["nearest"]
    assert LEAVES[meant].name_zh in str(refused.value)


def test_a_group_is_no_category_to_report_and_names_its_leaves() -> None:
    with pytest.raises(Refused, match="water-supply"):
        check_category("utilities")
