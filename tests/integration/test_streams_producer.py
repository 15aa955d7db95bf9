import asyncio
import uuid
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

from kafka.admin import KafkaAdminClient, NewTopic

from streams.agents.places import PlacedApp
from tests.support import eventually

LONG_S = 20.0


def create(servers: str, topic: str) -> None:
    """Make a topic, and wait until the broker tells of it."""
    admin = KafkaAdminClient(bootstrap_servers=servers)
    admin.create_topics([NewTopic(topic, 1, 1)])
    eventually(lambda: topic in admin.list_topics())
    admin.close()


async def sent_beside_a_new_topic(servers: str, home: Path, known: str, made: str, late: str) -> tuple[int, int]:
    """Offsets of a record that waits in its batch while the producer first asks for another topic, and of one there.

    ``made`` stands for the changelog that a worker creates: afterwards Faust has aiokafka ask for all there are.
    """
    app = PlacedApp(known, broker=f"kafka://{servers}", datadir=str(home), store="memory://", producer_linger=0.5)
    producer = app.producer

    async def send(topic: str) -> Awaitable[Any]:
        return await producer.send(topic, b"k", b"v", 0, None, None)

    await producer.start()
    await producer.create_topic(made, 1, 1)
    await asyncio.to_thread(create, servers, late)
    waiting = [await send(known), await send(late)]
    first, second = await asyncio.wait_for(asyncio.gather(*waiting), LONG_S)
    await producer.stop()  # not if it failed: to stop is to wait for what is unsent
    return first.offset, second.offset


def test_a_record_that_waits_is_sent_though_another_topic_is_asked_for(kafka_servers: str, tmp_path: Path) -> None:
    """aiokafka then forgets every topic that was never asked for by name: a batch that waits would find no leader."""
    known, made, late = (f"test-{name}-{uuid.uuid4().hex[:8]}" for name in ("known", "made", "late"))
    create(kafka_servers, known)
    assert asyncio.run(sent_beside_a_new_topic(kafka_servers, tmp_path, known, made, late)) == (0, 0)
