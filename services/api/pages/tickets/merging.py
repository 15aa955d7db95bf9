"""What stands beside a report: tickets that may be the same matter, and what its caller reported before."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.api.container import Container
from services.api.door.auth import Caller
from services.api.language import vocabulary as voc
from services.api.language.words import Words
from services.api.pages.desk import Visit
from services.api.pages.tickets.works import works_at
from services.api.tickets import merging
from services.api.tickets.tickets import ticket_for
from services.audit import checked_reason
from services.tickets.domain import Role, Ticket
from services.tickets.domain.merging import REASONS, Sighting, sighting_of
from services.tickets.domain.privacy import SEES_CALLER
from services.tickets.handlers import Match
from streams.contracts import Refused

ANSWERS: Final = 3


@dataclass(frozen=True, slots=True)
class MergeDesk:
    """Reads for one signed-in person."""

    container: Container

    def alike(self, who: Caller, report: Sighting) -> tuple[Match, ...]:
        return merging.alike_to_report(self.container, who, report)

    def calls(self, who: Caller, phone: str) -> tuple[Ticket, ...]:
        """A number's tickets; none for who does not see callers, and none while the number is not whole."""
        try:
            return merging.calls_of(self.container, who, phone)
        except Refused:
            return ()

    def revealed(self, who: Caller, phone: str, why: str) -> tuple[Ticket, ...]:
        """What a number reported confidentially, for a reason; the audit log has kept who asked before it is shown.

        Raises:
            Refused: ``forbidden``, this role does not see callers; ``fields``, the ``phone`` or the ``reason``.
        """
        found = merging.calls_of(self.container, who, phone, checked_reason(why))
        return tuple(ticket for ticket in found if ticket.caller is not None and ticket.caller.confidential)

    def beside(self, who: Caller, ticket: Ticket) -> tuple[tuple[Match, ...], tuple[Ticket, ...]]:
        """Tickets like this one, and its caller's others."""
        earlier = merging.earlier_than(self.container, who, ticket) if Role(who.role) in SEES_CALLER else ()
        return merging.alike_to_ticket(self.container, who, ticket), earlier

    def known(self, visit: Visit, report: Sighting) -> dict[str, Any]:
        """What was announced where the report is from, and what to say to it."""
        kept = self.container.answers
        fitting = kept.listed(text=report.text, category=report.category, limit=ANSWERS) if report.text else ()
        return {"works": works_at(self.container, visit, report.area), "answers": fitting}


def beside(shelf: MergeDesk, visit: Visit, ticket: str) -> dict[str, Any]:
    """What the ticket's page shows beside it."""
    found, _ = ticket_for(shelf.container, visit.caller, ticket)
    alike, calls = shelf.beside(visit.caller, found)
    report = sighting_of(found) if found.open else Sighting(found.opened_at)
    return shown(alike, calls, visit.t) | shelf.known(visit, report)


def shown(alike: Sequence[Match], calls: Sequence[Ticket], t: Words) -> dict[str, Any]:
    return {
        "alike": [
            {
                "ticket": match.ticket,
                "state": voc.say(voc.TICKET_STATES, match.ticket.state, t),
                "percent": round(100 * match.likeness.score),
                "reasons": [
                    {"words": t.either(*REASONS[reason.why]), "points": f"{reason.points * 100:+.0f}"}
                    for reason in match.likeness.reasons
                ],
            }
            for match in alike
        ],
        "calls": listed(calls, t),
    }


def listed(calls: Sequence[Ticket], t: Words) -> list[dict[str, Any]]:
    """A caller's tickets with their states in words."""
    return [{"ticket": ticket, "state": voc.say(voc.TICKET_STATES, ticket.state, t)} for ticket in calls]
