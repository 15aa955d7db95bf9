"""The cockpit and the lists while things happen: in place, nothing lost, old data looks old."""

import io
import math

import pytest
from PIL import Image
from playwright.sync_api import Page, Route

from services.adapters.clock import RandomIds
from services.tickets.domain import Actor, Role
from services.tickets.handlers import OpenTicket, Report
from streams.contracts import AlarmState, Cause
from tests.pages.conftest import PHONE, SMALL, Site
from tests.support import eventually

FORBIDDEN_CHROMA = 0.08


def until(page: Page, expression: str) -> None:
    """Wait for something to be true in the page (its own waiting would need eval, which the policy forbids)."""
    eventually(lambda: page.evaluate(expression), within_s=60, what=expression)


def rows(page: Page) -> list[str]:
    return page.eval_on_selector_all("#alarm-list [role=option]", "all => all.map(row => row.id)")


def new_alarm(site: Site, number: int, rule: str, severity: str, value: float) -> str:
    device = site.city.of_kind("gas", number)
    site.city.say(device.id, site.city.clock.now() - 1_000, {"ch4_lel": value})
    return site.city.alarm(device, rule, severity, 1_000, value)


def test_an_alarm_appears_without_reload_while_nobody_holds_the_list(calm_site: Site) -> None:
    page = calm_site.look("/cockpit", "grid_manager")
    assert "没有待响应告警" in page.inner_text("#alarm-list")
    page.evaluate("window.same = true")
    episode = new_alarm(calm_site, 8, "gas.ch4", "critical", 61.0)
    page.wait_for_selector(f"#alarm-a-{episode}")
    page.wait_for_selector("#detail.ll-s-critical .ll-chart")
    assert page.evaluate("window.same")
    assert page.title().startswith("(1) 紧急")


def test_an_alarm_between_the_drawing_of_a_page_and_its_stream_is_shown(calm_site: Site) -> None:
    """It is in no page that was drawn before it, and in no stream that began after it."""
    page = calm_site.look("/cockpit", "grid_manager")
    episodes: list[str] = []

    def late(route: Route) -> None:
        episodes.append(new_alarm(calm_site, 7, "gas.ch4", "critical", 58.0))
        route.continue_()

    page.route("**/api/v1/events*", late, times=1)
    page.reload()
    eventually(lambda: bool(page.wait_for_timeout(10) or episodes))
    page.wait_for_selector(f"#alarm-a-{episodes[0]}")


def test_what_a_person_holds_stays_while_events_arrive(site: Site) -> None:
    page = site.look("/cockpit", "grid_manager")
    page.focus("#alarm-list")
    page.keyboard.press("j")
    page.wait_for_selector("#detail.ll-s-major #comment")
    page.fill("#comment", "已电话通知物业")
    page.evaluate("document.getElementById('comment').setSelectionRange(3, 3)")
    page.evaluate("window.row = document.querySelector('[aria-selected=true]'); window.field = document.activeElement")
    page.hover("#alarm-list")
    before = rows(page)
    episode = new_alarm(site, 9, "gas.ch4", "major", 31.0)
    page.wait_for_selector("#counter:not([hidden])")
    assert rows(page) == before
    assert page.evaluate("window.row.isConnected && window.row.getAttribute('aria-selected') === 'true'")
    assert page.evaluate("document.activeElement === window.field")
    assert page.input_value("#comment") == "已电话通知物业"
    assert page.evaluate("document.activeElement.selectionStart") == 3
    page.click("#counter")
    page.wait_for_selector(f"#alarm-a-{episode}")
    assert page.is_hidden("#counter")


def test_a_new_critical_alarm_never_waits_in_the_counter(site: Site) -> None:
    page = site.look("/cockpit", "grid_manager")
    page.focus("#alarm-list")
    new_alarm(site, 10, "gas.ch4", "critical", 70.0)
    page.wait_for_selector("#pinned .ll-s-critical")


def test_a_row_that_left_the_view_greys_and_stays_in_its_place(site: Site) -> None:
    page = site.look("/cockpit", "grid_manager")
    page.focus("#alarm-list")
    before = rows(page)
    episode = next(e for e, alarm in site.city.alarms.state.alarms.items() if alarm.rule == "septic.ch4")
    event = next(e for e in site.city.alarms.state.events.values() if e.episode == episode)
    site.city.step(event, AlarmState.NORMAL, Cause.RETURNED, normal_since=event.at + 20_000, latched=False)
    page.wait_for_selector(f"#alarm-a-{episode}.ll-gone")
    assert rows(page) == before


