"""A real browser before the real web application, over the demo district in memory."""

import contextlib
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec
import psutil
import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Playwright, Response, sync_playwright

from dashboards.web import build
from services.adapters.health import Health
from services.api.serving import http, listening
from services.tickets.domain import Satisfaction
from streams.contracts import DeviceState
from tests.fakes.city import MemoryCity, incident
from tests.fakes.rehearsals import DAY, rehearsed, reported
from tests.support import eventually
from tests.unit.pages.test_kpi_page import lives

DESK, PHONE, SMALL = (1440, 900), (390, 844), (720, 450)
PATIENCE_MS = 60_000


@pytest.fixture(scope="session", autouse=True)
def vendor() -> None:
    """The browser's libraries, as a start of the platform brings them."""
    build.build()


@dataclass
class Chromium:
    """A browser, and another one in its place when it hangs.

    Once in some hundred contexts Chromium never says that it has closed one, and nothing that closes
    in Playwright has a limit: the suite would wait for ever. Such a browser is killed.
    """

    playwright: Playwright
    patience_s: float = 30
    running: Browser | None = None

    def context(self, size: tuple[int, int]) -> BrowserContext:
        if self.running is None:
            flags = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
            self.running = self.playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        return self.running.new_context(viewport={"width": size[0], "height": size[1]})

    def close(self, part: Browser | BrowserContext) -> None:
        """Close one of its contexts, or all of it."""
        late = threading.Event()
        timer = threading.Timer(self.patience_s, self._kill, (late,))
        timer.start()
        try:
            part.close()
        except Error:  # Playwright's, that it lost the browser
            if not late.is_set():
                raise
        finally:
            timer.cancel()
            timer.join()
        if late.is_set():
            sys.stderr.write(f"Chromium did not close within {self.patience_s} s and was killed\n")
            self.running = None

    def _kill(self, late: threading.Event) -> None:
        late.set()
        for process in processes():
            with contextlib.suppress(psutil.Error):
                process.kill()


