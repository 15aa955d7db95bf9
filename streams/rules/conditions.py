"""When a value meets a limit, when it has left it, and when nobody has to look twice."""

from collections.abc import Iterable
from typing import Final

from streams.contracts import Level, Op, Rule

TRUTH = 0.5
"""Booleans travel as 0.0 and 1.0."""


def meets_limit(op: Op, limit: float, value: float) -> bool:
    """Whether ``value`` stands on the far side of ``limit``."""
    match op:
        case Op.GE:
            return value >= limit
        case Op.GT:
            return value > limit
        case Op.LE:
            return value <= limit
        case Op.LT:
            return value < limit
        case Op.TRUE:
            return value >= TRUTH
        case Op.SILENT:
            return False


def meets(op: Op, level: Level, value: float) -> bool:
    """Whether ``value`` is the hazard that ``level`` watches for."""
    return meets_limit(op, level.limit, value)


def beyond_deadband(op: Op, level: Level, value: float) -> bool:
    """Whether a value that no longer meets the limit is far enough away from it to clear."""
    match op:
        case Op.GE | Op.GT:
            return value <= level.limit - level.deadband
        case Op.LE | Op.LT:
            return value >= level.limit + level.deadband
        case Op.TRUE | Op.SILENT:
            return True


Interval = tuple[float, float]
EVERYTHING: Final[Interval] = (float("-inf"), float("inf"))


def quiet_interval(op: Op, limits: Iterable[float]) -> Interval:
    """The open interval in which none of ``limits`` is met."""
    low, high = EVERYTHING
    for limit in limits:
        match op:
            case Op.GE | Op.GT:
                high = min(high, limit)
            case Op.LE | Op.LT:
                low = max(low, limit)
            case Op.TRUE:
                high = min(high, TRUTH)
            case Op.SILENT:
                pass
    return low, high


def both(one: Interval, other: Interval) -> Interval:
    """What lies in both intervals."""
    return max(one[0], other[0]), min(one[1], other[1])


def silent_after_ms(rule: Rule, period_ms: int) -> int:
    """How long a device may say nothing: its own pace, but never less than the rule's floor."""
    return max(rule.no_data_periods * period_ms, rule.no_data_after_ms)
