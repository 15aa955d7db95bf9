"""A broker's topics, read without a group, from their beginning to where they end now."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from services.replay.domain import Span
from services.replay.ports import Recorded
from streams.contracts import Unavailable
from streams.contracts.topics import Topic

MOST: Final = 5_000
"""Records of one poll."""


class KafkaTopics:
    """:class:`services.replay.ports.Topics` over a broker; ``group`` is the live workers' consumer group."""

    def __init__(self, servers: str, group: str) -> None:
        self._servers = servers
        self._group = group

    def spans(self, topic: Topic) -> dict[int, Span]:
        with self._consumer() as consumer:
            return _spans(consumer, topic)

    def settled(self, topic: Topic) -> dict[int, int]:
        with self._consumer(self._group) as consumer:
            places = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
            found = {place.partition: consumer.committed(place) for place in places}
        return {number: offset for number, offset in found.items() if offset is not None}

    def read(self, topic: Topic, spans: dict[int, Span] | None = None) -> Iterator[Recorded]:
        with self._consumer() as consumer:
            wanted = _spans(consumer, topic) if spans is None else {n: s for n, s in spans.items() if s[0] < s[1]}
            places = {TopicPartition(topic.name, number): span for number, span in wanted.items()}
            consumer.assign(list(places))
            for place, (begin, _) in places.items():
                consumer.seek(place, begin)
            while places and any(consumer.position(place) < end for place, (_, end) in places.items()):
                for place, records in consumer.poll(timeout_ms=500, max_records=MOST).items():
                    end = places[place][1]
                    for record in records:
                        if record.offset < end:
                            yield Recorded(record.partition, record.offset, record.key, record.value)

    @contextmanager
    def _consumer(self, group: str | None = None) -> Iterator[KafkaConsumer]:
        try:
            consumer = KafkaConsumer(
                bootstrap_servers=self._servers.split(","),
                client_id="linli-replay",
                group_id=group,
                enable_auto_commit=False,
                max_poll_records=MOST,
            )
        except KafkaError as error:
            raise Unavailable(f"Kafka at {self._servers}: {error}") from error
        try:
            yield consumer
        except KafkaError as error:
            raise Unavailable(f"Kafka at {self._servers}: {error}") from error
        finally:
            consumer.close()


def _spans(consumer: KafkaConsumer, topic: Topic) -> dict[int, Span]:
    places = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
    begins, ends = consumer.beginning_offsets(places), consumer.end_offsets(places)
    return {place.partition: (begins[place], ends[place]) for place in places if begins[place] < ends[place]}
