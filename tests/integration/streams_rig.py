"""Streams workers as processes of their own, and the log before and after them."""

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic

from streams.contracts import AlarmEvent, Device, Input, Rule, decode, encode
from streams.contracts.topics import ALARMS, DEVICES, INPUTS, PARTITIONS, RULES, Topic
from streams.rules import partition_of
from tests.support import eventually


@dataclass(frozen=True, slots=True)
class Stored:
    partition: int
    offset: int
    key: bytes
    value: bytes


@dataclass(slots=True)
class Worker:
    """``linli-streams`` as a process of its own."""

    servers: str
    group: str
    home: Path
    name: str
    process: subprocess.Popen[bytes] | None = field(default=None)

    def start(self, *how: str, **settings: str) -> None:
        """``how`` is what python runs instead of the worker itself, ``settings`` are more variables."""
        environment = (
            os.environ
            | settings
            | {
                "KAFKA_BOOTSTRAP_SERVERS": self.servers,
                "LINLI_WORKER_ID": self.group,
                "LINLI_STATE_DIR": str(self.home / self.name),
                "LINLI_METRICS_PORT": "0",
            }
        )
        with (self.home / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *(how or ("-m", "streams.app"))], env=environment, stdout=log, stderr=log
            )

    def end(self, number: int = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None

    @property
    def log(self) -> str:
        return (self.home / f"{self.name}.log").read_text(errors="replace")

    def tail(self) -> str:
        """What it said last, for a failure to tell."""
        return f"{self.name}: {self.log[-3000:]}"


def tails(workers: Iterable[Worker]) -> str:
    return "\n".join(worker.tail() for worker in workers)


class Log:
    """Writes inputs and reads topics back, only what concerns this test's own devices."""

    def __init__(self, servers: str) -> None:
        self._servers = servers
        self._producer = KafkaProducer(bootstrap_servers=servers)
        self.run = uuid.uuid4().hex[:8]

    def close(self) -> None:
        self._producer.close()

    def register(self, rules: list[Rule], devices: list[Device]) -> None:
        for rule in rules:
            self._producer.send(RULES.name, key=rule.id.encode(), value=encode(rule))
        for device in devices:
            self._producer.send(DEVICES.name, key=device.id.encode(), value=encode(device))
        self._producer.flush()

    def put(self, record: Input, *, grid: str, partition: int | None = None) -> None:
        self._producer.send(
            INPUTS.name,
            key=grid.encode(),
            value=encode(record),
            partition=partition_of(grid) if partition is None else partition,
        )

    def raw(self, value: bytes | None, *, partition: int) -> None:
        self._producer.send(INPUTS.name, key=b"x", value=value, partition=partition)

    def publish(self, topic: Topic, key: str, value: bytes) -> None:
        """One record, acknowledged."""
        self._producer.send(topic.name, key=key.encode(), value=value).get(timeout=30)

    def store(self, group: str, grid: str, packed: bytes) -> None:
        """A grid's state, as if a worker of the group had written it."""
        changelog, key = f"{group}-state-changelog", grid.encode()
        self._producer.send(changelog, key=key, value=packed, partition=partition_of(grid)).get(timeout=30)

    def stored(self, group: str, grid: str) -> bool:
        """Whether a worker of the group has written the grid's state."""
        changelog = Topic(f"{group}-state-changelog", "grid", PARTITIONS, None)
        return any(one.key == grid.encode() for one in self.read(changelog))

    def lose(self, topic: Topic) -> None:
        """Delete a compacted topic and make it anew, as after a mistake."""
        admin = KafkaAdminClient(bootstrap_servers=self._servers)
        try:
            admin.delete_topics([topic.name])
            eventually(lambda: topic.name not in admin.list_topics(), within_s=30)
            made = NewTopic(topic.name, topic.partitions, 1, topic_configs={"cleanup.policy": "compact"})
            admin.create_topics([made])
        finally:
            admin.close()

    def flush(self) -> None:
        self._producer.flush()

    def read(self, topic: Topic, after: dict[int, int] | None = None) -> list[Stored]:
        """Every record of a topic (``after``: from these offsets on), partition by partition."""
        consumer = KafkaConsumer(bootstrap_servers=self._servers, group_id=None, enable_auto_commit=False)
        try:
            partitions = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
            consumer.assign(partitions)
            ends = consumer.end_offsets(partitions)
            for tp in partitions:
                consumer.seek(tp, (after or {}).get(tp.partition, 0))
            found: list[Stored] = []
            while any(consumer.position(tp) < ends[tp] for tp in partitions):
                for records in consumer.poll(timeout_ms=500).values():
                    found += [Stored(r.partition, r.offset, r.key, r.value) for r in records]
        finally:
            consumer.close()
        return sorted(found, key=lambda stored: (stored.partition, stored.offset))

    def ends(self, topic: Topic) -> dict[int, int]:
        """Where each partition ends now."""
        consumer = KafkaConsumer(bootstrap_servers=self._servers, group_id=None)
        try:
            partitions = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
            return {tp.partition: end for tp, end in consumer.end_offsets(partitions).items()}
        finally:
            consumer.close()

    def alarms(self, prefix: str, after: dict[int, int]) -> list[Stored]:
        """Alarm records of devices whose id starts with ``prefix``."""
        return [
            stored for stored in self.read(ALARMS, after) if decode(stored.value, AlarmEvent).device.startswith(prefix)
        ]

    def committed(self, group: str, topic: Topic = INPUTS) -> dict[int, int]:
        """How far the worker group has acknowledged a topic."""
        admin = KafkaAdminClient(bootstrap_servers=self._servers)
        try:
            offsets = admin.list_group_offsets({group: None})[group]
        finally:
            admin.close()
        return {tp.partition: meta.offset for tp, meta in offsets.items() if tp.topic == topic.name}
