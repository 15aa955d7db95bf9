"""Faust's consumer, made to go on exactly where it was told to.

Faust 0.15.3 lets input partitions flow before it has moved them to their committed offsets, and
remembers the highest offset it has handed on. What was fetched from the old position is then handed
on first, and what comes from the right one is dropped as already read: it is never worked on, and the
acknowledged offset never gets past it. A seek while records of the partition are in flight does the same.

A fetch that began before a rebalance goes on during it, by a set of partitions that grows meanwhile.
It takes records of a changelog from behind the recovery's seek, and Faust throws away what it brings
(ADR 77). So a recovery's seek waits for the fetch in flight.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import faust
from aiokafka.errors import IllegalStateError
from faust.transport.drivers.aiokafka import Consumer, Transport
from faust.types import TP

from streams.agents.asking import AskingProducer

AGAIN_S = 1.0
HELD = -1
"""No offset: nothing of the partition is let through until somebody says where it goes on."""


@dataclass(slots=True)
class _Wanted:
    offset: int
    since: float


class Places:
    """Which offset each partition is to go on with; what is fetched beyond it is left over, and dropped."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wanted: dict[TP, _Wanted] = {}

    def hold(self, partitions: Iterable[TP]) -> None:
        """Only these are assigned, and where they go on is not known yet."""
        self._wanted = {place: _Wanted(HELD, self._clock()) for place in partitions}

    def go_on(self, offsets: Mapping[TP, int]) -> None:
        """These have been moved; the next record of each is the one at its offset, or an earlier one."""
        self._wanted |= {place: _Wanted(offset, self._clock()) for place, offset in offsets.items()}

    def passes(self, place: TP, offset: int) -> bool:
        """Whether a record is let through; the first that is ends the wait."""
        wanted = self._wanted.get(place)
        if wanted is None:
            return True
        if offset > wanted.offset:
            return False
        del self._wanted[place]
        return True

    def waiting(self, place: TP) -> bool:
        """Whether a record of this partition is still awaited."""
        return place in self._wanted

    def overdue(self, place: TP) -> int | None:
        """The offset to move to once more: only other records have come for a second."""
        wanted = self._wanted.get(place)
        if wanted is None or wanted.offset == HELD or self._clock() - wanted.since < AGAIN_S:
            return None
        wanted.since = self._clock()
        return wanted.offset


class PlacedConsumer(Consumer):
    """Hands on nothing of a partition before the record that it is to go on with, and loses nothing behind a seek."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._places = Places()
        self._at_the_log = asyncio.Lock()

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Hold the inputs until they have been moved; changelogs are placed by the recovery itself."""
        self._places.hold(self._inputs(assigned))
        await super().on_partitions_assigned(assigned, generation_id)

    async def perform_seek(self) -> None:
        """Move every input to its acknowledged offset, or to the first there is."""
        places = self._inputs(self.assignment())
        if not places:
            return
        acknowledged = await self.seek_to_committed()
        earliest = await self.earliest_offsets(*places)
        offsets = {place: max(acknowledged.get(place) or 0, earliest.get(place) or 0) for place in places}
        self._places.go_on(offsets)
        await self.seek_wait(offsets)
        self._committed_offset.update({place: offset or None for place, offset in offsets.items()})

    async def seek(self, partition: TP, offset: int) -> None:
        """Go on with ``offset``, whatever is in flight."""
        self._places.go_on({partition: offset})
        await self._move(partition, offset)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Any]]:  # noqa: ASYNC109 - the base class names it
        """The records that are let through."""
        async for place, message in super().getmany(timeout):
            awaited = self._places.waiting(place)
            if self._places.passes(place, message.offset):
                if awaited:
                    self._read_offset[place] = message.offset or None  # what was read before the move counts no more
                yield place, message
            elif (offset := self._places.overdue(place)) is not None:
                await self._move(place, offset)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Any:  # noqa: ASYNC109 - as above
        """Fetch once, nothing while the flow is stopped; for ``timeout`` seconds a recovery may have to wait."""
        async with self._at_the_log:
            return await super()._getmany(active_partitions, timeout)

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """Move; changelogs between two fetches. Inputs need not wait: :class:`Places` sees what they lose."""
        if len(self._inputs(partitions)) == len(partitions):
            await super().seek_wait(partitions)
            return
        async with self._at_the_log:
            await super().seek_wait(partitions)

    async def _move(self, place: TP, offset: int) -> None:
        """A partition may be taken away meanwhile, which is no reason to stop reading the others."""
        with suppress(IllegalStateError, TimeoutError):
            await self.seek_wait({place: offset})

    def _inputs(self, places: Iterable[TP]) -> set[TP]:
        return {place for place in places if not self._is_changelog_tp(place)}


class PlacedTransport(Transport):
    """Kafka by way of :class:`PlacedConsumer` and :class:`~streams.agents.asking.AskingProducer`."""

    Consumer = PlacedConsumer
    Producer = AskingProducer


class PlacedApp(faust.App):
    """Faust on :class:`PlacedTransport`; ``calm`` is set while the group does not rebalance.

    ``early`` are tasks that begin before the first recovery has ended, which those of ``app.task`` wait for.
    """

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.calm = asyncio.Event()
        self.early: list[Callable[[], Coroutine[Any, Any, None]]] = []
        self.transport = PlacedTransport(self.conf.broker_consumer, self, self.loop)

    async def on_started(self) -> None:
        for task in self.early:
            self.add_future(task())
        await super().on_started()

    def on_rebalance_start(self) -> None:
        super().on_rebalance_start()
        self.calm.clear()

    def on_rebalance_end(self) -> None:
        super().on_rebalance_end()
        self.calm.set()
