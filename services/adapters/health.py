"""The progress of a process's loops, those that rest for long included."""

import threading
from typing import Final

from streams.process.health import Progress

BREATH_S: Final = 5.0


class Health(Progress):
    """What the loops of a service report to."""

    def rest(self, loop: str, stop: threading.Event, seconds: float) -> None:
        """Wait for ``stop``, ``seconds`` at most, in short breaths: a loop that rests is not one that hangs."""
        for _ in range(max(int(seconds / BREATH_S), 1)):
            self.beat(loop)
            if stop.wait(BREATH_S):
                return
