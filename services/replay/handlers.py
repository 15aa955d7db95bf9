"""Replay both logs and hold the alarms against them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from services.replay.domain import Judge, Report, Said, Span
from services.replay.ports import Recorded, Topics
from streams.contracts import AlarmEvent, Device, Rule, Undecodable, decode, decode_group
from streams.contracts.topics import ALARMS, DEVICES, GROUPS, INPUTS, RULES, Topic
from streams.groups import replay
from streams.rules import Catalogue, outcomes

T = TypeVar("T", Rule, Device)
Through = Callable[[Topic, Iterator[Recorded]], Iterator[Recorded]]


def straight_through(_: Topic, records: Iterator[Recorded]) -> Iterator[Recorded]:
    return records


@dataclass(slots=True)
class Replay:
    """One run over ``topics``; ``through`` sees every record on its way (to record it, to count it)."""

    topics: Topics
    through: Through = straight_through
    said: Said = field(default_factory=Said)

    def spans(self, topic: Topic = INPUTS) -> dict[int, Span]:
        """What of a stage's log is replayed: from the first record there is to the last acknowledged one."""
        settled = self.topics.settled(topic)
        found = self.topics.spans(topic)
        return {number: (begin, min(end, settled.get(number, end))) for number, (begin, end) in found.items()}

    def catalogue(self) -> Catalogue:
        """Rules and devices as they are now."""
        return Catalogue(self._newest(RULES, Rule), self._newest(DEVICES, Device))

    def first(self, catalogue: Catalogue, spans: dict[int, Span]) -> Iterator[AlarmEvent]:
        """Every transition that the first stage makes of its log, as that is read."""
        records = self.through(INPUTS, self.topics.read(INPUTS, spans))
        for outcome in outcomes(((r.partition, r.offset, r.value or b"") for r in records), catalogue):
            yield from self.said.first(outcome)

    def second(self, catalogue: Catalogue, spans: dict[int, Span]) -> None:
        """What the second stage makes of its log; what lies there beyond ``spans`` is only noted."""
        for outcome in replay(self._handed(spans), catalogue):
            self.said.second(outcome)

    def compare(
        self, catalogue: Catalogue, spans: dict[int, Span], groups: dict[int, Span], *, device: str = ""
    ) -> Report:
        """Hold both stages against ``linli.alarms``, which is read only now: by then it has all of them."""
        live = self.through(ALARMS, self.topics.read(ALARMS))
        judge = Judge(self.said, catalogue.rules, spans, groups, device)
        return judge.compare(record.value or b"" for record in live)

    def _handed(self, spans: dict[int, Span]) -> Iterator[tuple[int, int, bytes]]:
        for record in self.through(GROUPS, self.topics.read(GROUPS)):
            value = record.value or b""
            try:
                self.said.came(decode_group(value))
            except Undecodable:
                continue
            begin, end = spans.get(record.partition, (0, 0))
            if begin <= record.offset < end:
                yield record.partition, record.offset, value

    def _newest(self, topic: Topic, kind: type[T]) -> dict[str, T]:
        found: dict[str, T] = {}
        for record in self.through(topic, self.topics.read(topic)):
            key = (record.key or b"").decode(errors="replace")
            if record.value is None:
                found.pop(key, None)
            else:
                value = decode(record.value, kind)
                found[value.id] = value
        return found
