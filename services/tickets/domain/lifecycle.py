"""Moving a ticket: the table decides, the guards refuse, events record, the fold applies.

Pure: the time, the person and the ids come in as arguments.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from services.tickets.domain import guards, policy
from services.tickets.domain.effects import apply
from services.tickets.domain.errors import IllegalTransition, NotAllowed
from services.tickets.domain.guards import SYSTEM, Actor
from services.tickets.domain.table import FACTS, TRANSITIONS, Row
from services.tickets.domain.ticket import Details, Episode, Event, Opening, Ticket, plain
from services.tickets.domain.words import Action, Card, Clock, Role, Satisfaction, State
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
) -> Moved:
    """A person's (or the system's) action on a ticket.

    Raises:
        IllegalTransition: the state does not know the action; says what is possible.
        NotAllowed: it does, for somebody else.
        Refused: a rule, a missing field or a missing proof.
    """
    who = Actor(by, role, unit)
    rows = TRANSITIONS[ticket.state].get(action, ())
    if not rows:
        raise IllegalTransition(ticket.state, action, allowed_actions(ticket, role, by=by, unit=unit, now=now))
    if role not in rows[0].roles or action in FACTS:
        allowed = allowed_actions(ticket, role, by=by, unit=unit, now=now)
        raise NotAllowed(f"{action} belongs to {', '.join(rows[0].roles)}", allowed)
    guards.may(ticket, action, who, now)
    guards.require(rows[0], details)
    row = rows[0] if len(rows) == 1 else _choose(ticket, rows, who, details, now)
    guards.check(ticket, row, who, details, now)
    evidence = plain(details)
    return _step(ticket, row, now, who, details.reason or details.text, evidence)


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


def _choose(ticket: Ticket, rows: tuple[Row, ...], who: Actor, details: Details, now: int) -> Row:
    """Which of several outcomes an action has here."""
    target = _OUTCOMES[rows[0].action](ticket, who, details, now)
    return next(row for row in rows if row.leads(ticket.state) is target)


def _after_return_no(ticket: Ticket, _who: Actor, _details: Details, _now: int) -> State:
    return ticket.prior or State.DISPATCHED


def _after_check(ticket: Ticket, _who: Actor, _details: Details, _now: int) -> State:
    """Where nobody can be called, the checker's own confirmation is proof 2."""
    return State.CALLBACK if ticket.has_reporter else State.CLOSED


def _after_call(ticket: Ticket, who: Actor, details: Details, now: int) -> State:
    if details.contacted:
        content = details.solved and details.satisfied is not Satisfaction.DISSATISFIED
        if content or details.solved is None or details.satisfied is None:
            return State.CLOSED
        # A second redo is a supervisor's decision; the answer itself is never lost.
        return State.REDO if ticket.redos == 0 or who.role is Role.SUPERVISOR else State.CALLBACK
    misses = (*ticket.misses, now)
    enough = len(misses) >= policy.MAX_MISSES and misses[-1] - misses[0] >= policy.MISSES_SPAN
    return State.CLOSED if enough else State.CALLBACK


_OUTCOMES: Final[dict[Action, Callable[[Ticket, Actor, Details, int], State]]] = {
    Action.RETURN_NO: _after_return_no,
    Action.CHECK_OK: _after_check,
    Action.CALLBACK: _after_call,
}


def _step(ticket: Ticket, row: Row, now: int, who: Actor, why: str, evidence: Mapping[str, Any]) -> Moved:
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
    if not opening.title or not (opening.text or opening.place or opening.episode):
        raise Refused("fields", "a report needs a title, and a place, a text or an alarm", missing=["title", "text"])
    event = Event(
        ticket=id, version=1, action=Action.REPORT, old=None, new=State.REPORTED, at=now, by=who.by, role=who.role,
        why=opening.title, evidence=plain(opening),
    )  # fmt: skip
    return apply(None, event), (event,)


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


def alarmed(
    ticket: Ticket, episode: Episode, *, now: int, urgency: int, normal_for_ms: int = 0, reopen_ms: int = 0
) -> Moved:
    """An alarm of the ticket's incident stands: join, come back, and raise the urgency if it is worse."""
    evidence = {"episode": plain(episode), "normal_for_ms": normal_for_ms, "reopen_ms": reopen_ms}
    moved = _system(ticket, Action.REALARM, now, evidence)
    if urgency <= ticket.urgency:
        return moved
    after, events = moved
    raised, more = _system(after, Action.RAISE, now, {"urgency": urgency})
    return raised, (*events, *more)


def returned(ticket: Ticket, episode: Episode, *, now: int) -> Moved:
    """An alarm of the incident is over: recorded, and nothing more. It closes no ticket."""
    return _system(ticket, Action.NORMAL, now, {"episode": plain(episode)})


def marked(ticket: Ticket, clock: Clock, card: Card, *, now: int) -> Moved:
    return _system(ticket, Action.MARK, now, {"clock": str(clock), "card": str(card)})


def archived(ticket: Ticket, *, now: int) -> Moved:
    return _system(ticket, Action.ARCHIVE, now, {})


def _system(ticket: Ticket, action: Action, now: int, evidence: Mapping[str, Any]) -> Moved:
    rows = TRANSITIONS[ticket.state].get(action, ())
    if not rows:
        raise IllegalTransition(ticket.state, action, ())
    return _step(ticket, rows[0], now, SYSTEM, "", evidence)
