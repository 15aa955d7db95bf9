from collections.abc import Iterator
from typing import Any, Final

import pytest
from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.routing import Mount, Route

from services.adapters.demo_links import demo_link_token
from services.adapters.settings import DEMO_SECRET
from services.api.app import create_app
from services.api.door.auth import CSRF_FIELD, CSRF_HEADER
from services.api.door.gatekeeper import is_public
from services.api.settings import ApiSettings
from services.registry.domain import Role
from tests.fakes.api import NOW, MemoryPlatform

PLACEHOLDERS: Final = {"device": "gas-1", "rule": "gas.ch4", "alarm": "e1", "metric": "ch4_lel", "letter": "letter-1"}
WALKED: Final = {"/sign-in", "/sign-in/demo", "/api/v1/tokens", "/health", "/api/v1/health", "/favicon.ico"}


def addresses(platform: MemoryPlatform) -> Iterator[tuple[str, str, str]]:
    """Every (method, template, an address of it) of the application, pages included."""

    def walk(routes: list[Any]) -> Iterator[Any]:
        for route in routes:
            inner = getattr(route, "original_router", None)
            yield from walk(inner.routes) if inner is not None else [route]

    for route in walk(platform.app.routes):
        if isinstance(route, Mount):
            continue
        assert isinstance(route, APIRoute | Route), route
        path = route.path
        for name in [part.split("}")[0].split(":")[0] for part in path.split("{")[1:]]:
            path = path.replace(f"{{{name}}}", PLACEHOLDERS.get(name, "x")).replace(f"{{{name}:path}}", "x")
        for method in sorted(route.methods or ()):
            if method not in {"HEAD", "OPTIONS"}:
                yield method, route.path, path


@pytest.fixture(scope="module")
def shared() -> MemoryPlatform:
    return MemoryPlatform()


@pytest.fixture
def platform() -> MemoryPlatform:
    return MemoryPlatform()


def test_every_route_is_closed_to_strangers_but_what_is_public(shared: MemoryPlatform) -> None:
    walked = list(addresses(shared))
    assert len(walked) > 30
    for method, template, path in walked:
        if is_public(method, path):
            assert template in WALKED or template.startswith(("/static/", "/open311/", "/feedback/")), template
            continue
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Cookie": "linli_session=wrong"}):
            answer = shared.ask(method, path, headers=headers, content=b"{")
            assert answer.status_code == 401, (method, template, answer.status_code)
        page = shared.ask(method, path, headers={"Accept": "text/html"})
        assert page.status_code in (303, 401), (method, template)
        assert page.headers.get("location", "/sign-in?").startswith("/sign-in?")


@pytest.mark.parametrize("role", list(Role))
def test_every_role_meets_an_answer_or_a_problem_at_every_address(shared: MemoryPlatform, role: Role) -> None:
    """The matrix of roles and routes: whatever it says, it is never a failure of ours."""
    person = shared.as_(role)
    for method, template, path in addresses(shared):
        if template.endswith("/events") or not template.startswith("/api/"):
            continue
        answer = shared.ask(method, path, headers=person.headers)
        assert answer.status_code < 500, (method, template, answer.text)
        if answer.status_code >= 400:
            assert answer.json()["remedy"]


@pytest.mark.parametrize(
    ("path", "roles"),
    [
        ("GET /api/v1/devices", set(Role) - {Role.CITIZEN}),
        ("GET /api/v1/alarms", set(Role) - {Role.CITIZEN}),
        ("GET /api/v1/tickets", set(Role) - {Role.ONCALL}),
        ("GET /api/v1/dead-letters", {Role.ONCALL, Role.ADMINISTRATOR}),
        ("GET /api/v1/oncall/notifications", {Role.ONCALL, Role.ADMINISTRATOR}),
        ("GET /api/v1/quarantine", {Role.ONCALL, Role.ADMINISTRATOR, Role.GRID_MANAGER}),
        ("POST /api/v1/devices", {Role.ONCALL, Role.ADMINISTRATOR, Role.GRID_MANAGER}),
        ("POST /api/v1/alarms/e1/ack", set(Role) - {Role.CITIZEN, Role.ONCALL}),
        ("POST /api/v1/alarms/e1/reset", {Role.GRID_MANAGER, Role.SUPERVISOR, Role.ADMINISTRATOR}),
    ],
)
def test_only_these_roles_are_let_in(shared: MemoryPlatform, path: str, roles: set[Role]) -> None:
    method, _, address = path.partition(" ")
    for role in Role:
        answer = shared.ask(method, address, headers=shared.as_(role).headers)
        refused = answer.status_code == 403 and answer.json()["code"] == "role"
        assert refused is (role not in roles), (role, answer.text)


