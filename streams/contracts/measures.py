"""What a rule looks at: a metric's own value, or a quantity derived from several samples or metrics.

Every measure gives one number or nothing. Nothing means "cannot be evaluated now" (a lamp that is
not commanded on, too few samples for a slope): it neither raises nor clears (alarms.md rule 1).
A window holds at most :data:`SLOTS` points: the first good sample of each of its slots counts.
"""

from enum import StrEnum
from typing import Final

import msgspec

from streams.contracts.quality import Quality

SLOTS: Final = 32
"""Points of a window; a device that reports more often than ``window / SLOTS`` is thinned out."""


class Op(StrEnum):
    """How a value meets a limit. ``silent`` has no metric: it watches for messages at all."""

    GE = "ge"
    GT = "gt"
    LE = "le"
    LT = "lt"
    TRUE = "true"
    SILENT = "silent"


class Value(msgspec.Struct, frozen=True, tag="value"):
    """The metric as it is, in its own unit."""


class Rate(msgspec.Struct, frozen=True, tag="rate"):
    """Rate of rise: the slope by least squares over ``window_ms``, in the metric's unit per hour.

    Needs at least ``minimum`` points that reach over at least half of the window.
    """

    window_ms: int
    minimum: int = 4


class Share(msgspec.Struct, frozen=True, tag="share"):
    """Persistence: the share of ``window_ms``, in percent, in which the value met ``op`` ``limit``.

    A point stands until the next one. Needs ``minimum`` points over at least half of the window.
    """

    window_ms: int
    op: Op
    limit: float
    minimum: int = 4


class Sum(msgspec.Struct, frozen=True, tag="sum"):
    """This metric plus ``other``, each by its last good value that is not older than no-data allows."""

    other: str


class Ratio(msgspec.Struct, frozen=True, tag="ratio"):
    """This metric divided by ``other``; nothing while ``other`` is zero."""

    other: str


class Nominal(msgspec.Struct, frozen=True, tag="nominal"):
    """Percent of what is expected for the command: metric / (attribute x dimming) x 100.

    ``attribute`` names the device's nominal value; ``dimming`` a metric in percent, "" for always
    full, as a lamp is that never said its dimming. Nothing while the dimming is zero or not good, or
    the attribute is missing.
    """

    attribute: str
    dimming: str = ""


class Jump(msgspec.Struct, frozen=True, tag="jump"):
    """How far the value is from the one before it, in the metric's unit, whatever the direction."""


class Unchanged(msgspec.Struct, frozen=True, tag="unchanged"):
    """Hours for which the value has not moved by more than ``tolerance``; 0 at a value of zero."""

    tolerance: float = 0.0


class Noise(msgspec.Struct, frozen=True, tag="noise"):
    """Mean absolute difference from point to point over ``window_ms``, in the metric's unit."""

    window_ms: int
    minimum: int = 8


class Flagged(msgspec.Struct, frozen=True, tag="flagged"):
    """1 for a message in which a value has one of ``qualities``, else 0; ``metric`` "" means any."""

    qualities: tuple[Quality, ...]


class Members(msgspec.Struct, frozen=True, tag="members"):
    """Of a group: the percent of its members whose own condition holds, once ``minimum`` (or all) do.

    A member's condition holds when ``of`` meets ``op`` ``limit``, or when the member has said
    nothing for ``silent_periods`` of its periods (0: silence is no sign). ``of`` None: silence alone.
    """

    minimum: int = 5
    silent_periods: int = 3
    of: Value | Nominal | None = None
    op: Op = Op.LT
    limit: float = 0.0


Measure = Value | Rate | Share | Sum | Ratio | Nominal | Jump | Unchanged | Noise | Flagged | Members
Single = Value | Rate | Share | Sum | Ratio | Nominal | Jump | Unchanged | Noise
"""What a side condition may look at: one device's numbers."""


class Condition(msgspec.Struct, frozen=True, omit_defaults=True):
    """A side condition on the same device: ``measure`` of ``metric`` meets ``op`` ``limit``."""

    metric: str
    op: Op = Op.TRUE
    limit: float = 0.0
    measure: Single = Value()
