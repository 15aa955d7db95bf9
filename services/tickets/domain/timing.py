"""What an action does to a ticket's clocks: the table's signs, and the few that the table cannot say."""

from collections.abc import Callable
from typing import Final

from services.tickets.domain import clocks
from services.tickets.domain.clocks import Clocks
from services.tickets.domain.consequences import details_of
from services.tickets.domain.policy import BOOKING_GRACE
from services.tickets.domain.table import Row
from services.tickets.domain.ticket import Event, Ticket
from services.tickets.domain.words import Action, Card, Clock


def turned(before: Ticket | None, after: Ticket, row: Row, event: Event) -> Clocks:
    """The clocks after ``event``, which led from ``before`` to ``after`` by ``row``."""
    given, hours, now = after.policy.limits[after.urgency], after.policy.hours, event.at
    runs = before.clocks if before else ()
    own = _OWN.get(event.action)
    if own and before:
        runs = own(before, runs, event)
    if before and (before.urgency != after.urgency or before.policy is not after.policy):
        runs = clocks.shares_within(clocks.tighten(runs, given, now, hours), now, hours)
    runs = clocks.stop(runs, row.stop)
    runs = clocks.pause(runs, row.pause, now, hours)
    runs = clocks.resume(runs, row.resume, now, hours)
    wanted = row.start if after.has_reporter else row.start - {Clock.CONTACT}
    return clocks.start(runs, wanted, given, now, hours)


def _held(ticket: Ticket, runs: Clocks, event: Event) -> Clocks:
    return clocks.hold(runs, event.at, ticket.policy.hours)


def _released(ticket: Ticket, runs: Clocks, event: Event) -> Clocks:
    return clocks.release(runs, event.at, ticket.policy.hours)


def _extended(ticket: Ticket, runs: Clocks, _event: Event) -> Clocks:
    due = ticket.asked_until
    return runs if due is None else clocks.moved(runs, Clock.FINISH, due, ticket.policy.hours)


def _parked(_ticket: Ticket, runs: Clocks, event: Event) -> Clocks:
    """The review's date is a person's: the approver's clock ends then."""
    return (*runs, clocks.run_until(Clock.REVIEW, details_of(event).until or event.at, event.at))


def _booked(_ticket: Ticket, runs: Clocks, event: Event) -> Clocks:
    """The call is due when its reporter wants it, sooner or later; what is late already stays so."""
    at = (details_of(event).until or event.at) + BOOKING_GRACE
    late = any(run.clock is Clock.CALLBACK and run.card is Card.RED for run in runs)
    fresh = clocks.run_until(Clock.CALLBACK, at, event.at)
    rest = clocks.stop(runs, (Clock.CALLBACK,))
    return (*rest, *clocks.mark((fresh,), fresh.name, Card.RED if late else Card.NONE))


def _whistled(ticket: Ticket, runs: Clocks, event: Event) -> Clocks:
    due, number = details_of(event).until or event.at, len(ticket.tasks) + 1
    return (*runs, clocks.run_until(Clock.TASK, due, event.at, number))


def _task_done(_ticket: Ticket, runs: Clocks, event: Event) -> Clocks:
    number = details_of(event).task
    return tuple(run for run in runs if run.clock is not Clock.TASK or run.task != number)


def _marked(_ticket: Ticket, runs: Clocks, event: Event) -> Clocks:
    return clocks.mark(runs, str(event.evidence["clock"]), Card(event.evidence["shown"]))


def _recounted(ticket: Ticket, runs: Clocks, _event: Event) -> Clocks:
    return clocks.recounted(runs, ticket.policy.hours)


_OWN: Final[dict[Action, Callable[[Ticket, Clocks, Event], Clocks]]] = {
    Action.MERGE: _held,
    Action.UNMERGE: _released,
    Action.EXTEND_OK: _extended,
    Action.PARK: _parked,
    Action.BOOK: _booked,
    Action.WHISTLE: _whistled,
    Action.TASK_DONE: _task_done,
    Action.MARK: _marked,
    Action.RECOUNT: _recounted,
}
