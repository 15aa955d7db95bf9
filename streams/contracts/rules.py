"""Records of ``linli.rules`` (compacted, keyed by rule id): what counts as an alarm, as data."""

from enum import StrEnum

import msgspec

from streams.contracts.areas import contains
from streams.contracts.devices import Device
from streams.contracts.measures import Condition, Measure, Op, Value


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


class TicketPolicy(msgspec.Struct, frozen=True, omit_defaults=True):
    """What ticket an alarm opens. ``urgency`` 2 = critical, 1 = major, 0 = ordinary.

    ``normal_for_ms``: how long the sensor must stay normal to count as proof 1.
    ``reopen_ms``: a re-alarm within this window of closing reopens the ticket.
    ``agreed_urgency``: the urgency once a second device of the same building stands in the incident.
    """

    category: str
    urgency: int = 0
    normal_for_ms: int = 0
    reopen_ms: int = 0
    agreed_urgency: int = 0


class Level(msgspec.Struct, frozen=True, omit_defaults=True):
    """One limit with its own confirmation (alarms.md rules 2 to 4). Durations in ms.

    It fires when the condition held for ``on_delay_ms`` and in ``repeat`` samples, or when
    nothing has refuted it for ``unrefuted_ms`` since its first sample (None: never by silence).
    It clears when the value is beyond ``deadband`` for ``off_delay_ms``. ``given``: holds only
    with these too; they are needed to fire, and their end alone clears nothing (rule 4).
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
    given: tuple[Condition, ...] = ()


class Days(StrEnum):
    """Which days a schedule means. Make-up workdays count as workdays, weekends as holidays."""

    ALL = "all"
    WORKDAY = "workday"
    HOLIDAY = "holiday"


class Schedule(msgspec.Struct, frozen=True, omit_defaults=True):
    """A daily window: minutes since local midnight, ``end`` excluded; over midnight when end <= start.

    The day is that on which the window began. Outside it the rule cannot be evaluated.
    """

    start: int
    end: int
    days: Days = Days.ALL
    zone: str = "Asia/Shanghai"


class Scope(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which devices of its kind a rule is for; what is empty restricts nothing.

    ``area`` is a prefix of the device's building or grid code.
    """

    area: str = ""
    model: str = ""
    device: str = ""
    attributes: dict[str, str] = {}

    def covers(self, device: Device) -> bool:
        """Whether the device is one of them."""
        return (
            self.device in {"", device.id}
            and self.model in {"", device.model}
            and contains(self.area, device.building or device.area)
            and all(device.attributes.get(name) == value for name, value in self.attributes.items())
        )

    @property
    def rank(self) -> tuple[bool, bool, int, int]:
        """How specific it is, to be compared: device, then model, attributes (more), area (longer)."""
        return self.device != "", self.model != "", len(self.attributes), len(self.area)


class Rule(msgspec.Struct, frozen=True, omit_defaults=True):
    """A detection rule on one device, or on a group of them, versioned. Durations in ms.

    ``kind`` "*" is every kind. ``levels`` run from the worst severity down, on ``measure`` of
    ``metric``. ``cause`` names the hazard: episodes of one cause on one subject share an incident.

    - ``gate``: while not all of these hold, the rule cannot be evaluated; so outside ``schedule``.
    - ``family`` ("": the rule's own id): of one family the most specific ``scope`` wins on a device.
    - ``group``: attributes that name the group whose incident an alarm joins ("building" is the
      device's building); the first that the device has. None of them: the device by itself.
    - ``suppress_when``: rules whose standing alarm on the same device or on its group hides this one.
    - ``no_data_after_ms`` is a floor; in force is max(``no_data_periods`` x period, floor).
    - ``latch_over_range``: an over-range value is the top level, latched.
    - ``realarm_after_ms``: what stands acknowledged for so long asks for acknowledgement again.
    - ``max_shelve_ms``: the longest shelving (0: never); ``second_approver``: and only by two persons.
    - ``health``: about the device, not about what it measures. ``list_only``: shown in a list of
      suspects, never announced as an alarm.
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
    measure: Measure = Value()
    gate: tuple[Condition, ...] = ()
    schedule: Schedule | None = None
    scope: Scope = Scope()
    family: str = ""
    group: tuple[str, ...] = ()
    suppress_when: tuple[str, ...] = ()
    reorder_wait_ms: int = 0
    no_data_periods: int = 3
    no_data_after_ms: int = 3_600_000
    latch_over_range: bool = False
    realarm_after_ms: int | None = None
    max_shelve_ms: int = 0
    second_approver: bool = False
    health: bool = False
    list_only: bool = False
    enabled: bool = True

    @property
    def kin(self) -> str:
        """The family by which rules compete for a device."""
        return self.family or self.id

    def group_of(self, device: Device) -> str:
        """The group's id, ``attribute:value``, or "" where the device stands by itself."""
        for name in self.group:
            value = device.building if name == "building" else device.attributes.get(name, "")
            if value:
                return f"{name}:{value}"
        return ""
