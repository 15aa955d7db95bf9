"""Refused records on their way to ``linli.dead-letters``, where history keeps them."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from services.adapters.kafka import Message, Outgoing, Sender
from services.adapters.metrics import counter
from services.ports import Clock, DeadLetterOffice
from streams.contracts import DeadLetter, Undecodable, decode, encode
from streams.contracts.metrics import DEAD_LETTERS
from streams.contracts.topics import DEAD_LETTERS as TOPIC

T = TypeVar("T")


class KafkaDeadLetters:
    """:class:`services.ports.DeadLetterOffice` over an acknowledged producer."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def bury(self, letters: Sequence[DeadLetter]) -> None:
        """Send them all; raises Unavailable while Kafka is away."""
        self._sender.send([Outgoing(TOPIC.name, letter.source.encode(), encode(letter)) for letter in letters])
        for letter in letters:
            counter(DEAD_LETTERS, source=letter.source, reason=letter.reason).inc()


def letter_of(source: str, message: Message, error: Undecodable, *, now: int) -> DeadLetter:
    """A Kafka record that ``source`` could not read, as a letter; the same record is the same letter."""
    origin = f"{message.topic}/{message.partition}/{message.offset}"
    payload = message.value or b""
    digest = hashlib.sha256(b"\0".join((source.encode(), origin.encode(), payload))).hexdigest()[:32]
    return DeadLetter(
        id=digest, source=source, origin=origin, reason=error.reason, detail=error.detail, payload=payload, at=now
    )


def legible(
    messages: Iterable[Message],
    kind: Callable[[Message], type[T]],
    *,
    source: str,
    letters: DeadLetterOffice,
    clock: Clock,
) -> Iterator[tuple[Message, T]]:
    """What can be read, in order, each decoded as its ``kind``; tombstones say nothing here.

    A record that cannot be read is buried before the next one is looked at, so that whoever commits
    after the last has lost none.

    Raises:
        Unavailable: a letter could not be sent; call again with the same messages.
    """
    for message in messages:
        if message.value is None:
            continue
        try:
            record = decode(message.value, kind(message))
        except Undecodable as error:
            letters.bury([letter_of(source, message, error, now=clock.now())])
        else:
            yield message, record
