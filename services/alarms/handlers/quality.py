"""Alarm quality measured from what is stored, and the targets that it is measured against."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Final

from services.alarms.domain.quality import LEAD_MS, measure
from services.alarms.domain.quality_figures import Period, Quality
from services.alarms.domain.quality_steps import Step
from services.alarms.domain.quality_targets import DAY, HOUR, Targets, checked
from services.alarms.ports import KeptTargets, QualityReader, TargetsStore
from services.ports import Clock
from streams.contracts import Refused
from streams.contracts.areas import LEVELS

LONGEST_MS: Final = 400 * DAY
HOURLY_UP_TO_MS: Final = 3 * DAY
"""A shorter period has a trend by the hour, a longer one by the day."""
MOST_STEPS: Final = 300_000
"""Transitions that one measurement reads: some seconds. A position within its limits has 40,000 a month."""
LENGTHS: Final = {level: length for length, level in LEVELS.items()}


@dataclass(frozen=True, slots=True)
class Measured:
    """The quality of each position by its area prefix, and what it was measured against."""

    period: Period
    slot: int
    kept: KeptTargets
    positions: dict[str, Quality]


@dataclass(frozen=True, slots=True)
class MeasureQuality:
    """Reads the period once, whatever the number of positions."""

    reader: QualityReader
    clock: Clock

    def __call__(self, area: str, start: int, end: int, *, level: str = "", positions: Sequence[str] = ()) -> Measured:
        """Measure ``area`` as one position, or each of its areas of ``level``, and at least ``positions``.

        Raises:
            Refused: ``fields``, for a period or level that cannot be measured.
        """
        if not 0 < end - start <= LONGEST_MS:
            remedy = f"Give a from before its to, at most {LONGEST_MS // DAY} days apart."
            raise _wrong("from", start, "from and to span nothing, or too much", remedy)
        length = LENGTHS.get(level, len(area))
        if length < len(area):
            wider = [name for name, digits in LENGTHS.items() if digits >= len(area)]
            remedy = f"Give one of {', '.join(wider)}, or leave position out." if wider else "Leave position out."
            raise _wrong("position", level, f"area {area} lies below the level {level}", remedy)
        kept = self.reader.targets()
        period = Period.of(start, end, first=self.reader.first(), now=self.clock.now())
        slot = HOUR if end - start <= HOURLY_UP_TO_MS else DAY
        with closing(_all(self.reader, area, period)) as steps:
            found = measure(
                steps, period, kept.targets, length=length, positions=positions if level else (area,), slot=slot
            )
        return Measured(period, slot, kept, found)


def _all(reader: QualityReader, area: str, period: Period) -> Generator[Step, None, None]:
    if period.known is None:
        return
    yield from _bounded(reader.steps(area, period.known[0] - LEAD_MS, period.known[1]), period)


def _bounded(steps: Iterable[Step], period: Period) -> Iterator[Step]:
    for number, step in enumerate(steps):
        if number >= MOST_STEPS:
            remedy = "Ask for a shorter period or a smaller area."
            raise _wrong("from", period.start, f"the period holds more than {MOST_STEPS:,} transitions", remedy)
        yield step


@dataclass(frozen=True, slots=True)
class SetTargets:
    """A person sets targets: the next version, unless somebody was quicker."""

    store: TargetsStore
    clock: Clock

    def __call__(self, targets: Targets, *, by: str, version: int) -> KeptTargets:
        """Keep ``targets`` as the version after ``version``; the same again changes nothing.

        Raises:
            Refused: ``fields`` for figures that make no sense; ``version``, others were set meanwhile.
        """
        before = self.store.targets()
        if before.targets == checked(targets):
            return before
        kept = KeptTargets(version + 1, targets, by, self.clock.now())
        if version != before.version or not self.store.keep_targets(kept):
            current = self.store.targets().version
            raise Refused("version", f"version {version} is not the one in force", version=current)
        return kept


def _wrong(field: str, value: object, detail: str, remedy: str) -> Refused:
    return Refused("fields", detail, wrong=[field], value=str(value), remedy=remedy)
