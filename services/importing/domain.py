"""A file of another system's tickets as rows, and rows as parts that one request may carry. Pure."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from streams.contracts import Refused

MOST_ROWS: Final = 500
MOST_BYTES: Final = 700_000
"""Of one request: the front door takes 1,000 rows and 1 MB."""
ENCODINGS: Final = ("utf-8-sig", "gb18030")
"""What files come in: everybody's, and what a Chinese spreadsheet writes."""


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The mapping file: the other system's name, and which of its columns each field of ours comes from."""

    system: str
    mapping: dict[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """One ticket of the file; ``line`` counts the file's lines from 1, ``text`` is it as a line of JSON."""

    line: int
    number: str
    text: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row, in the words of the front door or of this command."""

    line: int
    column: str
    value: str
    detail: str


def decoded(data: bytes) -> str:
    """The file as text.

    Raises:
        Refused: ``file``, it is in none of :data:`ENCODINGS`.
    """
    for encoding in ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused("file", "the file is neither UTF-8 nor GB18030 / 文件既不是 UTF-8 也不是 GB18030")


def rows_of(text: str, *, lines: bool, number: str) -> Iterator[Row]:
    """Rows of CSV with a header, or of JSON Lines; ``number`` is the column of the other system's number.

    Raises:
        Refused: ``file``, names the line that is none.
    """
    read = _jsonl(text) if lines else _csv(text)
    for line, cells in read:
        yield Row(line, str(cells.get(number) or "").strip(), msgspec.json.encode(cells).decode())


def _csv(text: str) -> Iterator[tuple[int, Mapping[Any, Any]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        for cells in reader:
            if None in cells:
                raise _wrong(reader.line_num, "it has more cells than the header / 比表头多列")
            yield reader.line_num, cells
    except csv.Error as error:
        raise _wrong(reader.line_num, str(error)) from None


def _jsonl(text: str) -> Iterator[tuple[int, Mapping[Any, Any]]]:
    for line, each in enumerate(text.split("\n"), 1):
        if not each.strip():
            continue
        try:
            yield line, msgspec.json.decode(each, type=dict[str, Any])
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise _wrong(line, str(error)) from None


def _wrong(line: int, why: str) -> Refused:
    return Refused("file", f"line {line} cannot be read / 第 {line} 行无法读取：{why}")


def twice(rows: Iterable[Row], column: str) -> Iterator[Fault]:
    """Rows whose number stands further up: in parts, nobody else would see it."""
    seen: dict[str, int] = {}
    for row in rows:
        first = seen.setdefault(row.number, row.line)
        if row.number and first != row.line:
            yield Fault(row.line, column, row.number, f"line {first} has the same number")


def parts(rows: Iterable[Row], *, most_rows: int = MOST_ROWS, most_bytes: int = MOST_BYTES) -> Iterator[list[Row]]:
    """Rows in their order, as many together as one request may carry; a row that is too long goes alone."""
    part: list[Row] = []
    size = 0
    for row in rows:
        more = len(row.text.encode()) + 1
        if part and (len(part) == most_rows or size + more > most_bytes):
            yield part
            part, size = [], 0
        part.append(row)
        size += more
    if part:
        yield part
