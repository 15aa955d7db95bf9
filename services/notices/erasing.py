"""The loop that removes messages whose time is over, and says how far behind it is."""

import threading
from dataclasses import dataclass

from services.adapters import logging
from services.adapters.health import Health
from services.adapters.metrics import counter, gauge
from services.adapters.retry import Stopped, until_available
from services.notices.handlers import BATCH, EraseByAge
from streams.contracts.metrics import NOTICES_ERASED, PERSONAL_DATA_OVERDUE

IDLE_S = 60.0
NAME = "personal data"


@dataclass(frozen=True, slots=True)
class Erasing:
    """Works off what is due batch by batch, and then looks once a minute."""

    erase: EraseByAge
    health: Health

    def run(self, stop: threading.Event) -> None:
        try:
            while not stop.is_set():
                erased = until_available(stop, NAME, self._batch)
                self.health.beat(NAME)
                if erased < BATCH:
                    self.health.rest(NAME, stop, IDLE_S)
        except Stopped:
            return

    def _batch(self) -> int:
        swept = self.erase()
        gauge(PERSONAL_DATA_OVERDUE).set(swept.overdue_ms / 1000)
        if swept.erased:
            counter(NOTICES_ERASED, why="age").inc(swept.erased)
            logging.get(__name__).info("messages erased", why="age", erased=swept.erased)
        return swept.erased
