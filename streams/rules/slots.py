"""What is remembered of one (device, rule), and the words its steps speak."""

from copy import copy
from enum import StrEnum

import msgspec

from streams.contracts import AlarmState, Cause, Severity

ARRIVAL = -1
"""``clock`` of a reading whose device time is not to be trusted: its arrival time stands for it."""


class Reading(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One usable value. ``clock`` numbers the device clock's life, or is :data:`ARRIVAL`.

    Bit *i* of ``barred`` says that level *i* may not fire on it, since its side condition does not
    hold; of ``blind`` that this cannot be told. ``offset`` is that of its record, -1 from state.
    """

    ts: int
    at: int
    value: float
    clock: int = 0
    over: bool = False
    backlog: bool = False
    offset: int = -1
    barred: int = 0
    blind: int = 0

    @property
    def quality(self) -> str:
        if self.over:
            return "over_range"
        return "arrival_time" if self.clock == ARRIVAL else "good"

    @property
    def time(self) -> int:
        """Its time by the clock that counts."""
        return self.at if self.clock == ARRIVAL else self.ts


class Run(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Consecutive samples that agree: when the first came, by both clocks, and how many came."""

    ts: int
    at: int
    clock: int
    count: int
    last_ts: int

    @property
    def since(self) -> int:
        """The first sample's time by the clock that counts."""
        return self.at if self.clock == ARRIVAL else self.ts

    def lasted(self, reading: Reading) -> int:
        """Milliseconds up to ``reading``, by one and the same clock (alarms.md rule 6)."""
        if self.clock == reading.clock and self.clock != ARRIVAL:
            return reading.ts - self.ts
        return reading.at - self.at

    def and_then(self, reading: Reading) -> "Run":
        """The run with one more sample; the same sample looked at again does not count twice."""
        if reading.ts == self.last_ts:
            return self
        return Run(self.ts, self.at, self.clock, self.count + 1, reading.ts)


def first(reading: Reading) -> Run:
    """A run that begins with ``reading``."""
    return Run(reading.ts, reading.at, reading.clock, 1, reading.ts)


class Slot(msgspec.Struct, array_like=True):
    """State of one (device, rule). A step never changes the slot it is given: see :meth:`fork`.

    Bit *i* of ``on``, ``latched`` and ``gone`` belongs to level *i* of the rule (worst first):
    confirmed and not yet cleared; waiting for a named person's reset; latched, but its condition
    has left. ``firing`` and ``clearing`` hold one run a level. PENDING is not a state of its own:
    it is a run in ``firing`` while nothing is on.

    ``evidence`` are the readings since the slot last was idle, the first and the newest ones.
    ``shelved_until``, ``out_of_service``, ``suppressed_by`` (episodes of other subjects) and
    ``masked_by`` (an episode of the same device) hide the alarm, and change nothing else.
    """

    rule: str
    version: int
    levels: tuple[Severity, ...]
    limits: tuple[float, ...]
    state: AlarmState = AlarmState.NORMAL
    on: int = 0
    latched: int = 0
    gone: int = 0
    firing: list[Run | None] = []
    clearing: list[Run | None] = []
    episode: str = ""
    since: int = 0
    number: int = 0
    backlog: bool = False
    normal_since: int | None = None
    last: Reading | None = None
    due: int | None = None
    waiting: list[Reading] = []
    evidence: list[Reading] = []
    acknowledged: int | None = None
    shelved_until: int | None = None
    out_of_service: bool = False
    suppressed_by: tuple[str, ...] = ()
    masked_by: str = ""
    group: str = ""
    joins: str = ""

    def fork(self) -> "Slot":
        """A copy that may be changed; runs and readings are shared, being frozen."""
        twin = copy(self)
        twin.firing = self.firing.copy()
        twin.clearing = self.clearing.copy()
        twin.waiting = self.waiting.copy()
        twin.evidence = self.evidence.copy()
        return twin

    @property
    def idle(self) -> bool:
        """Nothing is on, pending, or waiting to be put in order."""
        return self.state is AlarmState.NORMAL and not self.waiting and not any(self.firing)

    @property
    def held(self) -> bool:
        """Somebody, or something beyond this device, has hidden it: to be remembered at rest too."""
        return self.shelved_until is not None or self.out_of_service or self.suppressed_by != ()

    @property
    def hidden(self) -> bool:
        return self.held or self.masked_by != ""

    @property
    def all_gone(self) -> bool:
        """Every level that is still on only waits for its reset."""
        return self.on != 0 and self.on & ~self.gone == 0

    @property
    def worst(self) -> int:
        """Index of the worst level that is on, -1 when none is."""
        return (self.on & -self.on).bit_length() - 1


class Transition(msgspec.Struct, frozen=True):
    """One change of state, before it is addressed; ``level`` indexes the rule's levels."""

    episode: str
    number: int
    old: AlarmState
    new: AlarmState
    cause: Cause
    at: int
    level: int
    since: int
    reading: Reading | None
    normal_since: int | None
    backlog: bool
    latched: bool
    by: str = ""
    why: str = ""
    evidence: tuple[Reading, ...] = ()
    shelved_until: int | None = None
    out_of_service: bool = False
    suppressed_by: str = ""


class Verdict(StrEnum):
    """What a sample's time stamp says of the sample."""

    LIVE = "live"
    LATE = "late"
    DUPLICATE = "duplicate"
