"""A ticket's page tells what was said with each step, whose it is, and proposes to whom it goes."""

import asyncio
import re
from typing import Any

import httpx
import msgspec
import pytest

from services.api.language.words import Language, words
from services.api.pages.ports import TicketRow
from services.api.pages.tickets.proof_views import proofs, refused
from services.api.pages.tickets.ticket_rows import EventRow, ProofRow, SignalRow
from services.api.pages.tickets.ticket_said import SAID, said
from services.tickets.domain import Details, Lack, Proof, Satisfaction, archived
from services.tickets.domain.board.notes import Noun, Posted
from services.tickets.domain.words import Action
from services.tickets.handlers import EraseByAge
from streams.contracts import AlarmState, Cause, Refused
from tests.fakes.city import MemoryCity
from tests.fakes.clock import ManualClock
from tests.unit.pages.test_kpi_page import lives

DAY = 86_400_000
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


def test_what_was_written_for_a_step_that_is_gone_stands_in_a_note(city: MemoryCity) -> None:
    ticket = opened(city)
    operator = Person(city, "operator")
    act(operator, ticket, "accept")
    late = operator.press(f"{ticket}/actions", action="accept", version="1", reason="", text="先记下：钥匙在门卫")
    assert late.status_code == 409
    assert "您写的内容放进了备注" in late.text
    note = late.text.partition('id="form-note"')[2].partition("</form>")[0]
    assert "先记下：钥匙在门卫</textarea>" in note
    silent = operator.press(f"{ticket}/actions", action="accept", version="1")
    assert "放进了备注" not in silent.text


def test_a_date_that_the_calendar_does_not_know_and_a_foreign_unit_are_marked_at_their_fields(city: MemoryCity) -> None:
    ticket, dispatcher, leader = opened(city), Person(city, "dispatcher"), Person(city, "unit_leader")
    act(Person(city, "operator"), ticket, "accept")
    act(dispatcher, ticket, "classify", category="gas-leak", area=GRID, urgency="0")
    version = re.search(r'name="version" value="([0-9]+)"', dispatcher.page(ticket))
    assert version is not None
    far = {"action": "dispatch", "version": version[1], "unit": "sanitation-wangjiang"}
    assert 'id="dispatch-unit-error"' in dispatcher.press(f"{ticket}/actions", **far).text
    act(dispatcher, ticket, "dispatch", unit="gas-repair")
    act(Person(city, "unit_handler"), ticket, "arrive", place="3栋")
    version = re.search(r'name="version" value="([0-9]+)"', leader.page(ticket))
    assert version is not None
    late = {"action": "extend", "version": version[1], "reason": "等配件", "until": "2099-01-01T00:00"}
    page = leader.press(f"{ticket}/actions", **late).text
    assert 'id="extend-until-error"' in page
    assert "等配件" in page


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


def leaking_twice(city: MemoryCity) -> tuple[str, str, str]:
    """One incident of two devices, whose first is normal again: its ticket, the first and the second device."""
    rule = city.rules.get_rule("gas.ch4")
    assert rule is not None
    first, second = city.of_kind("gas"), city.of_kind("gas", 1)
    begun = city.event(first, rule, "critical", city.clock.now() - 60_000, 58.0)
    city.happen(begun)
    more = city.event(second, rule, "critical", city.clock.now() - 50_000, 44.0)
    city.happen(msgspec.structs.replace(more, incident=begun.incident))
    city.step(begun, AlarmState.NORMAL, Cause.RETURNED, normal_since=begun.at + 30_000)
    return city.tickets_of[begun.episode], first.id, second.id


def test_the_proof_names_the_devices_that_still_alarm_when_the_log_says_that_one_has_ended(city: MemoryCity) -> None:
    ticket, first, second = leaking_twice(city)
    page = Person(city, "operator").page(f"/tickets/{ticket}")
    assert "读数正常，告警结束" in page
    assert f"设备 {first}" in page
    assert "读数尚未恢复正常，1 台设备仍在告警" in page
    [box] = re.findall(r'<ul class="ll-standing">(.*?)</ul>', page)
    assert f'<a href="/devices/{second}">' in box
    assert "燃气" in box
    assert first not in box


