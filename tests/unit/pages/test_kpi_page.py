"""The KPI page without a script: figures with their tickets, no data as words, files."""

import io
import re
from typing import Any

import pytest
from openpyxl import load_workbook

from services.adapters import spreadsheets
from services.tickets.domain import Actor, Details, Role, Satisfaction
from services.tickets.domain.figures import DURATIONS, FIGURES
from services.tickets.handlers import Act, ActOnTicket
from tests.fakes.city import MINUTE, MemoryCity
from tests.fakes.clock import ManualClock
from tests.unit.pages.test_rule_pages import Visitor

EVIL = "<script>alert(1)</script>"


def lives(
    city: MemoryCity, satisfied: Satisfaction, *, solved: bool = True, title: str = "路灯不亮", until: str = ""
) -> str:
    """A call that goes all the way to its call-back, or as far as what is done before ``until``."""
    area = city.of_kind("gas").area
    ticket = city.call(city.clock.now(), title, "三号楼前", "三号楼", "王女士", "13812345621")
    steps: list[tuple[str, str, dict[str, Any]]] = [
        ("accept", "operator", {}),
        ("classify", "dispatcher", {"category": "lighting", "area": area, "urgency": 0}),
        ("dispatch", "dispatcher", {"unit": city.places.list_units(scope="")[0].id}),
        ("sign", "unit_handler", {}),
        ("contact", "unit_handler", {"text": "已联系"}),
        ("finish", "unit_handler", {"outcome": "已修复", "photo": "照片"}),
        ("check_ok", "grid_worker", {}),
        ("callback", "operator", {"contacted": True, "solved": solved, "satisfied": satisfied}),
    ]
    names = [step[0] for step in steps]
    for number, (action, role, details) in enumerate(steps[: names.index(until) if until else None]):
        act(city, ticket, action, role, city.clock.now() + number * MINUTE, **details)
    return ticket


def act(city: MemoryCity, ticket: str, action: str, role: str, at: int, **details: Any) -> None:
    with city.tickets.transaction() as work:
        found = work.ticket(ticket)
    assert found is not None
    who = Actor(role, Role(role), found.lead if role.startswith("unit") else "")
    ActOnTicket(city.tickets, ManualClock(at))(Act(ticket, action, found.version, Details(**details)), who=who)


@pytest.fixture
def city() -> MemoryCity:
    made = MemoryCity()
    lives(made, Satisfaction.SATISFIED)
    lives(made, Satisfaction.MOSTLY, title=EVIL)
    lives(made, Satisfaction.DISSATISFIED, solved=False)
    made.clock.advance(20 * MINUTE)
    return made


def cells(page: str) -> list[list[str]]:
    """The text of each row's cells."""
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", page, flags=re.DOTALL)
    return [[_text(cell) for cell in re.findall(r"<t[hd].*?>(.*?)</t[hd]>", row, flags=re.DOTALL)] for row in rows]


