"""The loop that sends what is due, and says how much waits."""

import threading
from dataclasses import dataclass
from typing import Final

from services.adapters import logging
from services.adapters.health import Health
from services.adapters.metrics import counter, gauge
from services.adapters.retry import Stopped, until_available
from services.notices.domain import Failed
from services.notices.handlers import DeliverMessages
from services.notices.ports import NoticeStore
from services.ports import Clock
from streams.contracts.metrics import NOTICES_DEAD, NOTICES_FAILED, NOTICES_OLDEST, NOTICES_SENT, NOTICES_WAITING

EVERY_S: Final = 1.0
AT_ONCE: Final = 20
"""Messages between two looks at how many wait."""
NAME: Final = "notices"


@dataclass(frozen=True, slots=True)
class SendingLoop:
    """Sends one after another until nothing is due; looks again each second."""

    deliver: DeliverMessages
    store: NoticeStore
    clock: Clock
    health: Health

    def run(self, stop: threading.Event) -> None:
        try:
            while not stop.is_set():
                busy = True
                for _ in range(AT_ONCE):
                    busy = until_available(stop, NAME, self._one)
                    if not busy or stop.is_set():
                        break
                until_available(stop, NAME, self.count)
                self.health.beat(NAME)
                if not busy:
                    stop.wait(EVERY_S)
        except Stopped:
            return

    def _one(self) -> bool:
        result = self.deliver()
        if result is None:
            return False
        messages, outcome = result
        first = messages[0]
        if isinstance(outcome, Failed):
            counter(NOTICES_FAILED, channel=first.channel).inc(len(messages))
            logging.get(__name__).warning(
                "message not sent", message=first.id, person=first.person, channel=first.channel, why=outcome.why,
                attempt=first.attempts, again=outcome.retry,
            )  # fmt: skip
        else:
            counter(NOTICES_SENT, channel=first.channel).inc(len(messages))
        return True

    def count(self) -> None:
        """Publish how many wait, how long, and how many were given up in the last day."""
        tally = self.store.tally(self.clock.now())
        gauge(NOTICES_WAITING).set(tally.waiting)
        gauge(NOTICES_OLDEST).set(tally.oldest / 1000)
        gauge(NOTICES_DEAD).set(tally.dead)
