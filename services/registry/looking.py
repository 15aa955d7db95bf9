"""The beat of what the registry watches: a few rows every few seconds."""

import threading
from collections.abc import Callable
from typing import Final

from services.adapters.health import Health
from services.adapters.retry import until_available

EVERY_S: Final = 5.0
"""Well below the half minute after which a loop without a beat counts as stuck."""


def keep_looking(stop: threading.Event, name: str, look: Callable[[], object], health: Health) -> None:
    """Look until ``stop``; the beat shows that the pool works.

    Raises:
        Stopped: ``stop`` was set while a server was away.
    """
    while not stop.is_set():
        until_available(stop, name, look)
        health.beat(name)
        stop.wait(EVERY_S)
