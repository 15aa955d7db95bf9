"""A partition waits while rules or devices that its stored state knows are missing (ADR 66).

Nobody withdrew them, so their topic has lost them: deleted, emptied, of another cluster. Records that
were judged without rules would raise nothing, and what stands would seem to be of rules that have gone.
Nothing is lost meanwhile: the records lie in Kafka for days, and what is late is judged in its own time.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final

from streams.agents.stages import PureShard, Stage
from streams.contracts import metrics
from streams.process.metrics import made
from streams.rules import Catalogue

log = logging.getLogger(__name__)
SOME_MISSING_S: Final = 300.0
"""How long a partition waits for a part: PostgreSQL itself may have lost it, and the rest must be judged."""
LOOK_EVERY_S: Final = 1.0
SAY_EVERY_S: Final = 30.0


class Hold:
    """Takes a stage's partitions up once the catalogue has what their state needs.

    It waits without end where all rules or all devices are missing, and ``most_s`` where some are.
    """

    def __init__(
        self,
        stage: Stage,
        *,
        most_s: float = SOME_MISSING_S,
        look_s: float = LOOK_EVERY_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stage = stage
        self._most = most_s
        self._look = look_s
        self._clock = clock
        self.waiting = False
        self._begun: float | None = None

    async def shard(
        self, number: int, catalogue: Callable[[], Catalogue], make: Callable[[], PureShard], mine: Callable[[], bool]
    ) -> PureShard | None:
        """What ``make`` gives as soon as it lacks nothing; None once the partition is not ``mine`` any more."""
        # One patience for all partitions of the worker, which come here one after the other.
        begun = self._begun = self._clock() if self._begun is None else self._begun
        said: float | None = None
        try:
            while mine():
                given, shard = catalogue(), make()
                lacking = shard.lacking
                if lacking and not lacking.everything and self._clock() - begun >= self._most:
                    log.error("%s/%d goes on without %s", self._stage.topic.name, number, lacking)
                    return shard
                if not lacking:
                    self._begun = None
                    return shard
                self._wait(True)
                while catalogue() is given and mine():
                    if said is None or self._clock() - said >= SAY_EVERY_S:
                        said = self._clock()
                        log.error(
                            "%s/%d waits, and no alarm of it comes: nobody withdrew %s, their topic has lost them; "
                            "the registry sends them again from PostgreSQL",
                            self._stage.topic.name, number, lacking,
                        )  # fmt: skip
                    await asyncio.sleep(self._look)
                    if not lacking.everything and self._clock() - begun >= self._most:
                        break
            return None
        finally:
            self._wait(False)

    def _wait(self, waiting: bool) -> None:
        self.waiting = waiting
        made(metrics.ENGINE_HELD).labels(stage=self._stage.loop).set(int(waiting))
