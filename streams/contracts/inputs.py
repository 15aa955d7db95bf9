"""Records of ``linli.inputs``, the engine's only input, in one order per partition.

All times are epoch milliseconds, UTC. ``ts`` is the device's own clock (or the arrival time
where it sent none), ``at`` the gateway's clock when the message arrived.
"""

from enum import StrEnum
from typing import Final

import msgspec

from streams.contracts.alarms import AlarmEvent
from streams.contracts.quality import Quality

DAY_MS: Final = 86_400_000
MAX_AGE_MS: Final = DAY_MS
"""Older than this on arrival: history keeps it, no live state follows (alarms.md rule 6)."""
MAX_AHEAD_MS: Final = DAY_MS
"""Further in the future than this: the time stamp is nonsense, not an offset."""


class Flag(StrEnum):
    """What is known of a whole message. ``fault:<code>`` flags come beside these."""

    TEST = "test"
    WARMUP = "warmup"
    NO_TS = "time:none"
    OLD = "time:old"
    FUTURE = "time:future"
    STARTUP = "startup"


OFFLINE: Final = "offline"
"""The flag of a last will: the MQTT broker speaks here, for a device that has gone."""
_UNUSABLE: Final = frozenset({Flag.OLD, Flag.FUTURE})


class Sample(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One message of one device: every metric it carried at one time.

    ``values`` holds floats in each metric's unit (booleans as 0.0 and 1.0); ``quality`` names
    only the metrics that are not good. ``seq`` is the device's own counter, where it has one.
    """

    device: str
    kind: str
    ts: int
    at: int
    values: dict[str, float]
    quality: dict[str, Quality] = {}
    flags: tuple[str, ...] = ()
    seq: int | None = None

    @property
    def usable_time(self) -> bool:
        """False where the device's time is so wrong that nothing live may follow from it."""
        return _UNUSABLE.isdisjoint(self.flags)


class Batch(msgspec.Struct, frozen=True, tag="batch", omit_defaults=True):
    """What one gateway received for one grid in one linger window; ``at`` is when it closed."""

    gateway: str
    grid: str
    at: int
    samples: tuple[Sample, ...]


class Tick(msgspec.Struct, frozen=True, tag="tick"):
    """A gateway's clock, written to every partition each second: time itself, as a record."""

    gateway: str
    at: int


class ActionName(StrEnum):
    """What may be done to an alarm, or to a rule on a device whether or not its alarm stands."""

    ACKNOWLEDGE = "acknowledge"
    RESET = "reset"
    CLOSE = "close"
    SHELVE = "shelve"
    UNSHELVE = "unshelve"
    OUT_OF_SERVICE = "out_of_service"
    IN_SERVICE = "in_service"
    SUPPRESS = "suppress"
    UNSUPPRESS = "unsuppress"


class Action(msgspec.Struct, frozen=True, tag="action", omit_defaults=True):
    """A person's act, sent through the API's outbox, or the group stage's. ``id`` makes it idempotent.

    Acknowledging, resetting and closing need the ``episode``; the others mean ``rule`` on
    ``device`` as such. ``until`` and ``second`` (the second approver) belong to ``shelve``. The
    group stage writes ``suppress`` and ``unsuppress``; their ``by`` is the suppressing episode.
    ``device`` is a group's id where the alarm is the group's own. ``told``: with ``close``, the last
    transition there is of the episode, which ends it where no worker knows of it any more.
    """

    id: str
    action: ActionName
    grid: str
    device: str
    rule: str
    episode: str
    by: str
    at: int
    why: str = ""
    until: int | None = None
    second: str = ""
    told: AlarmEvent | None = None


Input = Batch | Tick | Action


def time_flag(ts: int, at: int) -> Flag | None:
    """Judge a device's time stamp against the arrival time, both in epoch ms."""
    if at - ts > MAX_AGE_MS:
        return Flag.OLD
    if ts - at > MAX_AHEAD_MS:
        return Flag.FUTURE
    return None
