"""What a worker holds for good is left out of Python's collections (ADR 72).

Python's cyclic collector walks every object that lives, again and again, and the loop stands still
meanwhile. The devices, their states and the libraries live as long as the worker, and what goes of
them goes by itself, since nothing among them refers back.
"""

import asyncio
import gc
import logging
from collections.abc import Callable
from typing import Final

from streams.process.heap import collect_less_often, leave_out

log = logging.getLogger(__name__)
LOOK_EVERY_S: Final = 5.0
GROWN: Final = 1.25
YOUNGEST: Final = 50_000
"""Most of a record's objects are gone before so many have come together, and few are left in circles."""


class Heap:
    """Says when what is held has come to rest, and is so much more than before that it is worth a collection."""

    def __init__(self) -> None:
        self._last: int | None = None
        self._settled: int | None = None

    def at_rest(self, held: int) -> bool:
        """``held`` counts what is held now; a count that still moves by more than a hundredth is waited for."""
        rests = self._last is not None and abs(held - self._last) <= held // 100
        self._last = held
        if self._settled is not None:
            self._settled = min(self._settled, held)
            if held <= self._settled * GROWN:
                return False
        if rests:
            self._settled = held
        return rests


async def settle(held: Callable[[], int], every_s: float = LOOK_EVERY_S) -> None:
    """Look now and then whether partitions or devices have been taken up, and leave them out from then on."""
    collect_less_often(YOUNGEST)
    heap = Heap()
    while True:
        count = held()
        if heap.at_rest(count):
            leave_out()
            log.info("%d objects are left out of collections, of %d devices and groups", gc.get_freeze_count(), count)
        await asyncio.sleep(every_s)
