"""The hotline's intake without script: every button comes back with what was typed; a call ends once, in one way."""

import asyncio
import html
import json
import re
from typing import Any

import httpx
import pytest

from services.api.pages.drawing.placemap import HEIGHT, WIDTH, Window, window_of
from services.api.pages.tickets.cautions import CAUTIONS
from services.audit import Did, Kept
from services.tickets.domain import State, Ticket
from services.tickets.domain.board.notes import Noun, Posted
from services.tickets.domain.policy import SAFETY
from tests.fakes.calendar import unannounced
from tests.fakes.city import MemoryCity

CALL = {
    "phone": "138 0000-1234", "name": "王女士", "place": "工农宿舍 3栋", "category": "noise", "urgency": "1",
    "text": "楼下半夜放音响", "key": "k1",
}  # fmt: skip
BUILDING = "99010100100100100003"


@pytest.fixture
def city() -> MemoryCity:
    return MemoryCity()


def send(city: MemoryCity, path: str = "/tickets/new", role: str = "operator", **form: str) -> httpx.Response:
    return asyncio.run(_send(city, path, role, form))


def look(city: MemoryCity, path: str, role: str = "operator") -> httpx.Response:
    return asyncio.run(_send(city, path, role, None))


async def _send(city: MemoryCity, path: str, role: str, form: dict[str, str] | None) -> httpx.Response:
    transport = httpx.ASGITransport(city.app)
    cookies, headers = {"linli_session": city.session(role)}, {"Accept": "text/html"}
    async with httpx.AsyncClient(transport=transport, base_url="http://linli", cookies=cookies) as client:
        if form is None:
            return await client.get(path, headers=headers)
        shown = await client.get("/tickets/new", headers=headers)
        word = re.search(r'name="csrf_token" value="([^"]+)"', shown.text)
        assert word is not None
        return await client.post(path, data={"csrf_token": word[1]} | form, headers=headers)


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*? value="([^"]*)"', page)
    assert found is not None, name
    return html.unescape(found[1])


def say(city: MemoryCity, question: str, text: str) -> None:
    """An entry of the knowledge base."""
    body = {"question": question, "text": text}
    city.board.post(Posted(Noun.ANSWER, "a1", 1, city.clock.now(), "operator", body))


def opened(city: MemoryCity) -> list[Ticket]:
    return [ticket for ticket in city.tickets.state.tickets.values() if not ticket.episodes]


def test_a_call_by_address_becomes_one_ticket_with_building_grid_point_and_urgency(city: MemoryCity) -> None:
    first, again = send(city, **CALL, step="save"), send(city, **CALL, step="save")
    assert (first.status_code, again.headers["location"]) == (303, first.headers["location"])
    [ticket] = opened(city)
    assert (ticket.building, ticket.area, ticket.urgency) == (BUILDING, BUILDING[:15], 1)
    assert ticket.position == pytest.approx((109.9830318, 30.0098552), abs=1e-5)
    assert ticket.caller is not None
    assert (ticket.caller.phone, ticket.caller.name) == ("13800001234", "王女士")


def test_who_asks_to_stay_unnamed_is_named_to_nobody_who_does_the_work(city: MemoryCity) -> None:
    refused = send(city, **(CALL | {"confidential": "1", "text": ""}), step="save")
    assert 'id="new-confidential" checked' in refused.text
    at = send(city, **CALL, confidential="1", step="save").headers["location"]
    [ticket] = opened(city)
    assert ticket.caller is not None
    assert ticket.caller.confidential
    assert "（要求保密）" in look(city, at).text
    handler = look(city, at, role="unit_handler")
    assert "王女士" not in handler.text


def test_a_changed_form_under_the_same_key_is_asked_about_and_can_then_be_a_ticket_of_its_own(
    city: MemoryCity,
) -> None:
    send(city, **CALL, step="save")
    changed = send(city, **CALL | {"text": "另一件：路灯不亮"}, step="save")
    assert changed.status_code == 409
    assert "另一件：路灯不亮" in changed.text
    assert field(changed.text, "key") != "k1"
    assert len(opened(city)) == 1


def test_errors_stand_beside_their_fields_with_what_was_typed(city: MemoryCity) -> None:
    page = send(city, text="半夜", phone="138-0", area="没有这里", category="tea", step="save")
    assert page.status_code == 422
    assert {"new-phone-error", "new-place-error", "new-area-error", "new-category-error"} == set(
        re.findall(r'id="(new-\w+-error)"', page.text)
    )
    assert "登记册里没有这个网格" in page.text
    assert "没有这个类别" in page.text
    assert ">半夜</textarea>" in page.text
    assert (field(page.text, "phone"), field(page.text, "area")) == ("1380", "没有这里")
    assert opened(city) == []


