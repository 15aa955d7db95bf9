"""The loop that makes figures anew where a release changed what a ticket contributes, and says how far it is."""

import threading
from dataclasses import dataclass, field
from typing import Final

from services.adapters.health import Health
from services.adapters.metrics import gauge
from services.adapters.retry import Stopped, until_available
from services.tickets.ports import FigureStore
from streams.contracts.metrics import FIGURES_BEHIND, FIGURES_FAILED

BATCH: Final = 100
IDLE_S: Final = 300.0
NAME: Final = "ticket figures"
LOOK_EVERY: Final = 60
"""Turns between two counts of what is behind: each reads every ticket's key."""
MOST_COUNTED: Final = 1_000_000
MOST_FAILED: Final = 1_000
"""More broken logs than this are no accident: the rest waits for a release that mends them."""


@dataclass(slots=True)
class Remaking:
    """Works through old rows after a start and then rests: what changes later keeps its own row in step."""

    store: FigureStore
    health: Health
    failed: set[str] = field(default_factory=set)

    def run(self, stop: threading.Event) -> None:
        turn = 0
        try:
            while not stop.is_set():
                done = until_available(stop, NAME, self.step)
                if turn % LOOK_EVERY == 0 or not done:
                    until_available(stop, NAME, self.count)
                self.health.beat(NAME)
                turn += 1
                if not done:
                    self.health.rest(NAME, stop, IDLE_S)
                    turn = 0
        except Stopped:
            return

    def step(self) -> int:
        """One batch; returns how many it dealt with. A log that cannot be folded is left out from then on."""
        if len(self.failed) >= MOST_FAILED:
            return 0
        remade = self.store.remake(BATCH, without=self.failed)
        self.failed.update(remade.failed)
        return remade.made + len(remade.failed)

    def count(self) -> None:
        """Publish how many tickets are behind, and how many of them this release cannot mend."""
        gauge(FIGURES_BEHIND).set(self.store.behind(MOST_COUNTED))
        gauge(FIGURES_FAILED).set(len(self.failed))
