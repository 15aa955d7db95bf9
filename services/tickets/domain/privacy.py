"""Who may see a caller: a telephone number is shown whole to those who call back, to nobody else."""

from typing import Final

from services.tickets.domain.ticket import Caller
from services.tickets.domain.words import Role

SEES_CALLER: Final = frozenset({Role.OPERATOR, Role.DISPATCHER, Role.SUPERVISOR})


def masked(phone: str) -> str:
    """``13812345621`` becomes ``138****5621``; a short number keeps its last two digits only."""
    if len(phone) >= 8:
        return f"{phone[:3]}{'*' * (len(phone) - 7)}{phone[-4:]}"
    return "*" * max(0, len(phone) - 2) + phone[-2:]


def caller_for(role: Role, caller: Caller | None) -> Caller | None:
    """The caller as ``role`` may see them; a confidential name is hidden with the number."""
    if caller is None or role in SEES_CALLER:
        return caller
    name = "***" if caller.confidential else caller.name
    return Caller(name, masked(caller.phone), caller.confidential)
