"""Photos that came with the reports merged into a ticket: seen there too, by whoever works on the ticket."""

from dataclasses import dataclass
from typing import Final

from services.api.container import Container
from services.api.door.auth import Caller
from services.api.door.scope import bounded
from services.registry.domain import Permission
from services.tickets.domain import Ticket, TicketFilters
from services.tickets.domain.photos import Photo
from services.tickets.handlers.photos import MOST_MERGED

_REPORTS: Final = 200


@dataclass(frozen=True, slots=True)
class MergedPhoto:
    """One photo; ``report`` is None where the reader may not see the report that it came with.

    ``address`` is the ticket under which the picture is read: the report, or else the master.
    """

    photo: Photo
    address: str
    report: Ticket | None = None


def merged_photos(container: Container, caller: Caller, ticket: Ticket) -> tuple[MergedPhoto, ...]:
    """What was shown on reports merged into ``ticket``, or into one of these; at most MOST_MERGED.

    Merging moves no photo: it stays the report's, and so do the rights. Who works on the master and may not see
    a report sees its photos here, for the work's sake, and nothing of who sent them; of a confidential report,
    and for a reporter of others' reports, none: these photos tell whose report it is.
    """
    reports = _seen(container, caller, ticket)
    shown = [
        MergedPhoto(photo, photo.ticket, reports[photo.ticket])
        for photo in container.photos.shown_of(tuple(reports), limit=MOST_MERGED)
    ]
    if caller.may(Permission.TICKETS):
        others = (photo for photo in container.photos.merged_into(ticket.id) if photo.ticket not in reports)
        shown += [MergedPhoto(photo, ticket.id) for photo in others]
    return tuple(sorted(shown, key=lambda each: (each.photo.at, each.photo.ticket, each.photo.id))[:MOST_MERGED])


def _seen(container: Container, caller: Caller, ticket: Ticket) -> dict[str, Ticket]:
    """The reports that the caller may see themselves, by id; each is looked behind once, however long the chain."""
    found: dict[str, Ticket] = {}
    masters: tuple[str, ...] = (ticket.id,)
    while masters:
        filters = bounded(caller, TicketFilters(masters=masters))
        merged = container.tickets.list_tickets(filters, scope=caller.scope, limit=_REPORTS, after=None).items
        masters = tuple(each.id for each in merged if each.id not in found)
        found |= {each.id: each for each in merged}
    return found