def test_acknowledging_goes_through_and_says_so(site: Site) -> None:
    page = site.look("/cockpit", "grid_manager")
    page.focus("#alarm-list")
    page.keyboard.press("a")
    assert page.evaluate("document.activeElement.id") == "ack-button"
    page.keyboard.press("Enter")
    until(page, "document.getElementById('message').textContent.includes('确认已发出')")
    assert [action.by for action in site.city.alarms.state.sent] == ["grid_manager"]


def test_old_data_looks_old_and_recovers_by_itself(site: Site) -> None:
    page = site.look("/cockpit", "grid_manager")
    until(page, "document.getElementById('live-word').textContent === '实时'")
    page.context.set_offline(True)
    site.city.hub.close()
    page.wait_for_selector("html.ll-stale-state")
    assert page.is_visible("#stale")
    assert page.title().startswith("断线")
    assert "画面停在" in page.inner_text("#stale")
    with site.city.hub._lock:
        site.city.hub._closed = False
    page.context.set_offline(False)
    page.click("#stale-retry")
    page.wait_for_selector("html:not(.ll-stale-state)", state="attached")
    assert page.is_hidden("#stale")
    assert not page.title().startswith("断线")


def test_an_open_form_on_a_ticket_survives_events(site: Site) -> None:
    ticket = next(iter(site.city.tickets_of.values()))
    page = site.look(f"/tickets/{ticket}", "unit_handler")
    page.click("[data-dialog=dialog-note]")
    page.fill("#note-text", "正在路上")
    site.city.act(ticket, "sign", "unit_handler", site.city.clock.now())
    site.city.ticket_event(ticket)
    until(page, "document.querySelector('#ticket .ll-timeline').textContent.includes('签收')")
    assert page.input_value("#note-text") == "正在路上"
    assert page.evaluate("document.activeElement.id") == "note-text"
    page.click("#dialog-note .ll-button-primary")
    page.wait_for_selector("#dialog-note .ll-summary")
    assert page.input_value("#note-text") == "正在路上"
    page.click("#dialog-note .ll-button-primary")
    until(page, "document.querySelector('.ll-timeline')?.textContent.includes('正在路上')")


def test_who_reported_it_sees_it_move_without_reload(calm_site: Site) -> None:
    city = calm_site.city
    report = Report("门口积水", "一楼", "三号楼", city.of_kind("gas").area)
    mine = OpenTicket(city.tickets, city.clock, RandomIds())(report, who=Actor("citizen", Role.CITIZEN)).id
    other = city.call(city.clock.now(), "路灯不亮", "一盏", "四号楼", "李先生", "13900001234")
    page = calm_site.look(f"/tickets/{mine}", "citizen")
    page.wait_for_selector("#live-clock:not(:empty)")
    page.evaluate("window.same = true")
    assert "已受理" not in page.inner_text("#ticket")
    for ticket in (other, mine):
        city.act(ticket, "accept", "operator", city.clock.now() + 1_000)
        city.ticket_event(ticket)
    until(page, "document.getElementById('ticket').innerText.includes('受理')")
    page.wait_for_selector("#ticket .ll-timeline li:nth-child(2)")
    assert page.evaluate("window.same")
    assert "路灯不亮" not in page.content()


def test_a_call_becomes_a_ticket_and_errors_name_the_fix(site: Site) -> None:
    page = site.look("/tickets/new", "operator")
    page.evaluate("document.getElementById('form-new').noValidate = true")
    page.fill("#new-text", "楼道有很浓的燃气味")
    page.click("#form-new .ll-button-primary")
    page.wait_for_selector("#summary")
    assert page.title().startswith("问题：")
    assert "请写到楼栋" in page.inner_text("#new-place-error")
    assert page.input_value("#new-text") == "楼道有很浓的燃气味"
    page.fill("#new-place", "纺织新村 12栋")
    page.fill("#new-area", "990101001001001")
    page.select_option("#new-category", "gas-leak")
    page.click("#form-new .ll-button-primary")
    page.wait_for_url("**/tickets/*said=created")
    assert "纺织新村 12栋" in page.inner_text("h1")


