"""A record that cannot be read is buried in its turn, and the others go on."""

from collections.abc import Sequence

import pytest

from services.adapters.dead_letters import legible
from services.adapters.kafka import Message
from streams.contracts import DeadLetter, Notice, Tick, TicketEvent, Unavailable, encode
from tests.fakes.clock import ManualClock


class Office:
    def __init__(self, *, away: bool = False) -> None:
        self.away = away
        self.letters: list[DeadLetter] = []

    def bury(self, letters: Sequence[DeadLetter]) -> None:
        if self.away:
            raise Unavailable("Kafka: away")
        self.letters += letters


def message(offset: int, value: bytes | None, topic: str = "linli.inputs") -> Message:
    return Message(topic, 2, offset, b"k", value, 0)


def test_each_unreadable_record_is_buried_before_the_next_is_read() -> None:
    office, clock = Office(), ManualClock(77)
    ticks = [Tick("gw", 1), Tick("gw", 2)]
    values = [encode(ticks[0]), b"{", None, encode(ticks[1]), b'{"type":"tick"}']
    read = legible(
        [message(offset, value) for offset, value in enumerate(values)],
        lambda _: Tick, source="test", letters=office, clock=clock,
    )  # fmt: skip
    seen = [(one.offset, record, len(office.letters)) for one, record in read]
    assert seen == [(0, ticks[0], 0), (3, ticks[1], 1)]
    assert [(letter.origin, letter.reason, letter.at) for letter in office.letters] == [
        ("linli.inputs/2/1", "json", 77),
        ("linli.inputs/2/4", "schema", 77),
    ]


def test_what_a_record_is_may_depend_on_where_it_stood() -> None:
    office = Office()
    asked: list[str] = []

    def kind(one: Message) -> type[Notice | TicketEvent]:
        asked.append(one.topic)
        return Notice if one.topic == "b" else TicketEvent

    read = legible(
        [message(0, b"{}", "a"), message(1, b"{}", "b")], kind, source="test", letters=office, clock=ManualClock(77)
    )
    assert list(read) == []
    assert asked == ["a", "b"]
    assert len(office.letters) == 2


def test_nothing_is_read_past_a_letter_that_could_not_be_sent() -> None:
    read = legible(
        [message(0, b"{"), message(1, encode(Tick("gw", 1)))],
        lambda _: Tick, source="test", letters=Office(away=True), clock=ManualClock(77),
    )  # fmt: skip
    with pytest.raises(Unavailable):
        next(read)
