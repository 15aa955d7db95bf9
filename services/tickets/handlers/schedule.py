"""Time passing over tickets: cards, lapses, the level above, each once, and the archive at the end.

What is due stands in the tickets themselves, so a restart forgets nothing; several processes
may keep time at once, since a ticket in use is skipped and looked at again.
"""

from dataclasses import dataclass

from services.ports import Clock
from services.tickets import domain
from services.tickets.domain import Event
from services.tickets.handlers.incidents import save
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
            after, events = domain.overdue(ticket, now)
            save(work, after, events, now)
            done += events
        return tuple(done)
