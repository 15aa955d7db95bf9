"""What the table alone cannot say: whose ticket it is, which counters end a loop, what a danger forbids.

:func:`may` depends on ticket and person only, so that a page shows a button exactly when it
would be accepted; :mod:`services.tickets.domain.supplied` looks at what came with the action.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from services.tickets.domain import limits, policy
from services.tickets.domain.errors import Because, Ruled
from services.tickets.domain.proof import standing
from services.tickets.domain.ticket import Ticket
from services.tickets.domain.words import UNIT_ROLES, Action, Clock, Role, Source
from streams.contracts import Refused


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: user id, role, and the unit they belong to ('' for none)."""

    by: str
    role: Role
    unit: str = ""


SYSTEM: Final = Actor("system", Role.SYSTEM)
REPORTER: Final = Actor("the reporter's link", Role.CITIZEN)
"""Whoever holds a signed link to this very ticket; no registered person can have this name."""


def may(ticket: Ticket, action: Action, who: Actor, now: int) -> None:
    """Refuse what this person may not do to this ticket, whatever they supply.

    Raises:
        Refused: ``forbidden`` or ``rule``, with the reason.
    """
    if who.role in UNIT_ROLES and action is not Action.NOTE and who.unit not in {ticket.lead, *ticket.assisting}:
        raise Refused("forbidden", f"the ticket is with {ticket.lead or 'no unit yet'}, not with your unit")
    if who.role is Role.CITIZEN and who.by != ticket.reporter and who != REPORTER:
        raise Refused("forbidden", "only the person who reported it may do this")
    if action in _NOT_CRITICAL and ticket.urgency >= policy.CRITICAL:
        raise Ruled(Because.CRITICAL, f"a critical ticket knows no {action}: act first, settle the rest afterwards")
    rule = _PERSON_RULES.get(action)
    if rule:
        rule(ticket, who, now)


_NOT_CRITICAL: Final = frozenset({Action.RETURN, Action.EXTEND, Action.PARK, Action.WAIT})


def _devices(ticket: Ticket) -> list[str]:
    return list(dict.fromkeys(each.device for each in standing(ticket)))


def _alarming(ticket: Ticket) -> str:
    return ", ".join(_devices(ticket))


def _may_answer(ticket: Ticket, _who: Actor, _now: int) -> None:
    if ticket.safety:
        raise Ruled(Because.DANGER, "a danger is not answered on the telephone: accept it and send somebody")


def _may_reject(ticket: Ticket, who: Actor, _now: int) -> None:
    if ticket.safety and ticket.sensor_active:
        raise Ruled(
            Because.ALARM, f"what a sensor still sees cannot be rejected: {_alarming(ticket)}",
            remedy="Accept it and send somebody.", devices=_devices(ticket),
        )  # fmt: skip
    if ticket.safety and who.role is not Role.SUPERVISOR:
        raise Refused("forbidden", "a safety ticket is rejected by a supervisor only")


def _may_appeal(ticket: Ticket, who: Actor, now: int) -> None:
    if ticket.appeals:
        raise Ruled(Because.ONCE, "it was appealed once already", remedy="Report the matter anew.")
    if ticket.closed_at is None or now - ticket.closed_at > policy.CITIZEN_REOPEN:
        raise Ruled(Because.SEVEN_DAYS, "seven days have passed since it was rejected; report it anew")
    _speaks_for_caller(ticket, who)


def _speaks_for_caller(ticket: Ticket, who: Actor) -> None:
    if who.role is Role.OPERATOR and ticket.source is not Source.HOTLINE:
        raise Refused("forbidden", "an operator does this for a caller; this one has a reporter who can do it")


def _may_return(ticket: Ticket, _who: Actor, now: int) -> None:
    if ticket.returns >= policy.MAX_RETURNS:
        raise Ruled(Because.FINAL, "the third return was decided by a supervisor and is final")
    words = ticket.policy.returns.get(ticket.urgency, "")
    until = limits.due_after(ticket.dispatched_at or 0, limits.limit_of(words), ticket.policy.hours)
    if ticket.dispatched_at is not None and now > until:
        raise Ruled(
            Because.RETURN_LATE, f"a return comes within {words} of the dispatch; ask a dispatcher to reassign it"
        )


def _may_review(ticket: Ticket, who: Actor, _now: int) -> None:
    if ticket.returns >= policy.MAX_RETURNS and who.role is not Role.SUPERVISOR:
        raise Refused("forbidden", "the third return goes a level up: a supervisor decides it")


def _may_reassign(ticket: Ticket, who: Actor, _now: int) -> None:
    if ticket.reassigns >= policy.MAX_REASSIGNS:
        raise Ruled(Because.FINAL, "the fourth reassignment was a supervisor's and is final")
    if ticket.reassigns == policy.MAX_REASSIGNS - 1 and who.role is not Role.SUPERVISOR:
        raise Refused("forbidden", "the fourth reassignment is a supervisor's")


def _may_whistle(ticket: Ticket, _who: Actor, _now: int) -> None:
    if len(ticket.tasks) >= policy.MAX_TASKS:
        raise Ruled(Because.MANY_TASKS, f"a ticket carries {policy.MAX_TASKS} sub-tasks at most: open another one")