def test_an_address_is_looked_for_and_picked_without_script(city: MemoryCity) -> None:
    page = send(city, place="工农宿舍 三号楼", text="半夜吵", step="find").text
    assert f'name="pick" value="{BUILDING}"' in page
    page = send(city, place="工农宿舍 三号楼", text="半夜吵", pick=BUILDING).text
    assert (field(page, "building"), field(page, "place")) == (BUILDING, "工农宿舍3栋")
    assert field(page, "area").endswith(BUILDING[:15])
    assert ">半夜吵</textarea>" in page


def test_the_map_comes_nearer_from_afar_and_chooses_from_near(city: MemoryCity) -> None:
    page = send(city, step="look", text="吵").text
    shown = re.search(r"/tickets/new/map\?view=([^&]+)&", page)
    assert shown is not None
    window = window_of(shown[1])
    assert window is not None
    x, y = window.pixel(109.9830318, 30.0098552)
    page = send(city, text="吵", view=window.written(), **{"map.x": str(round(x)), "map.y": str(round(y))}).text
    nearer = window_of(field(page, "view"))
    assert nearer is not None
    assert nearer.span < window.span
    close = Window(109.9830318, 30.0098552, 320.0)
    middle = {"map.x": str(WIDTH // 2), "map.y": str(HEIGHT // 2)}
    page = send(city, text="吵", view=close.written(), **middle).text
    assert (field(page, "building"), field(page, "place")) == (BUILDING, "工农宿舍3栋")
    assert ">吵</textarea>" in page
    assert field(send(city, view=close.written(), step="wider").text, "view").endswith(",960")
    image = look(city, f"/tickets/new/map?view={close.written()}&lon=109.98303&lat=30.00985")
    assert image.headers["content-type"] == "image/svg+xml"
    assert "<circle" in image.text
    assert ">3</text>" in image.text


def test_the_map_pressed_by_keyboard_chooses_nothing_and_registers_nothing(city: MemoryCity) -> None:
    page = send(city, **CALL, **{"map.x": "0", "map.y": "0"})
    assert (page.status_code, opened(city)) == (200, [])
    assert ">楼下半夜放音响</textarea>" in page.text


def test_a_point_outside_every_area_is_told_so_and_opens_nothing(city: MemoryCity) -> None:
    away = Window(121.4, 31.2, 320.0).written()
    page = send(city, **CALL, view=away, **{"map.x": "10", "map.y": "10"})
    assert "不在本区任何辖区内" in page.text
    point = CALL | {"place": "外区某处", "lon": "121.4", "lat": "31.2"}
    refused = send(city, **point, step="save")
    assert (refused.status_code, opened(city)) == (422, [])
    assert "请转当地 12345" in refused.text


def test_while_it_is_written_everything_that_is_known_stands_beside(city: MemoryCity) -> None:
    send(city, **CALL, step="save")
    say(city, "噪声扰民怎么处理", "夜里十点后可报警。")
    pane = send(city, "/tickets/new/preview", **CALL | {"key": "", "text": "夜里又放音响，噪声扰民"}).text
    assert "没有单位负责，由区级兜底" in pane
    assert "可能是同一件事" in pane
    assert "来电人的其他工单" in pane
    assert "夜里十点后可报警。" in pane
    assert 'form="form-new" name="cite" value="a1@1"' in pane
    assert "没有单位" not in send(city, "/tickets/new/preview", phone="1").text


@pytest.mark.parametrize("category", sorted(CAUTIONS))
def test_a_danger_is_told_to_the_caller_before_anything_else(city: MemoryCity, category: str) -> None:
    call = CALL | {"key": "", "category": category, "urgency": "0"}
    pane = send(city, "/tickets/new/preview", **call).text
    assert pane.index("先告诉对方") < pane.index("归谁管")
    assert "119、120" in pane
    assert "紧急程度选的还是“普通”" in pane
    assert "紧急程度选的还是" not in send(city, "/tickets/new/preview", **call | {"urgency": "2"}).text
    assert "先告诉对方" not in send(city, "/tickets/new/preview", **call | {"category": "noise"}).text


def test_a_resident_reads_what_to_do_before_the_form(city: MemoryCity) -> None:
    page = look(city, "/tickets/new", "citizen").text
    assert page.index('href="tel:119"') < page.index('id="new-place"')
    assert 'href="tel:119"' not in look(city, "/tickets/new").text


def test_every_caution_is_of_a_category_that_cannot_be_answered_away() -> None:
    assert CAUTIONS.keys() <= SAFETY


def test_a_call_is_answered_at_once_with_the_words_of_the_knowledge_base(city: MemoryCity) -> None:
    say(city, "几点供暖", "十一月一日零时。")
    page = send(city, **CALL, cite="a1@1").text
    assert ">十一月一日零时。</textarea>" in page
    assert field(page, "cites") == "a1@1"
    assert "请写答复了什么" in send(city, **CALL, step="answer").text
    done = CALL | {"answer": "十一月一日零时。", "cites": "a1@1"}
    first, again = send(city, **done, step="answer"), send(city, **done, step="answer")
    assert first.headers["location"] == again.headers["location"]
    assert first.headers["location"].endswith("said=answered")
    [ticket] = opened(city)
    assert (ticket.state, ticket.outcome) == (State.CLOSED, "十一月一日零时。")


@pytest.mark.parametrize("danger", [{"category": "gas-leak"}, {"urgency": "2"}])
def test_a_danger_is_not_answered_away(city: MemoryCity, danger: dict[str, str]) -> None:
    page = send(city, **CALL | danger, answer="没事", step="answer")
    assert page.status_code == 422
    assert "危险不能在电话里答复了事" in page.text
    assert opened(city) == []


def test_what_is_nobodys_business_to_see_is_not_shown(city: MemoryCity) -> None:
    assert look(city, "/tickets/new", "oncall").status_code == 403
    resident = send(city, role="citizen", **CALL, step="look")
    assert resident.status_code == 200
    assert "来电人的其他工单" not in resident.text
    assert "alike-title" not in resident.text
    assert send(city, role="citizen", **CALL | {"urgency": "2"}, step="save").status_code == 303
    assert [ticket.urgency for ticket in opened(city)] == [0]


def test_places_are_found_while_typing_and_only_in_ones_own_area(city: MemoryCity) -> None:
    def found(words: str, role: str = "operator") -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = look(city, f"/places?q={words}", role).json()["items"]
        return items

    [first, *_] = found("工农宿舍 三幢")
    assert (first["code"], first["area"], first["grid"]) == (BUILDING, BUILDING[:15], "棉纺社区第1网格")
    assert first["path"] == "柳荫街道 棉纺社区 棉纺社区第1网格"
    assert len(found("栋")) == 8
    assert found("") == found("%25") == []
    assert {each["code"][:9] for each in found("网格", "grid_manager")} == {"990101001"}


def test_a_deadline_in_a_year_that_is_not_announced_is_shown_as_provisional(city: MemoryCity) -> None:
    with unannounced(2026):
        at = send(city, **(CALL | {"urgency": "0"}), step="save").headers["location"]
    assert "那一年的放假安排未公布，先按周末和法定节日推算，公布后自动重算" in look(city, at).text
    send(city, **(CALL | {"urgency": "0", "key": "k2", "text": "车库漏水"}), step="save")
    assert "时限暂定" not in look(city, f"/tickets/{opened(city)[-1].id}").text


def test_confidential_tickets_of_a_number_are_shown_for_a_reason_that_is_kept(city: MemoryCity) -> None:
    send(city, **CALL, confidential="1", step="save")
    [secret] = opened(city)
    again = CALL | {"key": "", "text": "上次说的那件事"}
    assert secret.number not in send(city, "/tickets/new/preview", **again, why="来电人本人追问进展").text
    assert kept(city) == []
    shown = send(city, **again, why=" 来电人本人 追问进展 ", step="calls")
    assert shown.status_code == 200
    [panel] = re.findall(r'<section [^>]*"revealed-title">.*?</section>', shown.text, re.DOTALL)
    assert secret.number in panel
    assert "此次查看已记入审计日志" in panel
    assert (field(shown.text, "phone"), field(shown.text, "why")) == ("13800001234", "")
    assert ">上次说的那件事</textarea>" in shown.text
    [entry] = kept(city)
    assert (entry.by, entry.did) == ("operator", Did.UNMASK)
    assert json.loads(entry.detail) == {"fields": ["phone"], "number": [secret.number], "why": "来电人本人 追问进展"}
    assert secret.number not in send(city, **again, step="look").text
    assert len(opened(city)) == 1
    none = send(city, **CALL | {"phone": "13900005678"}, why="来电人本人追问进展", step="calls").text
    assert "这个号码没有要求保密的工单" in none


@pytest.mark.parametrize(
    ("wrong", "name", "words"),
    [({"why": "看"}, "why", "请写明用途，至少四个字"), ({"why": "追问进展", "phone": "12"}, "phone", "至少五位数字")],
)
def test_without_a_reason_or_a_number_nothing_confidential_is_shown_and_nothing_kept(
    city: MemoryCity, wrong: dict[str, str], name: str, words: str
) -> None:
    send(city, **CALL, confidential="1", step="save")
    page = send(city, **CALL | wrong, step="calls")
    assert page.status_code == 422
    assert words in page.text
    assert f'id="new-{name}-error"' in page.text
    assert field(page.text, "why") == wrong["why"]
    assert "revealed-title" not in page.text
    assert kept(city) == []


def test_who_sees_no_callers_is_neither_offered_nor_given_the_look(city: MemoryCity) -> None:
    send(city, **CALL, confidential="1", step="save")
    for role in ("citizen", "grid_worker"):
        assert 'name="why"' not in look(city, "/tickets/new", role).text
        assert send(city, role=role, **CALL, why="想看一看是谁", step="calls").status_code == 403
    assert kept(city) == []


def kept(city: MemoryCity) -> list[Kept]:
    return [entry for entry in city.tickets.state.audit.entries if entry.did == Did.UNMASK]
