"""A log of live messages in memory, for the hub and its streams."""

from services.api.live.messages import LiveMessage
from services.api.live.vector import Vector


class MemoryLog:
    """Holds everything that was ever appended, like a topic that never expires."""

    def __init__(self) -> None:
        self.messages: list[LiveMessage] = []
        self.position: dict[tuple[str, int], int] = {}
        self.asked: list[tuple[Vector, Vector]] = []

    def append(
        self,
        topic: str,
        partition: int,
        data: str,
        event: str = "alarm",
        area: str = "",
        units: tuple[str, ...] = (),
        ticket: str = "",
    ) -> LiveMessage:
        offset = self.position.get((topic, partition), 0)
        self.position[topic, partition] = offset + 1
        after = dict(self.position)
        message = LiveMessage(topic, partition, offset, after, event, area, data, units=units, ticket=ticket)
        self.messages.append(message)
        return message

    def between(self, start: Vector, end: Vector, limit: int) -> list[LiveMessage] | None:
        self.asked.append((start, end))
        found = [
            message
            for message in self.messages
            if start.get(place := (message.topic, message.partition), 0) <= message.offset < end.get(place, 0)
        ]
        return found if len(found) <= limit else None
