"""What the system records by itself: what sensors say, what a master's end means for the merged, what time does."""

from collections.abc import Mapping
from typing import Any, Final

from services.tickets.domain.clocks import to_recount
from services.tickets.domain.errors import IllegalTransition
from services.tickets.domain.guards import SYSTEM
from services.tickets.domain.lifecycle import EMPTY, Moved, step
from services.tickets.domain.limits import due_after, limit_of
from services.tickets.domain.outcomes import choose
from services.tickets.domain.policy import CRITICAL
from services.tickets.domain.table import TRANSITIONS
from services.tickets.domain.ticket import Episode, Event, Ticket, plain
from services.tickets.domain.words import Action, Card, Clock, Level, State

_STEPS: Final = 40
"""More than a ticket has clocks, lapses and levels: what time does to it in one look ends here."""


def alarmed(
    ticket: Ticket,
    episode: Episode,
    *,
    now: int,
    urgency: int,
    normal_for_ms: int = 0,
    reopen_ms: int = 0,
    hot_spot: str = "",
) -> Moved:
    """An alarm of the ticket's incident stands: join, come back, and raise the urgency if it is worse.

    It ends a wait and a parking: a danger waits for nobody. ``hot_spot`` is the day that it makes hot.
    """
    evidence = {"episode": plain(episode), "normal_for_ms": normal_for_ms, "reopen_ms": reopen_ms}
    if hot_spot:
        evidence["hot_spot"] = hot_spot
    moved = _system(ticket, Action.REALARM, now, evidence)
    if moved[0].waiting_until is not None:
        moved = _also(moved, Action.WAIT_END, now, {})
    if moved[0].state is State.PARKED:
        moved = _also(moved, Action.UNPARK, now, {})
    return raised(moved, urgency, now=now)


def raised(moved: Moved, urgency: int, *, now: int) -> Moved:
    """The urgency goes up, and every deadline comes nearer; it never goes down.

    An extension that is asked for was asked of the deadline that is gone. What is critical now waits for
    nobody, is not parked, and is not returned: its unit acts first, and the rest is settled afterwards.
    """
    if urgency <= moved[0].urgency:
        return moved
    moved = _also(moved, Action.RAISE, now, {"urgency": urgency})
    critical = moved[0].urgency >= CRITICAL
    if moved[0].state is State.EXTENSION_REVIEW:
        return _also(moved, Action.EXTEND_NO, now, {})
    if critical and moved[0].state in _ON_CRITICAL:
        return _also(moved, _ON_CRITICAL[moved[0].state], now, {})
    return _also(moved, Action.WAIT_END, now, {}) if critical and moved[0].waiting_until is not None else moved


def returned(ticket: Ticket, episode: Episode, *, now: int) -> Moved:
    """An alarm of the incident is over: recorded, and nothing more. It closes no ticket."""
    return _system(ticket, Action.NORMAL, now, {"episode": plain(episode)})


def marked(ticket: Ticket, clock: str, card: Card, *, now: int) -> Moved:
    """A clock shows a card. One warning a stage: the second yellow of a stage is shown and not told of."""
    silent = card is Card.YELLOW and ticket.warned is ticket.stage
    return _system(ticket, Action.MARK, now, {"clock": clock, "shown": str(card), "card": "" if silent else str(card)})


def recounted(ticket: Ticket, *, now: int) -> Moved:
    """Deadlines that were counted before their year was announced are counted again; nothing where there is none."""
    names = [run.name for run in ticket.clocks if to_recount(run)]
    return _system(ticket, Action.RECOUNT, now, {"recounted": names}) if names and ticket.open else (ticket, ())


def escalated(ticket: Ticket, *, now: int) -> Moved:
    """Under supervision 督办, and a level up; again after a reviewer's time, until the district has it."""
    limits, hours = ticket.policy.limits[ticket.urgency], ticket.policy.hours
    level = ticket.level.up
    again = None if level is Level.DISTRICT else due_after(now, limit_of(limits[Clock.REVIEW]), hours)
    return _system(ticket, Action.ESCALATE, now, {"level": str(level), "again": again})


