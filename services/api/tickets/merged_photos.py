"""Photos that came with the reports merged into a ticket: seen there too, by whoever sees the report itself."""

from typing import Final

from services.api.container import Container
from services.api.door.auth import Caller
from services.api.door.scope import bounded
from services.tickets.domain import Ticket, TicketFilters
from services.tickets.domain.photos import Photo

MOST: Final = 200
"""Photos on one page; what is beyond stands on its own report's page."""
_REPORTS: Final = 200
_DEEP: Final = 5
"""Masters are merged themselves: how many steps down reports are looked for."""


def merged_photos(container: Container, caller: Caller, ticket: Ticket) -> tuple[tuple[Ticket, Photo], ...]:
    """What was shown on reports merged into ``ticket``, or into one of these, each with its report; at most MOST.

    Merging moves no photo: it stays the report's, and so do the rights. A report that the caller may not see shows
    them nothing here either, for its photos tell whose report it is.
    """
    found: dict[str, Ticket] = {}
    masters: tuple[str, ...] = (ticket.id,)
    for _ in range(_DEEP):
        filters = bounded(caller, TicketFilters(masters=masters))
        merged = container.tickets.list_tickets(filters, scope=caller.scope, limit=_REPORTS, after=None).items
        found |= {each.id: each for each in merged}
        masters = tuple(each.id for each in merged)
        if not masters:
            break
    shown = container.photos.shown_of(tuple(found), limit=MOST)
    return tuple((found[photo.ticket], photo) for photo in shown)