def processes() -> list[psutil.Process]:
    """The browser's, which Playwright's own process has started for us."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if process.name().startswith("chrom"):
                found.append(process)
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    """A browser for one module: while it lives, its event loop runs in this thread, and no other may."""
    with sync_playwright() as playwright:
        chromium = Chromium(playwright)
        yield chromium
        if chromium.running is not None:
            chromium.close(chromium.running)


@dataclass
class Site:
    """One city being served, and the people who look at it."""

    city: MemoryCity
    port: int
    browser: Chromium
    contexts: list[BrowserContext] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    sizes: list[tuple[str, int]] = field(default_factory=list)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def look(
        self, path: str, role: str = "", *, theme: str = "light", lang: str = "zh", size: tuple[int, int] = DESK
    ) -> Page:
        """Open a page as somebody, in a window of their own."""
        page = self.window(size)
        self.go(page, path, role, theme=theme, lang=lang)
        return page

    def window(self, size: tuple[int, int] = DESK) -> Page:
        """An empty one, of nobody yet."""
        context = self.browser.context(size)
        self.contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("response", self._weigh)
        page.on("console", lambda said: self._hear(f"{said.type}: {said.text}"))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def go(self, page: Page, path: str, role: str = "", *, theme: str = "light", lang: str = "zh") -> None:
        """Lead a window to a page, as somebody; what it has loaded before it need not load again."""
        cookies = {"linli_theme": theme, "linli_language": lang}
        if role:
            cookies["linli_session"] = self.city.session(role)
        page.context.clear_cookies()
        page.context.add_cookies([{"name": name, "value": value, "url": self.base} for name, value in cookies.items()])
        page.goto(self.base + path)
        if path != "/sign-in" and page.locator("script[type=module]").count():
            page.wait_for_selector("html[data-ready]", state="attached")

    def _weigh(self, response: Response) -> None:
        length = response.headers.get("content-length", "")
        self.sizes.append((response.url, int(length) if length.isdigit() else 0))

    def _hear(self, text: str) -> None:
        if "Content Security Policy" in text or text.startswith("error"):
            self.complaints.append(text)

    def close(self) -> None:
        for context in self.contexts:
            if context.browser == self.browser.running:  # the others went with a browser that was killed
                self.browser.close(context)


def _served(city: MemoryCity, browser: Chromium) -> Iterator[Site]:
    listener = listening("127.0.0.1", 0)
    port = listener.getsockname()[1]
    stop = threading.Event()
    loop = http(city.app, listener, city.hub, Health())
    thread = threading.Thread(target=loop, args=(stop,), daemon=True)
    thread.start()
    site = Site(city, port, browser)
    try:
        eventually(lambda: _answers(port), what="the web server answers")
        yield site
    finally:
        site.close()
        stop.set()
        thread.join(timeout=30)
    assert not thread.is_alive(), "the web server does not end"


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@pytest.fixture
def site(browser: Chromium) -> Iterator[Site]:
    """A morning with an incident."""
    yield from _served(incident(MemoryCity()), browser)


@pytest.fixture(scope="module")
def shared_site(browser: Chromium) -> Iterator[Site]:
    """The same morning for tests that only look."""
    yield from _served(incident(MemoryCity()), browser)


@pytest.fixture
def calm_site(browser: Chromium) -> Iterator[Site]:
    """Nothing is wrong."""
    yield from _served(MemoryCity(), browser)


def _rehearsed(city: MemoryCity) -> str:
    """A rehearsal that is done: one alarm a change, on the device that leaks."""
    now, device = city.clock.now(), city.of_kind("gas").id
    asked = city.rules.get_rule("gas.ch4")
    assert asked is not None
    lower = tuple(msgspec.structs.replace(level, limit=level.limit * 0.9) for level in asked.levels)
    draft = msgspec.structs.replace(asked, version=asked.version + 1, levels=lower)
    return rehearsed(city.rehearsals, city.runs, draft, reported(device, now - 7 * DAY, now), by="supervisor")


def _waiting(city: MemoryCity) -> str:
    """The call-backs, one of which waits to be made."""
    names = [ticket.id for ticket in city.tickets.state.tickets.values() if ticket.state == "callback"]
    name = names[0] if names else lives(city, Satisfaction.SATISFIED, until="callback")
    return f"/tickets/callbacks?ticket={name}"


def _absent(city: MemoryCity) -> str:
    """The kind of a device that is in maintenance since more than a week."""
    lamp = city.places.devices.devices[city.of_kind("light").id]
    if lamp.state is DeviceState.ACTIVE:
        after = msgspec.structs.replace(lamp, state=DeviceState.MAINTENANCE, version=lamp.version + 1)
        city.places.devices.update_device(after, by="operator", now=city.clock.now() - 9 * DAY, why="等灯头到货")
    return lamp.kind


def every_page(site: Site) -> dict[str, tuple[str, str]]:
    """Address and role by name."""
    ticket = next(iter(site.city.tickets_of.values()))
    device = site.city.of_kind("gas").id
    return {
        "sign-in": ("/sign-in", ""),
        "cockpit": ("/cockpit", "grid_manager"),
        "alarms": ("/alarms", "grid_manager"),
        "alarm": (f"/alarms/{next(iter(site.city.alarms.state.alarms))}", "grid_manager"),
        "quality": ("/alarms/quality", "grid_manager"),
        "devices": ("/devices", "grid_manager"),
        "maintenance": (f"/devices?health=maintenance&kind={_absent(site.city)}", "grid_manager"),
        "device": (f"/devices/{device}", "grid_manager"),
        "tickets": ("/tickets", "operator"),
        "ticket": (f"/tickets/{ticket}?do=note", "unit_handler"),
        "ticket-search": ("/tickets/search?text=新&sort=opened", "operator"),
        "ticket-import": ("/tickets/import", "operator"),
        "new-ticket": ("/tickets/new", "operator"),
        "knowledge": ("/knowledge", "operator"),
        "hotspots": ("/tickets/hotspots", "operator"),
        "shifts": ("/tickets/shifts", "operator"),
        "callbacks": (_waiting(site.city), "operator"),
        "supervision": ("/tickets/supervision", "supervisor"),
        "works": ("/knowledge/works", "operator"),
        "catalogue": ("/catalogue?category=gas-leak&area=990101001&urgency=2", "dispatcher"),
        "catalogue-import": ("/catalogue/import", "dispatcher"),
        "catalogue-history": ("/catalogue/history", "dispatcher"),
        "tasks": ("/tasks", "grid_worker"),
        "task": (f"/tasks/{ticket}", "grid_worker"),
        "rules": ("/rules", "grid_manager"),
        "rule": ("/rules/gas.ch4", "supervisor"),
        "rehearse": (f"/rules/gas.ch4/rehearse?run={_rehearsed(site.city)}", "supervisor"),
        "rule-new": ("/rules/new?from=gas.rising", "supervisor"),
        "rule-versions": ("/rules/gas.ch4/versions", "supervisor"),
        "dead-letters": ("/dead-letters", "administrator"),
        "quarantine": ("/quarantine", "administrator"),
        "notices": ("/notices", "administrator"),
        "notice-box": ("/notices/box", "administrator"),
        "notice-settings": ("/notices/settings", "supervisor"),
        "people": ("/people", "administrator"),
        "person": ("/people/operator", "administrator"),
        "password": ("/password", "operator"),
        "rosters": ("/rosters", "unit_leader"),
        "audit": ("/audit", "administrator"),
        "oncall": ("/oncall", "oncall"),
        "kpi": ("/kpi?by=period", "supervisor"),
        "kpi-rules": ("/kpi/rules", "supervisor"),
        "policies": ("/policies", "supervisor"),
        "policy": ("/policies/default", "supervisor"),
        "policy-draft": ("/policies/beijing/copy?version=1", "supervisor"),
        "kpi-tickets": ("/kpi/tickets?measure=repeated", "supervisor"),
        "feedback-forged": ("/feedback/forged", ""),
        "missing": ("/no-such-page", "operator"),
        "forbidden": ("/dead-letters", "operator"),
    }
