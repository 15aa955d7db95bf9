"""The clocks of one ticket as plain values: start, stop, pause, tighten, and which card is due."""

from collections.abc import Iterable

import msgspec

from services.tickets.domain.words import Card, Clock


class ClockRun(msgspec.Struct, frozen=True, omit_defaults=True):
    """One running clock, or a paused one (``left`` ms of it remain). Times epoch ms."""

    clock: Clock
    started: int
    limit: int
    due: int
    left: int | None = None
    card: Card = Card.NONE

    @property
    def running(self) -> bool:
        return self.left is None

    def next_card(self) -> tuple[int, Card] | None:
        """When the next card falls due and which one; None when nothing more will come."""
        if not self.running or self.card is Card.RED:
            return None
        if self.card is Card.YELLOW:
            return self.due, Card.RED
        return self.due - self.limit // 4, Card.YELLOW

    def card_at(self, now: int) -> Card | None:
        """The card to show now that has not been shown yet: red at once if yellow was slept through."""
        upcoming = self.next_card()
        if upcoming is None or now < upcoming[0]:
            return None
        return Card.RED if now >= self.due else Card.YELLOW


Clocks = tuple[ClockRun, ...]


def start(clocks: Clocks, names: Iterable[Clock], limits: dict[Clock, int], now: int) -> Clocks:
    """Start what is not there yet; a clock that runs already runs on."""
    there = {run.clock for run in clocks}
    fresh = [
        ClockRun(name, now, limits[name], now + limits[name])
        for name in sorted(names)
        if name not in there and name in limits
    ]
    return (*clocks, *fresh)


def stop(clocks: Clocks, names: Iterable[Clock]) -> Clocks:
    gone = frozenset(names)
    return tuple(run for run in clocks if run.clock not in gone)


def pause(clocks: Clocks, names: Iterable[Clock], now: int) -> Clocks:
    """Hold clocks with what is left of them (nothing, when they had expired)."""
    held = frozenset(names)
    return tuple(
        msgspec.structs.replace(run, left=max(0, run.due - now)) if run.clock in held and run.running else run
        for run in clocks
    )


def resume(clocks: Clocks, names: Iterable[Clock], now: int) -> Clocks:
    going = frozenset(names)
    return tuple(
        msgspec.structs.replace(run, due=now + run.left, left=None)
        if run.clock in going and run.left is not None
        else run
        for run in clocks
    )


def tighten(clocks: Clocks, limits: dict[Clock, int], now: int) -> Clocks:
    """A higher urgency: every clock takes min(old, now + new), and never more than it had."""
    return tuple(_tightened(run, limits[run.clock], now) if run.clock in limits else run for run in clocks)


def _tightened(run: ClockRun, limit: int, now: int) -> ClockRun:
    if run.left is not None:
        return msgspec.structs.replace(run, left=min(run.left, limit), limit=min(run.limit, limit))
    if now + limit >= run.due:
        return run
    return msgspec.structs.replace(run, due=now + limit, limit=limit, card=Card.NONE)


def mark(clocks: Clocks, name: Clock, card: Card) -> Clocks:
    return tuple(msgspec.structs.replace(run, card=card) if run.clock == name else run for run in clocks)


def next_card_at(clocks: Clocks) -> int | None:
    """When the scheduler has to look at this ticket again."""
    return min((upcoming[0] for run in clocks if (upcoming := run.next_card())), default=None)
