"""The wrapper around the pure shard: nothing is acknowledged before its effects are in Kafka.

Order (design section 2): alarm events acknowledged, state written, input acked. State is written
at transitions and otherwise at most every ten seconds, so inputs stay unacked until then.
"""

import asyncio
import hashlib
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiokafka.errors import KafkaError

from streams.agents.poison import Poison
from streams.agents.watch import Progress, made
from streams.contracts import AlarmEvent, DeadLetter, Undecodable, decode_input, encode, metrics
from streams.contracts.topics import ALARMS, DEAD_LETTERS, INPUTS
from streams.rules import Catalogue, Fault, Outcome, Shard, partition_of, partition_of_code

log = logging.getLogger(__name__)
SAVE_EVERY_S = 10.0
MOST_UNACKED = 5_000
MOST_PAYLOAD = 900_000
RETRY_S = 0.5
REWIND_EVERY_S = 1.0
REWIND_MOST_S = 20.0

Acknowledged = Awaitable[Any]
Send = Callable[[str, str, bytes], Awaitable[Acknowledged]]
Save = Callable[[int, str, bytes], Awaitable[Acknowledged]]
Earliest = Callable[[int], Awaitable[int]]
Rewind = Callable[[int, int], Awaitable[None]]


class Gap(Exception):
    """The log as consumed has a hole that no rewinding closes."""


class Partition:
    """One assigned partition: its shard, and the inputs that are not yet acknowledged."""

    def __init__(self, shard: Shard, now: float) -> None:
        self.shard = shard
        self.unacked: list[Any] = []
        self.next = 0
        self.hole_since: float | None = None
        self.rewound = 0.0
        self.saved = now


