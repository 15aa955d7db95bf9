"""The hotline's intake by keys alone: an address while typing, what is known beside, and the end of the call."""

from tests.pages.conftest import Site
from tests.pages.test_live_pages import until


def test_a_call_is_taken_by_keys_alone_and_everything_known_comes_by_itself(site: Site) -> None:
    page = site.look("/tickets/new", "operator")
    page.focus("#new-phone")
    page.keyboard.type("13800001234")
    page.focus("#new-place")
    page.keyboard.type("工农宿舍 3")
    page.wait_for_selector("#new-place-options [role=option]")
    page.keyboard.press("ArrowDown")
    assert page.get_attribute("#new-place", "aria-activedescendant") == "new-place-options-0"
    page.keyboard.press("Enter")
    assert page.input_value("#new-place") == "工农宿舍3栋"
    assert page.input_value("#new-area").endswith("990101001001001")
    assert page.get_attribute("#new-place", "aria-expanded") == "false"
    assert "lon=109.98" in str(page.get_attribute("#new-map", "src"))
    page.select_option("#new-category", "gas-leak")
    page.focus("#new-text")
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
