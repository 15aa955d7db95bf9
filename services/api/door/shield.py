"""What surrounds every request: security headers, a size limit, metrics, and no trace ever."""

import secrets
import time
from collections.abc import Callable, MutableMapping
from typing import Any, Final

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.adapters import logging
from services.adapters.metrics import counter, histogram
from services.api.answers import answer, of_bug, of_http
from streams.contracts.metrics import HTTP_REQUESTS, HTTP_SECONDS

CSP: Final = (
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(self), microphone=()",
}
HEARD_OUT: Final = 64 << 20
PATIENCE_S: Final = 20.0
"""How much, and for how long, is read and thrown away of a request that is too large."""


class Shield:
    """The outermost layer of our own; the framework's is only reached when this one breaks."""

    def __init__(self, app: ASGIApp, limit_of: Callable[[str], int]) -> None:
        self._app = app
        self._limit_of = limit_of
        self._log = logging.get(__name__)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.monotonic(), [0]

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                status[0] = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if not scope["path"].startswith("/static/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            await self._guarded(scope, receive, sending)
        except Exception:
            code = secrets.token_hex(4)
            self._log.exception("request failed", incident=code, method=scope["method"], path=scope["path"])
            if status[0]:
                raise
            await answer(Request(scope, receive), of_bug(code))(scope, receive, sending)
        finally:
            route = route_of(scope)
            counter(HTTP_REQUESTS, route=route, method=method_of(scope), status=str(status[0])).inc()
            if not route.endswith("/events"):
                histogram(HTTP_SECONDS, route=route).observe(time.monotonic() - started)

    async def _guarded(self, scope: Scope, receive: Receive, send: Send) -> None:
        most = self._limit_of(scope["path"])
        if _content_length(scope) > most:
            if not _header(scope, b"expect"):
                await _heard_out(receive)
            await answer(Request(scope, receive), of_http(_too_large(most)))(scope, receive, send)
            return
        seen = 0

        async def counting() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > most:
                raise _too_large(most)
            return message

        await self._app(scope, counting, send)


async def _heard_out(receive: Receive) -> None:
    """Read on and keep nothing: who is cut off while sending sees a broken line instead of the answer."""
    left, until = HEARD_OUT, time.monotonic() + PATIENCE_S
    while left > 0 and time.monotonic() < until:
        message = await receive()
        left -= len(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            return


def _too_large(most: int) -> HTTPException:
    return HTTPException(413, f"The request is larger than {most} bytes, the most that this address takes.")


def method_of(scope: MutableMapping[str, Any]) -> str:
    """The method as a label: a caller's invention must not become one."""
    method = str(scope["method"])
    return method if method in {"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"} else "other"


def route_of(scope: MutableMapping[str, Any]) -> str:
    """The template that matched (``/api/v1/alarms/{id}``), never the address itself."""
    return str(getattr(scope.get("route"), "path", "") or "other")


def _content_length(scope: Scope) -> int:
    value = _header(scope, b"content-length")
    return int(value) if value.isdigit() else 0


def _header(scope: Scope, wanted: bytes) -> bytes:
    return next((bytes(value) for name, value in scope["headers"] if name == wanted), b"")
