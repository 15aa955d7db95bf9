"""The import page without a script: a file is tried, every fault is named in words, and it is taken over once."""

import re
from html import unescape

import httpx
import pytest

from tests.fakes.city import MemoryCity
from tests.unit.pages.test_rule_pages import Form, Visitor

AREA = "990101001002002"
FILE = f'工单编号,标题,诉求内容,区划,电话\nA-1,路灯不亮,"三号楼前\r\n两盏",{AREA},138\nA-2,井盖松动,雨后更松,{AREA},\n'
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def city() -> MemoryCity:
    return MemoryCity()


def send(city: MemoryCity, content: bytes | str, system: str = "kaifeng", **more: str) -> httpx.Response:
    visitor = Visitor(city, "operator")
    data = content.encode() if isinstance(content, str) else content
    fields = {**visitor.csrf, "system": system, "do": "try", **more}
    return visitor.send("POST", "/tickets/import", fields, files={"file": ("a.csv", data)})


def again(city: MemoryCity, page: httpx.Response, do: str, **more: str) -> httpx.Response:
    """Press a button of the page as a browser would, with what the form holds."""
    assert page.status_code == 200, page.text
    fields = Form(page.text, "import-form").fields
    content = re.search(r"<textarea name=\"content\" hidden>\n(.*?)</textarea>", page.text, re.DOTALL)
    assert content is not None
    carried = unescape(content.group(1)).replace("\n", "\r\n")
    visitor = Visitor(city, "operator")
    sent = {**fields, **visitor.csrf, "content": carried, "do": do, **more}
    return visitor.send("POST", "/tickets/import", sent, files={"file": ("", b"")})


def titles(city: MemoryCity) -> list[str]:
    return sorted(ticket.title for ticket in city.tickets.state.tickets.values() if ticket.source == "system")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_file_is_tried_by_guessed_columns_and_then_taken_over_once(city: MemoryCity, encoding: str) -> None:
    page = send(city, FILE.encode(encoding))
    assert "2 行：2 件可导入，0 件以前导入过，0 处有误" in page.text
    assert titles(city) == []
    done = again(city, page, "apply")
    assert "导入 2 件" in done.text
    assert titles(city) == ["井盖松动", "路灯不亮"]
    second = send(city, f"{FILE}A-3,积水,门口,,\n".encode(encoding))
    assert "3 行：1 件可导入，2 件以前导入过，0 处有误" in second.text


def test_every_fault_and_conflict_is_listed_with_line_column_and_reason(city: MemoryCity) -> None:
    again(city, send(city, FILE), "apply")
    page = send(city, FILE.replace("路灯不亮", EVIL) + f"A-2,又一,x,,\n,无号,x,,\nA-5,{'长' * 201},x,12,\nA-6,空,,,\n")
    cell = r"<td[^>]*>(.*?)</td>"
    rows = re.findall(rf'<tr><td class="ll-nowrap"[^>]*>(\d+)</td>{cell}{cell}{cell}</tr>', page.text)
    assert [(line, column, why) for line, column, _, why in rows] == [
        ("2", "工单编号", "这个编号以前导入过，内容不一样"),
        ("5", "工单编号", "与第 4 行编号相同"),
        ("6", "工单编号", "不能为空"),
        ("7", "标题", "有 201 个字，最多 200 个"),
        ("7", "区划", "不是 6、9、12、15 或 20 位区划代码"),
        ("8", "标题", "诉求和地点至少要有一个"),
    ]
    assert EVIL not in page.text
    assert 'value="apply"' not in page.text  # of a file that cannot be read whole, nothing is taken over


def test_a_column_that_nobody_guessed_is_chosen_by_hand(city: MemoryCity) -> None:
    page = send(city, FILE.replace("工单编号", "流水").replace("标题", "什么事"))
    assert page.status_code == 422
    assert "请选“原系统编号”是文件的哪一列" in page.text
    fields = {
        **Form(page.text, "import-form").fields,
        "content": FILE.replace("工单编号", "流水").replace("标题", "什么事"),
    }
    visitor = Visitor(city, "operator")
    chosen = {**visitor.csrf, "map.number": "流水", "map.title": "什么事", "map.text": "诉求内容", "do": "try"}
    tried = visitor.send("POST", "/tickets/import", {**fields, **chosen}, files={"file": ("", b"")})
    assert "2 件可导入" in tried.text


@pytest.mark.parametrize(
    ("content", "system", "words"),
    [
        (b"", "kaifeng", "文件是空的"),
        (b"\xff\xff\x00\x81", "kaifeng", "请另存为 CSV UTF-8"),
        (b"a" * 1_000_001, "kaifeng", "文件超过 1 MB"),
        ("编号,标题,诉求\n" + "1,a,b\n" * 1_001, "kaifeng", "文件有 1000 件以上"),
        ('[{"编号": 1}]', "kaifeng", "文件第 1 行无法读取：不是 JSON 对象"),
        ("编号,标题,诉求,诉求\n1,a,b,c\n", "kaifeng", "表头有两列都叫“诉求”"),
        (FILE, "开封", "请写原系统的代号"),
        ('工单编号,标题\n"a,b\n', "kaifeng", "文件第 2 行无法读取：引号没有成对"),
    ],
)
def test_what_cannot_be_read_is_said_in_words(
    city: MemoryCity, content: bytes | str, system: str, words: str
) -> None:  # fmt: skip
    answer = send(city, content, system)
    assert answer.status_code == 422
    assert words in answer.text


def test_json_lines_are_taken_too(city: MemoryCity) -> None:
    page = send(city, '{"number": 7, "title": "甲", "text": "一"}\n{"number": 8, "title": "乙", "text": "二"}\n')
    again(city, page, "apply")
    assert titles(city) == ["乙", "甲"]


def test_only_who_takes_calls_sees_it(city: MemoryCity) -> None:
    assert Visitor(city, "citizen").send("GET", "/tickets/import").status_code == 403
    assert 'href="/tickets/import"' in Visitor(city, "operator").send("GET", "/tickets/search").text
    assert 'href="/tickets/import"' not in Visitor(city, "grid_worker").send("GET", "/tickets/search").text
