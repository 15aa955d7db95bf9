"""Who has to act next on a ticket: the answer to "whose is it now", for every state. Pure.

No open ticket is nobody's. A deadline that lapsed makes it the next one up's as well.
"""

from dataclasses import dataclass
from typing import Final

from services.tickets.domain import policy
from services.tickets.domain.ticket import Event, Ticket
from services.tickets.domain.words import Action, Card, Clock, Level, Role, Satisfaction, State


@dataclass(frozen=True, slots=True)
class Responsible:
    """A role, at a level of the city; ``unit`` where it is a unit's people."""

    role: Role
    level: Level
    unit: str = ""


_ROLES: Final = {
    State.REPORTED: Role.OPERATOR,
    State.VERIFYING: Role.GRID_WORKER,
    State.ACCEPTED: Role.DISPATCHER,
    State.TO_DISPATCH: Role.DISPATCHER,
    State.RETURN_REVIEW: Role.DISPATCHER,
    State.DISPATCHED: Role.UNIT_HANDLER,
    State.SIGNED: Role.UNIT_HANDLER,
    State.IN_PROGRESS: Role.UNIT_HANDLER,
    State.REDO: Role.UNIT_HANDLER,
    State.EXTENSION_REVIEW: Role.SUPERVISOR,
    State.PARKED: Role.SUPERVISOR,
    State.CHECKING: Role.GRID_WORKER,
    State.CALLBACK: Role.OPERATOR,
}
_ABOVE: Final = {
    Role.GRID_WORKER: Role.GRID_MANAGER,
    Role.UNIT_HANDLER: Role.UNIT_LEADER,
    Role.OPERATOR: Role.SUPERVISOR,
    Role.DISPATCHER: Role.SUPERVISOR,
}
_REVIEWS: Final = frozenset({Clock.REVIEW, Clock.CALLBACK})


def responsible(ticket: Ticket) -> Responsible | None:
    """Who acts next; None where nothing is owed: the ticket has ended, or its master's people have it."""
    role = _ROLES.get(ticket.state)
    if role is None:
        return None
    if role is Role.UNIT_HANDLER and not ticket.lead:
        role = Role.DISPATCHER  # to be done again, and answered without a unit the first time
    if _lapsed(ticket) or _supervisors(ticket):
        role = _ABOVE.get(role, role)
    unit = ticket.lead if role in {Role.UNIT_HANDLER, Role.UNIT_LEADER} else ""
    return Responsible(role, ticket.level, unit)


def share_of(ticket: Ticket, event: Event) -> str:
    """The unit whose share of the work, a sub-task, an event is about; '' where it is about the whole."""
    given = event.evidence
    if event.action is Action.WHISTLE:
        return str(given.get("unit", ""))
    named = str(given.get("clock", "")) if event.action is Action.MARK else f"{Clock.TASK}-{given.get('task', '')}"
    return next((task.unit for task in ticket.tasks if named == f"{Clock.TASK}-{task.number}"), "")


def _lapsed(ticket: Ticket) -> bool:
    """The clock of whoever acts now has run out."""
    own = _REVIEWS if ticket.state in {State.CALLBACK, State.CHECKING, State.VERIFYING, State.RETURN_REVIEW} else None
    return any(run.card is Card.RED and run.running for run in ticket.clocks if own is None or run.clock in own)


def _supervisors(ticket: Ticket) -> bool:
    """What only a supervisor may decide: the third return, a second redo."""
    if ticket.state is State.RETURN_REVIEW:
        return ticket.returns >= policy.MAX_RETURNS
    return ticket.state is State.CALLBACK and ticket.satisfied is Satisfaction.DISSATISFIED and ticket.redos > 0
