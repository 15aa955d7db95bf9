"""Records of ``linli.rules`` (compacted, keyed by rule id): what counts as an alarm, as data."""

from enum import StrEnum

import msgspec


class Severity(StrEnum):
    """紧急, 重要, 一般, 提示; a warning opens no ticket."""

    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"
    WARNING = "warning"

    @property
    def rank(self) -> int:
        """Higher is worse: warning 1 … critical 4."""
        return _RANK[self]


_RANK = {Severity.WARNING: 1, Severity.MINOR: 2, Severity.MAJOR: 3, Severity.CRITICAL: 4}


class Op(StrEnum):
    """How a value meets a limit. ``silent`` has no metric: it watches for messages at all."""

    GE = "ge"
    GT = "gt"
    LE = "le"
    LT = "lt"
    TRUE = "true"
    SILENT = "silent"


class TicketPolicy(msgspec.Struct, frozen=True, omit_defaults=True):
    """What ticket an alarm opens. ``urgency`` 2 = critical, 1 = major, 0 = ordinary.

    ``normal_for_ms``: how long the sensor must stay normal to count as proof 1.
    ``reopen_ms``: a re-alarm within this window of closing reopens the ticket.
    """

    category: str
    urgency: int = 0
    normal_for_ms: int = 0
    reopen_ms: int = 0


class Level(msgspec.Struct, frozen=True, omit_defaults=True):
    """One limit with its own confirmation (alarms.md rules 2 to 4). Durations in ms.

    It fires when the condition held for ``on_delay_ms`` and in ``repeat`` samples, or when
    nothing has refuted it for ``unrefuted_ms`` since its first sample (None: never by silence).
    It clears when the value is beyond ``deadband`` for ``off_delay_ms``.
    """

    severity: Severity
    limit: float = 1.0
    deadband: float = 0.0
    on_delay_ms: int = 0
    repeat: int = 1
    unrefuted_ms: int | None = None
    off_delay_ms: int = 0
    latch: bool = False
    ticket: TicketPolicy | None = None


class Rule(msgspec.Struct, frozen=True, omit_defaults=True):
    """A detection rule on one metric of one device, versioned.

    ``levels`` run from the worst severity down. ``where`` must match the device's attributes.
    ``cause`` names the hazard: episodes of one cause on one subject share an incident.
    ``no_data_after_ms`` is a floor; the effective value is max(``no_data_periods`` x period, floor).
    ``latch_over_range``: an over-range value is the top level, latched.
    """

    id: str
    version: int
    kind: str
    metric: str
    op: Op
    levels: tuple[Level, ...]
    cause: str
    name_zh: str
    name_en: str
    response_zh: str = ""
    response_en: str = ""
    where: dict[str, str] = {}
    reorder_wait_ms: int = 0
    no_data_periods: int = 3
    no_data_after_ms: int = 3_600_000
    latch_over_range: bool = False
    enabled: bool = True
