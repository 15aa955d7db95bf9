"""The rule editor in a browser: the preview follows the values, the form keeps what the person holds."""

from tests.pages.conftest import Site


def test_the_preview_follows_the_form_which_keeps_focus_caret_and_text(site: Site) -> None:
    page = site.look("/rules/gas.ch4", "supervisor")
    assert "紧急 ≥50" in (page.text_content("#preview") or "")
    page.fill("[name=reason]", "夜班误报")
    page.locator("[name='critical.limit']").fill("")
    page.locator("[name='critical.limit']").press_sequentially("44")
    page.locator("#preview", has_text="紧急 ≥44").wait_for()
    held = page.evaluate("[document.activeElement.name, document.activeElement.selectionStart]")
    assert held == ["critical.limit", 2]
    assert page.input_value("[name=reason]") == "夜班误报"
    page.locator("[name='major.limit']").fill("60")
    page.locator("#preview", has_text="1 处待改").wait_for()
    assert not site.complaints


def test_a_rule_is_changed_with_the_keyboard_alone(site: Site) -> None:
    page = site.look("/rules/gas.ch4", "supervisor")
    page.focus("[name='major.limit']")
    page.keyboard.press("Control+A")
    page.keyboard.type("24")
    page.focus("[name=reason]")
    page.keyboard.type("更严")
    page.keyboard.press("Enter")
    page.wait_for_url("**/rules/gas.ch4?said=rule_kept")
    newest = site.city.rules.list_revisions("gas.ch4")[0]
    assert (newest.rule.levels[1].limit, newest.why, newest.by) == (24.0, "更严", "supervisor")