def archived(ticket: Ticket, *, now: int) -> Moved:
    return _system(ticket, Action.ARCHIVE, now, {})


def erased(ticket: Ticket, *, now: int, why: str, years: int) -> Moved:
    """What it holds of a person is gone, ``years`` after the archive.

    The log has to follow (:mod:`services.tickets.domain.erasure`).
    """
    return _system(ticket, Action.ERASE, now, {"reason": why, "years": years})


def master_ended(ticket: Ticket, master: Ticket, *, now: int) -> Moved:
    """The master of a merged ticket has ended: its reporter is told the result, or the ticket lives on.

    A closed master has a result. A rejected or withdrawn one has none, and its reporter may not
    take other people's reports along.
    """
    if master.state is not State.CLOSED:
        why = {"reason": f"{master.number}: {master.state}", "number": master.number, "state": str(master.state)}
        return _system(ticket, Action.UNMERGE, now, why)
    result = {
        "master": master.number, "told": master.outcome or str(master.state), "unsolved": master.unsolved,
        "lead": master.lead, "assisting": list(master.assisting), "handlers": list(master.handlers),
        "checked_by": master.checked_by,
    }  # fmt: skip
    return _system(ticket, Action.MASTER_DONE, now, result)


def overdue(ticket: Ticket, now: int) -> Moved:
    """Everything that time does to a ticket now; the same again at once does nothing."""
    events: tuple[Event, ...] = ()
    for _ in range(_STEPS):
        moved = _next(ticket, now)
        if moved is None:
            break
        ticket, events = moved[0], (*events, *moved[1])
    return ticket, events


def _next(ticket: Ticket, now: int) -> Moved | None:
    look_at = ticket.look_at
    if look_at is None or now < look_at:
        return None
    if not ticket.open:
        return archived(ticket, now=now)
    return _lapsed(ticket, now) or _carded(ticket, now)


def _lapsed(ticket: Ticket, now: int) -> Moved | None:
    """A wait that nobody ended, an extension that nobody granted, a parking whose review has come."""
    if ticket.waiting_until is not None and now >= ticket.waiting_until:
        return _system(ticket, Action.WAIT_END, now, {})
    review = ticket.run(Clock.REVIEW)
    lapsed = review is not None and review.running and now >= review.due
    if lapsed and ticket.state in _ON_LAPSE:
        return _system(ticket, _ON_LAPSE[ticket.state], now, {})
    return None


_ON_CRITICAL: Final = {State.PARKED: Action.UNPARK, State.RETURN_REVIEW: Action.RETURN_NO}
_ON_LAPSE: Final = {State.EXTENSION_REVIEW: Action.EXTEND_NO, State.PARKED: Action.UNPARK}


def _carded(ticket: Ticket, now: int) -> Moved | None:
    for run in sorted(ticket.clocks, key=lambda run: run.due):
        card = run.card_at(now)
        if card is not None:
            return marked(ticket, run.name, card, now=now)
    rise = ticket.rises_at
    return escalated(ticket, now=now) if rise is not None and now >= rise else None


def _also(moved: Moved, action: Action, now: int, evidence: Mapping[str, Any]) -> Moved:
    ticket, events = moved
    after, more = _system(ticket, action, now, evidence)
    return after, (*events, *more)


def _system(ticket: Ticket, action: Action, now: int, evidence: Mapping[str, Any]) -> Moved:
    rows = TRANSITIONS[ticket.state].get(action, ())
    if not rows:
        raise IllegalTransition(ticket.state, action, ())
    why = str(evidence.get("reason", ""))
    return step(ticket, choose(ticket, rows, SYSTEM, EMPTY, now), now, SYSTEM, why, evidence)
