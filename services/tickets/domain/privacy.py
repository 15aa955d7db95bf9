"""Who may see a caller: a telephone number is shown whole to those who call back, to nobody else.

A confidential caller is shown to nobody unasked: those who call back see that there is one and may
ask, with a reason that is kept; for everybody else, units above all, there is none.
"""

from typing import Final

from services.tickets.domain.erasure import ERASED
from services.tickets.domain.ticket import Caller
from services.tickets.domain.words import Role

SEES_CALLER: Final = frozenset({Role.OPERATOR, Role.DISPATCHER, Role.SUPERVISOR})
MAY_UNMASK: Final = SEES_CALLER | {Role.UNIT_HANDLER, Role.UNIT_LEADER, Role.GRID_WORKER, Role.GRID_MANAGER}
"""Who has to reach a caller in the end: the first contact is the unit's, the check on site the grid's."""


def masked(phone: str) -> str:
    """``13812345621`` becomes ``138****5621``; a short number keeps its last two digits only."""
    if phone == ERASED:
        return phone
    if len(phone) >= 8:
        return f"{phone[:3]}{'*' * (len(phone) - 7)}{phone[-4:]}"
    return "*" * max(0, len(phone) - 2) + phone[-2:]


def caller_for(role: Role, caller: Caller | None) -> Caller | None:
    """The caller as ``role`` may see them unasked."""
    if caller is None or hidden_from(role, caller):
        return None
    if caller.confidential:
        return Caller("***", masked(caller.phone), confidential=True)
    return caller if role in SEES_CALLER else Caller(caller.name, masked(caller.phone))


def hidden_from(role: Role, caller: Caller | None) -> bool:
    """Whether ``role`` may not even know that somebody reported it, nor as whom."""
    return caller is not None and caller.confidential and role not in SEES_CALLER


def may_ask(role: Role, caller: Caller | None) -> bool:
    """Whether ``role`` may have the caller shown whole, for a reason that is kept."""
    return caller is not None and role in MAY_UNMASK and not hidden_from(role, caller)


def may_unmask(role: Role, caller: Caller | None) -> bool:
    """Whether ``role`` may ask to see the caller whole, and would see more than it does."""
    return may_ask(role, caller) and caller_for(role, caller) != caller
