"""Whether Kafka still holds what the registry once sent."""

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from streams.contracts import Unavailable
from streams.contracts.topics import Topic


def is_empty(servers: str, topic: Topic) -> bool:
    """Whether ``topic`` holds no record: a new or a lost Kafka.

    Raises:
        Unavailable: Kafka does not answer.
    """
    partitions = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
    try:
        consumer = KafkaConsumer(
            bootstrap_servers=servers.split(","), client_id="linli-registry", reconnect_backoff_max_ms=1_000
        )
        try:
            first, last = consumer.beginning_offsets(partitions), consumer.end_offsets(partitions)
            return all(first[partition] == last[partition] for partition in partitions)
        finally:
            consumer.close()
    except KafkaError as error:
        raise Unavailable(f"Kafka: {error}") from error
