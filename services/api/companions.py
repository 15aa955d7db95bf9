"""Further processes on the front door's port: a process answers as much as one core can, and a city asks for more.

Each is a front door of its own, with its own metrics port; the kernel deals new connections out among them. The
first one starts and watches them. What one of them cannot go on without, none can: they end together.
"""

import os
import select
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from services.adapters import logging
from services.adapters.health import Health
from services.adapters.process import Loop
from streams.contracts import LinliError

_LOG: Final = logging.get(__name__)
LOOP: Final = "companions"
LOOK_S: Final = 0.5
GRACE_S: Final = 15.0
"""How long one may take to end; the process as a whole has twenty seconds."""


class CompanionLost(LinliError):
    """One of the processes on our port ended by itself."""


@dataclass(frozen=True, slots=True)
class Companions:
    """``metrics_ports`` has one for each further process; ``port`` is where all of them answer."""

    metrics_ports: Sequence[int]
    port: int
    health: Health

    def run(self, stop: threading.Event) -> None:
        """A loop that lives as long as all of them.

        Raises:
            CompanionLost: one ended by itself.
        """
        lifeline, ours = os.pipe()
        started: list[subprocess.Popen[bytes]] = []
        try:
            started += (_started(self.port, metrics, lifeline) for metrics in self.metrics_ports)
            while not stop.wait(LOOK_S):
                for each in started:
                    if each.poll() is not None:
                        raise CompanionLost(f"process {each.pid} ended with code {each.returncode}")
                self.health.beat(LOOP)
        finally:
            os.close(lifeline)
            os.close(ours)  # which ends them even where they are deaf to signals
            _end(started)


def tied(lifeline: int) -> Loop:
    """A loop that ends the process when the one that holds the other end of ``lifeline`` is gone, however it went."""

    def run(stop: threading.Event) -> None:
        while not stop.is_set():
            readable, _, _ = select.select([lifeline], [], [], LOOK_S)
            if readable:  # nothing is ever written to it
                stop.set()

    return run


def _started(port: int, metrics: int, lifeline: int) -> subprocess.Popen[bytes]:
    own = {"LINLI_HTTP_PORT": str(port), "LINLI_METRICS_PORT": str(metrics), "LINLI_HTTP_COMPANIONS": ""}
    command = [sys.executable, "-m", "services.api.companion", str(lifeline)]
    process = subprocess.Popen(command, env={**os.environ, **own}, pass_fds=[lifeline])
    _LOG.info("companion started", pid=process.pid, metrics_port=metrics)
    return process


def _end(started: Sequence[subprocess.Popen[bytes]]) -> None:
    for each in started:
        each.terminate()
    for each in started:
        with suppress(subprocess.TimeoutExpired):
            each.wait(GRACE_S)
        if each.poll() is None:
            _LOG.warning("companion is killed", pid=each.pid)
            each.kill()
            each.wait()
