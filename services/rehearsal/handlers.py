"""Rehearse a rule over a scope and a period, and say what would have been different."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from services.rehearsal.domain import (
    DAY_MS,
    SECOND_MS,
    TICK_MS,
    Away,
    Episode,
    Pair,
    Scope,
    Side,
    about_groups,
    by_arrival,
    concerned,
    lead_ms,
    metrics_of,
    paired,
    records,
    rehearse,
    samples,
    tickets_a_day,
    whole_groups,
)  # fmt: skip
from services.rehearsal.ports import Archive
from streams.contracts import Refused, Rule, Sample
from streams.rules import DEFAULT_CLOCK

MOST_DAYS: Final = 92
MOST_DEVICES: Final = 5_000
MOST_SEARCHED: Final = 100_000
"""Devices among which the other members of a group are looked for."""
Progress = Callable[[int], None]
"""Told the arrival time reached, about once a thousand messages."""
STEP: Final = 1_000


def checked(scope: Scope) -> Scope:
    """Raises: Refused, ``invalid``, the period is empty or too long."""
    length = scope.end - scope.start
    if not 0 < length <= MOST_DAYS * DAY_MS:
        raise Refused(
            "invalid", f"the period is {length / DAY_MS:.1f} days; give more than none and at most {MOST_DAYS}",
            field="from",
        )  # fmt: skip
    return scope


@dataclass(frozen=True, slots=True)
class Result:
    """``in_force`` None: there is no such rule yet. Episodes in the order in which they were raised."""

    scope: Scope
    devices: int
    messages: int
    rehearsed: list[Episode]
    in_force: list[Episode]
    pairs: list[Pair]
    known: bool
    away: Away

    def tickets(self) -> tuple[float, float]:
        """Tickets a day: rehearsed, in force."""
        length = self.scope.end - self.scope.start
        return tickets_a_day(self.rehearsed, length), tickets_a_day(self.in_force, length)


@dataclass(frozen=True, slots=True)
class RehearseRule:
    """Reads only; one run holds the state of its devices and nothing of the period."""

    archive: Archive

    def __call__(self, rule: Rule, scope: Scope, progress: Progress = lambda _: None) -> Result:
        """Raises: Refused, for a scope or a rule that cannot be rehearsed."""
        checked(scope)
        rules = self.archive.rules()
        devices = self.archive.devices(rule.kind, scope.area, scope.device, MOST_DEVICES + 1)
        if not devices:
            raise Refused("invalid", f"no device of kind {rule.kind!r} lies in that scope; widen it", field="scope")
        mine, theirs = concerned(rule, rules), concerned(rules[rule.id], rules) if rule.id in rules else []
        grouped = any(about_groups(each) for each in (*mine, *theirs))
        if grouped:
            everybody = self.archive.devices(rule.kind, "", "", MOST_SEARCHED)
            devices = whole_groups([*mine, *theirs], devices, everybody)
        if len(devices) > MOST_DEVICES:
            raise Refused(
                "invalid", f"more than {MOST_DEVICES:,} devices lie in that scope; narrow it by area", field="scope"
            )
        lead = scope.start - lead_ms([*mine, *theirs], 1_000 * max(device.period_s for device in devices))
        sides = [Side.of(mine, devices, rule.id, scope.start), Side.of(theirs, devices, rule.id, scope.start)]
        metrics = _both(metrics_of(mine), metrics_of(theirs))
        kinds, grids = {d.id: d.kind for d in devices}, {d.id: d.area for d in devices}
        stored = by_arrival(self.archive.windows(list(kinds), metrics, lead, scope.end))
        counted = _Counted(progress)
        linger = SECOND_MS if grouped else TICK_MS
        outages = self.archive.outages(lead, scope.end, DEFAULT_CLOCK.outage)
        arriving = counted(samples(stored, kinds))
        log = records(arriving, grids, lead, scope.end, linger_ms=linger, away=outages.stretches)
        rehearse(log, sides if theirs else sides[:1])
        new, old = (side.ledger.raised for side in sides)
        pairs, away = paired(new, old, scope.end), Away.of(outages, scope.start, scope.end)
        return Result(scope, len(devices), counted.messages, new, old, pairs, rule.id in rules, away)


@dataclass(slots=True)
class _Counted:
    progress: Progress
    messages: int = 0

    def __call__(self, arriving: Iterator[Sample]) -> Iterator[Sample]:
        for sample in arriving:
            self.messages += 1
            if self.messages % STEP == 0:
                self.progress(sample.at)
            yield sample


def _both(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    return None if one is None or other is None else one | other
