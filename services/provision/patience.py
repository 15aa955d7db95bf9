"""A stop signal that gives up by itself: a one-shot waits for servers, but not for ever."""

import threading
import time


class Patience:
    """Set once ``seconds`` have passed; a :class:`services.ports.Stop`."""

    def __init__(self, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds
        self._never = threading.Event()

    def is_set(self) -> bool:
        return time.monotonic() >= self._deadline

    def wait(self, timeout: float | None = None) -> bool:
        """Wait ``timeout`` seconds or until patience has run out; tells whether it has."""
        left = max(0.0, self._deadline - time.monotonic())
        self._never.wait(left if timeout is None else min(timeout, left))
        return self.is_set()
