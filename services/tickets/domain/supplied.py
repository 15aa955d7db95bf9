"""What comes with an action: the fields it takes, dates within their bounds, proof, and a master to merge into."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from services.tickets.domain import calendars, clocks, limits, policy
from services.tickets.domain.catalogue import check_category
from services.tickets.domain.details import Details, evidence_of
from services.tickets.domain.errors import Because, MergedItself, Ruled, Wrong, wrong_urgency
from services.tickets.domain.guards import Actor
from services.tickets.domain.limits import limit_of
from services.tickets.domain.numbers import SHANGHAI
from services.tickets.domain.proof import Proof, proof_one, unproved, would_prove
from services.tickets.domain.table import Row
from services.tickets.domain.ticket import Ticket
from services.tickets.domain.words import Action, Clock, State
from streams.contracts import Refused

_AHEAD: Final = limits.MINUTE
"""How far a person's clock may be ahead of ours."""
_ANSWERS: Final = ("contacted", "solved", "found")
_ZEROS: Final = ("urgency", "at", "until", "task")


def require(row: Row, details: Details) -> None:
    """Every required field is there, and none that the action does not take.

    Raises:
        Refused: ``fields`` names what is missing or does not belong.
    """
    given = {name for name in details.__struct_fields__ if _says(getattr(details, name))}
    given |= {name for name in _ANSWERS if getattr(details, name) is False}
    given |= {name for name in _ZEROS if getattr(details, name) == 0}
    missing = [wanted for wanted in row.required if not given & set(wanted.split("|"))]
    if missing:
        one = ", ".join(name.replace("|", " or ") for name in missing)
        raise Refused("fields", f"{row.action} needs {', '.join(missing)}", missing=missing, remedy=f"Add {one}.")
    known = {part for wanted in (*row.required, *row.optional) for part in wanted.split("|")}
    unknown = sorted(given - known)
    if unknown:
        remedy = f"Leave it out; {row.action} takes {', '.join(sorted(known))}."
        raise Refused(
            "fields", f"{row.action} does not take {', '.join(unknown)}", unknown=unknown, field=unknown[0],
            value=str(getattr(details, unknown[0])), remedy=remedy,
        )  # fmt: skip
    if details.urgency is not None and details.urgency not in policy.URGENCIES:
        raise wrong_urgency(details.urgency)


def _says(value: object) -> bool:
    """Whether a field holds anything; spaces are no reason."""
    return bool(value.strip()) if isinstance(value, str) else value not in (None, (), False)


def check(ticket: Ticket, row: Row, who: Actor, details: Details, now: int) -> None:
    """Refuse what was supplied with an action.

    Raises:
        Refused: ``fields`` names what is wrong and its bounds; ``proof`` says what it lacks;
            ``calendar``, a working-day date lies in a year whose holidays are not known.
    """
    rule = _RULES.get(row.action)
    if rule:
        rule(ticket, row, who, details, now)


def check_master(ticket: Ticket, master: Ticket | None, named: str) -> Ticket:
    """The ticket to merge into: open, another one, and never a lesser matter than a danger.

    Raises:
        Refused: ``fields`` or ``rule``.
    """
    if master is None:
        raise Wrong("master", named, f"there is no ticket {named} in your area", "Give its number, or its id.")
    if master.id == ticket.id:
        raise Ruled(Because.ITSELF, "a ticket cannot be merged into itself", field="master", value=named)
    if master.state is State.MERGED:
        raise MergedItself(master.number, named)
    if not master.open:
        raise Ruled(
            Because.ENDED, f"{master.number} is {master.state}; only an open ticket takes another in",
            field="master", value=named,
        )  # fmt: skip
    if ticket.safety and not master.safety:
        raise Ruled(
            Because.DANGER_LEADS, "a danger leads, and never goes into a lesser matter", field="master", value=named,
            remedy=f"Merge {master.number} into {ticket.number} instead.",
        )  # fmt: skip
    return master


def _proved(ticket: Ticket, _row: Row, who: Actor, details: Details, now: int) -> None:
    evidence = evidence_of(details, at=now, by=who.by)
    if ticket.unfinished and not details.reason.strip():
        waiting = ", ".join(f"{task.number} ({task.unit})" for task in ticket.unfinished)
        raise Ruled(Because.TASKS_OPEN, f"sub-tasks are not done: {waiting}", field="tasks", value=waiting)
    if not would_prove(ticket, evidence, now):
        raise unproved(ticket, now)


