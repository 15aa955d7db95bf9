"""The door: nothing but health, static files and signing in is answered without a sign-in."""

from typing import Final
from urllib.parse import quote

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from services.api.answers import answer, for_a_person, of_unavailable
from services.api.container import Container
from services.api.door.auth import SAFE_METHODS, Caller, unauthorised
from services.api.door.scope import reach_of, reaching
from services.api.door.sessions import cookie_name
from services.api.problems import Problem
from streams.contracts import Unavailable

PUBLIC: Final = frozenset(
    {
        ("GET", "/health"),
        ("GET", "/api/v1/health"),
        ("GET", "/sign-in"),
        ("POST", "/sign-in"),
        ("GET", "/sign-in/demo"),
        ("POST", "/api/v1/tokens"),
        ("GET", "/favicon.ico"),
    }
)
STATIC: Final = "/static/"
CHOOSE: Final = "/password"
CHOOSING: Final = frozenset(
    {("GET", CHOOSE), ("POST", CHOOSE), ("PUT", "/api/v1/me/password"), ("POST", "/sign-out"), ("POST", "/settings")}
)
"""What a password that is good once opens."""
OPEN311: Final = "/open311/"
"""A door of its own: reading takes no sign-in, reporting takes an ``api_key``, and a cookie opens nothing."""
FEEDBACK: Final = "/feedback/"
"""A reporter has no account: the signature in the address is what lets them in."""


class Gatekeeper:
    """Finds the caller before any endpoint runs, or refuses."""

    def __init__(self, app: ASGIApp, container: Container) -> None:
        self._app = app
        self._container = container

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        refusal = await self._admit(request)
        if refusal is None:
            with reaching(reach_of(getattr(request.state, "caller", None))):
                await self._app(scope, receive, send)
        else:
            await refusal(scope, receive, send)

    async def _admit(self, request: Request) -> Response | None:
        if request.url.path.startswith(OPEN311):
            return None
        if request.method not in SAFE_METHODS and request.headers.get("sec-fetch-site") == "cross-site":
            return answer(request, _foreign())
        token, via = self._token(request)
        public = is_public(request.method, request.url.path)
        if public and not token:
            return None
        try:
            caller = await anyio.to_thread.run_sync(self._caller, token) if token else None
        except Unavailable:
            return None if public else answer(request, of_unavailable())
        if caller is not None and caller.via == via:
            request.state.caller = caller
            return _first_a_password(request) if caller.once and not public else None
        return None if public else _refusal(request)

    def _token(self, request: Request) -> tuple[str, str]:
        scheme, _, word = request.headers.get("authorization", "").partition(" ")
        if scheme:
            return (word.strip(), "token") if scheme.lower() == "bearer" else ("", "token")
        return request.cookies.get(cookie_name(self._container.settings), ""), "session"

    def _caller(self, token: str) -> Caller | None:
        return self._container.identities.caller(token, now=self._container.clock.now())


def is_public(method: str, path: str) -> bool:
    """Whether an address is answered without a sign-in."""
    method = "GET" if method == "HEAD" else method
    if path.startswith(FEEDBACK):
        return method in {"GET", "POST"}
    return (method, path) in PUBLIC or path.startswith(OPEN311) or (method == "GET" and path.startswith(STATIC))


def _refusal(request: Request) -> Response:
    if for_a_person(request) and request.method in SAFE_METHODS:
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/sign-in?next={quote(target, safe='/')}", 303)
    error = unauthorised()
    return answer(request, error.problem)


def _first_a_password(request: Request) -> Response | None:
    """Who signed in with a password that was given chooses their own before anything else."""
    if (request.method, request.url.path) in CHOOSING:
        return None
    if for_a_person(request) and request.method in SAFE_METHODS:
        return RedirectResponse(CHOOSE, 303)
    problem = Problem(
        403, "password_once", "Your password was given to you, and opens nothing but the choice of your own.",
        f"Open {CHOOSE}, or PUT /api/v1/me/password.",
    )  # fmt: skip
    return answer(request, problem)


def _foreign() -> Problem:
    return Problem(403, "csrf", "Another site asked your browser to do this.", "Do it from a page of this platform.")
