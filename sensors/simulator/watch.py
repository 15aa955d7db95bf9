"""``/metrics`` and ``/health`` of the simulator; healthy means that its loop turns and the broker is there."""

import json
import os
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest

from streams.contracts.metrics import LOOP_PROGRESS, SIMULATOR_PUBLISHED, SIMULATOR_WAITING, Metric, instrument

LIMIT_S: Final = 30.0


def _make(metric: Metric) -> Any:
    return instrument(metric, counter=Counter, gauge=Gauge, histogram=Histogram)


class Watch:
    """What the loop reports and what a scrape reads."""

    def __init__(self, connected: Callable[[], bool]) -> None:
        self._connected = connected
        self._published = _make(SIMULATOR_PUBLISHED)
        self._waiting = _make(SIMULATOR_WAITING)
        self._progress = _make(LOOP_PROGRESS).labels(loop="publish")
        self._beat: float | None = None

    def beat(self) -> None:
        """The loop has turned."""
        self._beat = time.monotonic()
        self._progress.set_to_current_time()

    def acknowledged(self, kind: str) -> None:
        self._published.labels(kind=kind).inc()

    def waiting(self, messages: int) -> None:
        self._waiting.set(messages)

    def report(self) -> dict[str, object]:
        age = None if self._beat is None else round(time.monotonic() - self._beat, 1)
        connected = self._connected()
        healthy = connected and age is not None and age <= LIMIT_S
        return {"healthy": healthy, "connected": connected, "loops": {"publish": age}}

    def serve(self, host: str, port: int) -> ThreadingHTTPServer:
        """Answer on a thread of its own; ``server_address`` tells the port."""
        handler = type("Handler", (_Handler,), {"watch": self})
        server = ThreadingHTTPServer((host, port), handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
        return server


class _Handler(BaseHTTPRequestHandler):
    watch: Watch

    def do_GET(self) -> None:
        if self.path == "/metrics":
            self._answer(HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest())
        elif self.path == "/health":
            report = self.watch.report()
            status = HTTPStatus.OK if report["healthy"] else HTTPStatus.SERVICE_UNAVAILABLE
            self._answer(status, "application/json", json.dumps(report).encode())
        else:
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"try /metrics or /health\n")

    def _answer(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Linli-Pid", str(os.getpid()))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Scrapes are not worth a line each."""
