"""Erasing what tickets hold of people: by age, in batches, and one when an administrator says so."""

from dataclasses import dataclass
from typing import Final

from services.audit import Did, Entry, said
from services.ports import Clock
from services.retention import Swept, cut_off, swept
from services.tickets import domain
from services.tickets.domain import Event, Ticket, erasure
from services.tickets.handlers.counting import count
from services.tickets.ports import TicketStore, Work
from services.transactions import in_transaction

BATCH: Final = 50
"""Tickets of one transaction: a whole log each, and the audit chain is locked meanwhile."""


@dataclass(frozen=True, slots=True)
class EraseByAge:
    """Erases tickets that were archived ``years`` ago and that a person reported."""

    store: TicketStore
    clock: Clock
    years: int

    def __call__(self) -> Swept:
        """One batch; the same again at once goes on with the next."""
        return in_transaction(self.store, self._sweep)

    def _sweep(self, work: Work) -> Swept:
        now = self.clock.now()
        until = cut_off(now, self.years)
        found = work.personal(until, BATCH)
        why = f"归档满 {self.years} 年 archived {self.years} years ago"
        for ticket in found:
            put(work, *domain.erased(ticket, now=now, why=why, years=self.years))
        oldest = work.oldest_personal()
        for ticket in found:
            keep_account(work, ticket, now, domain.SYSTEM, why)
        return swept(len(found), until, oldest)


def put(work: Work, ticket: Ticket, events: tuple[Event, ...]) -> None:
    """Write an erased ticket, and its log behind it."""
    work.save(ticket, events)
    work.rewrite(ticket.id, [erasure.of_event(event) for event in work.events(ticket.id)])
    count(events)


def keep_account(work: Work, ticket: Ticket, now: int, who: domain.Actor, why: str) -> None:
    """That it was erased, by whom and why, in the audit log; the last thing of its transaction."""
    detail = said(number=ticket.number, why=why)
    work.audit(Entry(now, who.by, Did.ERASE, f"ticket {ticket.id}", detail, str(who.role)))
