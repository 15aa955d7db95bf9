"""Moving a ticket: the table decides, the guards refuse, events record, the fold applies.

Pure: the time, the person and the ids come in as arguments.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from services.tickets.domain import guards, supplied
from services.tickets.domain.consequences import DEADLINES
from services.tickets.domain.details import Details
from services.tickets.domain.effects import apply
from services.tickets.domain.errors import IllegalTransition, NotAllowed, Ruled
from services.tickets.domain.guards import SYSTEM, Actor
from services.tickets.domain.outcomes import choose
from services.tickets.domain.policy import Policy
from services.tickets.domain.table import FACTS, TRANSITIONS, Row
from services.tickets.domain.ticket import Event, Opening, Ticket, plain
from services.tickets.domain.timing import turned
from services.tickets.domain.words import Action, Role, State
from streams.contracts import Refused

Moved = tuple[Ticket, tuple[Event, ...]]
EMPTY: Final = Details()


def move(
    ticket: Ticket,
    action: Action,
    *,
    now: int,
    by: str,
    role: Role,
    unit: str = "",
    details: Details = EMPTY,
    master: Ticket | None = None,
    deadlines: Policy | None = None,
) -> Moved:
    """A person's (or the system's) action on a ticket; ``master`` is the ticket that ``details`` names.

    ``deadlines`` are those that classifying settles, where they are others than the ticket has.

    Raises:
        IllegalTransition: the state does not know the action; says what is possible.
        NotAllowed: it does, for somebody else.
        Refused: a rule, a missing field, a wrong date or a missing proof.
    """
    who = Actor(by, role, unit)
    rows = TRANSITIONS[ticket.state].get(action, ())
    if not rows:
        raise IllegalTransition(ticket.state, action, allowed_actions(ticket, role, by=by, unit=unit, now=now))
    if role not in rows[0].roles or action in FACTS:
        allowed = allowed_actions(ticket, role, by=by, unit=unit, now=now)
        raise NotAllowed(f"{action} belongs to {', '.join(rows[0].roles)}", allowed)
    try:
        guards.may(ticket, action, who, now)
        supplied.require(rows[0], details)
        if action is Action.MERGE:
            details = msgspec.structs.replace(
                details, master=supplied.check_master(ticket, master, details.master).id
            )  # an id stays what it is; a number is for people
        row = choose(ticket, rows, who, details, now)
        supplied.check(ticket, row, who, details, now)
    except Ruled as ruled:
        ruled.on(action)
        raise
    settled = {DEADLINES: plain(deadlines)} if deadlines is not None else {}
    return step(ticket, row, now, who, details.reason or details.text, plain(details) | settled)


def allowed_actions(ticket: Ticket, role: Role, *, by: str = "", unit: str = "", now: int = 0) -> tuple[Action, ...]:
    """The actions that this person would be let through to, in the table's order."""
    who = Actor(by, role, unit)
    return tuple(
        action
        for action, rows in TRANSITIONS[ticket.state].items()
        if role in rows[0].roles and action not in FACTS and _let(ticket, action, who, now)
    )


def _let(ticket: Ticket, action: Action, who: Actor, now: int) -> bool:
    try:
        guards.may(ticket, action, who, now)
    except Refused:
        return False
    return True


def step(ticket: Ticket, row: Row, now: int, who: Actor, why: str, evidence: Mapping[str, Any]) -> Moved:
    """One event by one row, and the ticket after it."""
    event = Event(
        ticket=ticket.id,
        version=ticket.version + 1,
        action=row.action,
        old=ticket.state,
        new=row.leads(ticket.state),
        at=now,
        by=who.by,
        role=who.role,
        why=why,
        evidence=dict(evidence),
    )
    return _timed(ticket, row, event)


def _timed(ticket: Ticket | None, row: Row, event: Event) -> Moved:
    runs = turned(ticket, apply(ticket, event), row, event)
    if runs != (ticket.clocks if ticket else ()):
        event = msgspec.structs.replace(event, clocks=runs)
    return apply(ticket, event), (event,)


def report(opening: Opening, *, id: str, now: int, who: Actor) -> Moved:  # noqa: A002 - a ticket's id is its id
    """Open a ticket in its first state.

    Raises:
        NotAllowed: this role reports nothing.
        Refused: ``fields``, it has neither place nor text nor an episode.
    """
    row = TRANSITIONS[None][Action.REPORT][0]
    if who.role not in row.roles:
        raise NotAllowed(f"report belongs to {', '.join(row.roles)}")
    said = opening.text.strip() or opening.place.strip()
    there = {"title": opening.title.strip(), "text": said or opening.episode}
    if missing := [name for name, value in there.items() if not value]:
        raise Refused("fields", "a report needs a title, and a place, a text or an alarm", missing=missing,
                      remedy="Add title, and place or text.")  # fmt: skip
    event = Event(
        ticket=id, version=1, action=Action.REPORT, old=None, new=State.REPORTED, at=now, by=who.by, role=who.role,
        why=opening.title, evidence=plain(opening),
    )  # fmt: skip
    return _timed(None, row, event)


def open_for_alarm(opening: Opening, *, id: str, now: int, lead: str, assisting: tuple[str, ...] = ()) -> Moved:  # noqa: A002
    """An alarm's ticket goes on to dispatched by itself: no person stands between a leak and its unit."""
    moved = report(opening, id=id, now=now, who=SYSTEM)
    classified = Details(category=opening.category, area=opening.area, urgency=opening.urgency)
    moved = then(moved, Action.ACCEPT, EMPTY, now)
    moved = then(moved, Action.CLASSIFY, classified, now)
    return then(moved, Action.DISPATCH, Details(unit=lead, assisting=assisting), now)


def then(moved: Moved, action: Action, details: Details, now: int) -> Moved:
    """One more action of the system's own."""
    ticket, events = moved
    after, more = move(ticket, action, now=now, by=SYSTEM.by, role=SYSTEM.role, details=details)
    return after, (*events, *more)
