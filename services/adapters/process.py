"""The life of a process: settings, logs, loops on threads, signals, one exit code.

A process is a set of named loops. Each runs until ``stop`` is set; one that raises ends the
whole process with code 1, since half a process is worse than a restart.
"""

import signal
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Final, TypeVar

from services.adapters import logging
from services.adapters.health import Health
from services.adapters.retry import Stopped
from services.adapters.settings import ProcessSettings
from streams.process import heap
from streams.process.health import serve
from streams.process.settings import load

Loop = Callable[[threading.Event], None]
S = TypeVar("S", bound=ProcessSettings)
YOUNGEST: Final = 10_000
"""A drawn page leaves a thousand objects in circles: after ten pages they go in some 5 ms, after fifty in 40."""


@dataclass(slots=True)
class Runtime:
    """What a composition root gets: the stop signal, health, and a stack for what must be closed."""

    stop: threading.Event = field(default_factory=threading.Event)
    health: Health = field(default_factory=Health)
    resources: ExitStack = field(default_factory=ExitStack)


def run(
    name: str,
    settings_type: type[S],
    compose: Callable[[S, Runtime], dict[str, Loop]],
    *,
    purpose: str,
    argv: Sequence[str] | None = None,
) -> int:
    """Run a process until a signal or a failure; returns its exit code."""
    settings = load(settings_type, purpose, f"linli-{name}", argv)
    logging.configure(process=name, level=settings.log_level, json=settings.log_json)
    log = logging.get(__name__)
    runtime = Runtime()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, lambda *_: runtime.stop.set())
    failed = threading.Event()

    def guarded(loop_name: str, loop: Loop) -> None:
        try:
            loop(runtime.stop)
        except Stopped:
            pass  # the end was asked for while a server was away
        except Exception:
            log.exception("loop failed", loop=loop_name)
            failed.set()
        finally:
            runtime.stop.set()

    with runtime.resources:
        server = serve(runtime.health.report, settings.metrics_host, settings.metrics_port)
        runtime.resources.callback(server.shutdown)
        try:
            loops = compose(settings, runtime)
        except Stopped:
            log.info("stopped before it had started")
            return 0
        threads = [
            threading.Thread(target=guarded, args=(loop_name, loop), name=loop_name)
            for loop_name, loop in loops.items()
        ]
        _settle()
        for thread in threads:
            thread.start()
        log.info("started", loops=sorted(loops), metrics_port=server.server_address[1])
        runtime.stop.wait()
        for thread in threads:
            thread.join(timeout=20)
    log.info("stopped", failed=failed.is_set())
    return 1 if failed.is_set() else 0


def _settle() -> None:
    """Leave what a process is made of out of every later collection.

    Routes, models and catalogues live as long as the process. To walk them stops all threads for a
    tenth of a second, some dozen times a minute at fifty requests a second.
    """
    heap.leave_out()
    heap.collect_less_often(YOUNGEST)
