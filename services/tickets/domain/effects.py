"""What each event does to a ticket beyond its state and clocks: the fold that rebuilds it.

Everything an effect needs is in the event, so that the log alone gives the ticket again.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from services.tickets.domain import clocks
from services.tickets.domain.table import TRANSITIONS, Row
from services.tickets.domain.ticket import Details, Episode, Event, Evidence, Opening, Ticket
from services.tickets.domain.words import ENDED, UNIT_ROLES, Action, Card, Clock, Role, State

Changes = dict[str, Any]
_replace = msgspec.structs.replace


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
    row = row_of(event)
    before = _opened(event) if ticket is None else ticket
    effect = _EFFECTS.get(event.action)
    changes = effect(before, event) if effect else {}
    after = _replace(before, **changes, version=event.version, state=event.new)
    after = _replace(after, clocks=_clocks(after, event, row))
    if event.new in ENDED and after.closed_at is None:
        return _replace(after, closed_at=event.at)
    return after


def row_of(event: Event) -> Row:
    """The line of the table that an event went by."""
    rows = TRANSITIONS[event.old][event.action]
    return next(row for row in rows if row.leads(event.old) == event.new)


def _clocks(ticket: Ticket, event: Event, row: Row) -> clocks.Clocks:
    limits = ticket.limits[ticket.urgency]
    runs = clocks.stop(ticket.clocks, row.stop)
    runs = clocks.pause(runs, row.pause, event.at)
    runs = clocks.resume(runs, row.resume, event.at)
    wanted = row.start if ticket.has_reporter else row.start - {Clock.CONTACT}
    return clocks.start(runs, wanted, limits, event.at)


def _opened(event: Event) -> Ticket:
    opening = msgspec.convert(event.evidence, Opening, str_keys=True)
    return Ticket(
        id=event.ticket,
        number=opening.number,
        version=0,
        state=event.new,
        source=opening.source,
        title=opening.title,
        limits=opening.limits,
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
        normal_for_ms=opening.normal_for_ms,
        reopen_ms=opening.reopen_ms,
        episodes=(opening.episode,) if opening.episode else (),
        backlog=opening.backlog,
    )


def details_of(event: Event) -> Details:
    return msgspec.convert(event.evidence, Details)


def _classified(ticket: Ticket, event: Event) -> Changes:
    details = details_of(event)
    changes: Changes = {"category": details.category, "area": details.area}
    if details.urgency is not None:
        changes |= _urgency(ticket, details.urgency, event.at)
    return changes


def _urgency(ticket: Ticket, urgency: int, at: int) -> Changes:
    """Deadlines only ever come nearer: min(old, now + new)."""
    return {"urgency": urgency, "clocks": clocks.tighten(ticket.clocks, ticket.limits[urgency], at)}


def _raised(ticket: Ticket, event: Event) -> Changes:
    return _urgency(ticket, int(event.evidence["urgency"]), event.at)


def _dispatched(_ticket: Ticket, event: Event) -> Changes:
    details = details_of(event)
    return {"lead": details.unit, "assisting": details.assisting}


def _handled(ticket: Ticket, event: Event) -> Changes:
    if event.by in ticket.handlers or event.role not in UNIT_ROLES:
        return {}  # a grid worker who came to look has not handled it, and may confirm it later
    return {"handlers": (*ticket.handlers, event.by)}


def _finished(ticket: Ticket, event: Event) -> Changes:
    details = details_of(event)
    changes = _handled(ticket, event) | {"outcome": details.outcome, "checked_by": ""}
    if details.photo or details.reading:
        changes["evidence"] = Evidence(event.at, event.by, details.photo, details.reading, details.sensor_dead)
    return changes


def _returning(ticket: Ticket, _event: Event) -> Changes:
    return {"returns": ticket.returns + 1, "prior": ticket.state}


def _return_decided(_ticket: Ticket, event: Event) -> Changes:
    return {"prior": None} | ({"lead": "", "assisting": ()} if event.new is State.TO_DISPATCH else {})


def _checked(_ticket: Ticket, event: Event) -> Changes:
    return {"checked_by": event.by}


def _void(ticket: Ticket) -> Changes:
    """The proofs of an earlier round count no longer."""
    return {
        "evidence": None, "checked_by": "", "satisfied": None, "misses": (), "redos": ticket.redos + 1,
        "closed_at": None,
    }  # fmt: skip


def _checked_bad(ticket: Ticket, _event: Event) -> Changes:
    return _void(ticket)


def _called(ticket: Ticket, event: Event) -> Changes:
    details = details_of(event)
    if event.new is State.REDO:
        return _void(ticket) | {"satisfied": details.satisfied}
    if details.contacted:
        return {"satisfied": details.satisfied}
    return {"misses": (*ticket.misses, event.at)}


def _reopened(ticket: Ticket, event: Event) -> Changes:
    return _void(ticket) | {"citizen_reopened": ticket.citizen_reopened or event.role is Role.CITIZEN}


def _with_episode(ticket: Ticket, event: Event) -> Changes:
    fresh = msgspec.convert(event.evidence["episode"], Episode)
    others = [episode for episode in ticket.episodes if episode.episode != fresh.episode]
    place = next((n for n, old in enumerate(ticket.episodes) if old.episode == fresh.episode), len(others))
    return {"episodes": (*others[:place], fresh, *others[place:])}


def _realarmed(ticket: Ticket, event: Event) -> Changes:
    changes = _with_episode(ticket, event)
    policy = {
        "normal_for_ms": max(ticket.normal_for_ms, int(event.evidence.get("normal_for_ms", 0))),
        "reopen_ms": max(ticket.reopen_ms, int(event.evidence.get("reopen_ms", 0))),
    }
    recurred = ticket.recurrences + (event.old is State.CLOSED)
    return changes | policy | _void(ticket) | {"redos": ticket.redos, "recurrences": recurred}


def _marked(ticket: Ticket, event: Event) -> Changes:
    name, card = Clock(event.evidence["clock"]), Card(event.evidence["card"])
    return {"clocks": clocks.mark(ticket.clocks, name, card)}


_EFFECTS: Final[dict[Action, Callable[[Ticket, Event], Changes]]] = {
    Action.CLASSIFY: _classified,
    Action.DISPATCH: _dispatched,
    Action.SIGN: _handled,
    Action.ARRIVE: _handled,
    Action.CONTACT: _handled,
    Action.INTERIM: _handled,
    Action.RETURN: _returning,
    Action.RETURN_OK: _return_decided,
    Action.RETURN_NO: _return_decided,
    Action.FINISH: _finished,
    Action.CHECK_OK: _checked,
    Action.CHECK_BAD: _checked_bad,
    Action.CALLBACK: _called,
    Action.REOPEN: _reopened,
    Action.REALARM: _realarmed,
    Action.NORMAL: _with_episode,
    Action.RAISE: _raised,
    Action.MARK: _marked,
}
