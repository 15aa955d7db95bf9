"""A worker that was given partitions and takes nothing from them ends itself.

A process that lives, but whose recovery never finishes or whose consumer stands still, is counted as
a member by its group, and nobody else gets its partitions. An alarm would wait there for a person to
restart it. So the worker looks at itself from outside: through a consumer
without a group it asks how far each of its partitions has grown.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import aiokafka
from aiokafka.errors import KafkaError

log = logging.getLogger(__name__)
LOOK_EVERY_S = 5.0
Place = tuple[str, int]
"""Topic and partition."""


class Stalled(Exception):
    """Records have waited too long in a partition that is this worker's own."""


@dataclass(frozen=True, slots=True)
class _Seen:
    position: int | None
    end: int
    since: float


class Stall:
    """Which partitions have had records waiting for ``limit_s`` without one being taken."""

    def __init__(self, limit_s: float) -> None:
        self._limit = limit_s
        self._seen: dict[Place, _Seen] = {}

    def look(self, positions: Mapping[Place, int | None], ends: Mapping[Place, int], now: float) -> list[Place]:
        """Compare with the last look; ``positions`` is None where nothing has been taken up yet.

        A partition that does not grow proves nothing: it counts from when something came.
        """
        seen: dict[Place, _Seen] = {}
        for place, position in positions.items():
            end, before = ends[place], self._seen.get(place)
            moved = before is None or before.position != position
            waiting = end > position if position is not None else not moved and end > before.end  # type: ignore[union-attr]
            if moved or not waiting:
                seen[place] = _Seen(position, end, now)
            else:
                seen[place] = before  # type: ignore[assignment]
        self._seen = seen
        return sorted(place for place, last in seen.items() if now - last.since >= self._limit)

    def forget(self) -> None:
        """Kafka was away: whoever waited then was in the right."""
        self._seen = {}


async def watch(
    servers: str, positions: Callable[[], Mapping[Place, int | None]], stall: Stall, clock: Callable[[], float]
) -> None:
    """Look every few seconds, without end.

    Raises:
        Stalled: the process must stop, so that it (or another) takes the partitions up anew.
    """
    while True:
        try:
            await _look(servers, positions, stall, clock)
        except KafkaError as error:
            log.info("cannot see how far the partitions have grown: %s", error)
            stall.forget()
            await asyncio.sleep(LOOK_EVERY_S)


async def _look(
    servers: str, positions: Callable[[], Mapping[Place, int | None]], stall: Stall, clock: Callable[[], float]
) -> None:
    consumer = aiokafka.AIOKafkaConsumer(
        bootstrap_servers=servers, group_id=None, enable_auto_commit=False, client_id="linli-streams-watch"
    )
    await consumer.start()
    try:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            mine = positions()
            ends = await consumer.end_offsets([aiokafka.TopicPartition(*place) for place in mine]) if mine else {}
            known = {(place.topic, place.partition): end for place, end in ends.items()}
            if late := stall.look(mine, known, clock()):
                raise Stalled(f"records wait untouched in {', '.join(f'{topic}/{number}' for topic, number in late)}")
    finally:
        await consumer.stop()
