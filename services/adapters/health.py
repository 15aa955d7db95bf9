"""``/metrics`` and ``/health`` of a process, and the loops whose progress they report."""

import json
import os
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from services.adapters.metrics import gauge
from streams.contracts.metrics import LOOP_PROGRESS

BREATH_S = 5.0


class Health:
    """Who got something done, and when.

    A loop that has not called :meth:`beat` for ``limit_s`` is ill: a thread that is alive but
    stuck must not look healthy.
    """

    def __init__(self, limit_s: float = 30.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit_s
        self._clock = clock
        self._beats: dict[str, float] = {}
        self._lock = threading.Lock()

    def beat(self, loop: str) -> None:
        with self._lock:
            self._beats[loop] = self._clock()
        gauge(LOOP_PROGRESS, loop=loop).set_to_current_time()

    def rest(self, loop: str, stop: threading.Event, seconds: float) -> None:
        """Wait for ``stop``, ``seconds`` at most, in short breaths: a loop that rests is not one that hangs."""
        for _ in range(max(int(seconds / BREATH_S), 1)):
            self.beat(loop)
            if stop.wait(BREATH_S):
                return

    def report(self) -> dict[str, object]:
        """``{"healthy": bool, "loops": {name: seconds since its last beat}}``."""
        with self._lock:
            ages = {loop: round(self._clock() - beat, 1) for loop, beat in self._beats.items()}
        return {"healthy": bool(ages) and max(ages.values()) <= self._limit, "loops": ages}


class _Handler(BaseHTTPRequestHandler):
    health: Health

    def do_GET(self) -> None:
        if self.path == "/metrics":
            self._answer(HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest())
        elif self.path == "/health":
            report = self.health.report()
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


def serve(health: Health, host: str, port: int) -> ThreadingHTTPServer:
    """Answer scrapes on a thread of its own; ``server_address`` tells the port."""
    handler = type("Handler", (_Handler,), {"health": health})
    server = ThreadingHTTPServer((host, port), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server
