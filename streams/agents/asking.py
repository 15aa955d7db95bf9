"""Faust's producer, made to ask for each topic by name before a record of it waits.

aiokafka 0.14 keeps a list of the topics it asks the broker for, and asks for all while the list is
empty. A topic known from such an answer is not put on the list when it is sent to. The first topic
that is replaces "all" by itself, the next answer holds nothing else, and a batch that waits at that
moment has lost its leader: the sender asks for the same short list again and again without a pause,
and the batch is never sent.
"""

from collections.abc import Awaitable
from typing import Any

from faust.transport.drivers.aiokafka import Producer


class AskingProducer(Producer):
    """Every topic that was ever sent to stays among those that are asked for."""

    async def send(self, topic: str, *record: Any, **more: Any) -> Awaitable[Any]:
        """Hand a record over, as Faust's own does."""
        self._ensure_producer().client.add_topic(topic)
        return await super().send(topic, *record, **more)