def _may_do_task(ticket: Ticket, who: Actor, _now: int) -> None:
    if all(task.unit != who.unit for task in ticket.unfinished):
        raise Ruled(Because.NO_TASK, "your unit has no sub-task left on this ticket")


def _may_wait(ticket: Ticket, _who: Actor, _now: int) -> None:
    if not ticket.has_reporter:
        raise Ruled(Because.NOBODY, "nobody reported it, so there is nobody to wait for")
    if ticket.waits:
        raise Ruled(
            Because.ONCE,
            "the reporter was waited for once already",
            remedy="Go on without an answer, or ask to extend.",
        )


def _may_end_wait(ticket: Ticket, _who: Actor, _now: int) -> None:
    if ticket.waiting_until is None:
        raise Ruled(Because.NOT_WAITING, "the ticket waits for nobody")


def _may_extend(ticket: Ticket, _who: Actor, now: int) -> None:
    run = ticket.run(Clock.FINISH)
    if run is None:
        raise Ruled(Because.NO_DEADLINE, "no finishing deadline runs any more; the redo has its own")
    if not run.running:
        raise Ruled(Because.PAUSED, "its deadline is paused: end the wait first")
    if now >= run.due:
        raise Ruled(Because.EXPIRED, "the deadline has passed: an extension is asked for before it")
    if ticket.extensions >= ticket.policy.extensions:
        raise Ruled(
            Because.OFTEN, f"it was extended or refused {ticket.extensions} times, as often as may be",
            remedy="Finish it, or have a supervisor park it or close it as unresolved.",
        )  # fmt: skip


def _may_park(ticket: Ticket, _who: Actor, _now: int) -> None:
    if ticket.sensor_active:
        raise Ruled(
            Because.ALARM,
            f"a danger is not parked, and these still alarm: {_alarming(ticket)}",
            devices=_devices(ticket),
        )
    if ticket.parkings >= policy.MAX_PARKINGS:
        raise Ruled(Because.OFTEN, f"it was parked {ticket.parkings} times: finish it, or close it as unresolved")


def _may_check(ticket: Ticket, who: Actor, _now: int) -> None:
    if who.by in ticket.handlers:
        raise Refused("forbidden", "whoever handled the ticket cannot be the one who confirms it")


def _may_book(ticket: Ticket, _who: Actor, _now: int) -> None:
    if ticket.bookings >= policy.MAX_BOOKINGS:
        raise Ruled(
            Because.OFTEN, f"the call was booked {ticket.bookings} times, as often as may be", remedy="Call now."
        )


def _may_give_up(ticket: Ticket, _who: Actor, _now: int) -> None:
    if ticket.sensor_active:
        raise Ruled(
            Because.ALARM, f"nothing that a sensor still sees is closed: {_alarming(ticket)}", devices=_devices(ticket)
        )


def _may_reopen(ticket: Ticket, who: Actor, now: int) -> None:
    if who.role is not Role.CITIZEN:
        return
    if ticket.citizen_reopened:
        raise Ruled(Because.ONCE, "it was reopened once already", remedy="Ask a supervisor, who can reopen it again.")
    if ticket.closed_at is None or now - ticket.closed_at > policy.CITIZEN_REOPEN:
        raise Ruled(Because.SEVEN_DAYS, "seven days have passed since it was closed; report it anew")


def _may_merge(ticket: Ticket, _who: Actor, _now: int) -> None:
    if ticket.safety and ticket.sensor_active:
        raise Ruled(
            Because.ALARM, f"its alarm still stands: {_alarming(ticket)}",
            remedy="Merge the other ticket into this danger instead.", devices=_devices(ticket),
        )  # fmt: skip


def _may_withdraw(ticket: Ticket, who: Actor, _now: int) -> None:
    if ticket.source is Source.SENSOR or ticket.safety:
        raise Ruled(Because.DANGER, "a safety ticket cannot be withdrawn: the danger does not end with the report")
    _speaks_for_caller(ticket, who)


def _may_erase(ticket: Ticket, _who: Actor, _now: int) -> None:
    if ticket.erased_at is not None:
        raise Ruled(Because.ONCE, "what it held of a person has been erased already", remedy="Nothing is left to do.")


_PERSON_RULES: Final[dict[Action, Callable[[Ticket, Actor, int], None]]] = {
    Action.ANSWER: _may_answer,
    Action.REJECT: _may_reject,
    Action.APPEAL: _may_appeal,
    Action.RETURN: _may_return,
    Action.RETURN_OK: _may_review,
    Action.RETURN_NO: _may_review,
    Action.REASSIGN: _may_reassign,
    Action.WHISTLE: _may_whistle,
    Action.TASK_DONE: _may_do_task,
    Action.WAIT: _may_wait,
    Action.WAIT_END: _may_end_wait,
    Action.EXTEND: _may_extend,
    Action.PARK: _may_park,
    Action.CHECK_OK: _may_check,
    Action.CHECK_BAD: _may_check,
    Action.BOOK: _may_book,
    Action.CLOSE_UNRESOLVED: _may_give_up,
    Action.REOPEN: _may_reopen,
    Action.MERGE: _may_merge,
    Action.WITHDRAW: _may_withdraw,
    Action.ERASE: _may_erase,
}
