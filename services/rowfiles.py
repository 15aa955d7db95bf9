"""Files of rows as other programs write them: a spreadsheet's CSV whatever its separator, or JSON Lines. Pure.

A spreadsheet saves in the encoding and with the separator of its own desk: UTF-8 with a mark, GB18030, or UTF-16 with
tabs ("Unicode text"); commas, or semicolons where the comma is the decimal point. Blank rows below a table are common.
"""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import msgspec

ENCODINGS: Final = ("utf-8-sig", "gb18030")
SEPARATORS: Final = (",", ";", "\t")
Row = tuple[int, dict[str, str]]
"""The line of the file on which it begins, counted from 1, and its cells by column."""
WHY: Final = {
    "quotes": ("引号没有成对：{what}", "its quotation marks do not match: {what}"),
    "wide": ("比表头多列，请核对这一行的分隔符", "it has more cells than the header; look at its separators"),
    "columns": ("表头有两列都叫“{what}”，请改一个名字", "two columns of the header are called {what}; rename one"),
    "json": ("不是一行 JSON：{what}", "it is no line of JSON: {what}"),
    "object": ("不是 JSON 对象，每行要像 {{…}}", "it is no object; every line is to be one, {{…}}"),
    "value": ("“{what}”不是文字或数字", "{what} is neither text nor a number"),
}
"""Why a line cannot be read, in Chinese and in English."""


class UnreadableError(Exception):
    """No rows can be made of the file: which line stops it, why (a key of :data:`WHY`), and what stands there."""

    def __init__(self, line: int, because: str, what: str = "") -> None:
        super().__init__(f"line {line}: {WHY[because][1].format(what=what)}")
        self.line = line
        self.because = because
        self.what = what


def decoded(data: bytes) -> str | None:
    """The file as text; None where it is in none of the encodings."""
    for encoding in ("utf-16",) if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def separator_of(text: str) -> str:
    """What stands most often in the header outside its quotation marks; the comma where nothing does."""
    seen: Counter[str] = Counter()
    quoted = False
    for char in text.removeprefix("\ufeff"):
        if char == '"':
            quoted = not quoted
        elif not quoted and char in "\r\n":
            break
        elif not quoted and char in SEPARATORS:
            seen[char] += 1
    return max(SEPARATORS, key=lambda each: seen[each])


def csv_rows(text: str) -> Iterator[Row]:
    """The rows under the header; blank ones and columns without a name are left out.

    Raises:
        UnreadableError: ``quotes``, ``wide``, ``columns``.
    """
    content = text.removeprefix("\ufeff")
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=separator_of(content), strict=True)
    header: list[str] = []
    line = 1
    try:
        for cells in reader:
            begun, line = line, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = cells
                _once_each(header, begun)
            elif any(cell.strip() for cell in cells[len(header) :]):
                raise UnreadableError(begun, "wide")
            else:
                filled = cells + [""] * (len(header) - len(cells))
                yield begun, {name: cell for name, cell in zip(header, filled, strict=False) if name}
    except csv.Error as error:
        raise UnreadableError(line, "quotes", str(error)) from None


def json_rows(text: str) -> Iterator[Row]:
    """The objects of JSON Lines, their numbers as text; blank lines are left out.

    Raises:
        UnreadableError: ``json``, ``object``, ``value``.
    """
    for line, each in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        if not each.strip():
            continue
        try:
            made: Any = msgspec.json.decode(each)
        except msgspec.DecodeError as error:
            raise UnreadableError(line, "json", str(error)) from None
        if not isinstance(made, dict):
            raise UnreadableError(line, "object")
        yield line, {str(name): _said(line, str(name), value) for name, value in made.items()}


def _said(line: int, name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise UnreadableError(line, "value", name)
    return str(value)


def _once_each(header: list[str], line: int) -> None:
    """Of two columns of one name the last would win unseen."""
    (name, times), *_ = Counter(name for name in header if name).most_common(1)
    if times > 1:
        raise UnreadableError(line, "columns", name)
