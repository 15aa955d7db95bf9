"""Seeing a caller whole: asked for by itself, with a reason, and kept who did."""

from dataclasses import dataclass

from services.audit import Did, Entry, checked_reason, said
from services.ports import Clock
from services.tickets.domain import Actor, Caller, may_ask
from services.tickets.ports import TicketStore, Work
from services.transactions import in_transaction
from streams.contracts import Refused


@dataclass(frozen=True, slots=True)
class Unmask:
    """Shows a masked caller to one person, once."""

    store: TicketStore
    clock: Clock

    def __call__(self, ticket: str, *, who: Actor, why: str, scope: str) -> Caller:
        """The caller, after the log has kept who saw them, when and why.

        Raises:
            Refused: ``not-found``; ``fields``, no reason; ``forbidden``, the role may not.
        """
        reason = checked_reason(why)
        return in_transaction(self.store, lambda work: self._show(work, ticket, who, reason, scope))

    def _show(self, work: Work, ticket: str, who: Actor, why: str, scope: str) -> Caller:
        found = work.ticket(ticket)
        if found is None or not found.area.startswith(scope):
            raise Refused("not-found", "there is no such ticket in your area")
        caller = found.caller
        if caller is None or not may_ask(who.role, caller):
            raise Refused(
                "forbidden", f"there is no caller on {found.number} that {who.role} may ask to see",
                remedy="Those who work on the ticket may ask; a confidential caller is for those who call back.",
            )  # fmt: skip
        seen = [name for name in ("name", "phone") if getattr(caller, name)]
        detail = said(fields=seen, number=found.number, why=why)
        work.audit(Entry(self.clock.now(), who.by, Did.UNMASK, f"ticket {found.id}", detail, str(who.role)))
        return caller
