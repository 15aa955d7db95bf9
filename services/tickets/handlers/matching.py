"""What a person is shown beside a report: tickets that may be the same matter, and what the caller reported before."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from services.audit import Did, Entry, checked_reason, said
from services.ports import Clock
from services.tickets.domain import Actor, Ticket, merging
from services.tickets.domain.catalogue import PARENTS
from services.tickets.domain.errors import Wrong
from services.tickets.domain.merging import Likeness, Sighting
from services.tickets.domain.privacy import SEES_CALLER
from services.tickets.domain.text import check_phone, check_text
from services.tickets.ports import MatchReader, TicketStore
from services.transactions import in_transaction
from streams.contracts import Refused
from streams.contracts.areas import COMMUNITY_LENGTH

LOOKED_AT: Final = 500
SUGGESTED: Final = 5
"""A list that is longer than a glance is not read while somebody waits on the telephone."""
EARLIER: Final = 20


@dataclass(frozen=True, slots=True)
class Match:
    """A ticket that may be the same matter, and why."""

    ticket: Ticket
    likeness: Likeness


@dataclass(frozen=True, slots=True)
class FindAlike:
    """Suggests, and changes nothing; ``scope`` is the area of who asks."""

    reader: MatchReader
    clock: Clock

    def to_report(self, report: Sighting, *, scope: str) -> tuple[Match, ...]:
        """Open tickets like a report that is being written, best first; its ``at`` is taken as now.

        Raises:
            Refused: ``fields``, a field holds what nobody can write.
        """
        check_text(report)
        return self._alike(msgspec.structs.replace(report, at=self.clock.now()), scope, besides="")

    def to_ticket(self, ticket: Ticket, *, scope: str) -> tuple[Match, ...]:
        """Open tickets that ``ticket`` could be merged with; none where it has ended or was merged."""
        return self._alike(merging.sighting_of(ticket), scope, besides=ticket.id) if ticket.open else ()

    def _alike(self, report: Sighting, scope: str, *, besides: str) -> tuple[Match, ...]:
        since = report.at - merging.WINDOW_MS
        around = self.reader.around(report.building or report.area, report.position)
        report = msgspec.structs.replace(report, around=around)
        own = report.area[:COMMUNITY_LENGTH]
        communities = tuple(sorted({own, *around})) if own or not around else around
        near = self.reader.open_near(communities, near=report.position, scope=scope, since=since, limit=LOOKED_AT)
        judged = [
            Match(ticket, merging.likeness(report, merging.sighting_of(ticket), PARENTS))
            for ticket in near
            if ticket.id != besides
        ]
        worth = [match for match in judged if match.likeness.score >= merging.SHOWN]
        worth.sort(key=lambda match: (-match.likeness.score, match.ticket.number))
        return tuple(worth[:SUGGESTED])


@dataclass(frozen=True, slots=True)
class FindCalls:
    """What a telephone number reported before.

    What was reported confidentially is left out: who knows the number would learn from the list whose
    report it is. With a reason it is shown, and the audit log keeps who asked (as :class:`Unmask`).
    """

    reader: MatchReader
    store: TicketStore
    clock: Clock

    def __call__(self, phone: str, *, who: Actor, scope: str, why: str = "") -> tuple[Ticket, ...]:
        """The newest first.

        Raises:
            Refused: ``forbidden``, this role does not see callers; ``fields``, no telephone number, or a reason
                that explains nothing.
        """
        if who.role not in SEES_CALLER:
            raise Refused("forbidden", f"a caller's tickets are shown to {', '.join(sorted(SEES_CALLER))}")
        if not phone:
            raise Wrong("phone", phone, "phone is missing", "Say which number.")
        check_phone(phone)
        reason = checked_reason(why) if why else ""
        found = self.reader.of_caller(phone.strip(), scope=scope, limit=EARLIER)
        if reason:
            in_transaction(self.store, lambda work: work.audit(self._entry(found, who, reason)))
            return found
        return tuple(ticket for ticket in found if ticket.caller is not None and not ticket.caller.confidential)

    def _entry(self, found: Sequence[Ticket], who: Actor, why: str) -> Entry:
        """Which confidential reports were shown as this caller's; the number itself is never in the log."""
        shown = [ticket.number for ticket in found if ticket.caller is not None and ticket.caller.confidential]
        detail = said(fields=["phone"], number=shown, why=why)
        return Entry(self.clock.now(), who.by, Did.UNMASK, "calls of one number", detail, str(who.role))
