"""The clocks of one ticket as plain values: start, stop, pause, tighten, move, and which card is due.

A run carries the times that were worked out when it was set, and an event carries the runs it
left behind: the log rebuilds every deadline as it stood, whatever calendar is installed later.
"""

from collections.abc import Iterable

import msgspec

from services.tickets.domain import calendars, limits
from services.tickets.domain.calendars import Hours
from services.tickets.domain.limits import Kind, limit_of
from services.tickets.domain.policy import Limits
from services.tickets.domain.words import Card, Clock

_replace = msgspec.structs.replace


class ClockRun(msgspec.Struct, frozen=True, omit_defaults=True):
    """One running clock, or a paused one. Times epoch ms.

    ``limit`` is the policy's word, empty where a person chose the date. ``warn`` is when the
    yellow card comes, ``due`` the red one. ``left`` of a paused one is ms, or working days where
    the limit counts them. ``held``: it is paused because its ticket was merged away.
    ``assumed``: the year it ends in was not announced when it was counted, from ``since``, which is not
    ``started`` of one that was paused or tightened (0: it is).
    """

    clock: Clock
    started: int
    limit: str
    due: int
    warn: int
    left: int | None = None
    card: Card = Card.NONE
    task: int = 0
    held: bool = False
    assumed: bool = False
    since: int = 0

    @property
    def running(self) -> bool:
        return self.left is None

    @property
    def name(self) -> str:
        """Unique on its ticket: each sub-task's clock has its number."""
        return f"{self.clock}-{self.task}" if self.task else str(self.clock)

    @property
    def kind(self) -> Kind:
        return limit_of(self.limit).kind

    def next_card(self) -> tuple[int, Card] | None:
        """When the next card falls due and which one; None when nothing more will come."""
        if not self.running or self.card is Card.RED:
            return None
        if self.card is Card.YELLOW:
            return self.due, Card.RED
        return self.warn, Card.YELLOW

    def card_at(self, now: int) -> Card | None:
        """The card to show now that has not been shown yet: red at once if yellow was slept through."""
        upcoming = self.next_card()
        if upcoming is None or now < upcoming[0]:
            return None
        return Card.RED if now >= self.due else Card.YELLOW


Clocks = tuple[ClockRun, ...]


def run_for(clock: Clock, words: str, now: int, hours: Hours) -> ClockRun:
    """A clock that starts now and runs for a policy's limit."""
    limit = limit_of(words)
    due = limits.due_after(now, limit, hours)
    warn = limits.warn_at(now, due, limit.kind, hours)
    return ClockRun(clock, now, words, due, warn, assumed=_assumed(due, limit.kind))


def _assumed(due: int, kind: Kind) -> bool:
    """``due`` is the midnight behind the last working day."""
    return kind is not Kind.CONTINUOUS and not calendars.known(due - 1)


def run_until(clock: Clock, due: int, now: int, task: int = 0) -> ClockRun:
    """A clock that starts now and ends at a date that a person chose."""
    return ClockRun(clock, now, "", due, limits.warn_at(now, due, Kind.CONTINUOUS, ()), task=task)


def start(runs: Clocks, names: Iterable[Clock], given: Limits, now: int, hours: Hours) -> Clocks:
    """Start what is not there yet; a clock that runs already runs on."""
    there = {run.clock for run in runs}
    fresh = [run_for(name, given[name], now, hours) for name in sorted(names) if name not in there and name in given]
    return (*runs, *fresh)


def stop(runs: Clocks, names: Iterable[Clock]) -> Clocks:
    gone = frozenset(names)
    return tuple(run for run in runs if run.clock not in gone)


def pause(runs: Clocks, names: Iterable[Clock], now: int, hours: Hours) -> Clocks:
    """Hold clocks with what is left of them (nothing, when they had expired)."""
    paused = frozenset(names)
    return tuple(_paused(run, now, hours) if run.clock in paused and run.running else run for run in runs)


def resume(runs: Clocks, names: Iterable[Clock], now: int, hours: Hours) -> Clocks:
    going = frozenset(names)
    return tuple(_resumed(run, now, hours) if run.clock in going else run for run in runs)


def hold(runs: Clocks, now: int, hours: Hours) -> Clocks:
    """Pause whatever runs, and remember that it did: merged away, it waits with what had elapsed."""
    return tuple(_replace(_paused(run, now, hours), held=True) if run.running else run for run in runs)


