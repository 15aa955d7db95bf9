"""Which tickets a person sees: one answer for the API, the pages, the live stream and whatever is exported.

Three bounds, all of them always: the area that a person is bound to; for the people of a unit the
tickets that their unit leads or assists; for a resident their own reports.

The same bounds a second time, in the database: every transaction of a request is told its caller's
:class:`Reach`, and row security shows it nothing else. The gatekeeper says it for whoever is signed in;
the two doors that have no sign-in (Open311, a reporter's link) say it themselves. Where nobody said
anything there is no ticket to be read.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Final

from services.api.door.auth import Caller
from services.api.live.messages import TICKET, LiveMessage
from services.registry.domain import Permission, Role
from services.tickets.domain import Ticket, TicketFilters
from services.tickets.domain.reach import Reach
from streams.contracts.areas import contains

UNIT_ROLES: Final = frozenset({Role.UNIT_HANDLER, Role.UNIT_LEADER})
NO_UNIT: Final = "-"
"""No unit has this id: whose unit nobody entered sees no unit's tickets, rather than every one's."""
_REACH: ContextVar[Reach | None] = ContextVar("reach", default=None)


@contextmanager
def reaching(reach: Reach | None) -> Iterator[None]:
    """What the request that runs in the block may see of tickets; nothing without a ``reach``."""
    token = _REACH.set(reach)
    try:
        yield
    finally:
        _REACH.reset(token)


def told() -> Mapping[str, str]:
    """What a transaction of the request that runs now is told; the front door's pool asks this."""
    reach = _REACH.get()
    return reach.settings() if reach is not None else {}


def reach_of(caller: Caller | None) -> Reach | None:
    """The bounds of ``caller`` for the database; None for nobody, and for a role that sees no ticket."""
    if caller is None:
        return None
    if caller.role in UNIT_ROLES:
        return Reach("unit", caller.scope, caller.unit or NO_UNIT)
    if caller.may(Permission.TICKETS):
        return Reach("area", caller.scope)
    return Reach("reporter", caller.scope, caller.id) if caller.may(Permission.REPORT) else None


def bounded(caller: Caller, filters: TicketFilters) -> TicketFilters:
    """``filters`` with what ``caller`` may see, whatever they asked for; their area goes beside it as ``scope``."""
    unit = (caller.unit or NO_UNIT) if caller.role in UNIT_ROLES else filters.unit
    reporter = filters.reporter if caller.may(Permission.TICKETS) else caller.id
    return replace(filters, unit=unit, reporter=reporter)


def involved(caller: Caller, units: Collection[str], reporter: str) -> bool:
    """Whether a ticket of these units and this reporter is the caller's business, wherever it is."""
    if caller.role in UNIT_ROLES:
        return caller.unit != "" and caller.unit in units
    return caller.may(Permission.TICKETS) or (caller.may(Permission.REPORT) and reporter == caller.id)


def sees(caller: Caller, ticket: Ticket) -> bool:
    """Whether ``caller`` may see ``ticket``."""
    return contains(caller.scope, ticket.area) and involved(caller, units_of(ticket), ticket.reporter)


def hears(caller: Caller, message: LiveMessage) -> bool:
    """Whether a message of the live stream is for ``caller``; the stream names no reporter."""
    if not contains(caller.scope, message.area):
        return False
    return message.event != TICKET or involved(caller, message.units, "")


def units_of(ticket: Ticket) -> frozenset[str]:
    """Who works on it: its lead and those who assist, the units of its sub-tasks among them."""
    return frozenset({ticket.lead, *ticket.assisting} - {""})
