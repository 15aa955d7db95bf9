"""``/metrics`` and ``/health`` of a streams worker: healthy means that data has moved."""

import json
import os
import threading
import time
from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest

from streams.contracts.metrics import LOOP_PROGRESS, Metric, instrument


@cache
def made(metric: Metric) -> Any:
    """The one instrument of ``metric`` in this process."""
    return instrument(metric, counter=Counter, gauge=Gauge, histogram=Histogram)


class Progress:
    """When each agent last got something done; ticks come every second, so silence is illness."""

    def __init__(self, limit_s: float = 30.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit_s
        self._clock = clock
        self._beats: dict[str, float] = {}
        self._lock = threading.Lock()

    def beat(self, agent: str) -> None:
        with self._lock:
            self._beats[agent] = self._clock()
        made(LOOP_PROGRESS).labels(loop=agent).set_to_current_time()

    def report(self) -> dict[str, object]:
        """``{"healthy": bool, "loops": {name: seconds since its last beat}}``."""
        with self._lock:
            ages = {agent: round(self._clock() - beat, 1) for agent, beat in self._beats.items()}
        return {"healthy": bool(ages) and max(ages.values()) <= self._limit, "loops": ages}


def serve(progress: Progress, host: str, port: int) -> ThreadingHTTPServer:
    """Answer scrapes on a thread of its own; ``server_address`` tells the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/metrics":
                self._answer(HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest())
            elif self.path == "/health":
                report = progress.report()
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

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server
