"""Another system's tickets as reports of ours: its columns mapped, every fault by line and column. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from streams.contracts import Refused
from streams.contracts.areas import level_of, was_rounded

FIELDS: Final = ("number", "title", "text", "place", "area", "category", "caller_name", "caller_phone")
"""What may be taken over; ``number`` is the other system's own, by which a ticket is taken over once."""
REQUIRED: Final = ("number", "title")
LONGEST: Final = {"text": 3_900}
"""Characters; the text keeps room for the other system's number."""
LONGEST_WORD: Final = 200


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one cell; ``line`` counts the file's from 1, ``column`` is the file's own name.

    ``because`` is the kind of fault, for pages; ``n`` and ``most`` the numbers that ``detail`` says.
    """

    line: int
    column: str
    value: str
    detail: str
    because: str = ""
    n: int = 0
    most: int = 0


@dataclass(frozen=True, slots=True)
class Foreign:
    """One ticket of the other system, by our field names; what it does not say is missing."""

    line: int
    fields: Mapping[str, str]

    @property
    def number(self) -> str:
        return self.fields["number"]


def check_mapping(mapping: Mapping[str, str], columns: Iterable[str]) -> None:
    """Refuse a mapping that names no field of ours, lacks one that is needed, or names a column that is not there.

    Raises:
        Refused: ``invalid``.
    """
    known = set(columns)
    there = f"Use one of: {', '.join(sorted(known))[:300]}."
    for field in (*REQUIRED, *mapping):
        if field not in FIELDS:
            raise _wrong(field, mapping[field], f"{field} is no field of a ticket", f"Map any of: {', '.join(FIELDS)}.")
        if field not in mapping:
            raise _wrong(
                field, "", f"No column is mapped to {field}", f"Name one of: {', '.join(sorted(known))[:300]}."
            )
        if known and mapping[field] not in known:
            raise _wrong(field, mapping[field], f"The file has no column {mapping[field]}.", there)


def foreign_of(rows: Iterable[tuple[int, Mapping[str, str]]], mapping: Mapping[str, str]) -> Iterator[Foreign | Fault]:
    """Each row as a ticket, or what is wrong with it: every fault of a row, so that a file is mended once."""
    seen: dict[str, int] = {}
    for line, row in rows:
        fields = {
            field: row.get(column, "").replace("\r\n", "\n").strip() for field, column in mapping.items()
        }  # one ending of lines: a page and a program send the same cell as the same report
        faults = [
            Fault(line, mapping[name], fields[name][:100], detail, because, n, most)
            for name, detail, because, n, most in _faults(fields)
        ]
        first = seen.setdefault(fields["number"], line)
        if fields["number"] and first != line:
            again = f"line {first} has the same number"
            faults.append(Fault(line, mapping["number"], fields["number"], again, "twice", first))
        if faults:
            yield from faults
        else:
            yield Foreign(line, {field: value for field, value in fields.items() if value})


def _faults(fields: Mapping[str, str]) -> Iterator[tuple[str, str, str, int, int]]:
    for field, value in fields.items():
        most = LONGEST.get(field, LONGEST_WORD)
        if field in REQUIRED and not value:
            yield field, "is empty", "empty", 0, 0
        elif len(value) > most:
            yield field, f"has {len(value)} characters; at most {most} are taken", "long", len(value), most
        elif not all(char.isprintable() or (char in "\n\t\r" and field == "text") for char in value):
            yield field, "holds control characters", "control", 0, 0
        elif field == "area" and was_rounded(value):
            yield field, "became a number in a spreadsheet; make the column text and export again", "rounded", 0, 0
        elif field == "area" and value and level_of(value) is None:
            yield field, "is no area code of 6, 9, 12, 15 or 20 digits", "area", 0, 0
    if not fields.get("text") and not fields.get("place"):
        yield "title", "needs a text or a place beside it", "alone", 0, 0


def _wrong(field: str, value: str, detail: str, remedy: str) -> Refused:
    return Refused("invalid", detail, field=f"mapping.{field}", value=value, remedy=remedy)