def test_who_finishes_too_early_is_told_which_devices_alarm_and_what_helps(city: MemoryCity) -> None:
    ticket, _, second = leaking_twice(city)
    handler = Person(city, "unit_handler")
    act(handler, f"/tickets/{ticket}", "arrive", place="三号楼")
    version = re.search(r'name="version" value="([0-9]+)"', handler.page(f"/tickets/{ticket}"))
    assert version is not None
    done = handler.press(f"/tickets/{ticket}/actions", action="finish", version=version[1], outcome="换阀")
    assert done.status_code == 409
    assert f"还不能办结，仍在告警：{second}。请等读数恢复正常；传感器已坏的，请勾选" in done.text


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("lack", Lack)
def test_every_lack_of_proof_is_said_with_its_remedy(lack: Lack, lang: Language) -> None:
    t = words(lang)
    alarms = (SignalRow("gas-1", "gas.ch4", lack is Lack.LATCHED),) if lack in {Lack.ALARM, Lack.LATCHED} else ()
    row = ProofRow("", lack, alarms, 90_000)
    ticket = TicketRow(
        "t", "LY-1", "in_progress", "resolve", "sensor", GRID, "x", 0, 1, episodes=("e",), proof=row, sensor_normal_at=0
    )
    first, second = proofs(ticket, {"gas-1": "三号楼"}, {}, 60_000, t)
    assert (first.done, second.done) == (False, False)
    named = [(each.name, each.known) for each in first.devices]
    assert named == ([("三号楼", True)] if alarms else [])
    told = refused(Refused("proof", "", because=str(lack), devices=["gas-1"], until=90_000), 60_000, t)
    assert ("gas-1" in told) is (lack in {Lack.ALARM, Lack.LATCHED, Lack.ENDED})
    assert ("08:01" in told) is (lack is Lack.EARLY)
    assert "{" not in told
    assert lang == "zh" or told.isascii()


def test_a_proof_that_stands_says_on_what_it_rests() -> None:
    held = {Proof.SENSOR: "恢复正常", Proof.EVIDENCE: "已有现场证据", Proof.MASTER: "主单已办结"}
    for proof, text in held.items():
        standing = ProofRow(proof, Lack.ALARM, (SignalRow("gas-1", "gas.ch4", False),))
        row = TicketRow(
            "t", "LY-1", "checking", "resolve", "sensor", GRID, "x", 0, 1, episodes=("e",), sensor_normal_at=0,
            proof=standing,
        )  # fmt: skip
        first, _ = proofs(row, {}, {}, 60_000, words("zh"))
        assert (first.done, text in first.text, first.devices) == (True, True, ())


def erased(city: MemoryCity) -> str:
    """A call that went all the way, archived and erased by age."""
    ticket, now = lives(city, Satisfaction.SATISFIED), city.clock.now()
    with city.tickets.transaction() as work:
        found = work.ticket(ticket)
        assert found is not None
        work.save(*archived(found, now=now + 9 * DAY))
    assert EraseByAge(city.tickets, ManualClock(now + 1_200 * DAY), 3)().erased == 1
    return ticket


@pytest.mark.parametrize(("lang", "gone"), [("zh", "已清除"), ("en", "erased")])
def test_what_was_erased_says_so_in_the_language_of_the_reader(city: MemoryCity, lang: str, gone: str) -> None:
    ticket = erased(city)
    reader = Person(city, "supervisor")
    reader.cookies["linli_language"] = lang
    page = reader.page(f"/tickets/{ticket}")
    assert f'<h1 class="ll-ticket-title">{gone}</h1>' in page
    assert f'<p class="ll-words">{gone}</p>' in page
    assert page.count(gone) >= 5
    assert {"zh": "归档满 3 年", "en": "Archived 3 years ago"}[lang] in page
    assert ("已清除" in page) is (lang == "zh")
    listed = reader.page("/tickets?view=all")
    assert gone in listed
    assert ("已清除" in listed) is (lang == "zh")


def test_who_answers_at_once_chooses_an_entry_of_the_knowledge_base_and_need_not_type_its_words(
    city: MemoryCity,
) -> None:
    entries = (
        ("a1", "楼道灯不亮找谁", "已报市政维修，三日内修。", "stairwell-light"),
        ("a2", "几点供暖", "十一月一日零时。", "heating"),
    )
    for name, question, text, category in entries:
        body = {"question": question, "text": text, "category": category}
        city.board.post(Posted(Noun.ANSWER, name, 1, city.clock.now(), "operator", body))
    ticket, operator = opened(city), Person(city, "operator")
    page = operator.page(f"{ticket}?do=answer")
    [select] = re.findall(r'<select [^>]*name="cites".*?</select>', page, re.DOTALL)
    first, _, others = select.partition("<optgroup")
    assert '<option value="a1@1">楼道灯不亮找谁</option>' in first
    assert 'label="知识库的其他条目"' in others
    assert "几点供暖" in others
    version = re.search(r'name="version" value="([0-9]+)"', page)
    assert version is not None
    nothing = operator.press(f"{ticket}/actions", action="answer", version=version[1], text=" ", cites="")
    assert nothing.status_code == 422
    act(operator, ticket, "answer", text="", cites="a1@1")
    kept = city.tickets.state.tickets[ticket.removeprefix("/tickets/")]
    assert (kept.state, kept.outcome) == ("closed", "已报市政维修，三日内修。")
    assert city.tickets.state.events[kept.id][-1].evidence["cites"] == "a1@1"


def test_without_a_knowledge_base_an_answer_is_typed(city: MemoryCity) -> None:
    page = Person(city, "operator").page(f"{opened(city)}?do=answer")
    assert 'name="cites"' not in page
    assert re.search(r'<textarea [^>]*id="answer-text"[^>]* required', page)