def test_buttons_are_exactly_what_state_and_role_allow(site: Site) -> None:
    ticket = next(iter(site.city.tickets_of.values()))
    handler = site.look(f"/tickets/{ticket}", "unit_handler")
    names = handler.eval_on_selector_all(".ll-actions-box .ll-button", "all => all.map(b => b.textContent.trim())")
    assert names == ["签收", "到场", "补充材料"]
    manager = site.look(f"/tickets/{ticket}", "supervisor")
    names = manager.eval_on_selector_all(".ll-actions-box .ll-button", "all => all.map(b => b.textContent.trim())")
    assert names == ["改派", "催办", "补充材料"]


def test_keys_walk_the_list_and_stay_silent_in_fields_and_while_composing(site: Site) -> None:
    page = site.look("/cockpit", "grid_manager")
    page.focus("#alarm-list")
    first, second = rows(page)[:2]
    page.keyboard.press("j")
    assert page.get_attribute("#alarm-list", "aria-activedescendant") == second
    page.keyboard.press("k")
    assert page.get_attribute("#alarm-list", "aria-activedescendant") == first
    page.evaluate("document.dispatchEvent(new KeyboardEvent('keydown', {key: 'j', isComposing: true, bubbles: true}))")
    assert page.get_attribute("#alarm-list", "aria-activedescendant") == first
    page.focus("#comment")
    page.keyboard.type("jk?")
    assert page.input_value("#comment") == "jk?"
    page.focus("#alarm-list")
    page.keyboard.press("?")
    page.wait_for_selector("#key-help[open]")
    shown = page.eval_on_selector_all("#key-help kbd", "all => all.map(k => k.textContent)")
    bound = page.evaluate("Object.keys(JSON.parse(document.getElementById('key-table').textContent))")
    assert sorted(shown) == sorted(bound)


def test_one_pane_at_200_percent_zoom(site: Site) -> None:
    page = site.look("/cockpit", "grid_manager", size=SMALL)
    assert page.is_visible("#alarm-list")
    assert page.is_hidden("#detail")
    page.locator("#alarm-list [role=option]").first.click()
    page.wait_for_url("**/cockpit?alarm=*")
    assert page.is_visible("#detail")
    assert page.is_hidden("#alarm-list")
    page.click("#detail .ll-back")
    page.wait_for_selector("#alarm-list", state="visible")


def test_a_phone_loads_the_map_only_when_somebody_asks_for_it(site: Site) -> None:
    page = site.look("/cockpit", "grid_manager", size=PHONE)
    assert page.is_hidden(".ll-layers")
    assert not [url for url in site.requests if "maplibre-gl.mjs" in url]
    page.click("#map-open")
    page.wait_for_selector("#map[data-ready]")
    assert page.is_hidden("#map-open")
    assert page.is_visible(".ll-layers")


def test_on_a_phone_a_wide_table_is_one_card_a_row_that_names_its_columns(site: Site) -> None:
    page = site.look("/oncall", "oncall", size=PHONE)
    widths = page.eval_on_selector_all(".ll-cards tbody td", "all => all.map(cell => cell.clientWidth)")
    assert widths
    assert min(width for width in widths if width) > 300
    named = page.eval_on_selector_all(".ll-cards tbody td", "all => all.filter(cell => !cell.dataset.th).length")
    assert named == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_calm_cockpit_has_no_saturated_pixel(calm_site: Site, theme: str) -> None:
    page = calm_site.look("/cockpit", "grid_manager", theme=theme)
    page.wait_for_selector("#map[data-ready]")
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    colours = picture.getcolors(picture.width * picture.height) or []
    worst = max((chroma(rgb), rgb) for _, rgb in colours)
    assert worst[0] <= FORBIDDEN_CHROMA


def chroma(rgb: tuple[int, int, int]) -> float:
    """OKLCH chroma of an sRGB colour."""
    r, g, b = (c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in rgb)
    l_ = math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    m_ = math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    s_ = math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    a = 1.9779984951 * l_ - 2.4285922050 * m_ + 0.4505937099 * s_
    b = 0.0259040371 * l_ + 0.7827717662 * m_ - 0.8086757660 * s_
    return math.hypot(a, b)
