"""A catalogue file: what each row means, every fault with its cell, and that a second time changes nothing."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tickets.domain.catalogue import DISTRICT, LEAVES, Line
from services.tickets.domain.catalogue.exchange import (
    COLUMNS,
    Conflict,
    Fault,
    Known,
    Plan,
    UnitFact,
    areas_named,
    cells_of,
    planned,
    rows_of,
)
from streams.contracts import Refused

STREET, OTHER = "990101001", "990101002"
KNOWN = Known(
    lines=(Line("a", "lighting", STREET, "lamps"), Line("unit:lamps:lighting", "lighting", STREET, "lamps", own=True)),
    areas=frozenset({STREET, OTHER}),
    units={
        "lamps": UnitFact("lamps", "990101", ("照明所", "Lamp office")),
        "office": UnitFact("office", STREET, ("街道办", "Street office")),
    },
    policies=frozenset({"beijing"}),
)


def row(**cells: str) -> dict[str, str]:
    return {"category": "lighting", "area": STREET, "lead": "lamps"} | cells


def judged(*rows: dict[str, str], known: Known = KNOWN) -> Plan:
    return planned(list(enumerate(rows, 2)), known)


@pytest.mark.parametrize(
    ("cells", "field", "fault", "hint"),
    [
        ({"category": "lightning"}, "category", Fault.CATEGORY, "lighting"),
        ({"category": ""}, "category", Fault.CATEGORY, ""),
        ({"area": "990101009"}, "area", Fault.AREA, ""),
        ({"area": "9.90101E+14"}, "area", Fault.AREA_ROUNDED, ""),
        ({"urgency": "3"}, "urgency", Fault.URGENCY, ""),
        ({"urgency": "soon"}, "urgency", Fault.URGENCY, ""),
        ({"lead": "nobody"}, "lead", Fault.UNIT, ""),
        ({"lead": ""}, "lead", Fault.UNIT, ""),
        ({"lead": "office", "area": OTHER}, "lead", Fault.UNIT_ELSEWHERE, STREET),
        ({"assisting": "office", "area": OTHER}, "assisting", Fault.UNIT_ELSEWHERE, STREET),
        ({"assisting": "office；lamps"}, "assisting", Fault.OWN_HELP, ""),
        ({"policy": "paris"}, "policy", Fault.POLICY, "beijing"),
    ],
)
def test_each_fault_names_its_cell_and_what_would_help(
    cells: dict[str, str], field: str, fault: Fault, hint: str
) -> None:
    [wrong] = judged(row(**cells)).conflicts
    assert (wrong.row, wrong.field, wrong.fault) == (2, field, fault)
    assert hint in wrong.hint
    assert wrong.value == cells.get(field, "") or fault is Fault.OWN_HELP


def test_a_row_that_says_what_another_said_is_a_fault_even_where_they_agree() -> None:
    plan = judged(row(), row(urgency="0"), row(lead="office"))
    assert plan.conflicts == (Conflict(4, "category", "lighting", Fault.DUPLICATE, "2"),)
    assert plan.changes[0].row == 3


def test_an_area_that_is_another_dispatchers_is_a_fault() -> None:
    [wrong] = judged(row(area=OTHER), known=msgspec.structs.replace(KNOWN, scope=STREET)).conflicts
    assert (wrong.fault, wrong.hint) == (Fault.NOT_YOURS, STREET)


def test_a_row_with_three_faults_is_told_all_three() -> None:
    assert {each.field for each in judged(row(area="1", lead="x", policy="y")).conflicts} == {"area", "lead", "policy"}


def test_names_and_words_are_understood_as_well_as_codes() -> None:
    line = judged(
        row(category="噪声扰民", urgency="紧急", lead="街道办", assisting="Lamp office，district", policy="现行")
    ).changes[0].new  # fmt: skip
    assert line == Line("", "noise", STREET, "office", 2, ("lamps", DISTRICT))
    assert judged(row(category="*")).changes[0].new.category == ""


def test_a_line_that_is_there_already_is_left_alone_and_another_is_rewritten_under_its_id() -> None:
    plan = judged(row(), row(category="noise"))
    assert (plan.same, plan.added, [each.new.category for each in plan.changes]) == (1, 1, ["noise"])
    [change] = judged(row(assisting="office")).changes
    assert (change.old, change.new.id) == (KNOWN.lines[0], "a")


@given(
    lines=st.lists(
        st.builds(
            Line, st.just(""), st.sampled_from(["", "safety", *LEAVES]), st.sampled_from([STREET, OTHER]),
            st.sampled_from(["lamps", DISTRICT]), st.sampled_from([None, 0, 1, 2]), st.just(()),
            st.sampled_from(["", "beijing"]),
        ),
        unique_by=lambda line: (line.category, line.area, line.urgency), max_size=20,
    )
)  # fmt: skip
def test_what_was_exported_comes_back_as_it_was(lines: list[Line]) -> None:
    kept = tuple(msgspec.structs.replace(line, id=str(number)) for number, line in enumerate(lines))
    plan = planned([(number, cells_of(line)) for number, line in enumerate(kept, 2)],
                   msgspec.structs.replace(KNOWN, lines=kept))  # fmt: skip
    assert (plan.same, plan.changes, plan.conflicts) == (len(kept), (), ())


def test_the_basis_changes_with_what_is_written_and_with_nothing_else() -> None:
    own = msgspec.structs.replace(KNOWN, lines=(*KNOWN.lines, Line("unit:x:", "", STREET, "x", own=True)))
    more = msgspec.structs.replace(KNOWN, lines=(*KNOWN.lines, Line("b", "noise", STREET, "lamps")))
    assert judged(row(), known=own).basis == judged(row()).basis != judged(row(), known=more).basis


@pytest.mark.parametrize("header", [list(COLUMNS), list(COLUMNS.values())])
def test_columns_are_named_in_either_language_in_any_order(header: list[str]) -> None:
    cells: dict[str, Any] = dict(zip(header, COLUMNS, strict=True))
    table = [(1, list(reversed(header))), (3, [cells[name] for name in reversed(header)])]
    [(number, found)] = rows_of(table)
    assert (number, found) == (3, {name: name for name in COLUMNS})
    assert areas_named([(2, {"area": STREET}), (3, {"area": "x"})]) == {STREET}


@pytest.mark.parametrize("table", [[], [(1, ["category", "area"]), (2, ["lighting", STREET])]])
def test_a_file_without_rows_or_without_a_column_is_refused_whole(table: list[tuple[int, list[str]]]) -> None:
    with pytest.raises(Refused) as caught:
        rows_of(table)
    assert caught.value.code == "file"
