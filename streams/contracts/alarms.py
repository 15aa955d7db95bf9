"""Records of ``linli.alarms``: one event per transition of one (device, rule)."""

from enum import StrEnum
from typing import Final

import msgspec

from streams.contracts.rules import Severity, TicketPolicy

MOST_EVIDENCE: Final = 8


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
    HIDDEN = "hidden"
    SHOWN = "shown"


class Page(StrEnum):
    """Why people are called because of an event; an event without one calls nobody.

    ``new``, ``severity`` and ``again`` are an episode's own reasons; the others an incident's.
    """

    NEW = "new"
    SEVERITY = "severity"
    AGAIN = "again"
    SECOND = "second"
    FIFTH = "fifth"
    TENTH = "tenth"
    BUILDING = "building"
    AFTER_ACKNOWLEDGEMENT = "after_acknowledgement"


_DECIDED_BY_A_SAMPLE = frozenset({Cause.CONFIRMED, Cause.SEVERITY_UP, Cause.REALARM})


class Source(msgspec.Struct, frozen=True):
    """Where in ``linli.inputs`` the record that decided a transition stands."""

    partition: int
    offset: int


class Evidence(msgspec.Struct, frozen=True, omit_defaults=True):
    """One sample that counted: device time, arrival, value, quality and where the record stands.

    ``value`` is the measured quantity (a slope, a share), ``offset`` -1 where it came from state.
    """

    ts: int
    at: int
    value: float
    quality: str = "good"
    partition: int = -1
    offset: int = -1


class AlarmEvent(msgspec.Struct, frozen=True, omit_defaults=True):
    """One transition, complete: nobody downstream has to look anything up to act on it.

    ``id`` is deterministic (episode and transition number), so a second delivery is harmless.
    ``at`` is the transition's time in the log (a timer's due time, else the record's arrival);
    ``since`` the first sample of the confirming run, device time; ``ts``/``arrival`` the deciding
    sample's device and gateway time. ``normal_since`` is set once the condition has gone.
    ``backlog``: it lies wholly inside a backlog and pages nobody as if it were now.
    ``latched``: waits for a named person's reset.

    An alarm is **hidden** while it is shelved, suppressed, out of service or its device is in
    maintenance: the event says so, opens no ticket and calls nobody. ``cause`` ``hidden`` and
    ``shown`` tell of the change; ``shown`` on a standing alarm is as good as a new one (rule 7).
    ``samples`` are those that decided, oldest first, at most :data:`MOST_EVIDENCE`.
    ``group`` is the group whose incident the episode joins; the group stage fills ``incident``,
    ``first_out``, ``members`` (active ones, this one included), ``page`` and ``flood``.
    ``joins``: the episode of the safety alarm that stood when the device fell silent; a silence
    that joins one opens no ticket of its own.
    The subject of a group's own alarm is the group: ``device`` holds its id.
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
    samples: tuple[Evidence, ...] = ()
    shelved_until: int | None = None
    suppressed_by: str = ""
    out_of_service: bool = False
    maintenance: bool = False
    health: bool = False
    list_only: bool = False
    joins: str = ""
    group: str = ""
    first_out: bool = False
    members: int = 0
    page: Page | None = None
    flood: bool = False

    @property
    def hidden(self) -> bool:
        """Shown as hidden, opens no ticket, calls nobody."""
        return self.shelved_until is not None or self.suppressed_by != "" or self.out_of_service or self.maintenance

    @property
    def timed_from(self) -> int | None:
        """Device time from which latency can be told: that of a sample which decided at once.

        None where a timer or a person decided (their waiting is not ours), and in a backlog.
        """
        asked_again = self.cause is Cause.REALARM and self.old is AlarmState.ACTIVE_ACK and self.new is not self.old
        by_a_sample = self.cause in _DECIDED_BY_A_SAMPLE and not asked_again
        return self.ts if by_a_sample and not self.backlog else None
