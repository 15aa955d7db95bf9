"""When a value meets a limit, when it has left it, and when nobody has to look twice."""

from streams.contracts import Level, Op, Rule

TRUTH = 0.5
"""Booleans travel as 0.0 and 1.0."""


def meets(op: Op, level: Level, value: float) -> bool:
    """Whether ``value`` is the hazard that ``level`` watches for."""
    match op:
        case Op.GE:
            return value >= level.limit
        case Op.GT:
            return value > level.limit
        case Op.LE:
            return value <= level.limit
        case Op.LT:
            return value < level.limit
        case Op.TRUE:
            return value >= TRUTH
        case Op.SILENT:
            return False


def beyond_deadband(op: Op, level: Level, value: float) -> bool:
    """Whether a value that no longer meets the limit is far enough away from it to clear."""
    match op:
        case Op.GE | Op.GT:
            return value <= level.limit - level.deadband
        case Op.LE | Op.LT:
            return value >= level.limit + level.deadband
        case Op.TRUE | Op.SILENT:
            return True


def quiet_bounds(rules: tuple[Rule, ...]) -> tuple[float, float]:
    """The open interval in which no level of any of ``rules`` is met."""
    low, high = float("-inf"), float("inf")
    for rule in rules:
        for level in rule.levels:
            match rule.op:
                case Op.GE | Op.GT:
                    high = min(high, level.limit)
                case Op.LE | Op.LT:
                    low = max(low, level.limit)
                case Op.TRUE:
                    high = min(high, TRUTH)
                case Op.SILENT:
                    pass
    return low, high


def silent_after_ms(rule: Rule, period_s: int) -> int:
    """How long a device may say nothing: its own pace, but never less than the rule's floor."""
    return max(rule.no_data_periods * period_s * 1000, rule.no_data_after_ms)
