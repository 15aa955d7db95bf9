"""A file of another system's tickets as rows, and rows as parts that one request may carry. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from services import rowfiles
from streams.contracts import Refused

MOST_ROWS: Final = 500
MOST_BYTES: Final = 700_000
"""Of one request: the front door takes 1,000 rows and 1 MB."""
TWICE: Final = "twice"
"""The front door's kind of fault that this command finds itself: a part knows only its own rows, and counts by them."""
IN_CHINESE: Final = {
    "empty": "不能为空",
    "long": "有 {n} 个字，最多 {most} 个",
    "control": "含有控制字符",
    "area": "不是 6、9、12、15 或 20 位区划代码",
    "rounded": "被表格软件当成了数字，后几位已丢；请把这一列设为文本，再导出一次",
    "alone": "诉求和地点至少要有一个",
    "idempotency": "这个编号以前导入过，内容不一样",
    "forbidden": "地点在您的区域之外",
    "fields": "平台不接受",
}


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
        Refused: ``file``, it is in no encoding that a file of rows comes in.
    """
    text = rowfiles.decoded(data)
    if text is None:
        raise Refused(
            "file", "the file is neither UTF-8 nor GB18030 / 文件既不是 UTF-8 也不是 GB18030，请另存为 CSV UTF-8"
        )
    return text


def rows_of(text: str, *, lines: bool, number: str) -> Iterator[Row]:
    """Rows of CSV with a header, or of JSON Lines; ``number`` is the column of the other system's number.

    Raises:
        Refused: ``file``, names the line that is none.
    """
    try:
        for line, cells in rowfiles.json_rows(text) if lines else rowfiles.csv_rows(text):
            yield Row(line, cells.get(number, "").strip(), msgspec.json.encode(cells).decode())
    except rowfiles.UnreadableError as error:
        zh, en = (words.format(what=error.what) for words in rowfiles.WHY[error.because])
        where = f"line {error.line} cannot be read / 第 {error.line} 行无法读取"
        raise Refused("file", f"{where}：{en} / {zh}") from None


def worded(fault: Mapping[str, Any]) -> str:
    """The front door's reason in both languages; in its own words alone where the kind is new to this command."""
    words = IN_CHINESE.get(fault["because"])
    return f"{fault['detail']} / {words.format(**fault)}" if words else str(fault["detail"])


def twice(rows: Iterable[Row], column: str) -> Iterator[Fault]:
    """Rows whose number stands further up: in parts, nobody else would see it."""
    seen: dict[str, int] = {}
    for row in rows:
        first = seen.setdefault(row.number, row.line)
        if row.number and first != row.line:
            yield Fault(row.line, column, row.number, f"line {first} has the same number / 与第 {first} 行编号相同")


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
