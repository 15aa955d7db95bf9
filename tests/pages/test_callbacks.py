"""A call-back by keys alone: the answers are the call's own, and nothing is carried over to the next one."""

from services.tickets.domain import Satisfaction, State
from tests.fakes.city import MINUTE
from tests.pages.conftest import Site
from tests.pages.test_live_pages import until
from tests.support import eventually
from tests.unit.pages.test_feedback_page import ticket
from tests.unit.pages.test_kpi_page import act, lives


def test_three_digits_and_enter_are_a_call_and_the_next_one_starts_empty(site: Site) -> None:
    first = lives(site.city, Satisfaction.SATISFIED, until="callback")
    second = lives(site.city, Satisfaction.SATISFIED, until="callback", title="下水堵塞")
    site.city.clock.advance(20 * MINUTE)
    act(site.city, first, "book", "operator", site.city.clock.now(), until=site.city.clock.now() + 30 * MINUTE)
    page = site.look("/tickets/callbacks", "operator")
    checked = "document.querySelectorAll('[data-answers] input:checked').length"
    page.keyboard.press("1")
    page.keyboard.press("1")
    until(page, f"{checked} === 2")
    page.keyboard.press("j")
    page.wait_for_selector(f"#answers-{second}")
    assert page.evaluate(checked) == 0, "another call, other answers"
    for key in ("1", "1", "3"):
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.tagName") == "TEXTAREA", "not content: why comes first"
    page.keyboard.type("1 楼还在返水")
    page.evaluate("document.addEventListener('ll:settled', () => { window.settled = true })")
    site.city.ticket_event(first)
    until(page, "window.settled === true")
    assert page.evaluate("document.activeElement.value") == "1 楼还在返水", "events leave what is written"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#message:has-text('回访已登记')")
    assert ticket(site.city, second).state is State.REDO
    assert page.locator("#call-list [role=option]").count() == 1
    page.keyboard.press("p")
    page.wait_for_selector("a[href='tel:13812345621']")
    for key in ("1", "1", "1"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    eventually(lambda: ticket(site.city, first).state is State.CLOSED, within_s=60, what="the call is kept")