def _text(cell: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", cell)).strip()


def test_the_table_has_the_three_rates_with_their_counts(city: MemoryCity) -> None:
    page = Visitor(city, "supervisor").send("GET", "/kpi").text
    head, unit, whole = cells(page)
    assert whole[0] == "合计"
    assert unit[1:] == whole[1:]
    row = dict(zip(head, whole, strict=True))
    assert (row["受理件"], row["已受理"], row["办结件"]) == ("3", "3", "2")
    assert (row["响应率"], row["解决率"], row["满意率"]) == ("100.0% 2/2", "100.0% 2/2", "95.0% 2/2")
    assert row["综合成绩"] == "98.0%"
    assert "口径第 1 版" in page


def test_each_figure_leads_to_its_tickets(city: MemoryCity) -> None:
    supervisor = Visitor(city, "supervisor")
    page = supervisor.send("GET", "/kpi").text
    addresses = {address.replace("&amp;", "&") for address in re.findall(r'href="(/kpi/tickets[^"]*)"', page)}
    assert {address.rpartition("measure=")[2] for address in addresses} == {*FIGURES} - {"discover"}
    for address in addresses:
        answer = supervisor.send("GET", address)
        assert answer.status_code == 200
        assert "LY-2026" in answer.text
    satisfied = next(address for address in addresses if "satisfaction" in address)
    assert EVIL not in supervisor.send("GET", satisfied).text
    assert len(cells(supervisor.send("GET", satisfied).text)) == 1 + 2
    assert "没有这样的工单" in supervisor.send("GET", f"{satisfied}&hit=0").text


def test_a_mean_leads_to_the_tickets_that_have_it_the_longest_first(city: MemoryCity) -> None:
    slow = lives(city, Satisfaction.SATISFIED, until="finish")
    act(city, slow, "finish", "unit_handler", city.clock.now() + 30 * MINUTE, outcome="已修复", photo="照片")
    act(city, slow, "check_ok", "grid_worker", city.clock.now() + 31 * MINUTE)
    answer = {"contacted": True, "solved": True, "satisfied": Satisfaction.SATISFIED}
    act(city, slow, "callback", "operator", city.clock.now() + 32 * MINUTE, **answer)
    city.clock.advance(40 * MINUTE)
    supervisor = Visitor(city, "supervisor")
    page = supervisor.send("GET", "/kpi").text
    times = page[page.index('id="times-title"') :]
    assert re.findall(r'<dt>处置</dt><dd><a href="([^"]*)">([^<]*)</a> <span class="ll-dim">([^<]*)', times) == [
        ("/kpi/tickets?measure=resolve", "13 分", "3 件")
    ]
    shown = supervisor.send("GET", "/kpi/tickets?measure=resolve").text
    assert "平均处置时长 2026-12" in shown
    assert "用时长的在前" in shown
    head, *rows = cells(shown)
    assert [row[head.index("用时")] for row in rows] == ["30 分", "5 分", "5 分"]
    assert f"/tickets/{slow}" in shown[: shown.index("5 分</td>")]
    assert "hit=" not in shown, "a mean has none that do not count"


def test_tickets_without_a_unit_are_a_row_of_their_own(city: MemoryCity) -> None:
    city.call(city.clock.now(), "路灯不亮", "三号楼前", "三号楼", "李先生", "13812345622")
    supervisor = Visitor(city, "supervisor")
    page = supervisor.send("GET", "/kpi").text
    assert [row[:2] for row in cells(page)[1:]] == [["未派单", "1"], cells(page)[2][:2], ["合计", "4"]]
    assert "unit=-&" in page.replace("&amp;", "&")
    assert len(cells(supervisor.send("GET", "/kpi/tickets?unit=-").text)) == 1 + 1


def test_no_valid_call_back_is_said_and_is_not_zero(city: MemoryCity) -> None:
    page = Visitor(city, "supervisor").send("GET", "/kpi?period=2025-01").text
    assert page.count("无有效回访") == 3
    row = cells(page)[-1]
    assert row[1:4] == ["0", "0", "0"]
    assert set(row[4:]) == {"—"}
    assert "— 是还没有可计的工单，不是 0" in page
    assert "还没有要签收的工单" in page
    times = page[page.index('id="times-title"') :]
    assert times.count("<dd>还没有办结的工单 ") == len(DURATIONS)
    assert "—" not in times[: times.index("</dl>")]
    assert "/kpi/tickets" not in page, "what is not there leads nowhere"


def test_a_mean_that_no_closed_ticket_has_says_which_step_they_lacked() -> None:
    city = MemoryCity()
    call = city.call(city.clock.now(), "几点供暖", "问供暖", "三号楼", "王女士", "13812345621")
    act(city, call, "answer", "operator", city.clock.now() + MINUTE, text="十一月一日零时")
    page = Visitor(city, "supervisor").send("GET", "/kpi").text
    for said in ("办结的工单都不是告警开的", "办结的工单都没有派人处置", "办结的工单都没有现场核查"):
        assert said in page
    assert page.count("办结的工单都没有经过这个阶段") == 3
    assert "办结的工单都没有答复来电人" not in page


@pytest.mark.parametrize("by", ["unit", "area", "category", "period"])
def test_every_way_to_cut_the_table_opens_in_both_languages(city: MemoryCity, by: str) -> None:
    for language in ("zh", "en"):
        visitor = Visitor(city, "supervisor")
        visitor.cookies["linli_language"] = language
        answer = visitor.send("GET", f"/kpi?by={by}&period=2026-11-20..2026-11-23")
        assert answer.status_code == 200
        parts = [row for row in cells(answer.text)[1:-1] if row]
        assert sum(int(row[1]) for row in parts) == 3


def test_the_files_say_what_the_page_says(city: MemoryCity) -> None:
    supervisor = Visitor(city, "supervisor")
    page = supervisor.send("GET", "/kpi").text
    for form in ("xlsx", "csv"):
        (address,) = re.findall(rf'href="(/kpi/file[^"]*{form})"', page)
        answer = supervisor.send("GET", address.replace("&amp;", "&"))
        assert f".{form}" in answer.headers["content-disposition"]
        if form == "xlsx":
            sheet = load_workbook(io.BytesIO(answer.content)).worksheets[0]
            rows = [list(row) for row in sheet.iter_rows(values_only=True)]
        else:
            rows = [list(row) for row in spreadsheets.read(answer.content)]
        row = dict(zip(rows[0], rows[-1], strict=True))
        assert float(row["满意率"]) == 0.95
        assert int(row["受理件(创建)"]) == 3


@pytest.mark.parametrize(
    "query", ["period=heute", "by=person", "level=moon", "area=x1", "version=x", "version=99", "area=990102"]
)
def test_what_cannot_be_asked_is_answered_with_a_page(city: MemoryCity, query: str) -> None:
    answer = Visitor(city, "grid_manager").send("GET", f"/kpi?{query}")
    assert answer.status_code in {403, 404, 422}
    assert "<html" in answer.text


def test_who_may_see_no_tickets_sees_no_figures(city: MemoryCity) -> None:
    assert Visitor(city, "citizen").send("GET", "/kpi").status_code == 403
    assert Visitor(city, "oncall").send("GET", "/kpi/file").status_code == 403
