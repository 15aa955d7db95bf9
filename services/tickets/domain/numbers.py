"""Ticket numbers: ``LY-YYYYMMDD-NNNN``, the day as the city counts it."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Final

SHANGHAI: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China keeps one offset the year round, so no calendar file is needed."""

_OFFSET: Final = 8 * 3_600_000
_DAY: Final = 24 * 3_600_000


def day_of(now: int) -> str:
    """The local date of an epoch ms, as ``YYYYMMDD``."""
    return datetime.fromtimestamp(now / 1000, UTC).astimezone(SHANGHAI).strftime("%Y%m%d")


def bounds_of(now: int) -> tuple[int, int]:
    """The first ms of the local day of ``now``, and the first of the next one."""
    begins = now - (now + _OFFSET) % _DAY
    return begins, begins + _DAY


def number(day: str, count: int) -> str:
    return f"LY-{day}-{count:04d}"
