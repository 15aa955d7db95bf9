"""The search page without a script: look up, keep the filter, act on many."""

import re

import pytest

from services.adapters.spreadsheets import read
from services.api.tickets import export
from tests.fakes.city import MemoryCity, incident
from tests.unit.pages.test_rule_pages import Form, Visitor

AT = "/tickets/search"


@pytest.fixture
def city() -> MemoryCity:
    return incident(MemoryCity())


@pytest.fixture
def operator(city: MemoryCity) -> Visitor:
    return Visitor(city, "operator")


def ticked(page: str) -> list[str]:
    return re.findall(r'name="ticket" value="([^"]+)"', page)


def test_tickets_are_found_by_words_and_every_select(operator: Visitor) -> None:
    whole = operator.send("GET", AT).text
    assert len(ticked(whole)) == 7
    found = operator.send("GET", f"{AT}?text=噪声&state=reported&source=hotline&urgency=0&from=2026-11-22").text
    assert "夜间施工噪声" in found
    assert len(ticked(found)) == 1
    assert "没有符合的工单" in operator.send("GET", f"{AT}?text=噪声&to=2026-11-22").text
    ordered = operator.send("GET", f"{AT}?sort=opened&source=hotline").text
    assert ordered.index("返水") < ordered.index("夜间施工噪声") < ordered.index("充电桩")


def test_a_wrong_address_clears_the_filter_and_says_so(operator: Visitor) -> None:
    answer = operator.send("GET", f"{AT}?state=lost")
    assert answer.status_code == 422
    assert "筛选条件 state 不对，已清除" in answer.text
    assert len(ticked(answer.text)) == 7


def test_a_filter_is_kept_with_its_count_and_deleted(operator: Visitor) -> None:
    address = f"{AT}?text=噪声"
    sent = Form(operator.send("GET", address).text, "keep-form").fields
    assert operator.send("POST", f"{AT}/filters", {**sent, "name": "噪声投诉", "do": "keep"}).status_code == 303
    page = operator.send("GET", address).text
    assert re.search(r'aria-current="true">噪声投诉 <b>1</b>', page)
    nameless = operator.send("POST", f"{AT}/filters", {**sent, "name": " ", "do": "keep"})
    assert nameless.status_code == 422
    assert "40 字以内" in nameless.text
    operator.send("POST", f"{AT}/filters", {**Form(page, "keep-form").fields, "do": "drop"})
    assert "噪声投诉" not in operator.send("GET", AT).text


def test_many_are_urged_at_once_and_each_answers_for_itself(city: MemoryCity, operator: Visitor) -> None:
    page = operator.send("GET", AT).text
    sent = {**Form(page, "bulk-form").fields, "action": "note", "text_": "统一回复：正在核实"}
    chosen = [value for value in ticked(page) if value.endswith(":1")]
    assert len(chosen) == 3
    city.act(chosen[0].split(":")[0], "note", "operator", city.clock.now(), text="先到")
    answer = operator.send("POST", f"{AT}/bulk", {**sent, "ticket": chosen})
    assert answer.status_code == 200
    assert answer.text.count("已办</li>") == 2
    assert "刚被别人改动过" in answer.text
    again = operator.send("POST", f"{AT}/bulk", {**sent, "ticket": chosen[1:]})
    assert again.text.count("已办</li>") == 2, "the same form sent twice acts once"
    for value in chosen[1:]:
        assert city.tickets.state.tickets[value.split(":")[0]].version == 2


def test_nothing_chosen_and_nothing_written_are_asked_for(operator: Visitor) -> None:
    page = operator.send("GET", AT).text
    sent = {**Form(page, "bulk-form").fields, "action": "note"}
    assert "请先选工单" in operator.send("POST", f"{AT}/bulk", sent).text
    kept = operator.send("POST", f"{AT}/bulk", {**sent, "ticket": ticked(page)[:1]})
    assert "请写明内容" in kept.text
    assert kept.text.count(" checked") == 1, "what was chosen stays chosen"


def test_a_unit_finds_its_own_and_on_call_none(city: MemoryCity) -> None:
    assert 0 < len(ticked(Visitor(city, "unit_handler").send("GET", AT).text)) < 7
    assert Visitor(city, "oncall").send("GET", AT).status_code == 403


def test_what_was_found_is_exported_with_the_same_filter(operator: Visitor) -> None:
    page = operator.send("GET", f"{AT}?text=夜间施工噪声&from=2026-11-22").text
    as_excel, as_csv = re.findall(r'href="(/tickets/search/export[^"]*)"', page)
    answer = operator.send("GET", as_csv.replace("&amp;", "&"))
    assert answer.status_code == 200
    assert len(answer.text.splitlines()) == 2
    assert "139****1234" in answer.text
    workbook = operator.send("GET", as_excel.replace("&amp;", "&"))
    assert workbook.headers["content-disposition"] == 'attachment; filename="linli-tickets.xlsx"'
    assert [row[12] for row in read(workbook.content)] == ["电话", "139****1234"]


def test_a_workbook_that_would_be_too_long_is_said_on_the_page(
    operator: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "MOST_ROWS", 1)
    answer = operator.send("GET", f"{AT}/export?format=xlsx")
    assert answer.status_code == 422
    assert "一个 Excel 装不下" in answer.text


def test_one_workbook_is_made_after_the_other(operator: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "PATIENCE_S", 0)
    with export.MAKING:
        answer = operator.send("GET", f"{AT}/export?format=xlsx")
    assert answer.status_code == 429
    assert "别人正在导出 Excel" in answer.text
    assert operator.send("GET", f"{AT}/export?format=xlsx").status_code == 200
