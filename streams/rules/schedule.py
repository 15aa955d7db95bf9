"""When a rule's daily window is open: local days, Chinese holidays and make-up workdays."""

import datetime as dt
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import chinese_calendar

from streams.contracts import Days, Schedule

MINUTE_MS: Final = 60_000
LONGEST_WAIT_DAYS: Final = 30
"""No run of holidays or workdays is longer; a window that has not opened by then never does."""


@lru_cache(maxsize=4096)
def is_workday(day: dt.date) -> bool:
    """Whether people work on that day in mainland China.

    The State Council announces a year's holidays in the November before; for a year that the
    calendar does not know yet the week decides.
    """
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def open_at(schedule: Schedule, at: int) -> bool:
    """Whether the window is open at ``at``, epoch ms."""
    local = dt.datetime.fromtimestamp(at / 1000, _zone(schedule.zone))
    minute = local.hour * 60 + local.minute
    day = local.date()
    if schedule.start < schedule.end:
        return schedule.start <= minute < schedule.end and _suits(schedule.days, day)
    if minute >= schedule.start:
        return _suits(schedule.days, day)
    return minute < schedule.end and _suits(schedule.days, day - dt.timedelta(days=1))


def next_open(schedule: Schedule, at: int) -> int | None:
    """The first moment from ``at`` on, epoch ms, at which the window is open; None: never."""
    if open_at(schedule, at):
        return at
    zone = _zone(schedule.zone)
    today = dt.datetime.fromtimestamp(at / 1000, zone).date()
    for ahead in range(LONGEST_WAIT_DAYS):
        day = today + dt.timedelta(days=ahead)
        if not _suits(schedule.days, day):
            continue
        midnight = dt.datetime.combine(day, dt.time(), zone)
        start = int(midnight.timestamp() * 1000) + schedule.start * MINUTE_MS
        if start >= at and open_at(schedule, start):
            return start
    return None


def _suits(days: Days, day: dt.date) -> bool:
    return days is Days.ALL or is_workday(day) is (days is Days.WORKDAY)
