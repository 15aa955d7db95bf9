import io
import zipfile
from datetime import datetime

import pytest
from openpyxl import Workbook, load_workbook

from services.adapters import spreadsheets
from services.adapters.spreadsheets import Sheet, read, to_csv, to_xlsx
from streams.contracts import Refused

EVIL = [
    '=HYPERLINK("http://x","y")',
    "+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "＝1+1",
    "<script>",
    "'; DROP TABLE tickets; --",
]


AT = datetime.fromisoformat("2026-11-22T09:41:23")


def sheet() -> Sheet:
    rows = [[text, 7, 0.5, None, AT] for text in EVIL]
    return Sheet("三率/月", ["事项", "件数", "解决率", "无数据", "时间"], rows, frozenset({"解决率"}))


def test_no_cell_of_a_workbook_starts_a_formula_and_its_text_is_what_it_was() -> None:
    page = load_workbook(io.BytesIO(to_xlsx([sheet()]))).worksheets[0]
    assert page.title == "三率·月"
    rows = list(page.iter_rows(min_row=2))
    assert [row[0].value for row in rows] == EVIL
    assert {row[0].data_type for row in rows} == {"s"}
    assert all(row[0].quotePrefix for row in rows[:6])
    assert not rows[6][0].quotePrefix


def test_what_only_becomes_a_formula_without_its_control_characters_is_text_too() -> None:
    texts = ["\x01=1+1", "#N/A", "\x02\x03+2"]
    page = load_workbook(io.BytesIO(to_xlsx([Sheet("x", ["甲"], [[text] for text in texts])]))).worksheets[0]
    found = [row[0] for row in page.iter_rows(min_row=2)]
    assert [(cell.value, cell.data_type) for cell in found] == [("=1+1", "s"), ("#N/A", "s"), ("+2", "s")]


def test_a_column_is_as_wide_as_it_is_told() -> None:
    made = to_xlsx([Sheet("x", ["甲", "登记时间"], [["a", AT]], widths={"登记时间": 20})])
    columns = load_workbook(io.BytesIO(made)).worksheets[0].column_dimensions
    assert (columns["A"].width, columns["B"].width) == (6, 20)


def test_numbers_stay_numbers_shares_are_percent_and_no_data_is_empty() -> None:
    page = load_workbook(io.BytesIO(to_xlsx([sheet()]))).worksheets[0]
    _, count, share, nothing, at = next(page.iter_rows(min_row=2))
    assert (count.value, share.value, share.number_format) == (7, 0.5, "0.0%")
    assert nothing.value is None
    assert at.value == AT


def test_no_cell_of_a_csv_starts_a_formula() -> None:
    text = to_csv(sheet())
    assert text.startswith(b"\xef\xbb\xbf")
    rows = read(text)
    assert rows[0] == ["事项", "件数", "解决率", "无数据", "时间"]
    assert all(row[0][0] not in "=+-@\t＝" for row in rows[1:])
    assert rows[1][1:] == ["7", "0.5", "", "2026-11-22 09:41:23"]


def test_a_negative_number_is_no_formula() -> None:
    assert to_csv(Sheet("x", ["差"], [[-3]])).endswith(b"-3\r\n")


def test_what_was_written_is_read_again_from_either_form() -> None:
    plain = Sheet("目录", ["类别", "单位"], [["燃气, 泄漏", "抢修\n一队"], ["", None], ["路灯", "12"]])
    expected = [["类别", "单位"], ["燃气, 泄漏", "抢修\n一队"], ["路灯", "12"]]
    assert read(to_csv(plain)) == expected
    assert read(to_xlsx([plain])) == expected
    assert read("类别,单位\r\n".encode("gb18030")) == [["类别", "单位"]]


def test_a_formula_that_comes_in_is_refused_by_its_cell() -> None:
    book = Workbook()
    page = book.active
    assert page is not None
    page.append(["类别", "=1+1"])
    out = io.BytesIO()
    book.save(out)
    with pytest.raises(Refused, match="cell B1 is a formula; paste its value"):
        read(out.getvalue())


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b"0" * (spreadsheets.MAX_UNPACKED + 1))
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"PK\x03\x04 no workbook", "no .xlsx workbook"),
        (b"\xff\xfe\x00\xff\xff", "neither .xlsx nor text"),
        (b'a,"b\r\n', "no CSV"),
        (b"a" * (spreadsheets.MAX_BYTES + 1), "split it"),
        (b"a\n" * (spreadsheets.MAX_ROWS + 1), "more than 100000 rows"),
        (bomb(), "it unpacks to"),
    ],
    ids=["archive", "binary", "quotes", "large", "long", "bomb"],
)
def test_what_is_no_table_is_refused_with_the_remedy(data: bytes, why: str) -> None:
    with pytest.raises(Refused, match=why):
        read(data)
