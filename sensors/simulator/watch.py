"""What the simulator tells of itself; healthy means that its loop turns and the broker is there."""

from collections.abc import Callable
from typing import Final

from streams.contracts.metrics import SIMULATOR_PUBLISHED, SIMULATOR_WAITING
from streams.process.health import Progress
from streams.process.metrics import made

LOOP: Final = "publish"


class Watch:
    """What the loop reports and what a scrape reads."""

    def __init__(self, connected: Callable[[], bool]) -> None:
        self._connected = connected
        self._progress = Progress()
        self._published = made(SIMULATOR_PUBLISHED)
        self._waiting = made(SIMULATOR_WAITING)

    def beat(self) -> None:
        """The loop has turned."""
        self._progress.beat(LOOP)

    def acknowledged(self, kind: str) -> None:
        self._published.labels(kind=kind).inc()

    def waiting(self, messages: int) -> None:
        self._waiting.set(messages)

    def report(self) -> dict[str, object]:
        """:meth:`streams.process.health.Progress.report`, and whether the broker is there: ``connected``."""
        progress, connected = self._progress.report(), self._connected()
        return {**progress, "healthy": connected and progress["healthy"], "connected": connected}
