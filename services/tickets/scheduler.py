"""The loop that lets time pass over tickets, and counts them for Prometheus."""

import threading
from dataclasses import dataclass

from services.adapters import logging
from services.adapters.health import Health
from services.adapters.metrics import gauge
from services.adapters.retry import Stopped, until_available
from services.tickets.domain import TicketFilters
from services.tickets.domain.calendars import known_until, known_until_ms
from services.tickets.handlers import KeepTime, Recount
from services.tickets.ports import TicketReader
from streams.contracts.metrics import CALENDAR_KNOWN_UNTIL, TICKETS_CARDS, TICKETS_OPEN

EVERY_S = 1.0
COUNT_EVERY = 10
"""Looks between two counts: each reads every open ticket. A new calendar waits as long."""
NAME = "ticket clocks"


@dataclass(frozen=True, slots=True)
class Scheduler:
    """Looks once a second; what came due while nobody looked is done at the first look."""

    keep_time: KeepTime
    recount: Recount
    reader: TicketReader
    health: Health

    def run(self, stop: threading.Event) -> None:
        look = 0
        try:
            while not stop.is_set():
                done = until_available(stop, NAME, self.keep_time)
                if look % COUNT_EVERY == 0:
                    until_available(stop, NAME, self._recount)
                    until_available(stop, NAME, self._count)
                look += 1
                self.health.beat(NAME)
                if not done:
                    stop.wait(EVERY_S)
        except Stopped:
            return

    def _recount(self) -> None:
        again = self.recount()
        if again:
            known = known_until().isoformat()
            logging.get(__name__).info("deadlines counted by a new calendar", tickets=again, known_until=known)

    def _count(self) -> None:
        gauge(CALENDAR_KNOWN_UNTIL).set(known_until_ms() / 1000)
        counts = self.reader.count_by_stage(TicketFilters(), scope="")
        for count in counts:
            gauge(TICKETS_OPEN, stage=str(count.stage)).set(count.tickets)
        gauge(TICKETS_CARDS, card="yellow").set(sum(count.yellow for count in counts))
        gauge(TICKETS_CARDS, card="red").set(sum(count.red for count in counts))
