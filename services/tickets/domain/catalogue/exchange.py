"""A catalogue that comes from a spreadsheet: what each row means, what is wrong with it, what would change. Pure.

A row is judged whole, so that one look at the plan tells everything there is to mend. Nothing of a file that has a
conflict is written.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final

import msgspec

from services.tickets.domain.catalogue.lines import DISTRICT, Line
from services.tickets.domain.catalogue.tree import GROUPS, LEAVES, nearest
from services.tickets.domain.policy import URGENCIES
from streams.contracts import Refused
from streams.contracts.areas import contains, level_of, was_rounded

COLUMNS: Final[dict[str, str]] = {
    "category": "类别代码",
    "category_name": "类别",
    "area": "辖区代码",
    "area_name": "辖区",
    "urgency": "紧急程度",
    "lead": "主办单位代码",
    "lead_name": "主办单位",
    "assisting": "协办单位代码",
    "policy": "时限方案",
}
"""Field to the header of its column; a file may use either. The names are for reading and are not read back."""
REQUIRED: Final = ("category", "area", "lead")
EVERYTHING: Final = "*"
"""The category of a line that takes whatever nobody else does; an empty cell is taken for an oversight."""
URGENCY_WORDS: Final = ("普通", "重要", "紧急")
_ANY: Final = frozenset({"", "不限", "any"})
_IN_FORCE: Final = frozenset({"现行", "in force"})
_SPLIT: Final = re.compile(r"[、;；,，\n]+")
MOST_ROWS: Final = 20_000


class Fault(StrEnum):
    """What can be wrong with a cell."""

    CATEGORY = "category"
    AREA = "area"
    AREA_ROUNDED = "area_rounded"
    NOT_YOURS = "not_yours"
    URGENCY = "urgency"
    UNIT = "unit"
    UNIT_ELSEWHERE = "unit_elsewhere"
    OWN_HELP = "own_help"
    POLICY = "policy"
    DUPLICATE = "duplicate"


class Conflict(msgspec.Struct, frozen=True):
    """One cell that cannot be taken as it is; ``row`` as the spreadsheet counts, its header being 1.

    ``hint`` is what the remedy names: near categories, the unit's area, the row that says the same.
    """

    row: int
    field: str
    value: str
    fault: Fault
    hint: str = ""


class UnitFact(msgspec.Struct, frozen=True):
    """A unit as far as a line has to know it."""

    id: str
    area: str
    names: tuple[str, ...] = ()


class Change(msgspec.Struct, frozen=True):
    """A line as it stands, None where there is none, and as row ``row`` of the file has it."""

    row: int
    old: Line | None
    new: Line


class Plan(msgspec.Struct, frozen=True):
    """What applying would do. ``basis`` names the catalogue that it was made against."""

    rows: int
    basis: str
    same: int
    changes: tuple[Change, ...] = ()
    conflicts: tuple[Conflict, ...] = ()

    @property
    def added(self) -> int:
        return sum(change.old is None for change in self.changes)


class Known(msgspec.Struct, frozen=True):
    """What a file is judged against; ``scope`` is the area of who brings it."""

    lines: tuple[Line, ...]
    areas: frozenset[str]
    units: Mapping[str, UnitFact]
    policies: frozenset[str]
    scope: str = ""


Rows = Sequence[tuple[int, Mapping[str, str]]]


def rows_of(table: Sequence[tuple[int, Sequence[str]]]) -> Rows:
    """Named cells from numbered rows, the first of them the header.

    Raises:
        Refused: ``file``, it is empty, too long, or lacks a column.
    """
    if not table:
        raise _wrong("it is empty; export the catalogue to see how one looks")
    if len(table) - 1 > MOST_ROWS:
        raise _wrong(f"it has {len(table) - 1} lines and may have {MOST_ROWS}; split it")
    names = {header: field for field, header in COLUMNS.items()} | {field: field for field in COLUMNS}
    header = [names.get(cell, "") for cell in table[0][1]]
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        said = "、".join(f"{COLUMNS[name]} ({name})" for name in missing)
        raise _wrong(f"it has no column {said}; the first row names the columns")
    return [
        (number, {name: cell for name, cell in zip(header, cells, strict=False) if name}) for number, cells in table[1:]
    ]


def areas_named(rows: Rows) -> frozenset[str]:
    """The area codes that somebody has to look up before the rows are judged."""
    return frozenset(code for _, row in rows if level_of(code := row.get("area", "")) is not None)


def planned(rows: Rows, known: Known) -> Plan:
    """Judge every row and compare it with the catalogue; lines that the file does not name stay as they are."""
    written = {key_of(line): line for line in known.lines if not line.own}
    seen: dict[tuple[str, str, int | None], int] = {}
    conflicts: list[Conflict] = []
    changes: list[Change] = []
    same = 0
    for number, row in rows:
        line, wrong = _line(number, row, known)
        if not wrong and (first := seen.setdefault(key_of(line), number)) != number:
            wrong = [Conflict(number, "category", row.get("category", ""), Fault.DUPLICATE, str(first))]
        conflicts += wrong
        old = written.get(key_of(line))
        if wrong:
            continue
        line = msgspec.structs.replace(line, id=old.id) if old else line
        if line == old:
            same += 1
        else:
            changes.append(Change(number, old, line))
    return Plan(len(rows), basis_of(known.lines), same, tuple(changes), tuple(conflicts))


def basis_of(lines: Iterable[Line]) -> str:
    """A short name for what is written now: it changes with any line."""
    written = sorted((line for line in lines if not line.own), key=lambda line: line.id)
    return hashlib.sha256(msgspec.json.encode(written)).hexdigest()[:16]


def key_of(line: Line) -> tuple[str, str, int | None]:
    """What there is one line of."""
    return (line.category, line.area, line.urgency)


def cells_of(line: Line) -> dict[str, str]:
    """A line as a file has it, without the names."""
    return {
        "category": line.category or EVERYTHING,
        "area": line.area,
        "urgency": "" if line.urgency is None else str(line.urgency),
        "lead": line.lead,
        "assisting": "、".join(line.assisting),
        "policy": line.policy,
    }


def _line(number: int, row: Mapping[str, str], known: Known) -> tuple[Line, list[Conflict]]:
    """The line that a row means, and what is wrong with it; with a fault the line is not to be used."""
    category, area, policy = row.get("category", ""), row.get("area", ""), row.get("policy", "")
    category = "" if category == EVERYTHING else _category(category)
    lead = _unit(row.get("lead", ""), known)
    helpers = tuple(_unit(name.strip(), known) for name in _SPLIT.split(row.get("assisting", "")) if name.strip())
    policy = "" if policy in _IN_FORCE else policy
    line = Line("", category, area, lead, _urgency(row.get("urgency", "")), tuple(dict.fromkeys(helpers)), policy)
    found = (*_matter_faults(line, row), *_area_faults(area, known), *_unit_faults(line, known))
    if policy and policy not in known.policies:
        found = (*found, ("policy", policy, Fault.POLICY, "、".join(sorted(known.policies))))
    return line, [Conflict(number, *each) for each in found]


_Found = Iterator[tuple[str, str, Fault, str]]


def _matter_faults(line: Line, row: Mapping[str, str]) -> _Found:
    said = row.get("category", "")
    if said != EVERYTHING and line.category not in LEAVES and line.category not in GROUPS:
        yield "category", said, Fault.CATEGORY, "、".join(nearest(said))
    if line.urgency is not None and line.urgency not in URGENCIES:
        yield "urgency", row.get("urgency", ""), Fault.URGENCY, ""


def _area_faults(area: str, known: Known) -> _Found:
    if area not in known.areas:
        yield "area", area, Fault.AREA_ROUNDED if was_rounded(area) else Fault.AREA, ""
    elif not contains(known.scope, area):
        yield "area", area, Fault.NOT_YOURS, known.scope


def _unit_faults(line: Line, known: Known) -> _Found:
    for field, unit in (("lead", line.lead), *(("assisting", unit) for unit in line.assisting)):
        found = known.units.get(unit)
        if found is None and unit != DISTRICT:
            yield field, unit, Fault.UNIT, ""
        elif found is not None and line.area in known.areas and not contains(found.area, line.area):
            yield field, unit, Fault.UNIT_ELSEWHERE, found.area
    if line.lead in line.assisting:
        yield "assisting", line.lead, Fault.OWN_HELP, ""


def _urgency(text: str) -> int | None:
    """None is any; -1 is no urgency at all."""
    if text.casefold() in _ANY:
        return None
    if text in URGENCY_WORDS:
        return URGENCY_WORDS.index(text)
    return int(text) if len(text) == 1 and text.isascii() and text.isdigit() else -1


def _category(text: str) -> str:
    """A category's code where the text is one or its whole name; else the text as it stands."""
    wanted = text.casefold()
    named = [each.code for each in (*LEAVES.values(), *GROUPS.values())
             if wanted and wanted in {each.name_zh, each.name_en.casefold()}]  # fmt: skip
    return named[0] if len(named) == 1 else text


def _unit(text: str, known: Known) -> str:
    """A unit's id where the text is one or its whole name; else the text as it stands."""
    if text in known.units:
        return text
    named = [unit.id for unit in known.units.values() if text and text in unit.names]
    return named[0] if len(named) == 1 else text


def _wrong(detail: str) -> Refused:
    return Refused("file", f"the file cannot be read as a catalogue: {detail}", wrong=["file"])
