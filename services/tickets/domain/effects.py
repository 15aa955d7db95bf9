"""The fold that rebuilds a ticket from its log, and nothing but its log."""

from collections.abc import Iterable
from typing import Final

import msgspec

from services.tickets.domain.consequences import EFFECTS, Changes
from services.tickets.domain.ticket import Event, Opening, Ticket
from services.tickets.domain.words import ENDED, Level, State
from streams.contracts.areas import level_of

_replace = msgspec.structs.replace
_LEVELS: Final = {"county": Level.DISTRICT, "street": Level.STREET, "community": Level.COMMUNITY}


def replay(events: Iterable[Event]) -> Ticket:
    """The ticket that a whole log, in order, adds up to.

    Raises:
        ValueError: the log is empty.
    """
    ticket: Ticket | None = None
    for event in events:
        ticket = apply(ticket, event)
    if ticket is None:
        raise ValueError("a ticket without events does not exist")
    return ticket


def apply(ticket: Ticket | None, event: Event) -> Ticket:
    """One step of :func:`replay`."""
    before = _opened(event) if ticket is None else ticket
    effect = EFFECTS.get(event.action)
    changes = _moved(before, event) | (effect(before, event) if effect else {})
    if event.clocks is not None:
        changes["clocks"] = event.clocks
    return _replace(before, **changes, version=event.version, state=event.new)


def _moved(ticket: Ticket, event: Event) -> Changes:
    """What any change of state does: an end has its time, a wait and a booking end, a stage may be warned of again."""
    changes: Changes = {}
    if event.new in ENDED and event.new is not State.MERGED and ticket.closed_at is None:
        changes["closed_at"] = event.at
    if event.new is not ticket.state and State.MERGED not in {event.new, event.old}:
        changes |= {"waiting_until": None, "booked": None}
    if event.new.stage is not ticket.state.stage:
        changes["warned"] = None
    return changes


def _opened(event: Event) -> Ticket:
    opening = msgspec.convert(event.evidence, Opening, str_keys=True)
    return Ticket(
        id=event.ticket,
        number=opening.number,
        version=0,
        state=event.new,
        source=opening.source,
        title=opening.title,
        policy=opening.policy,
        opened_at=event.at,
        text=opening.text,
        place=opening.place,
        area=opening.area,
        building=opening.building,
        device=opening.device,
        kind=opening.kind,
        category=opening.category,
        urgency=opening.urgency,
        incident=opening.incident,
        caller=opening.caller,
        reporter=opening.reporter,
        position=opening.position,
        normal_for_ms=opening.normal_for_ms,
        reopen_ms=opening.reopen_ms,
        episodes=(opening.episode,) if opening.episode else (),
        backlog=opening.backlog,
        level=_LEVELS.get(level_of(opening.area) or "", Level.GRID),
    )
