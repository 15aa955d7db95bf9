"""The city's statistical time: a day from noon to noon, a month from the 19th.

The statistical day D is [D-1 12:00, D 12:00) in Shanghai, and a month is whole statistical days:
November is the days from October 19 to November 18. So the days of a month add up to it.
"""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

from services.tickets.domain.errors import Wrong
from services.tickets.domain.figures.scoring import Scoring
from services.tickets.domain.numbers import SHANGHAI

_DAY_MS: Final = 86_400_000
_MOST_DAYS: Final = 3_660
_FORMS: Final = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")
_SPAN: Final = ".."


class Window(NamedTuple):
    """A period by name; [start, end) in epoch ms, ``first`` and ``last`` its statistical days."""

    name: str
    start: int
    end: int
    first: date
    last: date


def window_of(name: str, scoring: Scoring) -> Window:
    """A day ``2026-11-22``, a month ``2026-11``, a year ``2026``, or days ``2026-11-01..2026-11-22``.

    Raises:
        Refused: ``fields``, it is none of these.
    """
    first, _, last = name.partition(_SPAN)
    try:
        begin = _days(first, scoring)[0]
        end = _days(last or first, scoring)[1]
        window = _window(name, begin, end, scoring)
    except (ValueError, OverflowError):
        window = None
    if window is None or not 0 < window.end - window.start <= _MOST_DAYS * _DAY_MS:
        raise Wrong(
            "period",
            name[:40],
            f"period '{name[:40]}' is no day 2026-11-22, month 2026-11, year 2026 or days 2026-11-01..2026-11-22, "
            "at most ten years",
            "Write one of these.",
        )
    return window


def days_of(window: Window, scoring: Scoring) -> tuple[Window, ...]:
    """The statistical days of a window."""
    count = (window.last - window.first).days + 1
    days = (window.first + timedelta(days=number) for number in range(count))
    return tuple(_window(day.isoformat(), day, day, scoring) for day in days)


def months_of(window: Window, scoring: Scoring) -> tuple[Window, ...]:
    """The statistical months that a window touches, cut to it."""
    found: list[Window] = []
    day = window.first
    while day <= window.last:
        name = _month_of(day, scoring)
        last = min(_days(name, scoring)[1], window.last)
        found.append(_window(name, day, last, scoring))
        day = last + timedelta(days=1)
    return tuple(found)


def month_at(now: int, scoring: Scoring) -> str:
    """The statistical month that ``now`` is in."""
    return _month_of(day_at(now, scoring), scoring)


def before(month: str) -> str:
    """The month before ``month``, both as ``2026-11``."""
    number = int(month[:4]) * 12 + int(month[5:]) - 2
    return f"{number // 12:04}-{number % 12 + 1:02}"


def day_at(now: int, scoring: Scoring) -> date:
    """The statistical day that ``now`` is in."""
    local = datetime.fromtimestamp(now / 1000, UTC).astimezone(SHANGHAI)
    started = local.hour * 60 + local.minute >= scoring.day_begins
    return local.date() + timedelta(days=1 if started and scoring.day_begins else 0)


def _month_of(day: date, scoring: Scoring) -> str:
    if scoring.month_begins == 1 or day.day < scoring.month_begins:
        return f"{day.year:04}-{day.month:02}"
    after = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return f"{after.year:04}-{after.month:02}"


def _days(name: str, scoring: Scoring) -> tuple[date, date]:
    match = _FORMS.fullmatch(name)
    if match is None:
        raise ValueError(name)
    year, month, day = match.groups()
    if day:
        only = date(int(year), int(month), int(day))
        return only, only
    if month:
        return _starts(int(year), int(month), scoring), _ends(int(year), int(month), scoring)
    return _starts(int(year), 1, scoring), _ends(int(year), 12, scoring)


def _starts(year: int, month: int, scoring: Scoring) -> date:
    if scoring.month_begins == 1:
        return date(year, month, 1)
    before = date(year, month, 1) - timedelta(days=1)
    return before.replace(day=scoring.month_begins)


def _ends(year: int, month: int, scoring: Scoring) -> date:
    if scoring.month_begins == 1:
        return (date(year, month, 1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return date(year, month, scoring.month_begins - 1)


def _window(name: str, first: date, last: date, scoring: Scoring) -> Window:
    return Window(name, _start(first, scoring), _start(last, scoring) + _DAY_MS, first, last)


def _start(day: date, scoring: Scoring) -> int:
    """When a statistical day begins: at ``day_begins`` of the day before, or at midnight."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    start = midnight - timedelta(days=1) + timedelta(minutes=scoring.day_begins) if scoring.day_begins else midnight
    return round(start.timestamp() * 1000)
