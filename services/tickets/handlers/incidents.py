"""Tickets that belong together: merging one into another, and telling the merged what came of it."""

from collections.abc import Sequence

from services.tickets import domain
from services.tickets.domain import Event, Ticket
from services.tickets.domain.errors import Because, Ruled
from services.tickets.domain.lifecycle import Moved
from services.tickets.domain.ticket import Episode
from services.tickets.domain.words import Action, State
from services.tickets.handlers.counting import count
from services.tickets.ports import Work

MOST_LINKS = 50
"""Merging into a merged ticket is refused, so that chains are short; this bounds them whatever happens."""


def led(work: Work, ticket: Ticket | None) -> Ticket | None:
    """The ticket that speaks for ``ticket``: itself, or the end of its chain of masters."""
    for _ in range(MOST_LINKS):
        if ticket is None or ticket.state is not State.MERGED:
            return ticket
        ticket = work.ticket(ticket.master)
    raise Ruled(Because.MERGED, "its masters form a ring")


def save(work: Work, ticket: Ticket, events: tuple[Event, ...], now: int) -> None:
    """Write a step; where it ended the ticket, tell everybody who waits for it."""
    if not events:
        return
    work.save(ticket, events)
    count(events)
    waiting = [ticket] if _ended(ticket, events) else []
    for _ in range(MOST_LINKS):
        if not waiting:
            return
        waiting = [told for master in waiting for told in _tell(work, master, now)]


def _ended(ticket: Ticket, events: tuple[Event, ...]) -> bool:
    before = events[0].old
    return not ticket.open and ticket.state is not State.MERGED and before is not None and before.open


def _tell(work: Work, master: Ticket, now: int) -> list[Ticket]:
    """Tell the merged of their master's end.

    One that ends without a result watches no alarm any more: each goes back to the ticket that brought its like.
    """
    ended = []
    left = () if master.state is State.CLOSED else master.episodes
    for merged in work.merged_into(master.id):
        after, events = domain.master_ended(merged, master, now=now)
        if left:
            brought = _brought(work, merged.id)
            mine = tuple(each for each in left if (each.device, each.rule) in brought)
            left = tuple(each for each in left if each not in mine)
            after, events = _taken_back((after, events), mine, now)
        work.save(after, events)
        count(events)
        if not after.open:
            ended.append(after)
    return ended


def _brought(work: Work, merged: str) -> frozenset[tuple[str, str]]:
    """Which devices' alarms, by which rules, a ticket had when it was merged."""
    events = work.events(merged)
    last = max(number for number, event in enumerate(events) if event.action is Action.MERGE)
    return frozenset((each.device, each.rule) for each in domain.replay(events[:last]).episodes)


def _taken_back(moved: Moved, episodes: Sequence[Episode], now: int) -> Moved:
    """The alarms as they stand now, on the ticket that lives on."""
    ticket, events = moved
    for episode in episodes:
        if episode.active:
            ticket, more = domain.alarmed(ticket, episode, now=now, urgency=ticket.urgency)
        else:
            ticket, more = domain.returned(ticket, episode, now=now)
        events = (*events, *more)
    return ticket, events


def gather(work: Work, before: Ticket, master: Ticket, now: int) -> None:
    """What a merged ticket brings along: its standing alarms and its urgency."""
    ticket, events = master, tuple[Event, ...]()
    for episode in before.episodes:
        if episode.active:
            ticket, more = _joined(ticket, before, episode, now)
            events = (*events, *more)
    ticket, events = domain.raised((ticket, events), before.urgency, now=now)
    if events:
        work.save(ticket, events)
        count(events)


def _joined(master: Ticket, before: Ticket, episode: Episode, now: int) -> tuple[Ticket, tuple[Event, ...]]:
    return domain.alarmed(
        master, episode, now=now, urgency=before.urgency, normal_for_ms=before.normal_for_ms, reopen_ms=before.reopen_ms
    )
