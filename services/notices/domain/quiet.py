"""Quiet hours 免打扰 on the clock of Asia/Shanghai. Pure."""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

ZONE: Final = ZoneInfo("Asia/Shanghai")


def held_until(now: int, quiet: tuple[int, int] | None) -> int | None:
    """When the quiet hours that ``now`` lies in end, epoch ms; None outside them.

    ``quiet`` is (from, to) in minutes of the day, across midnight where ``to`` is the earlier; equal
    ends are no quiet hours.
    """
    if quiet is None or quiet[0] == quiet[1]:
        return None
    begin, end = quiet
    local = datetime.fromtimestamp(now / 1000, UTC).astimezone(ZONE)
    minute = local.hour * 60 + local.minute
    inside = begin <= minute < end if begin < end else minute >= begin or minute < end
    if not inside:
        return None
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    over = midnight + timedelta(minutes=end, days=1 if minute >= end else 0)
    return int(over.timestamp() * 1000)


def hour_minute(at: int) -> str:
    """A moment as people here read it: ``11-22 09:41``."""
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(ZONE).strftime("%m-%d %H:%M")
