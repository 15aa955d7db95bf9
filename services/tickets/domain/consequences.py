"""What each action does to a ticket beyond its state and clocks.

Everything an effect needs is in the event, so that the log alone gives the ticket again.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from services.tickets.domain import erasure
from services.tickets.domain.details import Details, evidence_of
from services.tickets.domain.policy import Policy
from services.tickets.domain.ticket import Episode, Event, Task, Ticket
from services.tickets.domain.words import UNIT_ROLES, Action, Card, Level, Role, State

Changes = dict[str, Any]
_replace = msgspec.structs.replace


DEADLINES: Final = "policy"
"""Under which name classifying carries the deadlines that it settled; no person supplies them."""


def details_of(event: Event) -> Details:
    return msgspec.convert({name: said for name, said in event.evidence.items() if name != DEADLINES}, Details)


def _verified(_ticket: Ticket, event: Event) -> Changes:
    return {"found": details_of(event).found}


def _appealed(ticket: Ticket, _event: Event) -> Changes:
    """Alarms that stood when it was rejected went back to the tickets that had brought them."""
    ended = tuple(episode for episode in ticket.episodes if not episode.active)
    return {"appeals": ticket.appeals + 1, "closed_at": None, "episodes": ended}


def _classified(ticket: Ticket, event: Event) -> Changes:
    """No desk makes less urgent what an alarm has raised meanwhile. The category settles whose deadlines it has."""
    details, given = details_of(event), event.evidence.get(DEADLINES)
    urgency = max(ticket.urgency, details.urgency or 0)
    policy = ticket.policy if given is None else msgspec.convert(given, Policy, str_keys=True)
    return {"category": details.category, "area": details.area, "urgency": urgency, "policy": policy}


def _raised(ticket: Ticket, event: Event) -> Changes:
    """A sub-task is due when its clock is, which may have come nearer with the ticket's own."""
    due = {run.task: run.due for run in event.clocks or () if run.task}
    tasks = tuple(_replace(task, until=due.get(task.number, task.until)) for task in ticket.tasks)
    return {"urgency": int(event.evidence["urgency"]), "tasks": tasks}


def _dispatched(ticket: Ticket, event: Event) -> Changes:
    details = details_of(event)
    helping = tuple(unit for unit in _assisting(ticket, details.assisting) if unit != details.unit)
    return {"lead": details.unit, "assisting": helping, "dispatched_at": event.at}


def _assisting(ticket: Ticket, units: tuple[str, ...]) -> tuple[str, ...]:
    """Whoever still owes a sub-task stays on the ticket."""
    return tuple(dict.fromkeys((*units, *(task.unit for task in ticket.unfinished))))


def _reassigned(ticket: Ticket, event: Event) -> Changes:
    return _dispatched(ticket, event) | {"reassigns": ticket.reassigns + 1}


def _handled(ticket: Ticket, event: Event) -> Changes:
    if event.by in ticket.handlers or event.role not in UNIT_ROLES:
        return {}  # a grid worker who came to look has not handled it, and may confirm it later
    return {"handlers": (*ticket.handlers, event.by)}


def _whistled(ticket: Ticket, event: Event) -> Changes:
    details = details_of(event)
    task = Task(len(ticket.tasks) + 1, details.unit, details.text, details.until or event.at)
    assisting = ticket.assisting if task.unit in ticket.assisting else (*ticket.assisting, task.unit)
    return {"tasks": (*ticket.tasks, task), "assisting": assisting}


def _task_done(ticket: Ticket, event: Event) -> Changes:
    details = details_of(event)
    done = {"done_at": event.at, "done_by": event.by, "outcome": details.outcome}
    tasks = tuple(_replace(task, **done) if task.number == details.task else task for task in ticket.tasks)
    return _handled(ticket, event) | {"tasks": tasks}


def _waiting(ticket: Ticket, event: Event) -> Changes:
    return _handled(ticket, event) | {"waiting_until": details_of(event).until, "waits": ticket.waits + 1}


def _waited(_ticket: Ticket, _event: Event) -> Changes:
    return {"waiting_until": None}


def _extending(ticket: Ticket, event: Event) -> Changes:
    return {"prior": ticket.state, "asked_until": details_of(event).until, "extensions": ticket.extensions + 1}


def _extension_decided(_ticket: Ticket, _event: Event) -> Changes:
    return {"prior": None, "asked_until": None}


def _parked(ticket: Ticket, event: Event) -> Changes:
    return {"plan": details_of(event).plan, "parkings": ticket.parkings + 1}


def _finished(ticket: Ticket, event: Event) -> Changes:
    details = details_of(event)
    changes = _handled(ticket, event) | {"outcome": details.outcome, "checked_by": ""}
    if (evidence := evidence_of(details, at=event.at, by=event.by)).shown:
        changes["evidence"] = evidence
    return changes


def _returning(ticket: Ticket, _event: Event) -> Changes:
    return {"returns": ticket.returns + 1, "prior": ticket.state}


def _return_decided(ticket: Ticket, event: Event) -> Changes:
    gone = {"lead": "", "assisting": _assisting(ticket, ())} if event.new is State.TO_DISPATCH else {}
    return {"prior": None} | gone


def _checked(_ticket: Ticket, event: Event) -> Changes:
    return {"checked_by": event.by}


def _void(ticket: Ticket) -> Changes:
    """The proofs of an earlier round count no longer."""
    return {
        "evidence": None, "checked_by": "", "satisfied": None, "misses": (), "redos": ticket.redos + 1,
        "closed_at": None, "unsolved": False, "told": "", "booked": None, "bookings": 0,
    }  # fmt: skip


