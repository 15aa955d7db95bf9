"""Kafka through kafka-python: an acknowledged producer and a commit-after-work consumer."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import CommitFailedError, KafkaError, RebalanceInProgressError

from services.adapters import logging
from services.adapters.health import Health
from services.adapters.metrics import gauge
from services.adapters.retry import Stopped, until_available
from streams.contracts import Unavailable
from streams.contracts.metrics import CONSUMER_LAG
from streams.contracts.topics import Topic

SEND_TIMEOUT_S = 30
UNASSIGNED_S = 15.0
UNASSIGNED_MOST_S = 300.0
COMMIT_TIMEOUT_MS = 10_000
UNCOMMITTED_S = 15.0
"""How long commits may fail, and how often a member without messages tries one."""
GATHER_BYTES = 524_288
BOOTSTRAP_MS = 10_000
"""How long one try to find a broker takes. Nobody hears a stop meanwhile, and a process has twenty seconds to end."""


@dataclass(frozen=True, slots=True)
class Message:
    """A record as consumed. ``timestamp`` is Kafka's create time, epoch ms; a None value is a tombstone."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A record to send; ``partition`` None lets the key decide (murmur2, as every client does)."""

    topic: str
    key: bytes
    value: bytes | None
    partition: int | None = None


def make_producer(servers: str, *, client_id: str, linger_ms: int = 0) -> KafkaProducer:
    """An idempotent producer that waits for all replicas."""
    try:
        return KafkaProducer(
            bootstrap_servers=servers.split(","),
            client_id=client_id,
            bootstrap_timeout_ms=BOOTSTRAP_MS,
            reconnect_backoff_max_ms=1_000,
            acks="all",
            linger_ms=linger_ms,
            max_block_ms=5_000,
            max_request_size=2_097_152,
        )
    except KafkaError as error:
        raise Unavailable(f"Kafka: {error}") from error


class Sender:
    """Sends and waits for Kafka's acknowledgement, so that the caller may then mark or commit."""

    def __init__(self, servers: str, *, client_id: str) -> None:
        self._servers = servers
        self._client_id = client_id
        self._producer: KafkaProducer | None = None

    def send(self, records: Sequence[Outgoing]) -> None:
        """Send all in order and wait for every acknowledgement.

        Raises:
            Unavailable: Kafka did not acknowledge all of them; some may be there.
        """
        try:
            if self._producer is None:
                self._producer = make_producer(self._servers, client_id=self._client_id)
            futures = [
                self._producer.send(record.topic, key=record.key, value=record.value, partition=record.partition)
                for record in records
            ]
            for future in futures:
                future.get(timeout=SEND_TIMEOUT_S)
        except KafkaError as error:
            self.close()
            raise Unavailable(f"Kafka: {error}") from error

    def close(self) -> None:
        if self._producer is not None:
            self._producer.close(timeout=5)
            self._producer = None


def follow_group(
    servers: str,
    group: str,
    topics: Sequence[Topic],
    handle: Callable[[list[Message]], None],
    *,
    stop: threading.Event,
    health: Health,
    max_records: int = 500,
    poll_ms: int = 200,
    gather_ms: int = 0,
) -> None:
    """Consume as a member of ``group``: handle a list in order, then commit its offsets.

    ``handle`` raises :class:`Unavailable` to be called again with the same list. Offsets are
    committed after it returns, never before: at least once. With ``gather_ms`` the broker waits so
    long for records to come together: fewer, larger lists.
    """
    log = logging.get(__name__)
    names = [topic.name for topic in topics]
    consumer = until_available(stop, group, lambda: _consumer(servers, group, max_records, gather_ms))
    membership = _Membership(consumer, names)
    try:
        until_available(stop, group, membership.join)
        while not stop.is_set():
            membership.watch()
            messages = until_available(stop, group, lambda: _poll(consumer, poll_ms, max_records))
            if messages:
                until_available(stop, group, lambda batch=messages: handle(batch))  # type: ignore[misc]
            if messages or membership.doubted():
                try:
                    consumer.commit(timeout_ms=COMMIT_TIMEOUT_MS)
                    membership.proven()
                except KafkaError as error:
                    if not isinstance(error, RebalanceInProgressError | CommitFailedError):
                        membership.proven()  # Kafka is away, which says nothing about who is a member
                    log.warning("commit failed; the batch may come again", group=group, error=str(error))
            _report_lag(consumer, group)
            health.beat(group)
    except Stopped:
        pass
    finally:
        consumer.close()


def _poll(consumer: KafkaConsumer, wait_ms: int, most: int) -> list[Message]:
    """What came meanwhile.

    Raises:
        Unavailable: Kafka went away while the group's coordinator was looked for, which kafka-python does not wait out.
    """
    try:
        return _messages(consumer.poll(timeout_ms=wait_ms, max_records=most))
    except KafkaError as error:
        raise Unavailable(f"Kafka: {error}") from error


