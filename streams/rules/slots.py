"""What is remembered of one (device, rule), and the words its steps speak."""

from enum import StrEnum

import msgspec

from streams.contracts import AlarmState, Cause, Severity

ARRIVAL = -1
"""``clock`` of a reading whose device time is not to be trusted: its arrival time stands for it."""


class Reading(msgspec.Struct, frozen=True):
    """One usable value of one metric. ``clock`` numbers the device clock's life, or is :data:`ARRIVAL`."""

    ts: int
    at: int
    value: float
    clock: int = 0
    over: bool = False
    backlog: bool = False

    @property
    def quality(self) -> str:
        if self.over:
            return "over_range"
        return "arrival_time" if self.clock == ARRIVAL else "good"


class Run(msgspec.Struct, frozen=True, array_like=True):
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

    def fork(self) -> "Slot":
        """A copy that may be changed; runs and readings are shared, being frozen."""
        return Slot(
            self.rule,
            self.version,
            self.levels,
            self.limits,
            self.state,
            self.on,
            self.latched,
            self.gone,
            self.firing.copy(),
            self.clearing.copy(),
            self.episode,
            self.since,
            self.number,
            self.backlog,
            self.normal_since,
            self.last,
            self.due,
            self.waiting.copy(),
        )

    @property
    def idle(self) -> bool:
        """Nothing is on, pending, or waiting to be put in order."""
        return self.state is AlarmState.NORMAL and not self.waiting and not any(self.firing)

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


class Verdict(StrEnum):
    """What a sample's time stamp says of the sample."""

    LIVE = "live"
    LATE = "late"
    DUPLICATE = "duplicate"