def release(runs: Clocks, now: int, hours: Hours) -> Clocks:
    """What :func:`hold` held goes on; what was paused before stays so."""
    return tuple(_replace(_resumed(run, now, hours), held=False) if run.held else run for run in runs)


def _paused(run: ClockRun, now: int, hours: Hours) -> ClockRun:
    return _replace(run, left=limits.left_of(now, run.due, run.kind, hours))


def _resumed(run: ClockRun, now: int, hours: Hours) -> ClockRun:
    if run.left is None:
        return run
    due = limits.due_again(now, run.left, run.kind, hours)
    if due == run.due:
        return _replace(run, left=None)
    warn = _warned_again(run, run.left, now, due, hours)
    return _replace(run, left=None, due=due, warn=warn, assumed=_assumed(due, run.kind), since=now)


def _warned_again(run: ClockRun, left: int, now: int, due: int, hours: Hours) -> int:
    """The share of its time that passed before the card is kept: it was paused, not given anew."""
    if run.kind is Kind.WORKING_DAYS:
        return limits.warn_at(now, due, run.kind, hours)
    after_card = limits.left_of(run.warn, run.due, run.kind, hours)
    return limits.due_again(now, left - after_card, run.kind, hours)


def tighten(runs: Clocks, given: Limits, now: int, hours: Hours) -> Clocks:
    """A higher urgency: every clock takes min(old, now + new), and never more than it had."""
    return tuple(_tightened(run, given[run.clock], now, hours) if run.clock in given else run for run in runs)


def _tightened(run: ClockRun, words: str, now: int, hours: Hours) -> ClockRun:
    nearer = run_for(run.clock, words, now, hours)
    if nearer.due >= _resumed(run, now, hours).due:
        return run
    nearer = _replace(nearer, started=run.started, since=now)
    return nearer if run.running else _replace(_paused(nearer, now, hours), held=run.held)


def whole_until(runs: Clocks, now: int, hours: Hours) -> int | None:
    """Until when a share of the work may last: the ticket's finish, or its redo where that is over.

    As if a paused one went on now; None where it has passed or runs no more, which bounds nothing.
    """
    ends = {run.clock: run.due for run in resume(runs, (Clock.FINISH, Clock.REDO), now, hours)}
    due = ends.get(Clock.FINISH, ends.get(Clock.REDO, now))
    return due if due > now else None


def shares_within(runs: Clocks, now: int, hours: Hours) -> Clocks:
    """Each sub-task's clock comes to the ticket's own, where that is nearer now."""
    due = whole_until(runs, now, hours)
    if due is None:
        return runs
    return tuple(_nearer(run, due, now) if run.clock is Clock.TASK and run.due > due else run for run in runs)


def _nearer(run: ClockRun, due: int, now: int) -> ClockRun:
    warn = min(run.warn, limits.warn_at(now, due, Kind.CONTINUOUS, ()))
    return _replace(run, due=due, warn=warn)


def moved(runs: Clocks, name: Clock, due: int, hours: Hours) -> Clocks:
    """An extension moves the date and pauses nothing."""
    return tuple(
        _replace(run, due=due, warn=limits.warn_at(run.started, due, run.kind, hours), card=Card.NONE, assumed=False)
        if run.clock == name
        else run
        for run in runs
    )


def to_recount(run: ClockRun) -> bool:
    """Whether the year that it ends in was announced since; one that is paused is counted when it goes on."""
    return run.assumed and run.running and calendars.known(run.due - 1)


def recounted(runs: Clocks, hours: Hours) -> Clocks:
    """Whatever was counted before its year was announced, by the calendar that there is now.

    A card stays as it is, unless the deadline moved out.
    """
    return tuple(_recounted(run, hours) if to_recount(run) else run for run in runs)


def _recounted(run: ClockRun, hours: Hours) -> ClockRun:
    since = run.since or run.started
    due = limits.again(since, run.due, run.kind, hours)
    card = Card.NONE if due > run.due else run.card
    return _replace(run, due=due, warn=limits.warn_at(since, due, run.kind, hours), card=card, assumed=False)


def mark(runs: Clocks, name: str, card: Card) -> Clocks:
    return tuple(_replace(run, card=card) if run.name == name else run for run in runs)


def next_card_at(runs: Clocks) -> int | None:
    """When the scheduler has to look at this ticket again."""
    return min((upcoming[0] for run in runs if (upcoming := run.next_card())), default=None)
