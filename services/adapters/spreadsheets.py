"""Tables as files: CSV and .xlsx out, either in. No cell that leaves here starts a formula.

What a caller wrote may begin with ``=``, and a spreadsheet would run it on the desk of whoever opens the file. In
.xlsx such text is typed as text and marked as quoted, so that it stays what it was; CSV knows no types, so there it
gets the apostrophe that spreadsheets read as "text follows". A file that comes in holds values: a formula in it is
refused by its cell, since only the program that wrote it knows what it meant.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from streams.contracts import Refused

Cell = str | int | float | date | datetime | None
"""None is an empty cell: "no data" is not zero. Moments carry no zone: they are the city's."""
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV: Final = "text/csv; charset=utf-8"
MAX_BYTES: Final = 10_000_000
MAX_UNPACKED: Final = 100_000_000
MAX_ROWS: Final = 100_000
_STARTERS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_MISREAD: Final = (*_STARTERS, "#")
"""What the library would take for a formula or an error."""
_WIDEST: Final = 60


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table: its name, a header and rows as long as the header. ``percent`` names columns of shares 0 to 1.

    ``widths``: characters that a column of .xlsx shows, where its header is too short for what stands below.
    """

    name: str
    header: Sequence[str]
    rows: Iterable[Sequence[Cell]]
    percent: frozenset[str] = frozenset()
    widths: Mapping[str, int] = field(default_factory=dict)


def to_csv(sheet: Sheet) -> bytes:
    """UTF-8 with the mark by which Excel knows it, RFC 4180 lines."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([_plain(name) for name in sheet.header])
    writer.writerows([_plain(cell) for cell in row] for row in sheet.rows)
    return out.getvalue().encode("utf-8-sig")


def to_xlsx(sheets: Sequence[Sheet]) -> bytes:
    """A workbook with one sheet a table, the header bold and frozen."""
    book = Workbook(write_only=True)
    for sheet in sheets:
        page: Any = book.create_sheet(_title(sheet.name))
        page.freeze_panes = "A2"
        for number, name in enumerate(sheet.header, 1):
            width = sheet.widths.get(name, 4 + 2 * len(name))
            page.column_dimensions[get_column_letter(number)].width = min(_WIDEST, width)
        page.append([_typed(page, name, bold=True) for name in sheet.header])
        shares = [name in sheet.percent for name in sheet.header]
        for row in sheet.rows:
            page.append([_typed(page, cell, percent=share) for cell, share in zip(row, shares, strict=True)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(data: bytes) -> list[list[str]]:
    """As :func:`numbered`, without the numbers."""
    return [row for _, row in numbered(data)]


def numbered(data: bytes) -> list[tuple[int, list[str]]]:
    """The rows of a CSV (UTF-8 or GB18030) or of the first sheet of an .xlsx, each with its number from 1 on.

    Cells are trimmed text; blank rows are gone, and count.

    Raises:
        Refused: ``file``, says what is wrong and with which cell.
    """
    if len(data) > MAX_BYTES:
        raise _wrong(f"it has {len(data)} bytes and may have {MAX_BYTES}; split it")
    rows = []
    for number, row in enumerate(_xlsx_rows(data) if data.startswith(b"PK") else _csv_rows(data), 1):
        if number > MAX_ROWS:
            raise _wrong(f"it has more than {MAX_ROWS} rows; split it")
        if any(row):
            rows.append((number, row))
    return rows


def _plain(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    text = str(cell)
    return f"'{text}" if isinstance(cell, str) and text.startswith(_STARTERS) else text


def _typed(page: Any, cell: Cell, *, bold: bool = False, percent: bool = False) -> Any:
    value = _printable(cell) if isinstance(cell, str) else cell
    if not (bold or percent or (isinstance(value, str) and value.startswith(_MISREAD))):
        return value  # a cell of its own costs four times as much
    made: Any = WriteOnlyCell(page, value=None)
    made.value = value
    if isinstance(value, str):
        made.data_type = "s"
        made.quotePrefix = value.startswith(_STARTERS)
    if percent:
        made.number_format = "0.0%"
    if bold:
        made.font = Font(bold=True)
    return made


def _printable(text: str) -> str:
    """XML has no control characters; a table has no use for them."""
    return "".join(character for character in text if character >= " " or character in "\n\t")


def _title(name: str) -> str:
    """Excel's own rule for the name of a sheet."""
    return "".join("·" if character in r"[]:*?/\'" else character for character in name)[:31] or "1"


def _csv_rows(data: bytes) -> Iterator[list[str]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        try:
            yield from (
                [cell.strip() for cell in row] for row in csv.reader(io.StringIO(text, newline=""), strict=True)
            )
        except csv.Error as error:
            raise _wrong(f"it is no CSV: {error}") from None
        return
    raise _wrong("it is neither .xlsx nor text in UTF-8 or GB18030; save it as one of these")


def _xlsx_rows(data: bytes) -> Iterator[list[str]]:
    try:
        unpacked = sum(entry.file_size for entry in zipfile.ZipFile(io.BytesIO(data)).infolist())
        if unpacked > MAX_UNPACKED:
            raise _wrong(f"it unpacks to {unpacked} bytes and may have {MAX_UNPACKED}; split it")
        book = load_workbook(io.BytesIO(data), read_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError):
        raise _wrong("it is no .xlsx workbook; save it anew as .xlsx or CSV") from None
    for row in book.worksheets[0].iter_rows() if book.worksheets else ():
        yield [_value(cell) for cell in row]


def _value(cell: Any) -> str:
    if cell.data_type == "f":
        raise _wrong(f"cell {cell.coordinate} is a formula; paste its value instead", cell=str(cell.coordinate))
    if cell.value is None:
        return ""
    if isinstance(cell.value, float) and cell.value.is_integer():
        return str(int(cell.value))
    return str(cell.value).strip()


def _wrong(detail: str, **extra: object) -> Refused:
    return Refused("file", f"the file cannot be read: {detail}", wrong=["file"], **extra)
