"""Records of ``linli.alarms``: one event per transition of one (device, rule)."""

from enum import StrEnum

import msgspec

from streams.contracts.rules import Severity, TicketPolicy


class AlarmState(StrEnum):
    """The states of alarms.md; PENDING is internal and never published."""

    NORMAL = "normal"
    PENDING = "pending"
    ACTIVE_UNACK = "active_unack"
    ACTIVE_ACK = "active_ack"
    RTN_UNACK = "rtn_unack"

    @property
    def active(self) -> bool:
        """The condition stands now."""
        return self in (AlarmState.ACTIVE_UNACK, AlarmState.ACTIVE_ACK)


class Cause(StrEnum):
    """Why a transition happened."""

    CONFIRMED = "confirmed"
    UNREFUTED = "unrefuted"
    SEVERITY_UP = "severity_up"
    SEVERITY_DOWN = "severity_down"
    RETURNED = "returned"
    REALARM = "realarm"
    ACKNOWLEDGED = "acknowledged"
    RESET = "reset"
    CLOSED = "closed"
    RULE = "rule"
    DEVICE = "device"


_DECIDED_BY_A_SAMPLE = frozenset({Cause.CONFIRMED, Cause.SEVERITY_UP, Cause.REALARM})


class Source(msgspec.Struct, frozen=True):
    """Where in ``linli.inputs`` the record that decided a transition stands."""

    partition: int
    offset: int


class AlarmEvent(msgspec.Struct, frozen=True, omit_defaults=True):
    """One transition, complete: nobody downstream has to look anything up to act on it.

    ``id`` is deterministic (episode and transition number), so a second delivery is harmless.
    ``at`` is the transition's time in the log (a timer's due time, else the record's arrival);
    ``since`` the first sample of the confirming run, device time; ``ts``/``arrival`` the deciding
    sample's device and gateway time. ``normal_since`` is set once the condition has gone.
    ``backlog``: it lies wholly inside a backlog and pages nobody as if it were now.
    ``latched``: waits for a named person's reset.
    """

    id: str
    episode: str
    incident: str
    rule: str
    rule_version: int
    cause_of_alarm: str
    device: str
    kind: str
    metric: str
    grid: str
    severity: Severity
    old: AlarmState
    new: AlarmState
    cause: Cause
    at: int
    since: int
    source: Source
    ts: int | None = None
    arrival: int | None = None
    value: float | None = None
    limit: float | None = None
    normal_since: int | None = None
    building: str = ""
    ticket: TicketPolicy | None = None
    backlog: bool = False
    latched: bool = False
    by: str = ""
    why: str = ""
    quality: str = "good"

    @property
    def timed_from(self) -> int | None:
        """Device time from which latency can be told: that of a sample which decided at once.

        None where a timer or a person decided (their waiting is not ours), and in a backlog.
        """
        return self.ts if self.cause in _DECIDED_BY_A_SAMPLE and not self.backlog else None
