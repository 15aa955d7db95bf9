"""Time passing over tickets: yellow and red cards, each once, and the archive at the end.

What is due stands in the tickets themselves, so a restart forgets nothing; several processes
may keep time at once, since a ticket in use is skipped and looked at again.
"""

from dataclasses import dataclass

from services.ports import Clock
from services.tickets import domain
from services.tickets.domain import Event, Ticket
from services.tickets.handlers.counting import count
from services.tickets.ports import TicketStore, Work
from services.transactions import in_transaction

BATCH = 100


@dataclass(frozen=True, slots=True)
class KeepTime:
    """Does what is due now and returns the events of it."""

    store: TicketStore
    clock: Clock

    def __call__(self) -> tuple[Event, ...]:
        return in_transaction(self.store, self._pass)

    def _pass(self, work: Work) -> tuple[Event, ...]:
        now = self.clock.now()
        done: list[Event] = []
        for ticket in work.due(now, BATCH):
            after, events = overdue(ticket, now)
            if events:
                work.save(after, events)
                count(events)
                done += events
        return tuple(done)


def overdue(ticket: Ticket, now: int) -> tuple[Ticket, tuple[Event, ...]]:
    """The cards a ticket has to show now, or its way to the archive."""
    archive_at = ticket.archive_at
    if archive_at is not None:
        return domain.archived(ticket, now=now) if now >= archive_at else (ticket, ())
    events: tuple[Event, ...] = ()
    for run in ticket.clocks:
        card = run.card_at(now)
        if card is not None:
            ticket, more = domain.marked(ticket, run.clock, card, now=now)
            events = (*events, *more)
    return ticket, events
