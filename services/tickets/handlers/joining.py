"""A ticket that has just been opened or classified finds the one that it belongs with, where nobody needs to decide."""

from services.tickets import domain
from services.tickets.domain import Action, Details, Ticket, merging
from services.tickets.handlers.counting import count
from services.tickets.handlers.incidents import gather, save
from services.tickets.ports import Work

MOST = 200
"""Open tickets of a community that are looked at: an alarm looks at calls, a call at alarms, since nothing else
merges by itself, and only at what could be the same matter. More than that in a day is a disaster, and people
decide."""


def join(work: Work, ticket: Ticket, now: int) -> Ticket:
    """Merge what merges by itself, in either direction; returns ``ticket`` as that left it.

    A pair that somebody has taken apart is not joined again.
    """
    wanted = merging.sought(ticket) if ticket.open else None
    if wanted is None:
        return ticket
    since = now - merging.JOIN_MS
    others = work.nearby(ticket.area, wanted, alarmed=not ticket.episodes, since=since, limit=MOST)
    for other in others:
        if merging.master_for(ticket, other) is None:
            continue
        fresh = work.ticket(other.id)
        master = merging.master_for(ticket, fresh) if fresh is not None else None
        if fresh is None or master is None or _taken_apart(work, ticket) or _taken_apart(work, fresh):
            continue
        member = fresh if master is ticket else ticket
        _merge(work, member, master, now)
        ticket = work.ticket(ticket.id) or ticket
        if not ticket.open:
            return ticket
    return ticket


def _taken_apart(work: Work, ticket: Ticket) -> bool:
    return any(event.action is Action.UNMERGE for event in work.events(ticket.id))


def _merge(work: Work, member: Ticket, master: Ticket, now: int) -> None:
    """The master rises first: a danger never goes into a lesser matter, and nothing that opens is ever refused."""
    risen, events = domain.raised((master, ()), merging.risen(member, master), now=now)
    if events:
        work.save(risen, events)
        count(events)
    system = domain.SYSTEM
    details = Details(master=risen.id, reason=merging.JOINED)
    moved, events = domain.move(
        member, Action.MERGE, now=now, by=system.by, role=system.role, details=details, master=risen
    )
    save(work, moved, events, now)
    gather(work, member, risen, now)
