"""Working days and working hours as China counts them: holidays, make-up workdays, one time zone.

The State Council announces a year in the autumn before it, and the library follows. Arithmetic
never stops for a year that is not announced yet: it counts plain weeks without the holidays whose
dates the law itself fixes (:data:`FIXED`), and says so (:func:`known`). A person may choose a date in the
first such year; one beyond it is refused (:func:`require_foreseen`), since nobody can say what it would mean.
Times are epoch ms; ``hours`` are the day's working spans in minutes after midnight.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final

import chinese_calendar

from services.tickets.domain.numbers import SHANGHAI
from streams.contracts import Refused

Hours = tuple[tuple[int, int], ...]
MINUTE: Final = 60_000
DAY: Final = 24 * 60 * MINUTE
_ZONE: Final = int(SHANGHAI.utcoffset(None).total_seconds()) * 1000
_FIRST: Final = date(1970, 1, 1)
FIXED: Final = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
"""(month, day) of the statutory holidays that no moon moves: New Year, Labour Day, National Day."""
_LONGEST: Final = 4000
"""Days that one deadline may span: a loop over a calendar ends, whatever it is asked."""


class UnknownYear(Refused):
    """The holidays of a year are not known to the library yet."""

    def __init__(self, year: int) -> None:
        super().__init__(
            "calendar",
            f"the holidays of {year} are not known here; choose a date until {foreseen_until().isoformat()}, "
            "or let an administrator install the chinesecalendar release that has them",
            year=year, known_until=known_until().isoformat(), until=foreseen_until().isoformat(),
        )  # fmt: skip

    def on(self, field: str, value: int, *, most: int) -> None:
        """Which field asked for that year, and the last day that would do: ``most`` (epoch ms) may be the nearer."""
        last = min(foreseen_until(), date_of(most)).isoformat()
        self.extra |= {"field": field, "value": str(value), "until": last, "remedy": f"Choose a date until {last}."}


def is_workday(day: date) -> bool:
    """Whether China works on ``day``.

    Raises:
        UnknownYear: the library has no holidays for that year.
    """
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        raise UnknownYear(day.year) from None


def unusual(day: date) -> tuple[date, bool, str, str] | None:
    """A day of a holiday, or one worked for it: whether it is worked, and the holiday's Chinese and English names.

    None for an ordinary day, and for one whose year is not announced.
    """
    name = chinese_calendar.get_holiday_detail(day)[1] if _is_known_year(day.year) else None
    if name is None:
        return None
    holiday = chinese_calendar.Holiday(name)
    return day, is_workday(day), holiday.chinese, str(holiday.value)


@lru_cache(maxsize=1)
def known_until() -> date:
    """The last day whose holidays are known."""
    year = 2020
    while _is_known_year(year + 1):
        year += 1
    return date(year, 12, 31)


def foreseen_until() -> date:
    """The last day that a person may choose: next year's holidays are always announced in time to mend it."""
    return date(known_until().year + 1, 12, 31)


def known_until_ms() -> int:
    """When the calendar ends, epoch ms."""
    return _midnight((known_until() - _FIRST).days + 1)


def known(at: int) -> bool:
    """Whether the holidays at ``at`` are known."""
    return _is_known_year(date_of(at).year)


def require_foreseen(at: int) -> None:
    """Raises: UnknownYear."""
    day = date_of(at)
    if day > foreseen_until():
        raise UnknownYear(day.year)


def _is_known_year(year: int) -> bool:
    try:
        chinese_calendar.is_workday(date(year, 1, 1))
    except NotImplementedError:
        return False
    return True


@lru_cache(maxsize=4096)
def _works(number: int) -> bool:
    """Day ``number`` since 1970, as announced or else as presumed."""
    day = _FIRST + timedelta(days=number)
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return _presumed(day)


def _presumed(day: date) -> bool:
    """What is known of any year beforehand: Monday to Friday, and the holidays with a date of their own."""
    return day.weekday() < 5 and (day.month, day.day) not in FIXED


def again(since: int, due: int) -> int:
    """A deadline in working days that was counted before its year was announced, counted anew.

    As many working days of the calendar follow the day of ``since`` as followed it of the presumed one.

    Raises:
        Refused: ``calendar``, further than any deadline goes.
    """
    return after_days(since, sum(map(_counted(due), range(_number(since) + 1, _number(due)))))


def hours_again(since: int, due: int, hours: Hours) -> int:
    """The same in working hours."""
    return after_hours(since, hours_between(since, due, hours, _counted(due)), hours)


def _counted(due: int) -> Callable[[int], bool]:
    """The calendar by which ``due`` was counted: the year it ends in was nobody's yet."""
    first = (date(date_of(due - 1).year, 1, 1) - _FIRST).days
    return lambda number: _presumed(_FIRST + timedelta(days=number)) if number >= first else _works(number)


def date_of(at: int) -> date:
    return datetime.fromtimestamp(at / 1000, SHANGHAI).date()


def _number(at: int) -> int:
    return (at + _ZONE) // DAY


def _midnight(number: int) -> int:
    return number * DAY - _ZONE


def after_days(start: int, days: int) -> int:
    """The end of the ``days``-th working day after the day of ``start``; 0: of that day, or the next that works.

    Raises:
        Refused: ``calendar``, further than any deadline goes.
    """
    number = _number(start)
    if days == 0:
        number -= 1
    wanted = max(days, 1)
    for step in range(1, _LONGEST):
        wanted -= _works(number + step)
        if wanted == 0:
            return _midnight(number + step + 1)
    raise Refused("calendar", f"{days} working days are further than a deadline goes")


def days_left(now: int, due: int) -> int:
    """Whole working days between today and ``due``, a midnight; -1 when it has passed.

    ``after_days(now, days_left(now, due))`` is ``due`` again.
    """
    if due <= now:
        return -1
    return sum(_works(number) for number in range(_number(now) + 1, _number(due)))


def last_day(due: int) -> int:
    """When the last working day before ``due`` begins: one working day is left."""
    number = _number(due - 1)
    for step in range(_LONGEST):
        if _works(number - step):
            return _midnight(number - step)
    raise Refused("calendar", "there is no working day before this deadline")


def after_hours(start: int, ms: int, hours: Hours) -> int:
    """When ``ms`` of working time have passed since ``start``.

    Raises:
        Refused: ``calendar``, further than any deadline goes.
    """
    left, number = ms, _number(start)
    for step in range(_LONGEST):
        for begin, end in _spans(number + step, hours):
            length = end - max(begin, start)
            if length <= 0:
                continue
            if left <= length:
                return max(begin, start) + left
            left -= length
    raise Refused("calendar", f"{ms} ms of working time are further than a deadline goes")


def hours_between(start: int, end: int, hours: Hours, works: Callable[[int], bool] = _works) -> int:
    """Working time from ``start`` to ``end``, by whether day n since 1970 is worked; 0 when it has passed."""
    return sum(
        max(0, min(stop, end) - max(begin, start))
        for number in range(_number(start), _number(end) + 1)
        for begin, stop in _spans(number, hours, works)
    )


def _spans(number: int, hours: Hours, works: Callable[[int], bool] = _works) -> list[tuple[int, int]]:
    if not works(number):
        return []
    midnight = _midnight(number)
    return [(midnight + begin * MINUTE, midnight + end * MINUTE) for begin, end in hours]
