"""Every page, in both themes: axe finds nothing, nothing leaves the host, no policy is violated."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.pages.conftest import DESK, PHONE, SMALL, Site, every_page

NAMES = (
    "sign-in", "cockpit", "alarms", "alarm", "quality", "devices", "maintenance", "device", "tickets", "ticket",
    "new-ticket", "tasks", "task", "rules", "rule", "rule-new", "rule-versions", "rehearse",
    "dead-letters", "quarantine", "oncall", "knowledge", "works", "notices", "notice-box", "notice-settings",
    "feedback-forged", "kpi", "kpi-tickets", "hotspots", "shifts", "catalogue", "ticket-search", "ticket-import",
    "callbacks", "supervision", "kpi-rules", "missing", "forbidden", "people", "person", "password", "rosters",
    "audit",    "catalogue-import", "catalogue-history", "policies", "policy", "policy-draft",
)  # fmt: skip
HAND = {"tasks", "task", "feedback-forged"}
AXE = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page, options: dict[str, object]) -> list[tuple[str, list[str]]]:
    found = Axe().run(page, options=options)
    return [
        (violation["id"], [node["html"][:200] for node in violation["nodes"]][:3])
        for violation in found.response["violations"]
    ]


@pytest.fixture(scope="module")
def walk(shared_site: Site) -> Callable[..., Page]:
    """Leads one window from page to page, by name."""
    window, pages = shared_site.window(), every_page(shared_site)
    assert pages.keys() == set(NAMES)

    def to(name: str, size: tuple[int, int], lang: str = "zh") -> Page:
        path, role = pages[name]
        window.set_viewport_size({"width": size[0], "height": size[1]})
        shared_site.go(window, path, role, lang=lang)
        return window

    return to


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_nothing_in_either_theme(walk: Callable[..., Page], name: str) -> None:
    page = walk(name, PHONE if name in HAND else DESK)
    light = violations(page, {"runOnly": AXE})
    page.evaluate("document.documentElement.dataset.theme = 'dark'; document.getAnimations().forEach(a => a.finish())")
    dark = violations(page, {"runOnly": ["color-contrast"]})  # a theme is colours and nothing else
    assert (light, dark) == ([], [])


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", NAMES)
def test_no_page_scrolls_sideways_at_390_and_720(walk: Callable[..., Page], name: str, lang: str) -> None:
    page = walk(name, PHONE, lang)
    for width, height in (PHONE, SMALL):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(f"innerWidth === {width} && document.documentElement.scrollWidth <= {width}")


def test_an_administrators_rail_fits_a_low_window_and_on_a_phone_shows_where_one_is(shared_site: Site) -> None:
    page = shared_site.look("/people", "administrator", size=(900, 680))
    rail = page.locator(".ll-rail")
    assert rail.evaluate("rail => rail.scrollHeight <= rail.clientHeight"), "every page of them, none below the edge"
    page.set_viewport_size({"width": 390, "height": 844})
    page.reload()
    inside = "here => here.getBoundingClientRect().left >= 0 && here.getBoundingClientRect().right <= innerWidth"
    assert page.locator(".ll-rail [aria-current]").evaluate(inside)
    tools = page.locator(".ll-tools").evaluate("tools => [...tools.children].map(each => each.getBoundingClientRect())")
    middles = [(box["top"] + box["bottom"]) / 2 for box in tools if box["height"]]
    assert max(middles) - min(middles) < 4, "leaving stands in one line with the rest"


def test_no_request_leaves_the_host_and_no_policy_is_violated(site: Site) -> None:
    window = site.window()
    for name, (path, role) in every_page(site).items():
        site.go(window, path, role)
        if name == "cockpit":
            window.wait_for_selector("#map[data-ready]")
    foreign = [url for url in site.requests if not url.startswith((site.base, "data:", "blob:"))]
    assert not foreign
    wrong = [text for text in site.complaints if "403" not in text and "404" not in text]
    assert not wrong


def test_a_page_without_a_sign_in_leads_to_the_sign_in_and_back(site: Site) -> None:
    page = site.look("/devices?kind=gas")
    assert "/sign-in?next=" in page.url
    page.fill("#name", "grid_manager")
    page.fill("#password", "wrong")
    page.click("button.ll-button-primary")
    assert "对不上" in page.inner_text("[role=alert]")
    assert page.input_value("#name") == "grid_manager"
    page.fill("#password", "grid_manager")
    page.click("button.ll-button-primary")
    page.wait_for_url("**/devices?kind=gas")


def test_language_and_theme_are_remembered_by_the_server(site: Site) -> None:
    page = site.look("/devices", "grid_manager")
    assert page.get_attribute("html", "lang") == "zh-CN"
    page.click("button[name=language]")
    page.wait_for_selector("html[lang=en]")
    page.click("button[name=theme]")
    page.wait_for_selector("html[data-theme=dark][lang=en]")
    assert page.inner_text("h1") == "Devices"


def test_static_files_are_kept_for_ever_under_their_content(site: Site) -> None:
    page = site.look("/sign-in")
    address = page.get_attribute("link[rel=stylesheet]", "href")
    answer = page.request.get(f"{site.base}{address}")
    assert "immutable" in answer.headers["cache-control"]
    assert page.request.get(f"{site.base}/static/{'0' * 12}/css/tokens.css").headers["cache-control"] == "no-cache"
    assert page.request.get(f"{site.base}/static/x/..%2f..%2f..%2fpyproject.toml").status == 404


@pytest.mark.parametrize(("path", "role", "limit_kb"), [("/tasks", "grid_worker", 40), ("TASK", "grid_worker", 40)])
def test_the_phone_pages_weigh_at_most_40_kilobytes(site: Site, path: str, role: str, limit_kb: int) -> None:
    address = every_page(site)["task"][0] if path == "TASK" else path
    page = site.look(address, role, size=PHONE)
    page.wait_for_load_state("load")
    html = len(page.content().encode()) // 3
    packed = sum(size for url, size in site.sizes if "/static/" in url)
    assert packed > 0
    assert packed + html <= limit_kb * 1024, site.sizes
