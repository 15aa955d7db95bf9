"""HEAD wherever GET is answered (RFC 9110, 9.3.2): what a link checker and a monitor ask, without a second route."""

import anyio
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Heads:
    """Has the application answer as to GET, and leaves the body out; what would go on and on ends with its headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["method"] == "HEAD":
            await self._without_body(scope, receive, send)
        else:
            await self._app(scope, receive, _naming_head(send))

    async def _without_body(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = {**scope, "method": "GET"}
        sending, ended = _naming_head(send), False

        async def heads_only(message: Message) -> None:
            nonlocal ended
            if message["type"] != "http.response.body":
                await sending(message)
                return
            if not ended:
                ended = True
                await sending({"type": "http.response.body", "body": b"", "more_body": False})
            if message.get("more_body"):
                enough.cancel()

        try:
            with anyio.CancelScope() as enough:
                await self._app(asked, receive, heads_only)
        finally:
            scope["route"] = asked.get("route")  # by which whoever stands around this one counts


def _naming_head(send: Send) -> Send:
    """A refusal of another method lists those that there are."""

    async def naming(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 405:
            headers = MutableHeaders(scope=message)
            allowed = [method.strip() for method in headers.get("allow", "").split(",")]
            if "GET" in allowed and "HEAD" not in allowed:
                headers["allow"] = ", ".join([*allowed, "HEAD"])
        await send(message)

    return naming
