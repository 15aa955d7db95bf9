"""When time itself is written to each partition, and when it would only pile up."""

from collections.abc import Iterable
from typing import Final

PERIOD_MS: Final = 1_000


class Ticker:
    """One tick a second to every partition, never a second one behind one that is still on its way.

    While Kafka is away only the newest moment matters: a partition that has not acknowledged its
    last tick gets no other.
    """

    def __init__(self, partitions: int, period_ms: int = PERIOD_MS) -> None:
        self._partitions = range(partitions)
        self._period_ms = period_ms
        self._last: int | None = None
        self._on_the_way: set[int] = set()

    def due_in(self, now: int) -> int:
        """Milliseconds until the next tick; 0 when it is due (or the clock was set back)."""
        if self._last is None or now < self._last:
            return 0
        return max(0, self._last + self._period_ms - now)

    def take(self, now: int) -> list[int]:
        """The partitions that get a tick at ``now``; they count as on the way from here on."""
        if self.due_in(now):
            return []
        self._last = now
        partitions = [number for number in self._partitions if number not in self._on_the_way]
        self._on_the_way.update(partitions)
        return partitions

    def delivered(self, partitions: Iterable[int]) -> None:
        self._on_the_way.difference_update(partitions)