def signed_in(platform: MemoryPlatform, role: str = "administrator") -> tuple[dict[str, str], str]:
    """The cookie of a demo link, and its session's CSRF word."""
    token = demo_link_token(DEMO_SECRET, role, NOW)
    answer = platform.ask("GET", f"/sign-in/demo?token={token}")
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    session = cookie.split(";")[0]
    csrf = next(token.csrf for token in platform.people.tokens.values() if token.user == role)
    return {"Cookie": session}, csrf


def test_a_demo_link_signs_one_role_in(shared: MemoryPlatform) -> None:
    cookie, _ = signed_in(shared, "operator")
    assert shared.ask("GET", "/api/v1/me", headers=cookie).json()["role"] == "operator"


@pytest.mark.parametrize("token", ["", "x", demo_link_token("another secret", "operator", NOW), "WyJvIiwxXQ.x"])
def test_a_forged_demo_link_signs_nobody_in(shared: MemoryPlatform, token: str) -> None:
    answer = shared.ask("GET", f"/sign-in/demo?token={token}")
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_a_demo_link_ages_and_never_redirects_elsewhere(platform: MemoryPlatform) -> None:
    token = demo_link_token(DEMO_SECRET, "operator", NOW)
    for target in ("//evil.example", "https://evil.example", "/\\evil.example", "evil"):
        answer = platform.ask("GET", "/sign-in/demo", params={"token": token, "next": target})
        assert answer.headers["location"] == "/"
    assert (
        platform.ask("GET", "/sign-in/demo", params={"token": token, "next": "/tickets"}).headers["location"]
        == "/tickets"
    )
    platform.clock.advance(8 * 86_400_000)
    assert platform.ask("GET", f"/sign-in/demo?token={token}").status_code == 403


def test_a_change_by_cookie_needs_the_sessions_csrf_word(platform: MemoryPlatform) -> None:
    cookie, csrf = signed_in(platform)
    assert platform.ask("GET", "/api/v1/devices", headers=cookie).status_code == 200
    for method, template, path in addresses(platform):
        if method == "GET" or is_public(method, path):
            continue
        for extra in ({}, {CSRF_HEADER: "wrong"}):
            answer = platform.ask(method, path, headers={**cookie, **extra})
            assert (answer.status_code, answer.json()["code"]) == (403, "csrf"), (method, template)
    answer = platform.ask("POST", "/api/v1/alarms/e1/ack", headers={**cookie, CSRF_HEADER: csrf})
    assert answer.status_code == 202


def test_a_form_may_carry_the_csrf_word_as_a_field(platform: MemoryPlatform) -> None:
    cookie, csrf = signed_in(platform)
    assert platform.ask("POST", "/sign-out", headers=cookie, data={CSRF_FIELD: "wrong"}).status_code == 403
    answer = platform.ask("POST", "/sign-out", headers=cookie, data={CSRF_FIELD: csrf})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert platform.ask("GET", "/api/v1/me", headers=cookie).status_code == 401


def test_another_sites_page_changes_nothing_even_with_the_word(shared: MemoryPlatform) -> None:
    cookie, csrf = signed_in(shared)
    headers = {**cookie, CSRF_HEADER: csrf, "Sec-Fetch-Site": "cross-site"}
    assert shared.ask("POST", "/api/v1/alarms/e1/ack", headers=headers).status_code == 403


def test_a_session_is_no_bearer_token_and_a_token_no_session(shared: MemoryPlatform) -> None:
    cookie, _ = signed_in(shared)
    word = cookie["Cookie"].partition("=")[2]
    assert shared.ask("GET", "/api/v1/me", headers={"Authorization": f"Bearer {word}"}).status_code == 401
    token = shared.as_("operator").headers["Authorization"].partition(" ")[2]
    assert shared.ask("GET", "/api/v1/me", headers={"Cookie": f"linli_session={token}"}).status_code == 401


def test_behind_https_the_cookie_is_secure_and_bound_to_its_host(platform: MemoryPlatform) -> None:
    platform.app = create_app(platform.container(public_https=True))
    answer = platform.ask("GET", f"/sign-in/demo?token={demo_link_token(DEMO_SECRET, 'operator', NOW)}")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-linli_session=")
    assert {"Secure", "HttpOnly", "Path=/"} <= {part.strip() for part in cookie.split(";")}


def test_a_default_secret_refuses_to_start_outside_the_demo() -> None:
    with pytest.raises(ValidationError, match="LINLI_SESSION_SECRET"):
        ApiSettings(demo=False)
    assert ApiSettings(demo=False, session_secret="x" * 32).http_host == "127.0.0.1"