def _checked(ticket: Ticket, _row: Row, _who: Actor, _details: Details, now: int) -> None:
    if proof_one(ticket, now) is Proof.NONE:
        raise unproved(ticket, now)


def _called(ticket: Ticket, row: Row, _who: Actor, details: Details, now: int) -> None:
    if row.target is State.CLOSED and proof_one(ticket, now) is Proof.NONE:
        raise unproved(ticket, now)  # a call-back alone does not close it
    if details.contacted and (details.solved is None or details.satisfied is None):
        raise Refused("fields", "the caller was reached: say whether it is solved and how satisfied they are",
                      missing=["solved", "satisfied"], remedy="Add solved and satisfied.")  # fmt: skip


def _classified(_ticket: Ticket, _row: Row, _who: Actor, details: Details, _now: int) -> None:
    check_category(details.category)


def _transferred(_ticket: Ticket, _row: Row, _who: Actor, details: Details, now: int) -> None:
    if details.at is None or not 0 < details.at <= now + _AHEAD:
        detail = "at is when the call was handed over, which cannot lie ahead"
        raise Wrong("at", details.at, detail, f"Give a time up to now, {now}, in epoch ms.")


def _task(ticket: Ticket, _row: Row, who: Actor, details: Details, _now: int) -> None:
    mine = [task.number for task in ticket.unfinished if task.unit == who.unit]
    if details.task not in mine:
        detail = "task is the number of an unfinished sub-task of your unit"
        raise Wrong("task", details.task, detail, f"Use one of: {', '.join(map(str, mine))}.")


def _within(details: Details, after: int, until: int) -> None:
    if details.until is None or not after < details.until <= until:
        detail = f"until is a time after {_said(after)} and not beyond {_said(until)}"
        remedy = f"Give a time between {after + 1} and {until}, in epoch ms." if after < until else _NO_TIME
        raise Wrong("until", details.until, detail, remedy, after=after, most=until)


_NO_TIME: Final = "No date is left that would do: finish it, or ask a supervisor."


def _said(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, SHANGHAI).strftime("%Y-%m-%d %H:%M")


def _another(ticket: Ticket, _row: Row, _who: Actor, details: Details, _now: int) -> None:
    """Its own unit is none to hand it to: that would only start the unit's clocks anew."""
    if details.unit == ticket.lead:
        detail = f"{details.unit} has the ticket already; name another unit"
        raise Wrong("unit", details.unit, detail, "Name another unit.", named="same_unit")


def _whistled(ticket: Ticket, row: Row, who: Actor, details: Details, now: int) -> None:
    """A sub-task ends before its master does: by its finish, or by the redo where that is over."""
    _another(ticket, row, who, details, now)
    due = clocks.whole_until(ticket.clocks, now, ticket.policy.hours)
    _within(details, now, due or now + limits.DAY * ticket.policy.park_days)


def _waited(ticket: Ticket, _row: Row, _who: Actor, details: Details, now: int) -> None:
    _planned(details, now, limits.due_after(now, limit_of(ticket.policy.wait), ticket.policy.hours))


def _extended(ticket: Ticket, _row: Row, _who: Actor, details: Details, _now: int) -> None:
    run = ticket.run(Clock.FINISH)
    limit = limit_of(ticket.policy.extension.get(ticket.urgency, ""))
    if run is not None:
        _planned(details, run.due, limits.moved_by(run.due, limit, ticket.policy.hours))


def _planned(details: Details, after: int, until: int) -> None:
    if details.until is not None and details.until > after:
        try:
            calendars.require_foreseen(details.until)
        except calendars.UnknownYear as unknown:
            unknown.on("until", details.until, most=until)
            raise
    _within(details, after, until)


def _parked(ticket: Ticket, _row: Row, _who: Actor, details: Details, now: int) -> None:
    _within(details, now, now + ticket.policy.park_days * limits.DAY)


_RULES: Final[dict[Action, Callable[[Ticket, Row, Actor, Details, int], None]]] = {
    Action.CLASSIFY: _classified,
    Action.FINISH: _proved,
    Action.CHECK_OK: _checked,
    Action.CALLBACK: _called,
    Action.TRANSFER: _transferred,
    Action.TASK_DONE: _task,
    Action.RETURN: _another,
    Action.REASSIGN: _another,
    Action.WHISTLE: _whistled,
    Action.WAIT: _waited,
    Action.BOOK: _waited,
    Action.EXTEND: _extended,
    Action.PARK: _parked,
}
