"""Where a log to be replayed comes from."""

from collections.abc import Iterator
from typing import Protocol

import msgspec

from services.replay.domain import Span
from streams.contracts.topics import Topic


class Recorded(msgspec.Struct, frozen=True):
    """One record of a topic, as it lay there; a ``value`` of None is a tombstone."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None


class Topics(Protocol):
    """A broker's topics, or a recording of them."""

    def spans(self, topic: Topic) -> dict[int, Span]:
        """What there is, by partition; a partition without records is left out."""

    def settled(self, topic: Topic) -> dict[int, int]:
        """Up to which offset the live workers have acknowledged: the effects of these records are all there.

        A partition that is left out has no reader.
        """

    def read(self, topic: Topic, spans: dict[int, Span] | None = None) -> Iterator[Recorded]:
        """The records of ``spans`` (None: all there are now), each partition in its order.

        Raises:
            Unavailable: the broker does not answer.
            Refused: ``file``, the recording is missing or damaged.
        """
