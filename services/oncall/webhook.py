"""The address that Alertmanager calls, and the server that answers there."""

import hmac
import socket
import threading

import uvicorn
from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from services.adapters.metrics import counter
from services.oncall import alertmanager
from services.oncall.handlers import take_in
from services.oncall.ports import NotificationStore
from services.ports import Clock, Stop
from streams.contracts import Unavailable, Undecodable
from streams.contracts.metrics import ONCALL_NOTIFICATIONS

MAX_BODY = 1_048_576


def create_app(store: NotificationStore, clock: Clock, token: str) -> FastAPI:
    """``POST /alertmanager``; a 5xx makes Alertmanager deliver again."""
    app = FastAPI(title="Linli on-call", docs_url=None, redoc_url=None, openapi_url=None)
    expected = f"Bearer {token}".encode()

    @app.post("/alertmanager")
    async def deliver(request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), expected):
            return _problem(401, "the bearer token is missing or wrong")
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY:
                return _problem(413, f"the body is larger than {MAX_BODY} bytes")
        return await run_in_threadpool(_take_in, body)

    def _take_in(body: bytes) -> Response:
        try:
            alerts = alertmanager.read(body)
            changed = take_in(store, alerts, now=clock.now())
        except Undecodable as error:
            return _problem(422, str(error))
        except Unavailable:
            return _problem(503, "the database does not answer; deliver again")
        for alert in alerts:
            counter(ONCALL_NOTIFICATIONS, status="firing" if alert.ended is None else "resolved").inc()
        return JSONResponse({"changed": changed})

    return app


def _problem(status: int, detail: str) -> Response:
    return JSONResponse({"status": status, "detail": detail}, status, media_type="application/problem+json")


def serve(app: FastAPI, listener: socket.socket, stop: Stop) -> None:
    """Answer on ``listener`` until ``stop``."""
    config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False, server_header=False)
    server = uvicorn.Server(config)

    def end() -> None:
        stop.wait()
        server.should_exit = True

    threading.Thread(target=end, name="webhook end", daemon=True).start()
    server.run(sockets=[listener])
