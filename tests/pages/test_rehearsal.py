"""A rehearsal in a browser: its progress and its result come by themselves."""

from tests.fakes.rehearsals import reported
from tests.pages.conftest import Site


def test_progress_and_result_come_without_a_reload_and_focus_stays(site: Site) -> None:
    page = site.look("/rules/gas.ch4", "supervisor")
    page.fill("[name='major.limit']", "24")
    page.click("button[value=open]")
    assert page.input_value("[name='major.limit']") == "24"
    page.click("button[value=start]")
    page.wait_for_selector("[data-follow]")
    page.evaluate("window.here = true")
    page.focus("button[value=cancel]")
    (run,) = site.city.runs.runs
    assert run.order.rule.levels[1].limit == 24.0
    run.told.reached(0.42)
    site.city.rehearsals.turn()
    page.locator("#percent", has_text="42 %").wait_for()
    assert page.evaluate("document.activeElement.value") == "cancel"
    run.told.ended(reported(site.city.of_kind("gas").id, run.order.scope.start, run.order.scope.end))
    page.wait_for_selector("#chart-title")
    assert page.evaluate("window.here")
    assert not page.locator("[data-follow]").count()
    assert not site.complaints
