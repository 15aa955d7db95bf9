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
from streams.rules import Catalogue

log = logging.getLogger(__name__)
PARTITIONS = tuple(aiokafka.TopicPartition(topic.name, number) for topic in (RULES, DEVICES) for number in range(1))
RETRY_S = 1.0


class Follower:
    """Keeps :attr:`catalogue` up to date; ``ready`` is set once both topics were read to their ends."""

    def __init__(self, servers: str, changed: Callable[[Catalogue], None]) -> None:
        self._servers = servers
        self._changed = changed
        self.ready = asyncio.Event()
        self.catalogue = Catalogue({}, {})

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
            while True:
                polled = await consumer.getmany(timeout_ms=200, max_records=5_000)
                records = [record for batch in polled.values() for record in batch]
                if records:
                    self._take(records)
                if not self.ready.is_set():
                    positions = [await consumer.position(tp) >= end for tp, end in ends.items()]
                    if all(positions):
                        self.ready.set()
                        log.info("read %d rules and %d devices", len(self.catalogue.rules), len(self.catalogue.devices))
        finally:
            await consumer.stop()

    def _take(self, records: "list[aiokafka.ConsumerRecord[bytes, bytes]]") -> None:
        rules: dict[str, Rule | None] = {}
        devices: dict[str, Device | None] = {}
        for record in records:
            key = (record.key or b"").decode(errors="replace")
            try:
                if record.topic == RULES.name:
                    rules[key] = decode(record.value, Rule) if record.value else None
                else:
                    devices[key] = decode(record.value, Device) if record.value else None
            except Undecodable as error:
                log.error("%s/%d/%d kept out: %s", record.topic, record.partition, record.offset, error)  # noqa: TRY400 - no trace helps with bad bytes
            if rules and record.topic == RULES.name:
                log.info("rule %s from %s/%d/%d", key, record.topic, record.partition, record.offset)
        self.catalogue = self.catalogue.with_changes(rules, devices)
        self._changed(self.catalogue)