def _checked_bad(ticket: Ticket, _event: Event) -> Changes:
    return _void(ticket)


def _called(ticket: Ticket, event: Event) -> Changes:
    details = details_of(event)
    if event.new is State.REDO:
        return _void(ticket) | {"satisfied": details.satisfied}
    if details.contacted:
        return {"satisfied": details.satisfied, "booked": None}
    return {"misses": (*ticket.misses, event.at), "booked": None}


def _booked(ticket: Ticket, event: Event) -> Changes:
    return {"booked": details_of(event).until, "bookings": ticket.bookings + 1}


def _answered(_ticket: Ticket, event: Event) -> Changes:
    return {"outcome": details_of(event).text}


def _unresolved(_ticket: Ticket, event: Event) -> Changes:
    return {"unsolved": True, "outcome": details_of(event).told}


def _reopened(ticket: Ticket, event: Event) -> Changes:
    return _void(ticket) | {"citizen_reopened": ticket.citizen_reopened or event.role is Role.CITIZEN}


def _urged(ticket: Ticket, _event: Event) -> Changes:
    return {"urges": ticket.urges + 1}


def _merged(ticket: Ticket, event: Event) -> Changes:
    """Alarms that still stand go along to the master, which must not close over them."""
    ended = tuple(episode for episode in ticket.episodes if not episode.active)
    return {"master": details_of(event).master, "merged_from": ticket.state, "episodes": ended}


def _unmerged(_ticket: Ticket, _event: Event) -> Changes:
    return {"master": "", "merged_from": None}


def _master_done(ticket: Ticket, event: Event) -> Changes:
    """Whoever worked on the master worked on this one, and a redo of it is theirs as well."""
    given = event.evidence
    return {
        "master": "", "merged_from": None, "told": given["told"], "unsolved": given["unsolved"],
        "lead": given["lead"] or ticket.lead, "assisting": _assisting(ticket, tuple(given["assisting"])),
        "handlers": (*ticket.handlers, *(name for name in given["handlers"] if name not in ticket.handlers)),
        "checked_by": given["checked_by"], "prior": None, "asked_until": None, "waiting_until": None, "booked": None,
    }  # fmt: skip


def _with_episode(ticket: Ticket, event: Event) -> Changes:
    fresh = msgspec.convert(event.evidence["episode"], Episode)
    if ticket.episode(fresh.episode) is None:
        return {"episodes": (*ticket.episodes, fresh)}
    return {"episodes": tuple(fresh if old.episode == fresh.episode else old for old in ticket.episodes)}


def _realarmed(ticket: Ticket, event: Event) -> Changes:
    changes = _with_episode(ticket, event)
    policy = {
        "normal_for_ms": max(ticket.normal_for_ms, int(event.evidence.get("normal_for_ms", 0))),
        "reopen_ms": max(ticket.reopen_ms, int(event.evidence.get("reopen_ms", 0))),
        "hot_spot": event.evidence.get("hot_spot", ticket.hot_spot),
    }
    recurred = ticket.recurrences + (event.old is State.CLOSED)
    return changes | policy | _void(ticket) | {"redos": ticket.redos, "recurrences": recurred}


def _marked(ticket: Ticket, event: Event) -> Changes:
    return {"warned": ticket.stage} if event.evidence["card"] == Card.YELLOW else {}


def _escalated(_ticket: Ticket, event: Event) -> Changes:
    return {"level": Level(event.evidence["level"]), "supervised": True, "escalate_at": event.evidence["again"]}


def _archived(_ticket: Ticket, event: Event) -> Changes:
    return {"archived_at": event.at}


def _erased(ticket: Ticket, event: Event) -> Changes:
    return erasure.of_ticket(ticket) | {"erased_at": event.at}


EFFECTS: Final[dict[Action, Callable[[Ticket, Event], Changes]]] = {
    Action.VERIFIED: _verified,
    Action.ANSWER: _answered,
    Action.APPEAL: _appealed,
    Action.CLASSIFY: _classified,
    Action.DISPATCH: _dispatched,
    Action.SIGN: _handled,
    Action.ARRIVE: _handled,
    Action.CONTACT: _handled,
    Action.INTERIM: _handled,
    Action.RETURN: _returning,
    Action.RETURN_OK: _return_decided,
    Action.RETURN_NO: _return_decided,
    Action.REASSIGN: _reassigned,
    Action.WHISTLE: _whistled,
    Action.TASK_DONE: _task_done,
    Action.WAIT: _waiting,
    Action.WAIT_END: _waited,
    Action.EXTEND: _extending,
    Action.EXTEND_OK: _extension_decided,
    Action.EXTEND_NO: _extension_decided,
    Action.PARK: _parked,
    Action.FINISH: _finished,
    Action.CHECK_OK: _checked,
    Action.CHECK_BAD: _checked_bad,
    Action.CALLBACK: _called,
    Action.BOOK: _booked,
    Action.CLOSE_UNRESOLVED: _unresolved,
    Action.REOPEN: _reopened,
    Action.URGE: _urged,
    Action.MERGE: _merged,
    Action.UNMERGE: _unmerged,
    Action.MASTER_DONE: _master_done,
    Action.REALARM: _realarmed,
    Action.NORMAL: _with_episode,
    Action.RAISE: _raised,
    Action.MARK: _marked,
    Action.ESCALATE: _escalated,
    Action.ARCHIVE: _archived,
    Action.ERASE: _erased,
}
