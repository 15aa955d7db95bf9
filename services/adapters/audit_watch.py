"""Verifying an audit chain again and again in the process that owns its schema.

Every ten seconds what is new is walked, and whether the end that was seen is still there; every hour the
whole chain, since whoever forges does not forge what was written just now. Number and hash of
the end go to the log: noted elsewhere, they show that an end was cut off (``linli-audit --expect``).
"""

import threading
from dataclasses import dataclass
from typing import Final

from services.adapters import audit, logging
from services.adapters.health import Health
from services.adapters.metrics import gauge
from services.adapters.postgres import Pool
from services.adapters.retry import Stopped, until_available
from services.audit import GENESIS, Broken
from services.ports import Clock
from streams.contracts.metrics import AUDIT_BROKEN, AUDIT_ENTRIES, AUDIT_VERIFIED

EVERY_S: Final = 10.0
"""Well below the half minute after which a loop without a beat counts as stuck."""
WHOLE_MS: Final = 3_600_000
NAMED: Final = 20
"""How many broken entries the log names; the metric counts them all."""


@dataclass(slots=True)
class AuditWatch:
    """Walks one chain. ``broken`` are the entries behind which the chain does not hold."""

    pool: Pool
    chain: str
    clock: Clock
    health: Health
    every_s: float = EVERY_S
    number: int = 0
    last: bytes = GENESIS
    whole_at: int | None = None
    broken: tuple[Broken, ...] = ()

    @property
    def loop(self) -> str:
        return f"audit {self.chain}"

    def run(self, stop: threading.Event) -> None:
        try:
            while not stop.is_set():
                until_available(stop, self.loop, self.look)
                self._beat()
                stop.wait(self.every_s)
        except Stopped:
            return

    def look(self) -> int:
        """Walk what is due; returns how many entries are broken.

        Raises:
            Unavailable: PostgreSQL does not answer; what was known stays.
        """
        now = self.clock.now()
        whole = self.whole_at is None or now - self.whole_at >= WHOLE_MS or not self._end_stands()
        if whole:
            found, number, last = audit.walk(self.pool, self.chain, progress=self._beat)
            self.whole_at, self.broken = now, found
            self._say(number, last)
        else:
            found, number, last = audit.walk(self.pool, self.chain, number=self.number, last=self.last)
            self.broken += found
        self.number, self.last = number, last
        gauge(AUDIT_BROKEN, chain=self.chain).set(len(self.broken))
        gauge(AUDIT_ENTRIES, chain=self.chain).set(number)
        gauge(AUDIT_VERIFIED, chain=self.chain).set(self.whole_at / 1000 if self.whole_at is not None else 0)
        return len(self.broken)

    def _beat(self) -> None:
        self.health.beat(self.loop)

    def _end_stands(self) -> bool:
        """Whether the last entry that was walked is there as it was."""
        return self.number == 0 or audit.hash_of(self.pool, self.chain, self.number) == self.last

    def _say(self, number: int, last: bytes) -> None:
        log = logging.get(__name__)
        if self.number and number < self.number:
            log.error("audit chain lost its end", chain=self.chain, had=self.number, has=number, hash=self.last.hex())
        log.info("audit chain verified", chain=self.chain, number=number, hash=last.hex(), broken=len(self.broken))
        for each in self.broken[:NAMED]:
            log.error("audit chain is broken", chain=self.chain, entry=each.number, why=each.why)
