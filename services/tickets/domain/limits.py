"""How long a clock runs, in words that a policy can be read by: ``30m``, ``24h``, ``7d``, ``4wh``, ``5wd``.

``m``, ``h``, ``d`` run day and night; ``wh`` counts working hours; ``wd`` counts whole working
days from the day after, so that five of them end with the fifth.
"""

import re
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

from services.tickets.domain import calendars
from services.tickets.domain.calendars import Hours

MINUTE: Final = calendars.MINUTE
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
_WORDS: Final = re.compile(r"([1-9]\d{0,3})(m|h|d|wh|wd)")


class Kind(StrEnum):
    """Which time a limit counts."""

    CONTINUOUS = "continuous"
    WORKING_HOURS = "working_hours"
    WORKING_DAYS = "working_days"


class Limit(NamedTuple):
    """``amount`` ms, or days where working days are counted."""

    kind: Kind
    amount: int


_UNITS: Final = {
    "m": (Kind.CONTINUOUS, MINUTE), "h": (Kind.CONTINUOUS, HOUR), "d": (Kind.CONTINUOUS, DAY),
    "wh": (Kind.WORKING_HOURS, HOUR), "wd": (Kind.WORKING_DAYS, 1),
}  # fmt: skip
FREE: Final = Limit(Kind.CONTINUOUS, 0)
"""What a clock with a date instead of a limit counts."""


@lru_cache(maxsize=256)
def limit_of(words: str) -> Limit:
    """A limit from its words; none where a person chose the date.

    Raises:
        ValueError: they name no limit.
    """
    if not words:
        return FREE
    found = _WORDS.fullmatch(words)
    if found is None:
        raise ValueError(f"{words!r} is no limit; write 30m, 24h, 7d, 4wh (working hours) or 5wd (working days)")
    kind, size = _UNITS[found[2]]
    return Limit(kind, int(found[1]) * size)


def due_after(start: int, limit: Limit, hours: Hours) -> int:
    """When ``limit`` ends that starts now."""
    if limit.kind is Kind.WORKING_DAYS:
        return calendars.after_days(start, limit.amount)
    if limit.kind is Kind.WORKING_HOURS:
        return calendars.after_hours(start, limit.amount, hours)
    return start + limit.amount


def moved_by(due: int, limit: Limit, hours: Hours) -> int:
    """``due`` moved out by ``limit``: working days follow the last one that it had."""
    return due_after(due - (limit.kind is Kind.WORKING_DAYS), limit, hours)


def warn_at(start: int, due: int, kind: Kind, hours: Hours) -> int:
    """When the yellow card comes: one working day before the end, or at 75 % of the time."""
    if kind is Kind.WORKING_DAYS:
        return max(start, calendars.last_day(due))
    if kind is Kind.WORKING_HOURS:
        whole = calendars.hours_between(start, due, hours)
        return calendars.after_hours(start, whole - whole // 4, hours)
    return due - (due - start) // 4


def left_of(now: int, due: int, kind: Kind, hours: Hours) -> int:
    """What remains: ms, or working days (-1: the deadline has passed)."""
    if kind is Kind.WORKING_DAYS:
        return calendars.days_left(now, due)
    if kind is Kind.WORKING_HOURS:
        return calendars.hours_between(now, due, hours)
    return max(0, due - now)


def again(since: int, due: int, kind: Kind, hours: Hours) -> int:
    """``due`` by the calendar that there is now, where it was counted from ``since`` before its year was announced."""
    if kind is Kind.WORKING_DAYS:
        return calendars.again(since, due)
    return calendars.hours_again(since, due, hours) if kind is Kind.WORKING_HOURS else due


def due_again(now: int, left: int, kind: Kind, hours: Hours) -> int:
    """When what remained ends, if it goes on now."""
    if left <= 0 and kind is not Kind.WORKING_DAYS:
        return now
    return now if left < 0 else due_after(now, Limit(kind, left), hours)
