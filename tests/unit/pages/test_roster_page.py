"""The roster's page without script, and who is on duty on the page of a ticket."""

import pytest

from tests.fakes.city import NOW, MemoryCity, incident
from tests.unit.pages.test_people_pages import ask

UNIT = "gas-repair"


@pytest.fixture
def city() -> MemoryCity:
    return MemoryCity()


@pytest.fixture
def leader(city: MemoryCity) -> str:
    return city.session("unit_leader")


def test_the_demos_handler_is_on_duty_and_a_leader_changes_it(city: MemoryCity, leader: str) -> None:
    page = ask(city, leader, "/rosters").text
    assert "陈抢修" in page.partition('id="now-on"')[2].partition("</section>")[0]
    away = {
        "unit": UNIT, "do": "substitute", "key": "k", "person": "unit_handler", "substitute": "unit_leader",
        "since": "2026-11-22T08:00", "until": "2026-11-22T18:00",
    }  # fmt: skip
    assert ask(city, leader, "/rosters", away).headers["location"] == f"/rosters?unit={UNIT}&said=roster"
    shown = ask(city, leader, "/rosters").text.partition('id="now-on"')[2].partition("</section>")[0]
    assert "褚站长" in shown
    assert "代 陈抢修" in shown
    weekly = {
        "unit": UNIT,
        "do": "weekly",
        "key": "w",
        "person": "unit_leader",
        "days": "6",
        "begins": "20:00",
        "ends": "08:00",
    }
    assert ask(city, leader, "/rosters", weekly).status_code == 303
    page = ask(city, leader, "/rosters").text
    assert "周六 20:00 – 08:00（次日）" in page
    (name,) = city.people.substitutions
    assert ask(city, leader, "/rosters", {"unit": UNIT, "remove_substitution": name}).status_code == 303
    assert not city.people.substitutions


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"do": "weekly", "person": "unit_leader", "begins": "08:00", "ends": "20:00"}, "请至少选一天"),
        ({"do": "weekly", "person": "unit_leader", "days": "1", "begins": "8", "ends": "x"}, "请写几点到几点"),
        ({"do": "weekly", "person": "", "days": "1", "begins": "08:00", "ends": "20:00"}, "请选本单位能登录的人"),
        ({"do": "dated", "person": "unit_leader", "since": "x", "until": ""}, "请选日期和时间"),
        (
            {"do": "dated", "person": "unit_leader", "since": "2026-11-22T08:00", "until": "2026-11-22T08:00"},
            "结束须晚于开始",
        ),
        (
            {
                "do": "substitute", "person": "unit_leader", "substitute": "unit_leader", "since": "2026-11-22T08:00",
                "until": "2026-11-22T18:00",
            },
            "另一个人来代班",
        ),
    ],
)  # fmt: skip
def test_a_form_that_cannot_stand_says_why(city: MemoryCity, leader: str, form: dict[str, str], said: str) -> None:
    answer = ask(city, leader, "/rosters", {"unit": UNIT, "key": "k", **form})
    assert answer.status_code == 422
    assert said in answer.text


def test_others_see_the_roster_and_no_form(city: MemoryCity) -> None:
    page = ask(city, city.session("operator"), f"/rosters?unit={UNIT}").text
    assert "陈抢修" in page
    assert "改排班" not in page
    refused = ask(city, city.session("operator"), "/rosters", {"unit": UNIT, "remove_duty": "demo unit_handler"})
    assert refused.status_code == 403
    assert "本单位负责人或管理员" in refused.text


def test_a_ticket_names_who_is_on_duty_for_its_unit(city: MemoryCity, leader: str) -> None:
    incident(city)
    ticket = next(each for each in city.tickets.state.tickets.values() if each.lead == UNIT)
    page = ask(city, city.session("dispatcher"), f"/tickets/{ticket.id}").text
    assert "<dt>单位值班</dt><dd>陈抢修（至 " in page
    ask(city, leader, "/rosters", {"unit": UNIT, "remove_duty": "demo unit_handler"})
    city.clock.advance(31_000)
    page = ask(city, city.session("dispatcher"), f"/tickets/{ticket.id}").text
    assert "现在无人值班，通知发给单位负责人" in page
    assert city.clock.now() > NOW
