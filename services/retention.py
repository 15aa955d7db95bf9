"""How long personal data is kept: one promise in years, whichever process keeps it. Pure."""

from datetime import datetime, timedelta, timezone
from typing import Final

SHANGHAI: Final = timezone(timedelta(hours=8), "Asia/Shanghai")


def cut_off(now: int, years: int) -> int:
    """What ended up to then (epoch ms) is old enough: the same day of the city's calendar, years ago."""
    today = datetime.fromtimestamp(now / 1000, SHANGHAI)
    day = 28 if (today.month, today.day) == (2, 29) else today.day
    return int(today.replace(year=today.year - years, day=day).timestamp() * 1000)
