"""The figures of alarm quality: what the measurement gives. ``None`` is "no data" wherever it stands."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from services.alarms.domain.quality_meters import Span
from services.alarms.domain.quality_targets import DAY, HOUR, TEN_MINUTES, Verdict

CLASSES: Final = ("high", "medium", "low")
ZONE_MS: Final = 8 * HOUR
"""Days are those of Asia/Shanghai, which keeps one offset."""


@dataclass(frozen=True, slots=True)
class Period:
    """From ``start`` to ``end`` (excluded), of which ``known`` is the part that the log covers."""

    start: int
    end: int
    known: Span | None

    @classmethod
    def of(cls, start: int, end: int, *, first: int | None, now: int) -> "Period":
        """Nothing is known of the time before the ``first`` transition that was ever stored, nor of the future."""
        low, high = max(start, end if first is None else first), min(end, now)
        return cls(start, end, (low, high) if low < high else None)


class Source(NamedTuple):
    """Where alarms come from: one rule on one device."""

    device: str
    rule: str


class Counted(NamedTuple):
    """A source and its number: of alarms, or the most within one burst."""

    source: Source
    number: int


class Stale(NamedTuple):
    """An alarm that stood too long; ``since`` is log time, ``until`` None while it still does."""

    source: Source
    episode: str
    since: int
    until: int | None


@dataclass(frozen=True, slots=True)
class Rate:
    """Alarms in slots of ``window`` ms: on average, in the worst one, and the share of slots beyond the limit.

    ``last``: in the newest ``window`` that is known.
    """

    window: int
    last: int | None
    mean: float | None
    worst: int | None
    over: float | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Point:
    """One slot of the trend; every figure is None where the log covers none of it, or nothing was there."""

    start: int
    end: int
    alarms: int | None
    flood_share: float | None
    answer_ms: float | None


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean over ``count`` durations, ms; None over none."""

    count: int
    mean: float | None
    worst: int | None


@dataclass(frozen=True, slots=True)
class Quality:
    """One position. ``position`` is an area prefix; ``rules`` are its alarms by rule, busiest first."""

    position: str
    known: Span | None
    alarms: int | None
    hidden: int | None
    rates: tuple[Rate, Rate, Rate]
    floods: int | None
    in_flood: bool | None
    flood_share: float | None
    flood_rules: tuple[Counted, ...]
    top: tuple[Counted, ...]
    top_share: float | None
    stale: tuple[Stale, ...]
    stale_count: int | None
    chattering: tuple[Counted, ...]
    chattering_count: int | None
    fleeting: tuple[Counted, ...]
    fleeting_count: int | None
    mix: dict[str, float | None]
    by_class: dict[str, Counted | None]
    rules: tuple[Counted, ...]
    answers: Mean
    waiting: int | None
    returns: Mean
    trend: tuple[Point, ...]


def slots(period: Period, slot: int) -> list[Span]:
    """The trend's slots, on the wall clock's days and hours; the first and last may be cut."""
    first = (period.start + ZONE_MS) // slot * slot - ZONE_MS
    starts = range(first, period.end, slot)
    return [(max(start, period.start), min(start + slot, period.end)) for start in starts]


def nothing(position: str, period: Period, slot: int) -> Quality:
    """A position in a period of which nothing is known."""
    empty, rates = Mean(0, None, None), (DAY, HOUR, TEN_MINUTES)
    day, hour, ten = (Rate(window, None, None, None, None, Verdict.NONE) for window in rates)
    return Quality(
        position, None, None, None, (day, hour, ten), None, None, None, (), (), None, (), None, (), None, (), None,
        dict.fromkeys(CLASSES), dict.fromkeys(CLASSES), (), empty, None, empty,
        tuple(Point(*span, None, None, None) for span in slots(period, slot)),
    )  # fmt: skip
