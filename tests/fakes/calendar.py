"""The library of holidays as it was before a year was announced."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import chinese_calendar
import pytest

from services.tickets.domain import calendars


@contextmanager
def unannounced(year: int) -> Iterator[None]:
    """``year`` and those behind it are nobody's yet; at the end they are announced."""
    announced = chinese_calendar.is_workday

    def is_workday(day: date) -> bool:
        if day.year >= year:
            raise NotImplementedError(f"no available data for year {day.year}")
        return bool(announced(day))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chinese_calendar, "is_workday", is_workday)
        _forget()
        yield
    _forget()


def _forget() -> None:
    calendars.known_until.cache_clear()
    calendars._works.cache_clear()
