"""The hotline's intake by keys alone: an address while typing, what is known beside, and the end of the call."""

from playwright.sync_api import Page

from tests.pages.conftest import Site
from tests.pages.test_live_pages import until

KEPT = "JSON.stringify(Object.entries(sessionStorage).filter(([name]) => name.startsWith('linli.draft.')))"


def tab_to(page: Page, field: str) -> None:
    """Goes on with Tab; a form whose order is another one, or that lets go of the keyboard, ends here."""
    for _ in range(6):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == field:
            return
    raise AssertionError(f"no {field} within six tabs of where the caller's words had led to")


def test_a_call_is_taken_by_keys_alone_and_everything_known_comes_by_itself(site: Site) -> None:
    page = site.look("/tickets", "operator")
    page.keyboard.press("n")
    page.wait_for_url("**/tickets/new")
    page.wait_for_selector("html[data-ready]", state="attached")
    page.keyboard.type("13800001234")
    assert page.input_value("#new-phone") == "13800001234", "the caller's number is what the form begins with"
    tab_to(page, "new-place")
    page.keyboard.type("工农宿舍 3")
    page.wait_for_selector("#new-place-options [role=option]")
    page.keyboard.press("ArrowDown")
    assert page.get_attribute("#new-place", "aria-activedescendant") == "new-place-options-0"
    page.keyboard.press("Enter")
    assert page.input_value("#new-place") == "工农宿舍3栋"
    assert page.input_value("#new-area").endswith("990101001001001")
    assert page.get_attribute("#new-place", "aria-expanded") == "false"
    assert "lon=109.98" in str(page.get_attribute("#new-map", "src"))
    tab_to(page, "new-category")
    page.keyboard.type("rqxl")
    assert page.input_value("#new-category") == "gas-leak"
    tab_to(page, "new-text")
    page.keyboard.type("楼道里煤气味很重")
    page.wait_for_selector("#preview #lead-title")
    until(page, "document.querySelector('#preview .ll-lead').textContent.includes('澄湖燃气抢修')")
    assert page.evaluate("document.activeElement.id") == "new-text"
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/tickets/*said=created")
    assert "工农宿舍3栋" in page.inner_text("h1")


def test_a_press_on_the_map_keeps_every_character_and_chooses_a_place(site: Site) -> None:
    page = site.look("/tickets/new", "operator")
    page.fill("#new-text", "井盖没了")
    for _ in range(6):
        page.click("#new-map", position={"x": 164, "y": 123})
        page.wait_for_selector("html[data-ready]", state="attached")
        if page.input_value("[name=lon]"):
            break
    assert page.input_value("#new-area")
    assert page.input_value("#new-text") == "井盖没了"


def test_a_reload_loses_nothing_but_the_number_and_sending_or_signing_out_leaves_nothing(site: Site) -> None:
    page = site.look("/tickets/new", "operator")
    page.fill("#new-phone", "13800001234")
    page.fill("#new-name", "王女士")
    page.focus("#new-place")
    page.keyboard.type("工农宿舍 3")
    page.wait_for_selector("#new-place-options [role=option]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.focus("#new-category")
    page.keyboard.type("zsrm")
    page.fill("#new-text", "楼下半夜放音响")
    page.check("[name=urgency][value='1']")
    key = page.input_value("[name=key]")
    assert "13800001234" not in page.evaluate(KEPT)
    page.goto(page.url)
    page.wait_for_selector("html[data-ready]", state="attached")
    assert page.is_visible("#draft")
    assert (page.input_value("#new-phone"), page.input_value("#new-name")) == ("", "王女士")
    assert page.input_value("#new-area").endswith("990101001001001")
    assert page.input_value("[name=building]") == "99010100100100100003"
    assert (page.input_value("#new-category"), page.input_value("#new-text")) == ("noise", "楼下半夜放音响")
    assert page.is_checked("[name=urgency][value='1']")
    assert page.input_value("[name=key]") == key
    assert "lon=109.98" in str(page.get_attribute("#new-map", "src"))
    page.wait_for_selector("#preview #lead-title")
    page.check("#new-confidential")
    assert "王女士" not in page.evaluate(KEPT)
    page.uncheck("#new-confidential")
    page.focus("#new-text")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/tickets/*said=created")
    page.wait_for_selector("html[data-ready]", state="attached")
    assert page.evaluate(KEPT) == "[]"

    page.goto(f"{site.base}/tickets/new")
    page.wait_for_selector("html[data-ready]", state="attached")
    assert page.is_hidden("#draft")
    page.fill("#new-text", "另一件")
    page.goto(page.url)
    page.wait_for_selector("#draft:visible")
    page.click("#draft button")
    page.wait_for_selector("#draft", state="hidden")
    assert page.input_value("#new-text") == ""
    page.fill("#new-text", "第三件")
    page.click("form[action='/sign-out'] button")
    page.wait_for_url("**/sign-in*")
    assert page.evaluate(KEPT) == "[]"
