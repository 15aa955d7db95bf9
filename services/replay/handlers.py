"""Replay a log and hold the alarms against it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from services.replay.domain import Report, Span, alarms_of, compare
from services.replay.ports import Recorded, Topics
from streams.contracts import AlarmEvent, Device, Rule, decode
from streams.contracts.topics import ALARMS, DEVICES, INPUTS, RULES, Topic
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

    def spans(self) -> dict[int, Span]:
        """What of ``linli.inputs`` is replayed: from the first record there is to the last acknowledged one."""
        settled = self.topics.settled(INPUTS)
        found = self.topics.spans(INPUTS)
        return {number: (begin, min(end, settled.get(number, end))) for number, (begin, end) in found.items()}

    def catalogue(self) -> Catalogue:
        """Rules and devices as they are now."""
        return Catalogue(self._newest(RULES, Rule), self._newest(DEVICES, Device))

    def events(self, catalogue: Catalogue, spans: dict[int, Span]) -> Iterator[AlarmEvent]:
        """Every transition that the rules give, as the log is read."""
        records = self.through(INPUTS, self.topics.read(INPUTS, spans))
        for outcome in outcomes(((r.partition, r.offset, r.value or b"") for r in records), catalogue):
            yield from alarms_of(outcome)

    def compare(
        self, catalogue: Catalogue, spans: dict[int, Span], events: Iterable[AlarmEvent], *, device: str = ""
    ) -> Report:
        """Hold ``events`` against ``linli.alarms``, which is read only now: by then it has all of them."""
        replayed = {event.id: event for event in events}
        live = self.through(ALARMS, self.topics.read(ALARMS))
        return compare(replayed, (record.value or b"" for record in live), catalogue.rules, spans, device=device)

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
