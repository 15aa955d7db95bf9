"""Kafka for the gateway: an idempotent producer whose patience has no end, and which keeps the order."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

from kafka import KafkaProducer
from kafka.errors import KafkaError

from services.adapters import logging
from services.adapters.metrics import counter
from services.adapters.retry import Stopped, until_available
from services.gateway.ports import Parcel
from streams.contracts import Unavailable
from streams.contracts.metrics import LOOP_ERRORS
from streams.contracts.topics import DEAD_LETTERS, INPUTS

LOOP: Final = "kafka"
PATIENCE_MS: Final = 2**31 - 1
"""24 days. The default of two minutes would fail batches in the middle of an outage, and a batch that
failed while its successor did not has lost its place in the order."""
START_MS: Final = 5_000
GATHER_MS: Final = 3
"""The records of one linger window, a grid each, travel in one request instead of one each."""


class KafkaLog:
    """:class:`services.gateway.ports.RecordLog` on kafka-python.

    ``send`` only appends to the producer's buffer (the topics' metadata is there before the first
    call), so the thread of the MQTT connection never waits for Kafka. A producer retries and keeps
    the order by itself while brokers are away; if it fails for good (its state was lost on the
    broker, a permission was taken away), everything unacknowledged is sent again in order by a new one.
    ``woken`` is called on the producer's thread when there is something to collect.
    """

    def __init__(self, servers: str, *, client_id: str, woken: Callable[[], None]) -> None:
        self._servers = servers
        self._client_id = client_id
        self._woken = woken
        self._log = logging.get(__name__)
        self._producer: KafkaProducer | None = None
        self._generation = 0
        self._waiting: dict[Parcel, None] = {}
        self._waiting_bytes = 0
        self._answers: deque[tuple[int, Parcel, BaseException | None]] = deque()
        self._renewal: _Renewal | None = None
        self._stop = threading.Event()

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def waiting_bytes(self) -> int:
        return self._waiting_bytes

    def start(self, stop: threading.Event) -> bool:
        """Wait for Kafka once, before anything is read from MQTT; False where ``stop`` came first."""
        try:
            self._producer = until_available(stop, LOOP, self._connect)
        except Stopped:
            return False
        return True

    def send(self, parcel: Parcel) -> None:
        self._waiting[parcel] = None
        self._waiting_bytes += len(parcel.value)
        if self._producer is not None:
            self._hand_over(self._producer, parcel)

    def delivered(self) -> Sequence[Parcel]:
        done: list[Parcel] = []
        failure: BaseException | None = None
        while self._answers:
            generation, parcel, error = self._answers.popleft()
            if error is None:
                if parcel in self._waiting:
                    del self._waiting[parcel]
                    self._waiting_bytes -= len(parcel.value)
                    done.append(parcel)
            elif generation == self._generation:
                failure = error
        if failure is not None and self._renewal is None:
            self._renew(failure)
        elif self._renewal is not None and self._renewal.made is not None:
            self._resume(self._renewal.made)
        return done

    def close(self) -> None:
        """End the producer's thread; what was not acknowledged stays with the MQTT broker."""
        self._stop.set()
        if self._renewal is not None:
            self._renewal.join(START_MS / 1000)
            self._producer = self._renewal.made
        if self._producer is not None:
            self._producer.close(timeout=2)
            self._producer = None

    def _connect(self) -> KafkaProducer:
        try:
            producer = KafkaProducer(
                bootstrap_servers=self._servers.split(","),
                client_id=self._client_id,
                acks="all",
                linger_ms=GATHER_MS,
                batch_size=512 * 1024,
                max_request_size=1_000_000,
                delivery_timeout_ms=PATIENCE_MS,
                max_block_ms=START_MS,
                bootstrap_timeout_ms=START_MS,
                request_timeout_ms=10_000,
                reconnect_backoff_max_ms=1_000,
                metadata_max_age_ms=60_000,
                metrics_enabled=False,
            )
        except KafkaError as error:
            raise Unavailable(f"Kafka: {error}") from error
        for topic in (INPUTS, DEAD_LETTERS):
            try:
                known = producer.partitions_for(topic.name)
            except KafkaError as error:
                known, reason = None, f": {error}"
            else:
                reason = ""
            if not known:
                producer.close(timeout=0)
                raise Unavailable(f"Kafka does not tell of the topic {topic.name}{reason}; was it provisioned?")
        return producer

    def _hand_over(self, producer: KafkaProducer, parcel: Parcel) -> None:
        generation = self._generation
        try:
            future = producer.send(parcel.topic, key=parcel.key, value=parcel.value, partition=parcel.partition)
        except KafkaError as error:
            self._answers.append((generation, parcel, error))
            return
        future.add_callback(self._answer, generation, parcel, None)
        future.add_errback(self._fail, generation, parcel)

    def _answer(self, generation: int, parcel: Parcel, error: BaseException | None, _metadata: Any) -> None:
        self._answers.append((generation, parcel, error))
        self._woken()

    def _fail(self, generation: int, parcel: Parcel, error: BaseException) -> None:
        self._answers.append((generation, parcel, error))
        self._woken()

    def _renew(self, failure: BaseException) -> None:
        """Give the producer up; another is made on a thread of its own, since that may take a while."""
        counter(LOOP_ERRORS, loop=LOOP, error=type(failure).__name__).inc()
        self._log.error(
            "Kafka refused for good; a new producer will send all of it again", error=str(failure), waiting=self.waiting
        )
        broken, self._producer = self._producer, None
        self._generation += 1
        self._renewal = _Renewal(broken, self._connect, self._stop, self._woken)
        self._renewal.start()

    def _resume(self, producer: KafkaProducer) -> None:
        self._producer, self._renewal = producer, None
        self._log.info("sending again what Kafka had not acknowledged", waiting=self.waiting)
        for parcel in self._waiting:
            self._hand_over(producer, parcel)


class _Renewal(threading.Thread):
    """Closes a broken producer and makes another."""

    def __init__(
        self,
        broken: KafkaProducer | None,
        connect: Callable[[], KafkaProducer],
        stop: threading.Event,
        woken: Callable[[], None],
    ) -> None:
        super().__init__(name="kafka-renewal", daemon=True)
        self._broken = broken
        self._connect = connect
        self._stop_event = stop
        self._woken = woken
        self.made: KafkaProducer | None = None

    def run(self) -> None:
        if self._broken is not None:
            self._broken.close(timeout=0)
        try:
            self.made = until_available(self._stop_event, LOOP, self._connect)
        except Stopped:
            return
        self._woken()
