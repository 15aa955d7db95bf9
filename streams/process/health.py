"""``/metrics`` and ``/health`` of a process, and the loops whose progress they report."""

import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from streams.contracts.metrics import LOOP_PROGRESS
from streams.process.metrics import made

LIMIT_S: Final = 30.0

Report = Callable[[], Mapping[str, object]]
"""What ``/health`` answers; with a false ``healthy`` by status 503."""


class Progress:
    """Who got something done, and when.

    A loop that has not called :meth:`beat` for ``limit_s`` is ill: a thread that is alive but
    stuck must not look healthy.
    """

    def __init__(self, limit_s: float = LIMIT_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit_s
        self._clock = clock
        self._beats: dict[str, float] = {}
        self._lock = threading.Lock()

    def beat(self, loop: str) -> None:
        with self._lock:
            self._beats[loop] = self._clock()
        made(LOOP_PROGRESS).labels(loop=loop).set_to_current_time()

    def report(self) -> dict[str, object]:
        """``{"healthy": bool, "loops": {name: seconds since its last beat}}``."""
        with self._lock:
            ages = {loop: round(self._clock() - beat, 1) for loop, beat in self._beats.items()}
        return {"healthy": bool(ages) and max(ages.values()) <= self._limit, "loops": ages}


def serve(report: Report, host: str, port: int) -> ThreadingHTTPServer:
    """Answer scrapes on a thread of its own; ``server_address`` tells the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/metrics":
                self._answer(HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest())
            elif self.path == "/health":
                said = report()
                status = HTTPStatus.OK if said["healthy"] else HTTPStatus.SERVICE_UNAVAILABLE
                self._answer(status, "application/json", json.dumps(said).encode())
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

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server
