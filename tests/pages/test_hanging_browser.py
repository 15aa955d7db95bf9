"""A browser that hangs costs its own patience and not the whole run."""

from playwright.sync_api import sync_playwright

from tests.pages.conftest import DESK, Chromium, processes


def test_a_browser_that_never_closes_is_killed_and_the_next_context_is_anothers() -> None:
    with sync_playwright() as playwright:
        chromium = Chromium(playwright, patience_s=1)
        hung = chromium.context(DESK)
        hung.new_page()
        for process in processes():
            process.suspend()
        chromium.close(hung)
        assert chromium.running is None
        assert chromium.context(DESK).new_page().evaluate("1 + 1") == 2
        assert chromium.running is not None
        chromium.close(chromium.running)
        assert chromium.running.is_connected() is False
