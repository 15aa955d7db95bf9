import threading
import uuid

from services.adapters.health import Health
from services.adapters.kafka import Message, Outgoing, Sender, follow_group
from streams.contracts.topics import COMMANDS
from tests.support import eventually


def test_a_fresh_member_of_a_group_always_gets_its_partitions(kafka_servers: str) -> None:
    """kafka-python may assign nothing where metadata comes late; nobody may idle for ever."""
    mark = uuid.uuid4().hex.encode()
    sender = Sender(kafka_servers, client_id="test")
    records = [Outgoing(COMMANDS.name, b"k", mark, partition) for partition in range(COMMANDS.partitions)]
    sender.send(records)
    sender.close()
    for _ in range(5):
        seen: list[Message] = []
        stop = threading.Event()
        follower = threading.Thread(
            target=follow_group,
            args=(kafka_servers, f"membership-{uuid.uuid4()}", [COMMANDS], seen.extend),
            kwargs={"stop": stop, "health": Health()},
        )
        follower.start()
        try:
            eventually(
                lambda found=seen: {m.partition for m in found if m.value == mark} == set(range(COMMANDS.partitions))
            )
        finally:
            stop.set()
            follower.join()
