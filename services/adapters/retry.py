"""Retry what a server's absence interrupted, with backoff, until asked to stop."""

from collections.abc import Callable
from typing import TypeVar

from services.adapters import logging
from services.adapters.metrics import counter
from services.ports import Stop
from streams.contracts import Unavailable
from streams.contracts.metrics import LOOP_ERRORS

T = TypeVar("T")
FIRST_S = 0.1
MOST_S = 5.0


class Stopped(Exception):
    """The process was asked to end while it waited for a server."""


def until_available(stop: Stop, loop: str, attempt: Callable[[], T]) -> T:
    """Call ``attempt`` until it does not raise :class:`Unavailable`.

    Raises:
        Stopped: ``stop`` was set first.
    """
    log = logging.get(__name__)
    pause = FIRST_S
    while True:
        try:
            return attempt()
        except Unavailable as error:
            counter(LOOP_ERRORS, loop=loop, error="unavailable").inc()
            log.warning("waiting for a server", loop=loop, error=str(error), retry_s=pause)
            if stop.wait(pause):
                raise Stopped(loop) from error
            pause = min(pause * 2, MOST_S)
