"""Times of day: minutes since midnight, written ``08:30``. Pure.

Rosters, rules, quiet hours and the figures' day all keep them so, and each has a form that reads them.
"""

import re
from typing import Final

DAY_MINUTES: Final = 1_440
_WRITTEN: Final = re.compile(r"([0-9]{1,2})[:：]([0-5][0-9])")


def clock_of(minutes: int) -> str:
    """Minutes of the day as ``08:30``; the day's end is ``24:00``."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def minutes_of(clock: str) -> int | None:
    """``8:30`` or ``08:30`` (a Chinese colon will do) as minutes, 0 to 1440; None for what is no time of day."""
    found = _WRITTEN.fullmatch(clock.strip())
    minutes = int(found[1]) * 60 + int(found[2]) if found else DAY_MINUTES + 1
    return minutes if minutes <= DAY_MINUTES else None
