"""The schema's housekeeping: roll up, make partitions ahead, drop what is too old.

One process at a time, under an advisory lock; what the words mean on this backend is decided by
the procedures that the migrations made.
"""

import threading
from typing import Final

import psycopg

from services.adapters.health import Health
from services.adapters.metrics import gauge
from services.adapters.postgres import translated
from services.adapters.retry import Stopped, until_available
from streams.contracts.metrics import HISTORY_DEFAULT_ROWS

ROLL_S: Final = 5.0
HOURS_EVERY: Final = 12
"""Rounds of minutes between two rounds of hours: a minute."""
MAINTAIN_EVERY: Final = 120
"""Rounds between two looks at the partitions: ten minutes."""
NAME: Final = "upkeep"
_OPTIONS: Final = "-c timezone=UTC -c lock_timeout=5000"


class Upkeep:
    """The loop; the first round maintains, so that today's partition is there."""

    def __init__(self, url: str, health: Health, *, every_s: float = ROLL_S) -> None:
        self._url = url
        self._health = health
        self._every_s = every_s

    def run(self, stop: threading.Event) -> None:
        """Keep house until ``stop``; a lost server is waited for."""
        while not stop.is_set():
            try:
                until_available(stop, NAME, lambda: self._session(stop))
            except Stopped:
                return

    def _session(self, stop: threading.Event) -> None:
        with (
            translated(),
            psycopg.connect(
                self._url, autocommit=True, application_name="linli-upkeep", options=_OPTIONS
            ) as connection,
        ):
            lock = "SELECT pg_try_advisory_lock(hashtextextended('history upkeep', 0))"
            while not _first(connection, lock):
                self._health.beat(NAME)
                if stop.wait(self._every_s):
                    return
            number = 0
            while not stop.is_set():
                self._round(connection, number)
                self._health.beat(NAME)
                number += 1
                stop.wait(self._every_s)

    def _round(self, connection: psycopg.Connection[tuple[object, ...]], number: int) -> None:
        if number % MAINTAIN_EVERY == 0:
            connection.execute("CALL history.maintain(now())")
            gauge(HISTORY_DEFAULT_ROWS).set(int(str(_first(connection, "SELECT history.default_rows()"))))
        else:
            connection.execute("CALL history.roll(%s)", (number % HOURS_EVERY == 0,))


def _first(connection: psycopg.Connection[tuple[object, ...]], query: str) -> object:
    row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None
