"""Devices that nobody has registered: their readings are kept, the dangerous ones come first."""

from dataclasses import dataclass, field
from typing import Final

from sensors.kinds import KINDS
from services.history.domain.readings import FIRST_UNSOUND, LastValue, NewReading, quality_code
from streams.contracts import Op, Quality, Rule, Scope, Severity, Value

GRAVE: Final = (Severity.CRITICAL, Severity.MAJOR)
_OVER_RANGE: Final = quality_code(Quality.OVER_RANGE)


@dataclass(frozen=True, slots=True)
class Stranger:
    """One unregistered device. ``danger`` is the worst severity its readings ever reached, or ''."""

    device: str
    kind: str
    readings: int
    first_seen: int
    last_seen: int
    danger: str = ""
    last_values: tuple[LastValue, ...] = field(default=())

    @property
    def rank(self) -> int:
        """For sorting: the dangerous above the rest."""
        return danger_rank(self.danger)

    @property
    def key(self) -> tuple[int, int, str]:
        return (self.rank, self.last_seen, self.device)


def danger_rank(danger: str) -> int:
    """A danger as a number that sorts: 0 for none."""
    return Severity(danger).rank if danger else 0


def danger_named(rank: int) -> str:
    return next((severity.value for severity in Severity if severity.rank == rank), "")


def danger_of(reading: NewReading) -> str:
    """The severity this reading would have by the default rules of the kind it claims to be.

    Only critical and major count, and only rules that need no attribute of the device, since an
    unregistered one has none.
    """
    kind = KINDS.get(reading.kind)
    if kind is None or reading.quality >= FIRST_UNSOUND:
        return ""
    for severity in GRAVE:
        for rule in kind.rules:
            plain = isinstance(rule.measure, Value) and rule.scope == Scope()
            if rule.metric == reading.metric and plain and _reaches(rule, severity, reading):
                return severity.value
    return ""


def _reaches(rule: Rule, severity: Severity, reading: NewReading) -> bool:
    if rule.latch_over_range and reading.quality == _OVER_RANGE:
        return rule.levels[0].severity == severity
    return any(level.severity == severity and _meets(rule.op, reading.value, level.limit) for level in rule.levels)


def _meets(op: Op, value: float, limit: float) -> bool:
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
            return value != 0.0
        case Op.SILENT:
            return False
