"""The loop that erases personal data whose time is over, and says how far behind it is."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from services.adapters.health import Health
from services.adapters.metrics import gauge
from services.adapters.retry import Stopped, until_available
from services.retention import Swept
from streams.contracts.metrics import PERSONAL_DATA_OVERDUE

IDLE_S: Final = 60.0
NAME: Final = "personal data"


@dataclass(frozen=True, slots=True)
class Erasing:
    """Works off what is due batch by batch, and then looks once a minute.

    ``erase`` does one batch, of ``batch`` where more is due; ``tell`` is told how many each erased.
    """

    erase: Callable[[], Swept]
    batch: int
    tell: Callable[[int], None]
    health: Health

    def run(self, stop: threading.Event) -> None:
        try:
            while not stop.is_set():
                erased = until_available(stop, NAME, self._sweep)
                self.health.beat(NAME)
                if erased < self.batch:
                    self.health.rest(NAME, stop, IDLE_S)
        except Stopped:
            return

    def _sweep(self) -> int:
        swept = self.erase()
        self.tell(swept.erased)
        gauge(PERSONAL_DATA_OVERDUE).set(swept.overdue_ms / 1000)
        return swept.erased
