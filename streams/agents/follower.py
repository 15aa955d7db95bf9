"""Rules and devices, read whole by a consumer without a group, then followed.

An agent on such a topic would see only its own partitions, and nothing again after a restart.
"""

import asyncio
import logging
from collections.abc import Callable

import aiokafka
from aiokafka.errors import KafkaError

from streams.contracts import Device, Rule, Undecodable, decode
from streams.contracts.topics import DEVICES, RULES
from streams.rules import Catalogue, Withdrawn

log = logging.getLogger(__name__)
PARTITIONS = tuple(aiokafka.TopicPartition(topic.name, number) for topic in (RULES, DEVICES) for number in range(1))
NOTHING = Catalogue({}, {}, Withdrawn())
RETRY_S = 1.0


class Follower:
    """Keeps :attr:`catalogue` up to date; ``ready`` is set once both topics were read to their ends.

    ``changed`` is told of nothing before that, nor while a lost connection makes it read all of it
    again: half a topic holds versions that have long been replaced. What is known and not found then stays
    as it was: only a disabled rule, a retired device or a tombstone ends one, since a topic may be lost
    (ADR 66). ``most`` records are polled at once.
    """

    def __init__(self, servers: str, changed: Callable[[Catalogue], None], *, most: int = 5_000) -> None:
        self._servers = servers
        self._changed = changed
        self._most = most
        self.ready = asyncio.Event()
        self.catalogue = NOTHING

    async def run(self) -> None:
        """Follow without end; Kafka's absence is waited out."""
        while True:
            try:
                await self._follow()
            except KafkaError as error:
                log.warning("waiting for Kafka to read rules and devices: %s", error)
                await asyncio.sleep(RETRY_S)

    async def _follow(self) -> None:
        consumer = aiokafka.AIOKafkaConsumer(
            bootstrap_servers=self._servers,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            client_id="linli-streams-follower",
        )
        await consumer.start()
        try:
            consumer.assign(list(PARTITIONS))
            await consumer.seek_to_beginning(*PARTITIONS)
            ends = await consumer.end_offsets(list(PARTITIONS))
            read, whole = NOTHING, False
            while True:
                polled = await consumer.getmany(timeout_ms=200, max_records=self._most)
                records = [record for batch in polled.values() for record in batch]
                if records:
                    read = _after(read, records)
                if not whole:
                    whole = all([await consumer.position(tp) >= end for tp, end in ends.items()])
                    if whole:
                        read = surviving(read, self.catalogue)
                if whole and read is not self.catalogue:
                    self.catalogue = read
                    self._changed(read)
                if whole and not self.ready.is_set():
                    self.ready.set()
                    log.info("read %d rules and %d devices", len(read.rules), len(read.devices))
        finally:
            await consumer.stop()


def surviving(read: Catalogue, known: Catalogue) -> Catalogue:
    """What was read whole, with what was known before and has been lost since."""
    kept = read.keeping(known.rules, known.devices)
    if kept is not read:
        log.error(
            "%s and %s have lost %d rules and %d devices that nobody withdrew; they stay in force",
            RULES.name, DEVICES.name, len(kept.rules) - len(read.rules), len(kept.devices) - len(read.devices),
        )  # fmt: skip
    return kept


def _after(catalogue: Catalogue, records: "list[aiokafka.ConsumerRecord[bytes, bytes]]") -> Catalogue:
    """The catalogue after some records of the two topics."""
    rules: dict[str, Rule | None] = {}
    devices: dict[str, Device | None] = {}
    for record in records:
        key = (record.key or b"").decode(errors="replace")
        try:
            if record.topic == RULES.name:
                rules[key] = decode(record.value, Rule) if record.value else None
                log.info("rule %s from %s/%d/%d", key, record.topic, record.partition, record.offset)
            else:
                devices[key] = decode(record.value, Device) if record.value else None
        except Undecodable as error:
            log.error("%s/%d/%d kept out: %s", record.topic, record.partition, record.offset, error)  # noqa: TRY400 - no trace helps with bad bytes
    return catalogue.with_changes(rules, devices)
