import threading
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.coordinator.base import MemberState
from kafka.errors import KafkaConnectionError

from services.adapters import kafka as adapter
from services.adapters.health import Health
from services.adapters.kafka import Message, Outgoing, Sender, follow_group
from streams.contracts.topics import COMMANDS
from tests.support import eventually


@contextmanager
def following(servers: str, group: str) -> Iterator[list[Message]]:
    """What a member of ``group`` has been handed so far."""
    seen: list[Message] = []
    stop = threading.Event()
    follower = threading.Thread(
        target=follow_group,
        args=(servers, group, [COMMANDS], seen.extend),
        kwargs={"stop": stop, "health": Health()},
    )
    follower.start()
    try:
        yield seen
    finally:
        stop.set()
        follower.join()


def test_a_fresh_member_of_a_group_always_gets_its_partitions(kafka_servers: str) -> None:
    """kafka-python may assign nothing where metadata comes late; nobody may idle for ever."""
    mark = uuid.uuid4().hex.encode()
    sender = Sender(kafka_servers, client_id="test")
    records = [Outgoing(COMMANDS.name, b"k", mark, partition) for partition in range(COMMANDS.partitions)]
    sender.send(records)
    sender.close()
    for _ in range(5):
        with following(kafka_servers, f"membership-{uuid.uuid4()}") as seen:
            eventually(
                lambda found=seen: {m.partition for m in found if m.value == mark} == set(range(COMMANDS.partitions))
            )


def test_a_member_that_the_group_takes_nothing_from_joins_anew(
    kafka_servers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """kafka-python can stay between joining and joined: it reads on, and no commit is ever taken."""
    made: list[Any] = []

    def consumer(*args: Any, **options: Any) -> Any:
        made.append(KafkaConsumer(*args, **options))
        return made[-1]

    monkeypatch.setattr(adapter, "KafkaConsumer", consumer)
    monkeypatch.setattr(adapter, "UNCOMMITTED_S", 0.5)
    group = f"membership-{uuid.uuid4()}"
    with (
        following(kafka_servers, group) as seen,
        closing(KafkaConsumer(bootstrap_servers=kafka_servers, group_id=group, enable_auto_commit=False)) as reader,
        closing(Sender(kafka_servers, client_id="test")) as sender,
    ):
        eventually(lambda: [each for each in made if each._coordinator.state is MemberState.STABLE])
        made[0]._coordinator._disable_heartbeat()
        made[0]._coordinator.state = MemberState.REBALANCING
        mark = uuid.uuid4().hex.encode()
        sender.send([Outgoing(COMMANDS.name, b"k", mark, 0)])
        eventually(lambda: any(message.value == mark for message in seen))
        place = TopicPartition(COMMANDS.name, 0)
        end = reader.end_offsets([place])[place]
        eventually(lambda: reader.committed(place) == end)
        assert made[0]._coordinator.state is MemberState.STABLE


def test_a_kafka_that_goes_while_the_coordinator_is_looked_for_is_waited_for(
    kafka_servers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """kafka-python's poll raises there; a process would end of it."""
    mark, poll, left = uuid.uuid4().hex.encode(), KafkaConsumer.poll, [2]

    def failing(consumer: KafkaConsumer, **how: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise KafkaConnectionError("111 ECONNREFUSED")
        return poll(consumer, **how)

    monkeypatch.setattr(KafkaConsumer, "poll", failing)
    sender = Sender(kafka_servers, client_id="test")
    sender.send([Outgoing(COMMANDS.name, b"k", mark, 0)])
    sender.close()
    with following(kafka_servers, f"membership-{uuid.uuid4()}") as seen:
        eventually(lambda: any(message.value == mark for message in seen))
        assert left == [0]
