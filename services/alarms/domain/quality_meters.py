"""Meters that a stream of activations turns: floods of a position, bursts of a source. One pass, no look back."""

from collections import deque
from dataclasses import dataclass, field

Span = tuple[int, int]


@dataclass(slots=True)
class Flood:
    """Alarm floods (alarms.md rule 10): in at ``enter`` alarms within ``window`` ms, out below ``leave``.

    A window reaches back from a moment and does not hold its far edge.
    """

    enter: int
    leave: int
    window: int
    spans: list[Span] = field(default_factory=list)
    began: int | None = None
    _times: deque[int] = field(init=False)

    def __post_init__(self) -> None:
        self._times = deque(maxlen=self.enter)

    def add(self, at: int) -> None:
        """One alarm at ``at``, not before the last one."""
        self.until(at - 1)  # one that comes just as an old one leaves keeps the flood up
        self._times.append(at)
        full = len(self._times) == self.enter and at - self._times[0] < self.window
        if self.began is None and full:
            self.began = at

    def until(self, at: int) -> None:
        """Time has gone on to ``at``: a flood ends when the alarm that kept it up leaves the window."""
        if self.began is None:
            return
        over = self._times[-self.leave] + self.window
        if over <= at:
            self.spans.append((self.began, over))
            self.began = None

    def finished(self, at: int) -> list[Span]:
        """Every flood up to ``at``; one that still lasts ends there."""
        self.until(at)
        return [*self.spans, (self.began, at)] if self.began is not None else list(self.spans)


@dataclass(slots=True)
class Burst:
    """How often one source came within any ``window`` ms, at most."""

    window: int
    most: int = 0
    _times: deque[int] = field(default_factory=deque)

    def add(self, at: int, *, counts: bool) -> None:
        """One alarm; it ``counts`` from the period's start on, what came just before it helps to see a burst."""
        while self._times and at - self._times[0] >= self.window:
            self._times.popleft()
        self._times.append(at)
        if counts:
            self.most = max(self.most, len(self._times))


def overlap(spans: list[Span], start: int, end: int) -> int:
    """Milliseconds of ``spans`` (which do not overlap each other) from ``start`` to ``end``."""
    return sum(max(min(high, end) - max(low, start), 0) for low, high in spans)
