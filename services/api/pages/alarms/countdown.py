"""How a level's delay ran down: the samples that counted, and what each left to wait for. Pure.

The judgement is the engine's own (:mod:`streams.rules`); this only lays it out sample by sample.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from streams.contracts import MOST_EVIDENCE, AlarmEvent, AlarmState, Cause, Evidence, Flagged, Level, Op, Rule
from streams.rules.conditions import meets

RISES: Final = frozenset({Cause.CONFIRMED, Cause.UNREFUTED, Cause.SEVERITY_UP, Cause.RULE})
ARRIVAL: Final = "arrival_time"
OVER: Final = "over_range"


@dataclass(frozen=True, slots=True)
class Counted:
    """One sample of the confirming run: the ``number``-th, after ``held`` ms with ``left`` ms to go.

    ``missing``: readings that were still wanted.
    """

    sample: Evidence
    number: int
    held: int
    left: int
    missing: int

    @property
    def decided(self) -> bool:
        """Nothing was left to wait for."""
        return self.left == 0 and self.missing == 0


@dataclass(frozen=True, slots=True)
class Countdown:
    """A confirming run. ``since``: its first sample's time by the clock that counts.

    ``cut``: more samples came than an event keeps, so their number is the least it can have been.
    """

    since: int
    samples: tuple[Counted, ...]
    cut: bool

    @property
    def held(self) -> int:
        return self.samples[-1].held if self.samples else 0

    @property
    def confirmed(self) -> bool:
        """Whether delay and repetition were met; else only the lack of a denial raised the alarm."""
        return bool(self.samples) and self.samples[-1].decided


def level_of(rule: Rule, event: AlarmEvent) -> Level | None:
    """The level that an event speaks of."""
    of_severity = [level for level in rule.levels if level.severity is event.severity]
    return next((level for level in of_severity if level.limit == event.limit), of_severity[0] if of_severity else None)


def opening(events: Sequence[AlarmEvent]) -> AlarmEvent:
    """The event that raised the alarm."""
    return events[0]


def deciding(events: Sequence[AlarmEvent]) -> AlarmEvent:
    """The event that made it as severe as its worst: the opening one, or the last rise."""
    worst = opening(events)
    for event in events[1:]:
        if event.cause in RISES and event.new is AlarmState.ACTIVE_UNACK and event.severity.rank > worst.severity.rank:
            worst = event
    return worst


def countdown(event: AlarmEvent, rule: Rule, level: Level) -> Countdown:
    """Lay out the run that ``event`` tells of: the last of its samples that met the limit without a break."""
    run: list[Evidence] = []
    for sample in reversed(event.samples):
        if not _met(rule, level, sample):
            break
        run.insert(0, sample)
    if not run:
        return Countdown(event.since, (), cut=len(event.samples) >= MOST_EVIDENCE)
    lost = len(event.samples) == MOST_EVIDENCE and len(run) == MOST_EVIDENCE - 1
    ahead = _ahead(event, level, run) if lost else 0
    counted = []
    for number, sample in enumerate(run, 2 if lost else 1):
        held = ahead + _lasted(run[0], sample)
        over = sample.quality == OVER
        left = 0 if over else max(0, level.on_delay_ms - held)
        counted.append(Counted(sample, number, held, left, max(0, level.repeat - number)))
    return Countdown(moment(run[0]) - ahead, tuple(counted), cut=len(event.samples) >= MOST_EVIDENCE)


def _ahead(event: AlarmEvent, level: Level, run: Sequence[Evidence]) -> int:
    """Ms from a run's first sample, which an event of many keeps no more, to the first that it keeps.

    What an event keeps besides the newest is the first sample since rest, which may have met a milder
    level only. An opening event dates the run; of a rise that a sample decided is known that it lasted
    as long as the level asks.
    """
    if not event.old.active:
        return max(0, moment(run[0]) - event.since)
    decided = event.cause is not Cause.UNREFUTED and event.at == run[-1].at
    return max(0, level.on_delay_ms - _lasted(run[0], run[-1])) if decided else 0


def moment(sample: Evidence) -> int:
    """A sample's time by the clock that counts."""
    return sample.at if sample.quality == ARRIVAL else sample.ts


def _met(rule: Rule, level: Level, sample: Evidence) -> bool:
    if sample.quality == OVER or isinstance(rule.measure, Flagged):
        return sample.quality == OVER or sample.value != 0
    return rule.op is not Op.SILENT and meets(rule.op, level, sample.value)


def _lasted(first: Evidence, sample: Evidence) -> int:
    """Never event time and arrival time in one duration (alarms.md rule 6)."""
    if ARRIVAL in {first.quality, sample.quality}:
        return sample.at - first.at
    return sample.ts - first.ts
