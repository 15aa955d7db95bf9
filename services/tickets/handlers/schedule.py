"""Time passing over tickets: cards, lapses, the level above, each once, the archive at the end, and new calendars.

What is due stands in the tickets themselves, so a restart forgets nothing; several processes
may keep time at once, since a ticket in use is skipped and looked at again.
"""

from dataclasses import dataclass

from services.ports import Clock
from services.tickets import domain
from services.tickets.domain import Event
from services.tickets.domain.calendars import known_until_ms
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


@dataclass(frozen=True, slots=True)
class Recount:
    """Counts deadlines again that ran into a year which has been announced since; returns how many tickets."""

    store: TicketStore
    clock: Clock

    def __call__(self) -> int:
        """One batch; the same again at once goes on with the next."""
        return in_transaction(self.store, self._pass)

    def _pass(self, work: Work) -> int:
        now = self.clock.now()
        found = work.assumed(known_until_ms(), BATCH)
        for ticket in found:
            save(work, *domain.recounted(ticket, now=now), now)
        return len(found)
