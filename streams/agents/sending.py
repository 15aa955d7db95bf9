"""How a stage hands records to Kafka and waits for them; while Kafka is away it waits without progress."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from aiokafka.errors import KafkaError

from streams.contracts import metrics
from streams.process.metrics import made

log = logging.getLogger(__name__)
RETRY_S = 0.5

Acknowledged = Awaitable[Any]
Save = Callable[[int, str, bytes | None], Awaitable[Acknowledged]]
Hand = Callable[[], Awaitable[Acknowledged]]


class Send(Protocol):
    """Hands a record over; gives what to await for its acknowledgement. By key, unless a partition is named."""

    async def __call__(self, topic: str, key: str, value: bytes, partition: int | None = None) -> Acknowledged: ...


async def until_sent(sends: Sequence[Hand], loop: str) -> None:
    """Send in order and wait for Kafka; retried without end."""
    while sends:
        try:
            acknowledgements = [await send() for send in sends]
            await asyncio.gather(*acknowledgements)
        except KafkaError as error:
            made(metrics.LOOP_ERRORS).labels(loop=loop, error="unavailable").inc()
            log.warning("waiting for Kafka: %s", error)
            await asyncio.sleep(RETRY_S)
        else:
            return