class Engine:
    """Steps records through the shards of the assigned partitions.

    ``send(topic, key, value)`` and ``save(partition, grid, packed)`` hand a record over and return
    what to await for its acknowledgement; ``stored()`` gives every recovered grid's packed state;
    ``earliest(partition)`` is the first offset there is, ``rewind(partition, offset)`` reads again.
    """

    def __init__(
        self,
        *,
        send: Send,
        save: Save,
        stored: Callable[[], Mapping[str, bytes]],
        earliest: Earliest,
        rewind: Rewind,
        poison: Poison,
        progress: Progress,
    ) -> None:
        self._send = send
        self._save = save
        self._stored = stored
        self._earliest = earliest
        self._rewind = rewind
        self._poison = poison
        self._progress = progress
        self._partitions: dict[int, Partition] = {}
        self.catalogue = Catalogue({}, {})
        self.generation = 0

    def adopt(self, catalogue: Catalogue) -> None:
        """Other rules or devices: every shard takes them up at its next Tick."""
        self.catalogue = catalogue
        made(metrics.ENGINE_RULES).set(len(catalogue.rules))
        for partition in self._partitions.values():
            partition.shard.adopt(catalogue)

    def forget(self) -> None:
        """Partitions move: what is not in the changelog is worked out again from the inputs."""
        self.generation += 1
        self._partitions.clear()

    async def handle(self, event: Any) -> None:
        """One record of ``linli.inputs``. Any exception that leaves here must stop the process."""
        message = event.message
        generation = self.generation
        partition = await self._partition(message.partition)
        if message.offset > partition.next:
            await self._close_hole(partition, message.partition, message.offset)
            return
        partition.unacked.append(event)
        if message.offset < partition.next:
            return
        partition.next += 1
        partition.hole_since = None
        partition.shard.pass_over(message.offset)
        place = f"{INPUTS.name}/{message.partition}/{message.offset}"
        outcome = None
        if self._poison.lethal(place):
            await self._dead(place, "poison", "stopped the process twice", message.value)
            self._poison.put_aside(place)
        else:
            try:
                outcome = partition.shard.apply(decode_input(message.value), message.offset)
            except Undecodable as error:
                await self._dead(place, error.reason, error.detail, message.value)
            except Exception:
                self._poison.struck(place)
                raise
        if outcome is not None:
            await self._publish(outcome, place, message.value)
        due = time.monotonic() - partition.saved >= SAVE_EVERY_S or len(partition.unacked) >= MOST_UNACKED
        if (due or (outcome is not None and outcome.events)) and generation == self.generation:
            await self._settle(message.partition, partition)
        self._progress.beat("inputs")

    async def _partition(self, number: int) -> Partition:
        """The partition's state; ``next`` is the offset that the state wants."""
        partition = self._partitions.get(number)
        if partition is None:
            generation, earliest = self.generation, await self._earliest(number)
            mine = {code: data for code, data in self._stored().items() if partition_of_code(code) == number}
            shard = Shard(number, self.catalogue, owns=lambda code: partition_of(code) == number, stored=mine)
            partition = Partition(shard, time.monotonic())
            partition.next = max(shard.offset + 1, earliest)
            if generation == self.generation:
                self._partitions[number] = partition
            log.info("partition %d from %d on: %d grids taken over", number, partition.next, len(shard.grids))
        return partition

    async def _close_hole(self, partition: Partition, number: int, offset: int) -> None:
        """Faust drops what is in flight when a rebalance suspends it, and reads on: read it again.

        Raises:
            Gap: rewinding has not helped; a restart begins at the acknowledged offset.
        """
        now = time.monotonic()
        if partition.hole_since is None:
            partition.hole_since = now
            log.warning("partition %d: %d came where %d was due; reading again", number, offset, partition.next)
        if now - partition.hole_since > REWIND_MOST_S:
            raise Gap(f"{INPUTS.name}/{number}: {offset} came where {partition.next} was due")
        if now - partition.rewound >= REWIND_EVERY_S:
            partition.rewound = now
            await self._rewind(number, partition.next)

    async def _publish(self, outcome: Outcome, place: str, payload: bytes) -> None:
        made(metrics.ENGINE_SAMPLES).inc(outcome.samples)
        made(metrics.ENGINE_LATE).inc(outcome.late)
        if outcome.adopted:
            log.info("rules and devices in force from %s on: %d rules", place, len(self.catalogue.rules))
        if outcome.events:
            await self._until_sent([self._sender(ALARMS.name, event.grid, encode(event)) for event in outcome.events])
            for event in outcome.events:
                _count(event)
        for fault in outcome.faults:
            await self._isolated(fault, place, payload)

    async def _isolated(self, fault: Fault, place: str, payload: bytes) -> None:
        made(metrics.ENGINE_ISOLATED).inc()
        log.error("device %s: rule %s is disabled by a bug: %s\n%s", fault.device, fault.rule, fault.error, fault.trace)
        await self._dead(place, "bug", f"{fault.device} {fault.rule}: {fault.error}", payload, trace=fault.trace)

    async def _dead(self, place: str, reason: str, detail: str, payload: bytes, *, trace: str = "") -> None:
        kept = (payload or b"")[:MOST_PAYLOAD]
        digest = hashlib.sha256(f"streams\n{place}\n{detail}".encode() + kept).hexdigest()[:32]
        letter = DeadLetter(
            id=digest,
            source="streams",
            origin=place,
            reason=reason,
            detail=detail[:2_000],
            payload=kept,
            at=int(time.time() * 1000),
            truncated=len(kept) < len(payload or b""),
            trace=trace,
        )
        await self._until_sent([self._sender(DEAD_LETTERS.name, letter.source, encode(letter))])
        made(metrics.DEAD_LETTERS).labels(source="streams", reason=reason).inc()

    async def _settle(self, number: int, partition: Partition) -> None:
        """Write every changed grid, and only then acknowledge the inputs it holds."""
        shard = partition.shard
        await self._until_sent([self._saver(number, code, shard.pack(code)) for code in shard.dirty])
        for event in partition.unacked:
            event.ack()
        partition.unacked.clear()
        partition.saved = time.monotonic()

    def _sender(self, topic: str, key: str, value: bytes) -> Callable[[], Awaitable[Acknowledged]]:
        return lambda: self._send(topic, key, value)

    def _saver(self, number: int, code: str, packed: bytes) -> Callable[[], Awaitable[Acknowledged]]:
        return lambda: self._save(number, code, packed)

    async def _until_sent(self, sends: list[Callable[[], Awaitable[Acknowledged]]]) -> None:
        """Send in order and wait for Kafka; while it is away, retry without end and without progress."""
        while sends:
            try:
                acknowledgements = [await send() for send in sends]
                await asyncio.gather(*acknowledgements)
            except KafkaError as error:
                made(metrics.LOOP_ERRORS).labels(loop="inputs", error="unavailable").inc()
                log.warning("waiting for Kafka: %s", error)
                await asyncio.sleep(RETRY_S)
            else:
                return


def _count(event: AlarmEvent) -> None:
    made(metrics.ENGINE_TRANSITIONS).labels(rule=event.rule, new=event.new).inc()
    if (sampled := event.timed_from) is not None:
        made(metrics.ENGINE_SENSOR_TO_ALARM).observe(max(0.0, time.time() - sampled / 1000))
