"""Which of several outcomes an action has: where the table has more than one row for a state."""

from collections.abc import Callable
from typing import Final

from services.tickets.domain import policy
from services.tickets.domain.details import Details
from services.tickets.domain.guards import Actor
from services.tickets.domain.table import Row
from services.tickets.domain.ticket import Ticket
from services.tickets.domain.words import Action, Role, Satisfaction, State


def choose(ticket: Ticket, rows: tuple[Row, ...], who: Actor, details: Details, now: int) -> Row:
    """The row that this action takes here."""
    if len(rows) == 1:
        return rows[0]
    target = _OUTCOMES[rows[0].action](ticket, who, details, now)
    return next(row for row in rows if row.leads(ticket.state) is target)


def _after_look(ticket: Ticket, _who: Actor, details: Details, _now: int) -> State:
    """Nothing found rejects it; where it might be a danger, a supervisor decides that, not a look."""
    return State.ACCEPTED if details.found or ticket.safety else State.REJECTED


def _prior(ticket: Ticket, _who: Actor, _details: Details, _now: int) -> State:
    return ticket.prior or State.DISPATCHED


def _before_merge(ticket: Ticket, _who: Actor, _details: Details, _now: int) -> State:
    return ticket.merged_from or State.REPORTED


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
    Action.VERIFIED: _after_look,
    Action.RETURN_NO: _prior,
    Action.EXTEND_OK: _prior,
    Action.EXTEND_NO: _prior,
    Action.UNMERGE: _before_merge,
    Action.CHECK_OK: _after_check,
    Action.MASTER_DONE: _after_check,
    Action.CALLBACK: _after_call,
}
