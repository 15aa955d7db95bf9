"""The wrapper around a stage's pure shard: nothing is acknowledged before its effects are in Kafka.

Order (design section 2): effects acknowledged, state written, input acked. At a transition the state
of what it moved is written and nothing else; all that has changed at least every ten seconds, and
inputs stay unacked until then. Each grid or group knows the offset that it reflects, so one that was
written later than the others skips what it has when a worker reads the inputs again (ADR 76).
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

from aiokafka.errors import KafkaError

from streams.agents.hold import Hold
from streams.agents.partition import Partition
from streams.agents.poison import Poison, letter_of
from streams.agents.sending import Hand, Save, Send, until_sent
from streams.agents.stages import FIRST, PureShard, Stage
from streams.contracts import AlarmEvent, Tick, Undecodable, encode, group_key, metrics
from streams.contracts.topics import ALARMS, DEAD_LETTERS, GROUPS, INPUTS
from streams.process.health import Progress
from streams.process.metrics import made
from streams.rules import Catalogue, Fault, ForeignState, Outcome, Withdrawn, partition_of_code

log = logging.getLogger(__name__)
REWIND_EVERY_S = 1.0
REWIND_MOST_S = 20.0

Earliest = Callable[[int], Awaitable[int]]
Rewind = Callable[[int, int], Awaitable[None]]


class Gap(Exception):
    """The log as consumed has a hole that no rewinding closes."""


class Engine:
    """Steps the records of one stage's topic through the shards of the assigned partitions.

    ``send`` and ``save(partition, code, packed)`` (None: forget it) hand a record over and return what
    to await for its acknowledgement; ``stored()`` gives every recovered code's packed state;
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
        stage: Stage = FIRST,
        hold: Hold | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.stage = stage
        self._hold = hold or Hold(stage)
        self._send = send
        self._save = save
        self._stored = stored
        self._earliest = earliest
        self._rewind = rewind
        self._poison = poison
        self._progress = progress
        self._clock = clock
        self._partitions: dict[int, Partition] = {}
        self.catalogue = Catalogue({}, {}, Withdrawn())
        self.generation = 0
        self._crowded: set[str] = set()

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

    @property
    def held(self) -> bool:
        """Whether a partition waits for rules or devices that their topic has lost."""
        return self._hold.waiting

    @property
    def subjects(self) -> int:
        """How many devices, or groups, the assigned partitions remember."""
        return sum(partition.shard.subjects for partition in self._partitions.values())

    def position(self, number: int) -> int | None:
        """The offset that a partition wants next; None while it has not been taken up."""
        partition = self._partitions.get(number)
        return None if partition is None else partition.next

    async def handle(self, event: Any) -> None:
        """One record of the stage's topic. Any exception that leaves here must stop the process."""
        message = event.message
        generation = self.generation
        partition = await self._partition(message.partition)
        if partition is None:
            return
        if message.offset > partition.next:
            await self._close_hole(partition, message.partition, message.offset)
            return
        partition.unacked.append(event)
        if message.offset < partition.next:
            return
        partition.next += 1
        partition.hole_since = None
        partition.shard.pass_over(message.offset)
        place = f"{self.stage.topic.name}/{message.partition}/{message.offset}"
        outcome = None
        if self._poison.lethal(place):
            await self._dead(place, "poison", "stopped the process twice", message.value)
            self._poison.put_aside(place)
        else:
            try:
                outcome = partition.shard.apply(self.stage.decode(message.value), message.offset)
            except Undecodable as error:
                await self._dead(place, error.reason, error.detail, message.value)
            except Exception:
                self._poison.struck(place)
                raise
        if outcome is not None:
            await self._publish(outcome, partition, message)
        if generation == self.generation:
            await self._keep(message.partition, partition, outcome.moved if outcome is not None else ())
        self._progress.beat(self.stage.loop)

    async def _partition(self, number: int) -> Partition | None:
        """The partition's state; ``next`` is the offset that the state wants. None: it was taken away meanwhile."""
        partition = self._partitions.get(number)
        if partition is None:
            generation = self.generation
            mine = {code: data for code, data in self._stored().items() if partition_of_code(code) == number}
            shard = await self._hold.shard(
                number,
                lambda: self.catalogue,
                lambda: self.stage.shard(number, self.catalogue, mine),
                lambda: generation == self.generation,
            )
            if shard is None:
                return None
            earliest = await self._earliest(number)
            if shard.refused:
                await self._forget_stored(number, mine, shard.refused)
            shard.adopt(self.catalogue)  # another may have come while Kafka was asked
            partition = Partition(number, shard, max(shard.offset + 1, earliest), self._clock())
            if generation == self.generation:
                self._partitions[number] = partition
            place, kept = f"{self.stage.topic.name}/{number}", len(shard.codes) - 1
            log.info("%s from %d on: %d %s taken over", place, partition.next, kept, self.stage.keeps)
        return partition

    async def _forget_stored(self, number: int, codes: Iterable[str], refused: Sequence[ForeignState]) -> None:
        """Drop what cannot be taken over, so that the next worker is not led to refuse what nothing writes anew."""
        made(metrics.ENGINE_STATE_REFUSED).labels(stage=self.stage.loop).inc()
        log.error(
            "%s/%d: stored state cannot be taken over and is worked out again from the log; an alarm older than the "
            "log that still stands ends unseen: %s",
            self.stage.topic.name, number, "; ".join(map(str, refused[:3])),
        )  # fmt: skip
        await until_sent([self._saver(number, code, None) for code in codes], self.stage.loop)

    async def _close_hole(self, partition: Partition, number: int, offset: int) -> None:
        """A record was passed over on its way here, which none should be: read it again.

        Raises:
            Gap: rewinding has not helped; a restart begins at the acknowledged offset.
        """
        now = self._clock()
        if partition.hole_since is None:
            partition.hole_since = now
            place = f"{self.stage.topic.name}/{number}"
            log.warning("%s: %d came where %d was due; reading again", place, offset, partition.next)
        if now - partition.hole_since > REWIND_MOST_S:
            raise Gap(f"{self.stage.topic.name}/{number}: {offset} came where {partition.next} was due")
        if now - partition.rewound >= REWIND_EVERY_S:
            partition.rewound = now
            await self._rewind(number, partition.next)

    async def _publish(self, outcome: Outcome, partition: Partition, message: Any) -> None:
        place = f"{self.stage.topic.name}/{message.partition}/{message.offset}"
        made(metrics.ENGINE_SAMPLES).inc(outcome.samples)
        made(metrics.ENGINE_LATE).inc(outcome.late)
        if outcome.adopted:
            log.info("rules and devices in force from %s on: %d rules", place, len(self.catalogue.rules))
            lost = {rule for each in self._partitions.values() for rule in each.shard.lost}
            made(metrics.ENGINE_RULES_LOST).labels(stage=self.stage.loop).set(len(lost))
        await until_sent(
            [
                *(
                    self._sender(GROUPS.name, group_key(record), encode(record))
                    for record in outcome.groups
                    if not isinstance(record, Tick)
                ),
                *(self._sender(ALARMS.name, event.grid, encode(event)) for event in outcome.events),
                *(self._sender(INPUTS.name, action.grid, encode(action)) for action in outcome.inputs),
            ],
            self.stage.loop,
        )
        for record in outcome.groups:
            if isinstance(record, Tick):
                await self._pass_on(record, partition, message.partition)
        for incident in outcome.incidents:
            made(metrics.ENGINE_INCIDENTS).inc()
            log.info("incident %s begins at %s", incident, place)
        for group, what in outcome.beyond:
            made(metrics.ENGINE_BEYOND).labels(what=what).inc()
            if group not in self._crowded:
                self._crowded.add(group)
                log.warning("group %s is too large from %s on; what comes beyond is counted only", group, place)
        for action in outcome.inputs:
            made(metrics.ENGINE_SUPPRESSIONS).labels(action=action.action).inc()
        for event in outcome.events:
            _count(event)
        for fault in outcome.faults:
            await self._isolated(fault, place, message.value)

    async def _pass_on(self, tick: Tick, partition: Partition, number: int) -> None:
        """Hand a tick to the partition of the same number; it is waited for when inputs are acknowledged."""
        hand = self._sender(GROUPS.name, tick.gateway, encode(tick), number)
        try:
            partition.ticking.append((hand, await hand()))
        except KafkaError:
            await until_sent([hand], self.stage.loop)

    async def _isolated(self, fault: Fault, place: str, payload: bytes) -> None:
        made(metrics.ENGINE_ISOLATED).inc()
        log.error("device %s: rule %s is disabled by a bug: %s\n%s", fault.device, fault.rule, fault.error, fault.trace)
        await self._dead(place, "bug", f"{fault.device} {fault.rule}: {fault.error}", payload, trace=fault.trace)

    async def _dead(self, place: str, reason: str, detail: str, payload: bytes, *, trace: str = "") -> None:
        letter = letter_of(place, reason, detail, payload, trace=trace, now=int(time.time() * 1000))
        await until_sent([self._sender(DEAD_LETTERS.name, letter.source, encode(letter))], self.stage.loop)
        made(metrics.DEAD_LETTERS).labels(source="streams", reason=reason).inc()

    async def _keep(self, number: int, partition: Partition, moved: Sequence[str]) -> None:
        """Write what one record moved; everything, where that is due."""
        if partition.due(self._clock()):
            await self._settle(number, partition)
        else:
            await self._write(number, partition.shard, moved)

    async def _settle(self, number: int, partition: Partition) -> None:
        """Write every changed grid, and only then acknowledge the inputs it holds."""
        shard = partition.shard
        await self._ticked(partition)
        await self._write(number, shard, shard.dirty)
        for event in partition.unacked:
            event.ack()
        partition.unacked.clear()
        partition.saved = self._clock()

    async def _write(self, number: int, shard: PureShard, codes: Sequence[str]) -> None:
        await until_sent([self._saver(number, code, shard.pack(code)) for code in codes], self.stage.loop)

    async def _ticked(self, partition: Partition) -> None:
        """Wait for the ticks on their way; those that Kafka did not take are sent again."""
        waiting, partition.ticking = partition.ticking, []
        taken = await asyncio.gather(*(acknowledged for _, acknowledged in waiting), return_exceptions=True)
        lost: list[Hand] = []
        for (hand, _), answer in zip(waiting, taken, strict=True):
            if isinstance(answer, KafkaError):
                lost.append(hand)
            elif isinstance(answer, BaseException):
                raise answer
        await until_sent(lost, self.stage.loop)

    def _sender(self, topic: str, key: str, value: bytes, partition: int | None = None) -> Hand:
        return lambda: self._send(topic, key, value, partition)

    def _saver(self, number: int, code: str, packed: bytes | None) -> Hand:
        return lambda: self._save(number, code, packed)


def _count(event: AlarmEvent) -> None:
    made(metrics.ENGINE_TRANSITIONS).labels(rule=event.rule, new=event.new).inc()
    if (sampled := event.timed_from) is not None:
        made(metrics.ENGINE_SENSOR_TO_ALARM).observe(max(0.0, time.time() - sampled / 1000))
