"""A ticket's page tells what was said with each step, whose it is, and proposes to whom it goes."""

import asyncio
import re
from typing import Any

import httpx
import pytest

from services.api.pages.tickets.ticket_rows import EventRow
from services.api.pages.tickets.ticket_said import SAID, said
from services.api.pages.words import words
from services.tickets.domain import Details
from services.tickets.domain.words import Action
from tests.fakes.city import MemoryCity

GRID = "990101001001001"
REPORT = {"title": "楼道灯不亮", "text": "三单元", "place": "工农宿舍 3栋", "area": GRID, "category": "stairwell-light"}


@pytest.fixture
def city() -> MemoryCity:
    return MemoryCity()


class Person:
    """Somebody at the pages and the API of one city."""

    def __init__(self, city: MemoryCity, role: str) -> None:
        self.transport, self.cookies = httpx.ASGITransport(city.app), {"linli_session": city.session(role)}

    def page(self, address: str) -> str:
        return asyncio.run(self._ask("GET", address, None)).text

    def press(self, address: str, **form: Any) -> httpx.Response:
        return asyncio.run(self._ask("POST", address, form))

    async def _ask(self, method: str, address: str, form: dict[str, Any] | None) -> httpx.Response:
        headers = {"Accept": "text/html"}
        async with httpx.AsyncClient(
            transport=self.transport, base_url="http://linli", cookies=self.cookies, headers=headers
        ) as client:
            if form is None:
                return await client.get(address)
            word = re.search(r'name="csrf_token" value="([^"]+)"', (await client.get("/tickets")).text)
            assert word is not None
            return await client.request(method, address, data={"csrf_token": word[1], **form})


def act(person: Person, ticket: str, action: str, **form: Any) -> None:
    version = re.search(r'name="version" value="([0-9]+)"', person.page(ticket))
    assert version is not None
    done = person.press(f"{ticket}/actions", action=action, version=version[1], **form)
    assert done.status_code == 303, done.text


def opened(city: MemoryCity) -> str:
    call = {**REPORT, "urgency": "0", "key": "k1", "step": "save"}
    made = Person(city, "operator").press("/tickets/new", **call)
    return made.headers["location"].partition("?")[0]


def test_the_units_of_the_catalogue_are_proposed_and_others_may_assist(city: MemoryCity) -> None:
    ticket, dispatcher = opened(city), Person(city, "dispatcher")
    act(Person(city, "operator"), ticket, "accept")
    act(dispatcher, ticket, "classify", category="gas-leak", area=GRID, urgency="0")
    form = dispatcher.page(ticket).partition('id="form-dispatch"')[2].partition("</form>")[0]
    assert '<option value="district"' in form
    assert " selected>" in form, "nobody was proposed"
    act(dispatcher, ticket, "dispatch", unit="gas-repair", assisting=["lighting", "sensor-upkeep"])
    [kept] = [one for one in city.tickets.state.tickets.values() if not one.episodes]
    assert (kept.lead, kept.assisting) == ("gas-repair", ("lighting", "sensor-upkeep"))
    shown = dispatcher.page(ticket)
    assert "<dt>协办</dt><dd>澄湖照明、澄湖物联运维</dd>" in shown
    assert "主办单位：澄湖燃气抢修；协办单位：澄湖照明、澄湖物联运维" in shown


def test_a_grid_is_named_and_not_numbered(city: MemoryCity) -> None:
    page = Person(city, "operator").page(opened(city))
    assert f"<dd>{GRID}</dd>" not in page
    assert re.search(r"<dt>网格</dt><dd>\S+街道 \S+</dd>", page)


def test_every_word_that_an_action_carries_is_told_or_told_elsewhere() -> None:
    elsewhere = {"title", "reason", "area", "position", "photos", "photo", "sensor_dead", "master", "cites"}
    assert set(SAID) | elsewhere == set(Details.__struct_fields__)


@pytest.mark.parametrize(
    ("action", "carried", "told"),
    [
        (Action.FINISH, {"outcome": "换了灯泡", "photo": "x"}, "处置结果：换了灯泡"),
        (Action.RETURN, {"unit": "u1", "reason": "不归我"}, "建议转给：一队"),
        (Action.CALLBACK, {"contacted": True, "solved": False, "satisfied": "dissatisfied"},
         "联系上了吗：是；解决了吗：否；满意吗：不满意"),
        (Action.TRANSFER, {"to": "119", "at": 1_795_311_660_000, "reference": "A7"},
         "转给谁：119；转接时间：09:41；对方受理编号：A7"),
        (Action.NOTE, {"text": "不归我"}, ""),
        (Action.REALARM, {"episode": {"device": "d"}}, ""),
        (Action.REPORT, {"text": "三单元"}, ""),
    ],
    ids=str,
)  # fmt: skip
def test_what_was_said_stands_in_the_history(action: Action, carried: dict[str, Any], told: str) -> None:
    event = EventRow(0, str(action), "", "", "u", "operator", "不归我", carried)
    assert said(event, {"u1": "一队"}, 1_795_311_660_000, words("zh")) == told
