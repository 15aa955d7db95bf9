"""Series for a chart: how fine, and where the line must break."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000
RAW_UP_TO_MS: Final = 3 * HOUR_MS
MINUTES_UP_TO_MS: Final = 49 * HOUR_MS
"""A day's chart with some room on both sides is drawn from minutes: under 3,000 points."""


class Step(StrEnum):
    """What one point of a chart stands for."""

    RAW = "raw"
    MINUTE = "1m"
    HOUR = "1h"

    @property
    def ms(self) -> int:
        return {Step.RAW: 0, Step.MINUTE: MINUTE_MS, Step.HOUR: HOUR_MS}[self]


@dataclass(frozen=True, slots=True)
class Point:
    """One point; a ``value`` of None is a gap, where the line breaks. ``ts`` is the bucket's start.

    ``low`` and ``high`` are the extremes in the bucket, ``n`` its sound readings.
    """

    ts: int
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0


@dataclass(frozen=True, slots=True)
class Chart:
    """One metric of one device over a span."""

    device: str
    metric: str
    step: Step
    points: tuple[Point, ...]


def chart_step(span_ms: int) -> Step:
    """The finest step that keeps a chart of this span light."""
    if span_ms <= RAW_UP_TO_MS:
        return Step.RAW
    return Step.MINUTE if span_ms <= MINUTES_UP_TO_MS else Step.HOUR


def with_gaps(points: Sequence[Point], *, step: Step, period_ms: int) -> tuple[Point, ...]:
    """Put a gap wherever three reporting periods passed in silence; a line never bridges it."""
    longest = max(3 * period_ms, 2 * step.ms)
    out: list[Point] = []
    for point in points:
        if out and point.ts - out[-1].ts > longest:
            out.append(Point(out[-1].ts + max(step.ms, 1), None))
        out.append(point)
    return tuple(out)
