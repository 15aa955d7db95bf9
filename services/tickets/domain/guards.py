"""What the table alone cannot say: whose ticket it is, which counters end a loop, which proof it needs.

:func:`may` depends on ticket and person only, so that a page shows a button exactly when it
would be accepted; :func:`check` looks at what was supplied as well.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from services.tickets.domain import policy
from services.tickets.domain.proof import Proof, proof_one, why_not, would_prove
from services.tickets.domain.table import Row
from services.tickets.domain.ticket import Details, Evidence, Ticket
from services.tickets.domain.words import UNIT_ROLES, Action, Role, Source, State
from streams.contracts import Refused


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: user id, role, and the unit they belong to ('' for none)."""

    by: str
    role: Role
    unit: str = ""


SYSTEM: Final = Actor("system", Role.SYSTEM)


def may(ticket: Ticket, action: Action, who: Actor, now: int) -> None:
    """Refuse what this person may not do to this ticket, whatever they supply.

    Raises:
        Refused: ``forbidden`` or ``rule``, with the reason.
    """
    if who.role in UNIT_ROLES and action is not Action.NOTE and who.unit not in {ticket.lead, *ticket.assisting}:
        raise Refused("forbidden", f"the ticket is with {ticket.lead or 'no unit yet'}, not with your unit")
    if who.role is Role.CITIZEN and who.by != ticket.reporter:
        raise Refused("forbidden", "only the person who reported it may do this")
    rule = _PERSON_RULES.get(action)
    if rule:
        rule(ticket, who, now)


def _may_return(ticket: Ticket, _who: Actor, _now: int) -> None:
    if ticket.urgency >= policy.CRITICAL:
        raise Refused("rule", "a critical ticket knows no return: act first, settle the responsibility afterwards")
    if ticket.returns >= policy.MAX_RETURNS:
        raise Refused("rule", "the third return was decided by a supervisor and is final")


def _may_review(ticket: Ticket, who: Actor, _now: int) -> None:
    if ticket.returns >= policy.MAX_RETURNS and who.role is not Role.SUPERVISOR:
        raise Refused("forbidden", "the third return goes a level up: a supervisor decides it")


def _may_check(ticket: Ticket, who: Actor, _now: int) -> None:
    if who.by in ticket.handlers:
        raise Refused("forbidden", "whoever handled the ticket cannot be the one who confirms it")


def _may_reopen(ticket: Ticket, who: Actor, now: int) -> None:
    if who.role is not Role.CITIZEN:
        return
    if ticket.citizen_reopened:
        raise Refused("rule", "it was reopened once already; a supervisor can reopen it again")
    if ticket.closed_at is None or now - ticket.closed_at > policy.CITIZEN_REOPEN:
        raise Refused("rule", "seven days have passed since it was closed; report it anew")


def _may_withdraw(ticket: Ticket, who: Actor, _now: int) -> None:
    dangerous = ticket.urgency >= policy.CRITICAL or ticket.category in policy.SAFETY
    if ticket.source is Source.SENSOR or dangerous:
        raise Refused("rule", "a safety ticket cannot be withdrawn: the danger does not end with the report")
    if who.role is Role.OPERATOR and ticket.source is not Source.HOTLINE:
        raise Refused("forbidden", "an operator withdraws for a caller; this one has a reporter who can do it")


_PERSON_RULES: Final[dict[Action, Callable[[Ticket, Actor, int], None]]] = {
    Action.RETURN: _may_return,
    Action.RETURN_OK: _may_review,
    Action.RETURN_NO: _may_review,
    Action.CHECK_OK: _may_check,
    Action.CHECK_BAD: _may_check,
    Action.REOPEN: _may_reopen,
    Action.WITHDRAW: _may_withdraw,
}


def check(ticket: Ticket, row: Row, who: Actor, details: Details, now: int) -> None:
    """Refuse what was supplied with an action.

    Raises:
        Refused: ``fields`` names what is missing or does not belong; ``proof`` says what it lacks.
    """
    require(row, details)
    if row.action is Action.FINISH:
        evidence = Evidence(now, who.by, details.photo, details.reading, details.sensor_dead)
        if not would_prove(ticket, evidence, now):
            raise Refused("proof", why_not(ticket, now))
    if row.action is Action.CHECK_OK and proof_one(ticket, now) is Proof.NONE:
        raise Refused("proof", why_not(ticket, now))
    if row.target is State.CLOSED and row.action is Action.CALLBACK and proof_one(ticket, now) is Proof.NONE:
        raise Refused("proof", f"a call-back alone does not close it: {why_not(ticket, now)}")
    if row.action is Action.CALLBACK and details.contacted and (details.solved is None or details.satisfied is None):
        raise Refused("fields", "the caller was reached: say whether it is solved and how satisfied they are",
                      missing=["solved", "satisfied"])  # fmt: skip


def require(row: Row, details: Details) -> None:
    """Every required field is there, and none that the action does not take."""
    given = {name for name in details.__struct_fields__ if getattr(details, name) not in {None, "", (), False}}
    given |= {name for name in ("contacted", "solved") if getattr(details, name) is False}
    given |= {"urgency"} if details.urgency == 0 else set()
    missing = [wanted for wanted in row.required if not given & set(wanted.split("|"))]
    if missing:
        raise Refused("fields", f"{row.action} needs {', '.join(missing)}", missing=missing)
    known = {part for wanted in (*row.required, *row.optional) for part in wanted.split("|")}
    unknown = sorted(given - known)
    if unknown:
        raise Refused("fields", f"{row.action} does not take {', '.join(unknown)}", unknown=unknown)
    if details.urgency is not None and details.urgency not in {0, 1, policy.CRITICAL}:
        raise Refused("fields", "urgency is 0 (ordinary), 1 (major) or 2 (critical)", wrong=["urgency"])
