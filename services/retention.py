"""How long personal data is kept: one promise in years, whichever process keeps it. Pure."""

from datetime import datetime, timedelta, timezone
from typing import Final, NamedTuple

SHANGHAI: Final = timezone(timedelta(hours=8), "Asia/Shanghai")


class Swept(NamedTuple):
    """How many were erased now, and for how long the oldest that is left has been due, ms."""

    erased: int
    overdue_ms: int


def swept(erased: int, until: int, oldest: int | None) -> Swept:
    """What is said of a batch of all that ended ``until`` then; ``oldest`` is what is left, none where nothing is."""
    return Swept(erased, 0 if oldest is None else max(0, until - oldest))


def cut_off(now: int, years: int) -> int:
    """What ended up to then (epoch ms) is old enough: the same day of the city's calendar, years ago."""
    today = datetime.fromtimestamp(now / 1000, SHANGHAI)
    day = 28 if (today.month, today.day) == (2, 29) else today.day
    return int(today.replace(year=today.year - years, day=day).timestamp() * 1000)
