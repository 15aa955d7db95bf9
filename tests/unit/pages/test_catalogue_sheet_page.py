"""The catalogue's file on its page: what is wrong beside its cell, a plan, one press to write it; and the history."""

import asyncio
import base64
import html
import re
import zlib

import httpx
import pytest

from tests.fakes.city import MemoryCity

STREET = "990101001"
HEADER = "类别代码,辖区代码,紧急程度,主办单位代码"
IMPORT = "/catalogue/import"


@pytest.fixture
def city() -> MemoryCity:
    return MemoryCity()


def look(city: MemoryCity, path: str, role: str = "dispatcher") -> httpx.Response:
    return asyncio.run(_ask(city, role, path, None, None))


def bring(city: MemoryCity, text: str, role: str = "dispatcher") -> httpx.Response:
    return asyncio.run(_ask(city, role, IMPORT, {}, {"file": ("catalogue.csv", text.encode(), "text/csv")}))


def apply(city: MemoryCity, page: str) -> httpx.Response:
    """Press the plan's button: the page's own hidden fields go back."""
    found = {name: html.unescape(value) for name, value in re.findall(r'name="(rows|basis)" value="([^"]*)"', page)}
    return asyncio.run(_ask(city, "dispatcher", IMPORT, found | {"apply": "1"}, None))


async def _ask(city: MemoryCity, role: str, path: str, form: dict[str, str] | None, files: object) -> httpx.Response:
    transport = httpx.ASGITransport(city.app)
    cookies, headers = {"linli_session": city.session(role)}, {"Accept": "text/html"}
    async with httpx.AsyncClient(transport=transport, base_url="http://linli", cookies=cookies) as client:
        shown = await client.get(path, headers=headers)
        word = re.search(r'name="csrf_token" value="([^"]+)"', shown.text)
        if form is None or word is None:
            return shown
        return await client.post(path, data={"csrf_token": word[1]} | form, files=files, headers=headers)  # type: ignore[arg-type]


def test_a_file_is_looked_at_then_written_and_stands_in_the_history(city: MemoryCity) -> None:
    plan = bring(city, f"{HEADER}\nnoise,{STREET},2,enforcement-liuyin\n*,{STREET},,district")
    assert plan.status_code == 200
    assert "写入 2 条" in plan.text
    assert city.directory.written == {}
    assert apply(city, plan.text).status_code == 303
    assert {(line.category, line.urgency) for line in city.directory.written.values()} == {("noise", 2), ("", None)}
    again = bring(city, f"{HEADER}\nnoise,{STREET},2,enforcement-liuyin")
    assert "没有要写入的" in again.text
    history = look(city, "/catalogue/history", "operator").text
    assert "柳荫综合执法队" in history
    assert "其余全部" in history


def test_a_plan_says_which_version_of_the_deadlines_a_line_would_get(city: MemoryCity) -> None:
    page = bring(city, f"{HEADER},时限方案\nnoise,{STREET},2,enforcement-liuyin,beijing").text
    assert "时限：北京 第 1 版" in page


def test_what_is_wrong_stands_with_its_row_its_cell_and_how_to_mend_it(city: MemoryCity) -> None:
    page = bring(city, f"{HEADER}\nnoise,{STREET},,sanitation-wangjiang\n<b>,{STREET},,lighting").text
    assert "这个单位的辖区是 990101002" in page
    assert "&lt;b&gt;" in page
    assert 'name="apply"' not in page


def test_a_plan_that_was_overtaken_is_shown_anew_and_can_then_be_written(city: MemoryCity) -> None:
    plan = bring(city, f"{HEADER}\nnoise,{STREET},,lighting").text
    apply(city, bring(city, f"{HEADER}\ndust,{STREET},,lighting").text)
    late = apply(city, plan)
    assert late.status_code == 409
    assert "有人改了派单目录" in late.text
    assert apply(city, late.text).status_code == 303
    assert {line.category for line in city.directory.written.values()} == {"noise", "dust"}


def test_what_a_page_carries_along_is_judged_anew(city: MemoryCity) -> None:
    for forged in ("", "%%%", base64.b64encode(zlib.compress(b'[[2,{"category":1}]]')).decode()):
        answer = asyncio.run(_ask(city, "dispatcher", IMPORT, {"rows": forged, "apply": "1"}, None))
        assert answer.status_code == 422
    wrong = base64.b64encode(zlib.compress(b'[[7,{"category":"tea","area":"1","lead":"x"}]]')).decode()
    again = asyncio.run(_ask(city, "dispatcher", IMPORT, {"rows": wrong, "apply": "1"}, None))
    assert (again.status_code, city.directory.written) == (409, {})
    assert '<td class="ll-num">7</td>' in again.text


def test_no_file_and_no_catalogue_say_so_and_an_operator_brings_none(city: MemoryCity) -> None:
    assert "请先选一个文件" in asyncio.run(_ask(city, "dispatcher", IMPORT, {}, None)).text
    assert "这个文件读不出来" in bring(city, "a,b\n1,2").text
    assert look(city, IMPORT, "operator").status_code == 403
    assert IMPORT not in look(city, "/catalogue", "operator").text


def test_an_area_is_asked_by_name_or_code_and_lines_go_page_by_page(city: MemoryCity) -> None:
    assert "澄湖燃气抢修</b>" in look(city, "/catalogue?category=gas-leak&area=柳荫街道").text
    assert f"柳荫街道 {STREET}" in look(city, f"/catalogue?category=gas-leak&area=柳荫街道 {STREET}").text
    assert "不在任何辖区内" in look(city, "/catalogue?category=gas-leak&area=没有这里").text
    areas = [code for code in city.places.areas if len(code) == 20][:230]
    apply(city, bring(city, "\n".join((HEADER, *(f"noise,{code},,lighting" for code in areas)))).text)
    first = look(city, "/catalogue").text
    behind = re.search(r"/catalogue\?after=([^#\"]+)#lines", first)
    assert behind is not None
    rest = look(city, f"/catalogue?after={behind[1]}").text
    assert "下一页" not in rest
    assert first.count('name="remove"') + rest.count('name="remove"') == 230
