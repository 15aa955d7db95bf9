"""The loop that lets time pass over tickets, and counts them for Prometheus."""

import threading
from dataclasses import dataclass, field
from typing import Final

from services.adapters import logging
from services.adapters.health import Health
from services.adapters.metrics import gauge
from services.adapters.retry import Stopped, until_available
from services.ports import Clock
from services.tickets.domain import TicketFilters
from services.tickets.domain.calendars import known_until, known_until_ms
from services.tickets.handlers import KeepTime, Recount
from services.tickets.ports import TicketReader
from streams.contracts.metrics import CALENDAR_KNOWN_UNTIL, TICKETS_CARDS, TICKETS_OPEN

EVERY_S: Final = 1.0
COUNT_EVERY_MS: Final = 10_000
"""Counting reads every open ticket, and Prometheus asks no more often than this."""
NAME: Final = "ticket clocks"


@dataclass(slots=True)
class Scheduler:
    """Looks once a second; what came due while nobody looked is done at the first look."""

    keep_time: KeepTime
    recount: Recount
    reader: TicketReader
    clock: Clock
    health: Health
    _counted: int | None = field(default=None, init=False)
    """When it counted last, epoch ms."""

    def run(self, stop: threading.Event) -> None:
        try:
            while not stop.is_set():
                done = until_available(stop, NAME, self.look)
                self.health.beat(NAME)
                if done == 0:
                    stop.wait(EVERY_S)
        except Stopped:
            return

    def look(self) -> int:
        """What time did to tickets now, in events; and the counts where it is time for them."""
        events = self.keep_time()
        now = self.clock.now()
        if self._counted is None or not 0 <= now - self._counted < COUNT_EVERY_MS:
            self._count()
            self._counted = now
        return len(events)

    def _count(self) -> None:
        again = self.recount()
        if again:
            known = known_until().isoformat()
            logging.get(__name__).info("deadlines counted by a new calendar", tickets=again, known_until=known)
        gauge(CALENDAR_KNOWN_UNTIL).set(known_until_ms() / 1000)
        counts = self.reader.count_by_stage(TicketFilters(), scope="")
        for count in counts:
            gauge(TICKETS_OPEN, stage=str(count.stage)).set(count.tickets)
        gauge(TICKETS_CARDS, card="yellow").set(sum(count.yellow for count in counts))
        gauge(TICKETS_CARDS, card="red").set(sum(count.red for count in counts))
