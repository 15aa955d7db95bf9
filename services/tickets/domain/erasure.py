"""Erasing 清除 what a ticket holds of a person: years after it was archived, or when an administrator says so.

Who reported it, how to reach them, where they were, and every sentence that somebody typed give way to
:data:`ERASED`; codes, times, units, staff and decisions stay. The log is erased with the ticket, so that it
still rebuilds it, and what was there before cannot be had from either. That somebody was there to be called
back stays known, since the figures count by it.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from services.tickets.domain.ticket import Caller, Event, Evidence, Task, Ticket
from services.tickets.domain.words import Action, Role

ERASED: Final = "已清除"
"""What stands where something was erased; every reader of a log knows it."""
_SENTENCES: Final = frozenset(
    {"title", "text", "place", "reason", "told", "outcome", "plan", "photo", "reading", "reference", "reporter"}
)
"""What people typed, by its name in an event's evidence."""
_replace = msgspec.structs.replace


def of_ticket(ticket: Ticket) -> dict[str, Any]:
    """What changes in ``ticket``."""
    evidence = ticket.evidence
    return {
        "title": _gone(ticket.title),
        "text": _gone(ticket.text),
        "place": _gone(ticket.place),
        "reporter": _gone(ticket.reporter),
        "caller": _nobody(ticket.caller),
        "position": None,
        "outcome": _gone(ticket.outcome),
        "plan": _gone(ticket.plan),
        "told": _gone(ticket.told),
        "evidence": None if evidence is None else _of_proof(evidence),
        "tasks": tuple(map(_of_task, ticket.tasks)),
    }


def of_event(event: Event) -> Event:
    """``event`` without what it held of a person; why somebody erased is kept, and the same again changes nothing."""
    if event.action is Action.ERASE:
        return event
    return _replace(
        event,
        by=_gone(event.by) if event.role is Role.CITIZEN else event.by,
        why=event.why if event.role is Role.SYSTEM and event.action is not Action.REPORT else _gone(event.why),
        evidence=_of_evidence(event.evidence),
    )


def _of_evidence(evidence: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {name: _gone(value) if name in _SENTENCES else value for name, value in evidence.items()}
    made.pop("position", None)
    if made.get("photos"):
        made["photos"] = [ERASED]
    caller = made.get("caller")
    if isinstance(caller, dict):
        made["caller"] = {name: ERASED for name in ("name", "phone") if caller.get(name)}
    return made


def _of_proof(evidence: Evidence) -> Evidence:
    photos = (ERASED,) if evidence.photos else ()
    return _replace(evidence, photo=_gone(evidence.photo), reading=_gone(evidence.reading), photos=photos)


def _of_task(task: Task) -> Task:
    return _replace(task, text=_gone(task.text), outcome=_gone(task.outcome))


def _nobody(caller: Caller | None) -> Caller | None:
    return None if caller is None else Caller(_gone(caller.name), _gone(caller.phone))


def _gone(text: str) -> str:
    return ERASED if text else ""
