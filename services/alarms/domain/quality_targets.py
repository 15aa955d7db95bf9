"""What alarm quality is measured against: figures that people set, and what the words mean in numbers.

The defaults are those of ISA-18.2 / IEC 62682 and EEMUA 191 as they are commonly quoted; the standards'
own texts were not at hand, which is one more reason why every figure here is data.
"""

from enum import StrEnum
from typing import Final

import msgspec

from streams.contracts import Refused, Severity

MINUTE: Final = 60_000
TEN_MINUTES: Final = 10 * MINUTE
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR


class Verdict(StrEnum):
    """How a figure stands: within its target, within its limit, beyond it, or nothing to say."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"
    FEW = "few"
    """Too few alarms for a share to mean anything."""
    NONE = "none"
    """No data; never to be shown as 0."""


class Bound(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Up to ``target`` a figure is good, up to ``limit`` tolerable."""

    target: float
    limit: float

    def judge(self, value: float | None) -> Verdict:
        if value is None:
            return Verdict.NONE
        if value <= self.target:
            return Verdict.GOOD
        return Verdict.FAIR if value <= self.limit else Verdict.POOR


class Mix(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Shares by priority, or which severities make up each of them."""

    high: float = 0.05
    medium: float = 0.15
    low: float = 0.80


class Classes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The three priorities of the standards in our four severities; each severity stands in one."""

    high: tuple[Severity, ...] = (Severity.CRITICAL,)
    medium: tuple[Severity, ...] = (Severity.MAJOR,)
    low: tuple[Severity, ...] = (Severity.MINOR, Severity.WARNING)


class Targets(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Figures for one position (the people who answer for one area). Times in ms, shares 0 to 1.

    ``per_*``: new alarms in that time. ``flood_enter`` alarms within ``flood_window_ms`` begin a flood,
    fewer than ``flood_leave`` end it. An alarm is stale when it stands longer than ``stale_ms``,
    chattering when its source comes ``chatter_count`` times within ``chatter_window_ms``, fleeting
    when its condition lasted less than ``fleeting_ms`` and went before anybody acknowledged.
    ``mix_tolerance``: by how much a priority's share may differ from ``mix``.
    """

    per_day: Bound = Bound(150, 300)
    per_hour: Bound = Bound(6, 12)
    per_ten_minutes: Bound = Bound(1, 2)
    flood_share: Bound = Bound(0.01, 0.01)
    flood_enter: int = 10
    flood_leave: int = 5
    flood_window_ms: int = TEN_MINUTES
    top: int = 10
    top_share: Bound = Bound(0.05, 0.05)
    stale: Bound = Bound(0, 0)
    stale_ms: int = DAY
    chattering: Bound = Bound(0, 0)
    chatter_count: int = 3
    chatter_window_ms: int = MINUTE
    fleeting: Bound = Bound(0, 0)
    fleeting_ms: int = MINUTE
    mix: Mix = Mix()
    mix_tolerance: Bound = Bound(0.10, 0.20)
    classes: Classes = Classes()


DEFAULTS: Final = Targets()


def checked(targets: Targets) -> Targets:
    """The targets, once they make sense.

    Raises:
        Refused: ``fields``, naming the first that does not, its value and what would do.
    """
    for field in targets.__struct_fields__:
        value = getattr(targets, field)
        if isinstance(value, Bound) and not 0 <= value.target <= value.limit:
            raise _wrong(field, f"{value.target:g}, {value.limit:g}", "Give 0 <= target <= limit.")
        if isinstance(value, int) and not 1 <= value <= 366 * DAY:
            raise _wrong(field, str(value), "Give a whole number from 1 to a year in milliseconds.")
    if targets.flood_leave > targets.flood_enter:
        remedy = f"Give at most flood_enter, {targets.flood_enter}: a flood must not end before it has begun."
        raise _wrong("flood_leave", str(targets.flood_leave), remedy)
    shares = (targets.mix.high, targets.mix.medium, targets.mix.low)
    if min(shares) <= 0 or abs(sum(shares) - 1) > 1e-6:
        raise _wrong("mix", ", ".join(f"{share:g}" for share in shares), "Give three positive shares that add up to 1.")
    named = [*targets.classes.high, *targets.classes.medium, *targets.classes.low]
    if sorted(named) != sorted(Severity):
        raise _wrong("classes", ", ".join(named), f"Name each of {', '.join(Severity)} in one class.")
    return targets


def _wrong(field: str, value: str, remedy: str) -> Refused:
    return Refused("fields", f"{field} cannot be {value}", wrong=[field], value=value, remedy=remedy)
