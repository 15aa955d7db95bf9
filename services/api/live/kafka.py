"""The alarm and ticket topics through kafka-python: one follower a process, and short re-readings."""

import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any, Final

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from services.adapters import logging
from services.adapters.health import Health
from services.adapters.kafka import BOOTSTRAP_MS
from services.adapters.metrics import histogram
from services.adapters.retry import Stopped, until_available
from services.api.live.hub import Hub
from services.api.live.messages import LiveMessage, from_record
from services.api.live.vector import LETTERS, Vector
from services.ports import Clock
from streams.contracts import Unavailable
from streams.contracts.metrics import SENSOR_TO_SCREEN

LOOP: Final = "live"
LAG_EVERY_S: Final = 2.0
REREAD_S: Final = 10.0
PARTITIONS: Final = tuple(TopicPartition(topic.name, n) for topic in LETTERS.values() for n in range(topic.partitions))


class KafkaLog:
    """Reads a stretch of both topics again, for a reader whose place has left the ring."""

    def __init__(self, servers: str) -> None:
        self._servers = servers

    def between(self, start: Vector, end: Vector, limit: int) -> list[LiveMessage] | None:
        """Every message from ``start`` up to ``end`` by partition and offset; None where they cannot be had."""
        wanted = {tp: (start.get(tp, 0), end[tp]) for tp in PARTITIONS if start.get(tp, 0) < end.get(tp, 0)}
        if sum(last - first for first, last in wanted.values()) > limit:
            return None
        try:
            with closing(_consumer(self._servers, client_id="linli-api-reread")) as consumer:
                return _read(consumer, wanted, dict(start))
        except (KafkaError, Unavailable) as error:
            logging.get(__name__).warning("cannot re-read the log", error=str(error))
            return None


def _read(
    consumer: KafkaConsumer, wanted: dict[TopicPartition, tuple[int, int]], position: dict[Any, int]
) -> list[LiveMessage] | None:
    consumer.assign(list(wanted))
    if any(first < consumer.beginning_offsets([tp])[tp] for tp, (first, _) in wanted.items()):
        return None
    for tp, (first, _) in wanted.items():
        consumer.seek(tp, first)
    found: list[LiveMessage] = []
    deadline = time.monotonic() + REREAD_S
    while any(consumer.position(tp) < last for tp, (_, last) in wanted.items()):
        if time.monotonic() > deadline:
            return None
        for record in _records(consumer.poll(timeout_ms=200)):
            if record.offset < wanted[TopicPartition(record.topic, record.partition)][1]:
                position[record.topic, record.partition] = record.offset + 1
                found.append(from_record(record.topic, record.partition, record.offset, record.value, dict(position)))
    return found


def follower(servers: str, hub: Hub, clock: Clock, health: Health) -> Callable[[threading.Event], None]:
    """The loop that fills ``hub``: without a group, from the end, each message once."""

    def run(stop: threading.Event) -> None:
        consumer = None
        try:
            consumer = until_available(stop, LOOP, lambda: _at_the_end(servers, hub))
            _follow(consumer, hub, clock, stop, health)
        except Stopped:
            pass
        finally:
            hub.close()
            if consumer is not None:
                consumer.close()

    return run


def _at_the_end(servers: str, hub: Hub) -> KafkaConsumer:
    consumer = _consumer(servers, client_id="linli-api-live")
    try:
        consumer.assign(list(PARTITIONS))
        ends = consumer.end_offsets(list(PARTITIONS))
        for tp, end in ends.items():
            consumer.seek(tp, end)
    except KafkaError as error:
        consumer.close()
        raise Unavailable(f"Kafka: {error}") from error
    hub.start_at({(tp.topic, tp.partition): end for tp, end in ends.items()})
    return consumer


def _follow(consumer: KafkaConsumer, hub: Hub, clock: Clock, stop: threading.Event, health: Health) -> None:
    position = dict(hub.head)
    measured = 0.0
    while not stop.is_set():
        for record in _records(consumer.poll(timeout_ms=250)):
            position[record.topic, record.partition] = record.offset + 1
            message = from_record(record.topic, record.partition, record.offset, record.value, dict(position))
            hub.publish(message)
            if message.device_time is not None:
                histogram(SENSOR_TO_SCREEN).observe(max(0, clock.now() - message.device_time) / 1000)
        if time.monotonic() - measured > LAG_EVERY_S:
            hub.lag = _lag(consumer)
            measured = time.monotonic()
        health.beat(LOOP)


def _lag(consumer: KafkaConsumer) -> int | None:
    """Records not yet read; None while Kafka does not answer."""
    try:
        ends = consumer.end_offsets(list(PARTITIONS))
        return int(sum(max(0, end - consumer.position(tp)) for tp, end in ends.items()))
    except KafkaError:
        return None


def _records(polled: dict[TopicPartition, list[Any]]) -> list[Any]:
    return [record for records in polled.values() for record in records]


def _consumer(servers: str, *, client_id: str) -> KafkaConsumer:
    try:
        return KafkaConsumer(
            bootstrap_servers=servers.split(","),
            client_id=client_id,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="latest",
            request_timeout_ms=8_000,
            bootstrap_timeout_ms=BOOTSTRAP_MS,
            fetch_max_wait_ms=100,
            reconnect_backoff_max_ms=1_000,
        )
    except KafkaError as error:
        raise Unavailable(f"Kafka: {error}") from error
