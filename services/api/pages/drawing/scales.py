"""Axes of the charts: round steps for values, clock steps for times, fewer points than pixels. Pure."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from services.api.pages.formatting import DAY, HOUR, MINUTE, local

Point = tuple[int, float]
TIME_STEPS: Final = (
    MINUTE, 2 * MINUTE, 4 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE,
    HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Frame:
    """The plot's rectangle in SVG units, and what its edges mean."""

    left: float
    top: float
    right: float
    bottom: float
    start: int
    end: int
    low: float
    high: float

    def x(self, at: float) -> float:
        share = (at - self.start) / max(self.end - self.start, 1)
        return self.left + (self.right - self.left) * min(max(share, 0.0), 1.0)

    def y(self, value: float) -> float:
        share = (value - self.low) / ((self.high - self.low) or 1)
        return self.bottom - (self.bottom - self.top) * min(max(share, 0.0), 1.0)


def nice_step(span: float, most: int = 4) -> float:
    """The smallest round step (1, 2, 2.5, 5 times a power of ten) that needs at most ``most`` of it."""
    if span <= 0 or not math.isfinite(span):
        return 1.0
    rough = span / most
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)


def value_ticks(low: float, high: float, most: int = 4) -> list[float]:
    """Round values from ``low`` to ``high``."""
    step = nice_step(high - low, most)
    first = math.ceil(low / step - 1e-9)
    return [index * step for index in range(first, math.floor(high / step + 1e-9) + 1)]


FLAT = 1e-6
"""A smaller difference is no difference: no metric is that fine, and floats stop telling them apart."""


def bounds(values: Sequence[float], limits: Sequence[float]) -> tuple[float, float]:
    """Ends of the value axis: everything seen and every limit, with air above, from 0 where that is natural."""
    seen = [*values, *limits] or [0.0, 1.0]
    lowest, highest = min(seen), max(seen)
    low = 0.0 if lowest >= 0 and (lowest <= highest / 2 or highest == 0) else lowest - (highest - lowest) * 0.25
    high = highest + (highest - low) * (0.25 if limits and highest == max(limits) else 0.12)
    if high - low < FLAT:
        high = low + 1.0
    step = nice_step(high - low)
    return math.floor(low / step) * step, math.ceil(high / step - 1e-9) * step


def time_ticks(start: int, end: int, most: int = 5) -> list[int]:
    """Moments on the round minutes and hours of the wall clock."""
    step = next((step for step in TIME_STEPS if (end - start) / step <= most), TIME_STEPS[-1])
    offset = int((local(start).utcoffset() or timedelta(0)).total_seconds() * 1000)
    first = -(-(start + offset) // step) * step - offset
    return list(range(first, end + 1, step))


def thinned(points: Sequence[Point], start: int, end: int, columns: int) -> list[Point]:
    """At most a low and a high a pixel column, in order: a one-sample spike survives."""
    if len(points) <= 2 * columns:
        return list(points)
    kept: list[Point] = []
    bucket: list[Point] = []
    current = -1
    for point in points:
        column = int((point[0] - start) * columns / max(end - start, 1))
        if column != current and bucket:
            kept.extend(_extremes(bucket))
            bucket = []
        current = column
        bucket.append(point)
    return kept + _extremes(bucket)


def _extremes(bucket: Sequence[Point]) -> list[Point]:
    if not bucket:
        return []
    ends = {min(bucket, key=lambda p: p[1]), max(bucket, key=lambda p: p[1]), bucket[-1]}
    return sorted(ends)


def runs(points: Sequence[Point], gap: int) -> list[list[Point]]:
    """Split where nothing came for longer than ``gap``: a line is never drawn over missing data."""
    split: list[list[Point]] = []
    for point in points:
        if split and point[0] - split[-1][-1][0] <= gap:
            split[-1].append(point)
        else:
            split.append([point])
    return split


def silences(points: Sequence[Point], start: int, end: int, gap: int) -> list[tuple[int, int]]:
    """The stretches without data, the edges of the picture included."""
    moments = [start, *(at for at, _ in points), end]
    return [(a, b) for a, b in itertools.pairwise(moments) if b - a > gap]
