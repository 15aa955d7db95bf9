"""What travels together: everything for one grid within one linger window, up to a size."""

from dataclasses import dataclass, field
from typing import Final

from services.gateway.domain.window import Arrival
from streams.contracts import Sample

LINGER_MS: Final = 30
"""Long enough to fill batches at any load that matters, short beside the 500 ms aim of the chain."""
MAX_READINGS: Final = 500


@dataclass(slots=True)
class Bundle:
    """Samples of one grid and the messages that brought them."""

    grid: str
    samples: list[Sample] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)
    readings: int = 0


class Linger:
    """Collects samples per grid until the window that the first of them opened has passed."""

    def __init__(self, linger_ms: int = LINGER_MS, max_readings: int = MAX_READINGS) -> None:
        self._linger_ms = linger_ms
        self._max_readings = max_readings
        self._open: dict[str, Bundle] = {}
        self._full: list[Bundle] = []
        self._due: int | None = None

    @property
    def due(self) -> int | None:
        """When the open window ends (epoch ms); None while nothing waits."""
        return self._due

    def add(self, grid: str, sample: Sample, arrival: Arrival, now: int) -> None:
        """Put a sample into its grid's bundle; the arrival owes one record more for a new bundle."""
        bundle = self._open.get(grid)
        if bundle is None:
            bundle = self._open[grid] = Bundle(grid)
            if self._due is None:
                self._due = now + self._linger_ms
        bundle.samples.append(sample)
        bundle.readings += len(sample.values) or 1
        if not bundle.arrivals or bundle.arrivals[-1] is not arrival:
            bundle.arrivals.append(arrival)
            arrival.owed += 1
        if bundle.readings >= self._max_readings:
            self._full.append(self._open.pop(grid))

    def take(self, now: int) -> list[Bundle]:
        """Bundles that must travel now: the full ones, and all of them once the window is over."""
        # A clock set back would hold the window open for as long as it was set back: a due time
        # further away than one window is over as well.
        if self._due is not None and not self._due - self._linger_ms <= now < self._due:
            return self.take_all()
        full, self._full = self._full, []
        return full

    def take_all(self) -> list[Bundle]:
        """Everything, in the order in which the grids first spoke."""
        bundles = [*self._full, *self._open.values()]
        self._full = []
        self._open = {}
        self._due = None
        return bundles

    def forget(self) -> None:
        """Drop what has not travelled; the broker sends it again."""
        self.take_all()
