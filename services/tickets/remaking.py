"""The loop that makes figures anew where a release changed what a ticket contributes to them."""

import threading
from dataclasses import dataclass

from services.adapters.health import Health
from services.adapters.retry import Stopped, until_available
from services.tickets.ports import FigureStore

BATCH = 100
IDLE_S = 5.0
NAME = "ticket figures"


@dataclass(frozen=True, slots=True)
class Remaking:
    """Works through old rows after a start and then rests: what changes later keeps its own row in step."""

    store: FigureStore
    health: Health

    def run(self, stop: threading.Event) -> None:
        try:
            while not stop.is_set() and until_available(stop, NAME, lambda: self.store.remake(BATCH)):
                self.health.beat(NAME)
            while not stop.wait(IDLE_S):
                self.health.beat(NAME)
        except Stopped:
            return
