"""Creates the topics of ``streams.contracts.topics``, which nothing else creates."""

from collections.abc import Sequence

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError, TopicAlreadyExistsError

from streams.contracts import LinliError, Unavailable
from streams.contracts.topics import TOPICS, Topic

MAX_MESSAGE_BYTES = 2_097_152
"""As large as a producer may send: a dead letter carries a whole refused MQTT message."""


class TopicMismatch(LinliError):
    """A topic exists with another number of partitions; keys would move, so a person decides."""


def ensure(bootstrap: str, topics: Sequence[Topic] = TOPICS) -> list[str]:
    """Create the topics that are missing; returns their names.

    Replicas follow the broker's ``default.replication.factor``.

    Raises:
        TopicMismatch: one exists with other partitions than the table says.
        Unavailable: Kafka does not answer.
    """
    try:
        client = KafkaAdminClient(
            bootstrap_servers=bootstrap.split(","),
            client_id="linli-provision",
            bootstrap_timeout_ms=5_000,
            reconnect_backoff_max_ms=500,
        )
        try:
            return _ensure(client, topics)
        finally:
            client.close()
    except KafkaError as error:
        raise Unavailable(f"Kafka: {error}") from error


def _ensure(client: KafkaAdminClient, topics: Sequence[Topic]) -> list[str]:
    found = _partitions(client)
    missing = [topic for topic in topics if topic.name not in found]
    if missing:
        try:
            client.create_topics({topic.name: _options(topic) for topic in missing}, wait_for_metadata=True)
        except TopicAlreadyExistsError:
            client.wait_for_topics([topic.name for topic in missing])  # another run was quicker
        found = _partitions(client)
    for topic in topics:
        if found[topic.name] != topic.partitions:
            raise TopicMismatch(
                f"topic {topic.name} has {found[topic.name]} partitions, the table says {topic.partitions}; "
                "drain and delete it, or correct the table in streams/contracts/topics.py"
            )
    return [topic.name for topic in missing]


def _partitions(client: KafkaAdminClient) -> dict[str, int]:
    return {str(topic["name"]): len(topic["partitions"]) for topic in client.describe_topics()}


def _options(topic: Topic) -> dict[str, object]:
    configs = {"max.message.bytes": str(MAX_MESSAGE_BYTES)}
    if topic.retention_ms is None:
        configs["cleanup.policy"] = "compact"
    else:
        configs["retention.ms"] = str(topic.retention_ms)
    return {"num_partitions": topic.partitions, "configs": configs}
