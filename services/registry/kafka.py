"""What Kafka still holds of what the registry once sent."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import NamedTuple

import msgspec
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from streams.contracts import Unavailable
from streams.contracts.topics import Topic

READ_MS = 500


class Extent(NamedTuple):
    """The offsets of a topic's first and next record, added up over its partitions."""

    first: int
    last: int


class _Versioned(msgspec.Struct):
    id: str
    version: int


_decoder = msgspec.json.Decoder(_Versioned)


class Mirrored:
    """A topic of records with an id and a version, as it lies in Kafka."""

    def __init__(self, servers: str, topic: Topic) -> None:
        self._servers = servers
        self._partitions = [TopicPartition(topic.name, number) for number in range(topic.partitions)]

    def extent(self) -> Extent:
        """Where the topic begins and ends.

        Raises:
            Unavailable: Kafka does not answer.
        """
        with _translated(), closing(self._consumer()) as consumer:
            return self._extent(consumer)[0]

    def versions(self) -> dict[str, int]:
        """The newest version of each id; read whole, what nobody can read counts as not there.

        Raises:
            Unavailable: Kafka does not answer, or not to its end.
        """
        found: dict[str, int] = {}
        with _translated(), closing(self._consumer()) as consumer:
            consumer.assign(self._partitions)
            consumer.seek_to_beginning(*self._partitions)
            _, ends = self._extent(consumer)
            while any(consumer.position(partition) < end for partition, end in ends.items()):
                for records in consumer.poll(timeout_ms=READ_MS).values():
                    for record in records:
                        _note(found, record.key, record.value)
        return found

    def _consumer(self) -> KafkaConsumer:
        return KafkaConsumer(
            bootstrap_servers=self._servers.split(","), client_id="linli-registry", reconnect_backoff_max_ms=1_000
        )

    def _extent(self, consumer: KafkaConsumer) -> tuple[Extent, dict[TopicPartition, int]]:
        ends: dict[TopicPartition, int] = consumer.end_offsets(self._partitions)
        return Extent(sum(consumer.beginning_offsets(self._partitions).values()), sum(ends.values())), ends


def _note(found: dict[str, int], key: bytes | None, value: bytes | None) -> None:
    if value is None:
        found.pop((key or b"").decode(errors="replace"), None)
        return
    try:
        record = _decoder.decode(value)
    except msgspec.DecodeError:
        return
    found[record.id] = record.version


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except KafkaError as error:
        raise Unavailable(f"Kafka: {error}") from error
