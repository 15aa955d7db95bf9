"""Supervision: what is late or near it, whose it is, how far up it has come, and acting from there."""

import re

import pytest

from services.tickets.domain import Card, Level
from services.tickets.handlers import KeepTime
from tests.fakes.city import HOUR, MemoryCity
from tests.unit.pages.test_feedback_page import ticket
from tests.unit.pages.test_rule_pages import Visitor

HERE = "/tickets/supervision"


def busy() -> MemoryCity:
    """A gas alarm's ticket that nobody signed, a call that nobody accepted, and one that is in time."""
    made = MemoryCity()
    device = made.of_kind("gas")
    made.alarm(device, "gas.ch4", "critical", 3 * HOUR, 58.0)
    made.call(made.clock.now() - 3 * HOUR, "噪声", "夜间施工", "三号楼", "李先生", "13812345622")
    made.call(made.clock.now(), "路灯不亮", "三号楼前", "三号楼", "王女士", "13812345621")
    keep = KeepTime(made.tickets, made.clock)
    while keep():
        pass
    return made


@pytest.fixture(scope="module")
def city() -> MemoryCity:
    """For tests that only look: a city takes its time."""
    return busy()


def shown(page: str) -> list[str]:
    return re.findall(r'role="option"[^>]*id="ticket-([^"]+)"', page)


def test_what_carries_a_card_is_there_the_most_overdue_first_with_who_and_how_far(city: MemoryCity) -> None:
    page = Visitor(city, "supervisor").send("GET", HERE).text
    listed = [ticket(city, name) for name in shown(page)]
    assert len(listed) == 2
    assert all(each.card is Card.RED and each.supervised for each in listed)
    assert [each.deadline for each in listed] == sorted(each.deadline or 0 for each in listed)
    rows = page.partition('id="watch-list"')[2]
    assert "单位负责人" in rows, "the unit's people let it lapse: their leader has it"
    assert "现由 督办" in rows
    assert "超时" in rows
    assert re.search(r"<span class=\"ll-trow-meta\">(社区|街道|区级) · 已督办</span>", rows)
    assert "路灯不亮" not in rows


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("show=red", 2),
        ("show=yellow", 0),
        ("show=supervised", 2),
        ("level=grid", 0),
        ("level=community", 2),
        ("unit=nobody", 0),
        ("area=990101001", 2),
        ("area=990101001&unit=unit-gas", 1),
    ],
)
def test_it_is_narrowed_by_card_level_unit_and_area(city: MemoryCity, query: str, count: int) -> None:
    lead = next(each.lead for each in city.tickets.state.tickets.values() if each.lead)
    page = Visitor(city, "supervisor").send("GET", f"{HERE}?{query.replace('unit-gas', lead)}").text
    assert len(shown(page)) == count
    assert {each.level for each in city.tickets.state.tickets.values()} == {Level.GRID, Level.COMMUNITY}


def test_a_supervisor_urges_and_reassigns_from_there_and_comes_back_to_it() -> None:
    city = busy()
    visitor = Visitor(city, "supervisor")
    name = next(each.id for each in city.tickets.state.tickets.values() if each.lead)
    page = visitor.send("GET", f"{HERE}?ticket={name}").text
    assert {"dialog-urge", "dialog-reassign"} <= set(re.findall(r'id="(dialog-\w+)"', page))
    back = re.search(r'name="next" value="([^"]+)"', page)
    assert back is not None
    found = ticket(city, name)
    sent = {**visitor.csrf, "action": "urge", "version": str(found.version), "text": "十分钟内到场", "next": back[1]}
    answer = visitor.send("POST", f"/tickets/{name}/actions", sent)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{HERE}?ticket={name}")
    assert ticket(city, name).urges == 1
    assert "催办 1" in visitor.send("GET", HERE).text


def test_each_sees_their_own_area_and_unit(city: MemoryCity) -> None:
    unit = Visitor(city, "unit_leader").send("GET", HERE).text
    mine = {each.id for each in city.tickets.state.tickets.values() if each.lead}
    assert set(shown(unit)) <= mine
    assert Visitor(city, "citizen").send("GET", HERE).status_code == 403
    assert HERE in Visitor(city, "supervisor").send("GET", "/tickets").text