class _Membership:
    """Sees to it that a member of a group really gets partitions.

    kafka-python's leader assigns what its own metadata knows. Where that has not arrived yet it
    assigns nothing ("No partition metadata for topic"), and nothing makes it think again: the
    group would idle for ever and look healthy. So metadata comes first, and a member that has had
    nothing for a while joins anew. A spare member (more members than partitions) has nothing by
    right; its attempts thin out.

    Nor is a member with partitions always one: where joining took longer than a poll, kafka-python
    can stay between the two for ever, reading without a pause and committing nothing. What the
    group takes a commit from is a member, so one without messages tries that now and then too.
    """

    def __init__(self, consumer: KafkaConsumer, names: list[str]) -> None:
        self._consumer = consumer
        self._names = names
        self._patience = UNASSIGNED_S
        self._since = self._proven = self._tried = time.monotonic()

    def join(self) -> None:
        """Subscribe once every topic's partitions are known.

        Raises:
            Unavailable: they are not, yet.
        """
        try:
            unknown = [name for name in self._names if not self._consumer.partitions_for_topic(name)]
        except KafkaError as error:
            raise Unavailable(f"Kafka: {error}") from error
        if unknown:
            raise Unavailable(f"Kafka knows no partitions of {', '.join(unknown)}")
        self._consumer.subscribe(self._names)
        self._since = self._proven = time.monotonic()

    def watch(self) -> None:
        """Join anew after too long without a partition, or without a commit that the group took."""
        now = time.monotonic()
        if not self._consumer.assignment():
            self._proven = now
            if now - self._since > self._patience:
                self._anew("no partition assigned; joining anew")
                self._patience = min(self._patience * 2, UNASSIGNED_MOST_S)
            return
        self._patience, self._since = UNASSIGNED_S, now
        if now - self._proven > 2 * UNCOMMITTED_S:
            self._anew("the group takes no commit; joining anew")

    def doubted(self) -> bool:
        """Whether it is time to try a commit though there is nothing new to commit."""
        now = time.monotonic()
        if now - max(self._proven, self._tried) < UNCOMMITTED_S or not self._consumer.assignment():
            return False
        self._tried = now
        return True

    def proven(self) -> None:
        """The group took a commit, or could not be asked."""
        self._proven = time.monotonic()

    def _anew(self, why: str) -> None:
        logging.get(__name__).warning(why, topics=self._names)
        self._consumer.unsubscribe()
        self._consumer.subscribe(self._names)
        self._since = self._proven = time.monotonic()


def read_compacted(
    servers: str,
    topic: Topic,
    apply: Callable[[Message], None],
    *,
    stop: threading.Event,
    ready: threading.Event,
    health: Health,
) -> None:
    """Read a compacted topic whole without a group, set ``ready`` at its end, then follow it."""
    name = f"follow {topic.name}"
    consumer = until_available(stop, name, lambda: _consumer(servers, None, 2_000))
    try:
        partitions = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        ends = consumer.end_offsets(partitions)
        while not stop.is_set():
            for message in _messages(consumer.poll(timeout_ms=200, max_records=2_000)):
                apply(message)
            if not ready.is_set() and all(consumer.position(tp) >= end for tp, end in ends.items()):
                ready.set()
            health.beat(name)
    except Stopped:
        pass
    finally:
        consumer.close()


def _consumer(servers: str, group: str | None, max_records: int, gather_ms: int = 0) -> KafkaConsumer:
    try:
        return KafkaConsumer(
            bootstrap_servers=servers.split(","),
            client_id=f"linli-{group or 'reader'}",
            group_id=group,
            bootstrap_timeout_ms=BOOTSTRAP_MS,
            reconnect_backoff_max_ms=1_000,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_records=max_records,
            fetch_min_bytes=GATHER_BYTES if gather_ms else 1,
            fetch_max_wait_ms=gather_ms or 500,
            session_timeout_ms=10_000,
            heartbeat_interval_ms=3_000,
        )
    except KafkaError as error:
        raise Unavailable(f"Kafka: {error}") from error


def _messages(polled: dict[TopicPartition, list[Any]]) -> list[Message]:
    return [
        Message(record.topic, record.partition, record.offset, record.key, record.value, record.timestamp)
        for records in polled.values()
        for record in records
    ]


def _report_lag(consumer: KafkaConsumer, group: str) -> None:
    for tp in consumer.assignment():
        high = consumer.highwater(tp)
        if high is not None:
            lag = max(0, high - consumer.position(tp))
            gauge(CONSUMER_LAG, group=group, topic=tp.topic, partition=str(tp.partition)).set(lag)
