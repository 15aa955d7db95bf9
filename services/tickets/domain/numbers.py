"""Ticket numbers: ``LY-YYYYMMDD-NNNN``, the day as the city counts it."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Final

SHANGHAI: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China keeps one offset the year round, so no calendar file is needed."""


def day_of(now: int) -> str:
    """The local date of an epoch ms, as ``YYYYMMDD``."""
    return datetime.fromtimestamp(now / 1000, UTC).astimezone(SHANGHAI).strftime("%Y%m%d")


def number(day: str, count: int) -> str:
    return f"LY-{day}-{count:04d}"
