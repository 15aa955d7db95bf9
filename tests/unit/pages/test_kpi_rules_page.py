"""The rules of the figures: versions with author and reason, a draft tried on last month, the next version."""

import re

import pytest

from services.tickets.domain import Satisfaction
from tests.fakes.city import HOUR, MINUTE, MemoryCity
from tests.unit.pages.test_kpi_page import cells, lives
from tests.unit.pages.test_rule_pages import Visitor

HERE = "/kpi/rules"
MONTH = 31 * 24 * HOUR


def answered() -> MemoryCity:
    """Two answers of last month, one of them mostly satisfied."""
    made = MemoryCity()
    lives(made, Satisfaction.SATISFIED)
    lives(made, Satisfaction.MOSTLY)
    made.clock.advance(20 * MINUTE + MONTH)
    return made


@pytest.fixture(scope="module")
def city() -> MemoryCity:
    """For tests that publish nothing: a city takes its time."""
    return answered()


@pytest.fixture
def supervisor(city: MemoryCity) -> Visitor:
    return Visitor(city, "supervisor")


def sent(supervisor: Visitor, do: str, **changes: str) -> tuple[int, str]:
    page = supervisor.send("GET", HERE).text
    fields = {name: value for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', page) if name != "do"}
    fields |= {"scale": "three", **supervisor.csrf, **changes, "do": do}
    answer = supervisor.send("POST", HERE, fields)
    return answer.status_code, answer.headers.get("location", "") or answer.text


def test_a_draft_is_tried_on_last_month_and_kept_nowhere(supervisor: Visitor) -> None:
    status, page = sent(supervisor, "preview", mostly="50")
    assert status == 200
    table = page.partition('id="preview-title"')[2]
    whole = cells(table)[-1]
    assert whole[0] == "合计"
    assert whole[3:] == ["95.0% → 75.0%", "98.0% → 90.0%"]
    assert 'value="50"' in page, "the draft stays in the form"
    assert "现行第 1 版" in supervisor.send("GET", HERE).text


def test_the_next_version_has_an_author_and_a_reason() -> None:
    supervisor = Visitor(answered(), "supervisor")
    assert sent(supervisor, "publish", mostly="80")[0] == 422, "no reason"
    done = sent(supervisor, "publish", mostly="80", scale="four", reason="市里 2027 年考核办法", day_begins="00:00")
    assert done == (303, f"{HERE}?said=rules_kept")
    page = supervisor.send("GET", HERE).text
    first, second = cells(page)[1:3]
    assert first[0] == "第 2 版"
    assert first[2:4] == ["卫督办", "市里 2027 年考核办法"]
    assert first[5:] == ["80%", "00:00 起", "19 日起", "4 档"]
    assert second[2] == "随平台发布"
    kept = supervisor.send("GET", "/kpi").text
    assert "口径第 2 版" in kept


def test_four_answers_are_then_asked_by_phone_and_by_link_and_counted() -> None:
    city = answered()
    supervisor = Visitor(city, "supervisor")
    sent(supervisor, "publish", scale="four", reason="市里 2027 年考核办法")
    name = lives(city, Satisfaction.SATISFIED, until="callback")
    operator = Visitor(city, "operator")
    page = operator.send("GET", f"/tickets/callbacks?ticket={name}").text
    assert 'value="very_satisfied"' in page
    link = operator.send("GET", f"/tickets/{name}/feedback").text
    address = re.search(r"http://linli\.test(/feedback/[^<\s]+)", link)
    assert address is not None
    assert "非常满意" in operator.send("GET", address[1]).text
    given = {"solved": "yes", "satisfied": "very_satisfied", "text": ""}
    assert operator.send("POST", address[1], {**operator.csrf, **given}).status_code == 200
    csv = supervisor.send("GET", "/api/v1/tickets/export?format=csv").text
    assert ",非常满意\r\n" in csv
    page = supervisor.send("GET", "/kpi").text
    head, row = cells(page)[0], cells(page)[-1]
    assert "非常满意与满意同样全计" in page
    assert dict(zip(head, row, strict=True))["满意率"] == "100.0% 1/1"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"mostly": "120"}, "0 到 100 之间"),
        ({"mostly": "nan"}, "0 到 100 之间"),
        ({"weight_solution": "60"}, "合计 100%"),
        ({"day_begins": "25:00"}, "请填时刻"),
        ({"month_begins": "31"}, "1 到 28"),
        ({"scale": "five"}, "请选一种"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_at_its_field(supervisor: Visitor, changes: dict[str, str], word: str) -> None:
    status, page = sent(supervisor, "preview", reason="市里考核办法", **changes)
    assert status == 422
    assert word in page
    assert "问题：" in page


def test_who_may_not_change_the_rules_reads_them(city: MemoryCity) -> None:
    operator = Visitor(city, "operator")
    page = operator.send("GET", HERE)
    assert page.status_code == 200
    assert "口径由督办和管理员发布" in page.text
    assert "draft-title" not in page.text
    assert operator.send("POST", HERE, {**operator.csrf, "do": "preview"}).status_code == 403
    assert Visitor(city, "citizen").send("GET", HERE).status_code == 403
    assert HERE in operator.send("GET", "/kpi").text
