"""One application for every platform in memory: its routes are read once a process, not once a test.

FastAPI takes a quarter of a second to read the signatures of all routes, whatever stands behind them; a
thousand tests would spend minutes on it. So the application is made over stand-ins, and each request says,
by a context variable that threads and generators inherit, which test's container it is for.
"""

from contextvars import ContextVar
from typing import Any, Final, cast

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from services.api.app import create_app
from services.api.container import Container
from services.api.settings import ApiSettings

_ASKED: Final[ContextVar[Container]] = ContextVar("container")
_MADE: Final[list[tuple[ApiSettings, FastAPI]]] = []


class _Part:
    """A member of whichever container a request is for; what keeps one while routes are made keeps this."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(getattr(_ASKED.get(), self._name), name)

    def __call__(self, *given: Any, **named: Any) -> Any:
        return getattr(_ASKED.get(), self._name)(*given, **named)


class _Parts:
    def __init__(self, settings: ApiSettings) -> None:
        self.settings = settings

    def __getattr__(self, name: str) -> Any:
        asked = _ASKED.get(None)
        return _Part(name) if asked is None else getattr(asked, name)


class _Staged:
    def __init__(self, app: FastAPI, container: Container) -> None:
        self._app = app
        self._container = container

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        before = _ASKED.set(self._container)
        try:
            await self._app(scope, receive, send)
        finally:
            _ASKED.reset(before)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._app, name)


def staged(container: Container) -> FastAPI:
    """The application over ``container``, as quick to have as an object."""
    found = [app for settings, app in _MADE if settings == container.settings]
    if not found:
        found = [create_app(cast("Container", _Parts(container.settings)))]
        _MADE.append((container.settings, found[0]))
    return cast("FastAPI", _Staged(found[0], container))
