"""The loop that looks at what is held back: a shelving that nobody approves must not wait unseen."""

import threading
from dataclasses import dataclass
from typing import Final

from services.adapters.health import Health
from services.adapters.metrics import gauge
from services.adapters.retry import Stopped, until_available
from services.alarms.ports import AlarmStore
from services.ports import Clock
from streams.contracts.metrics import ALARMS_HELD, HOLD_UNAPPROVED

NAME: Final = "holds"
EVERY_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class HoldWatch:
    """Time alone ends a hold or makes one wait too long, so looking when an alarm comes is not enough."""

    store: AlarmStore
    clock: Clock
    health: Health

    def run(self, stop: threading.Event) -> None:
        """Look until ``stop``; a lost database is waited for."""
        try:
            while not stop.is_set():
                until_available(stop, NAME, self.look)
                self.health.beat(NAME)
                stop.wait(EVERY_S)
        except Stopped:
            return

    def look(self) -> None:
        """Publish how many rules are held back, and how long the longest wish has waited for its second person."""
        now = self.clock.now()
        for state, held in self.store.count_held(now).items():
            gauge(ALARMS_HELD, state=str(state)).set(held)
        since = self.store.unapproved_since(now)
        gauge(HOLD_UNAPPROVED).set(0 if since is None else max(0, now - since) / 1000)
