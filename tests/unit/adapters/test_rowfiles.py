"""Files of rows as they come from other desks: encodings, separators, blank rows, and lines that are none."""

import csv
import io

import pytest

from services import rowfiles
from services.adapters import spreadsheets

ROWS = [["编号", "标题", "诉求"], ["1", '说"好"，又来', "灯坏了;\n再三"], ["2", "a,b", "\tc"]]
CELLS = [dict(zip(ROWS[0], row, strict=True)) for row in ROWS[1:]]


def written(separator: str, encoding: str, quoting: int = csv.QUOTE_MINIMAL) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator, lineterminator="\r\n", quoting=quoting).writerows(ROWS)  # type: ignore[arg-type]
    return out.getvalue().encode(encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_a_spreadsheets_file_is_read_as_it_was_saved(encoding: str, separator: str, quoting: int) -> None:
    data = written(separator, encoding, quoting)
    text = rowfiles.decoded(data)
    assert text is not None
    assert list(rowfiles.csv_rows(text)) == [(2, CELLS[0]), (4, CELLS[1])], "a row is where it begins"
    assert spreadsheets.read(data)[0] == ROWS[0], "the catalogue's file alike"


def test_blank_rows_and_columns_without_a_name_are_left_out() -> None:
    assert list(rowfiles.csv_rows("\n编号,标题,,\n,,,\n\n1,a,,\n , ,\n2\n")) == [
        (5, {"编号": "1", "标题": "a"}),
        (7, {"编号": "2", "标题": ""}),
    ]


def test_numbers_of_json_are_text_and_nothing_is_none() -> None:
    assert list(rowfiles.json_rows('\ufeff{"a": 7, "b": null}\n\n{"a": "x"}')) == [
        (1, {"a": "7", "b": ""}),
        (3, {"a": "x"}),
    ]


@pytest.mark.parametrize(
    ("text", "line", "because", "what"),
    [
        ("a,b\n1,2\n3,4,5\n", 3, "wide", ""),
        ('a,b\n1,"2"x\n', 2, "quotes", "',' expected after '\"'"),
        ('a,b\n1,2\n3,"4\n5,6\n', 3, "quotes", "unexpected end of data"),
        ("诉求,a,诉求\n1,2,3\n", 1, "columns", "诉求"),
    ],
)
def test_a_line_of_a_csv_that_is_none_is_named(text: str, line: int, because: str, what: str) -> None:
    with pytest.raises(rowfiles.UnreadableError) as refused:
        list(rowfiles.csv_rows(text))
    assert (refused.value.line, refused.value.because, refused.value.what) == (line, because, what)


@pytest.mark.parametrize(
    ("text", "line", "because", "what"),
    [
        ('{"a": 1}\n{"a"', 2, "json", None),
        ("[1]", 1, "object", ""),
        ('{"a": ["x"]}', 1, "value", "a"),
        ('{"a": 1}\n{"b": true}', 2, "value", "b"),
    ],
)
def test_a_line_of_json_that_is_none_is_named(text: str, line: int, because: str, what: str | None) -> None:
    with pytest.raises(rowfiles.UnreadableError) as refused:
        list(rowfiles.json_rows(text))
    assert (refused.value.line, refused.value.because) == (line, because)
    assert what in (None, refused.value.what)


def test_what_is_in_no_encoding_is_no_text() -> None:
    assert rowfiles.decoded(b"\xff\xff\xff") is None
