"""Whether the live engine said what the pure rules say of the same logs. Pure.

Both stages are judged byte for byte, each by the log that it reads: what the first makes of
``linli.inputs``, what of that arrived in ``linli.groups``, and what the second makes of that.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from streams.contracts import AlarmEvent, Candidate, GroupRecord, Members, Rule, Source, Undecodable, decode, encode
from streams.rules import Outcome

Span = tuple[int, int]
"""Offsets of one partition: the first, and the one after the last."""
Spans = Mapping[int, Span]


class Kind(StrEnum):
    """How a live event and the replayed one disagree."""

    MISSING = "missing"
    EXTRA = "extra"
    DIFFERENT = "different"
    LOST = "lost"
    """The first stage says it, and it never reached the second one's log."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One event on which the two disagree; ``fields`` are those that differ."""

    kind: Kind
    id: str
    source: Source
    live: AlarmEvent | None = None
    replayed: AlarmEvent | None = None
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """What the rules say of the two logs, by the events' ids.

    ``alone`` the first stage publishes itself, ``handed`` it gives to the second; ``arrived`` lies in
    the second one's log, acknowledged or not; ``grouped`` is what it makes of what is acknowledged.
    """

    alone: dict[str, AlarmEvent] = field(default_factory=dict)
    handed: dict[str, AlarmEvent] = field(default_factory=dict)
    arrived: dict[str, AlarmEvent] = field(default_factory=dict)
    grouped: dict[str, AlarmEvent] = field(default_factory=dict)

    def first(self, outcome: Outcome) -> list[AlarmEvent]:
        """Take in what the first stage makes of one record; its transitions are returned."""
        handed = [record.event for record in outcome.groups if isinstance(record, Candidate)]
        self.alone.update((event.id, event) for event in outcome.events)
        self.handed.update((event.id, event) for event in handed)
        return [*outcome.events, *handed]

    def second(self, outcome: Outcome) -> None:
        """Take in what the second stage makes of one record."""
        self.grouped.update((event.id, event) for event in outcome.events)

    def came(self, record: GroupRecord) -> None:
        """Take in one record of the second stage's log."""
        if isinstance(record, Candidate):
            self.arrived[record.event.id] = record.event


@dataclass(slots=True)
class Report:
    """What was compared: ``same`` of the first stage, ``grouped`` of the second, ``of_groups`` its own alarms.

    ``outside``: of records that were not replayed. ``repeated``: said twice, alike.
    """

    same: int = 0
    grouped: int = 0
    of_groups: int = 0
    repeated: int = 0
    outside: int = 0
    unreadable: int = 0
    differences: list[Difference] = field(default_factory=list)


@dataclass(slots=True)
class Judge:
    """Holds what was said live against ``said``; ``spans`` and ``groups`` are what was replayed of either log.

    ``device`` is the beginning of the ids that are looked at.
    """

    said: Said
    rules: Mapping[str, Rule]
    spans: Spans
    groups: Spans
    device: str = ""
    report: Report = field(default_factory=Report)

    def compare(self, live: Iterable[bytes]) -> Report:
        """``live`` are the values of ``linli.alarms``, in order."""
        seen: dict[str, bytes] = {}
        for value in live:
            try:
                event = decode(value, AlarmEvent)
            except Undecodable:
                self.report.unreadable += 1
                continue
            if not event.device.startswith(self.device):
                continue
            if event.id in seen:
                self._again(event, value, seen[event.id])
            elif self._judged(event, value):
                seen[event.id] = value
        for name, event in (self.said.alone | self.said.grouped).items():
            if name not in seen and event.device.startswith(self.device):
                self._alone(Kind.MISSING, event)
        self._handed_over()
        self.report.differences.sort(key=lambda found: (found.source.partition, found.source.offset, found.id))
        return self.report

    def _judged(self, event: AlarmEvent, value: bytes) -> bool:
        """Whether the event belongs to what was replayed; if so, it has been held against that."""
        said, report = self.said, self.report
        other = said.alone.get(event.id) or said.grouped.get(event.id)
        if other is None:
            outside = event.id in said.arrived or not self._replayed(event)
            report.outside += outside
            if not outside:
                self._alone(Kind.EXTRA, event)
            return not outside
        if value != encode(other):
            self._unlike(event, other)
        elif event.id in said.alone:
            report.same += 1
        elif event.id in said.arrived:
            report.grouped += 1
        else:
            report.of_groups += 1
        return True

    def _replayed(self, event: AlarmEvent) -> bool:
        """A group's own alarm has its source in the second stage's log, every other in the first one's."""
        rule = self.rules.get(event.rule)
        spans = self.groups if rule is not None and isinstance(rule.measure, Members) else self.spans
        begin, end = spans.get(event.source.partition, (0, 0))
        return begin <= event.source.offset < end

    def _again(self, event: AlarmEvent, value: bytes, before: bytes) -> None:
        """At least once means that the same may come again, and that it is the same."""
        if value == before:
            self.report.repeated += 1
        else:
            self._unlike(event, decode(before, AlarmEvent))

    def _handed_over(self) -> None:
        """Inputs are acknowledged only after what they hand on lies in the second log: so all of it must.

        Where retention has cut that log nothing can be said.
        """
        if any(begin > 0 for begin, _ in self.groups.values()):
            return
        for name, event in self.said.handed.items():
            if not event.device.startswith(self.device):
                continue
            arrived = self.said.arrived.get(name)
            if arrived is None:
                self._alone(Kind.LOST, event)
            elif encode(arrived) != encode(event):
                self._unlike(arrived, event)

    def _alone(self, kind: Kind, event: AlarmEvent) -> None:
        live, replayed = (event, None) if kind is Kind.EXTRA else (None, event)
        self.report.differences.append(Difference(kind, event.id, event.source, live, replayed))

    def _unlike(self, live: AlarmEvent, replayed: AlarmEvent) -> None:
        names = (name for name in AlarmEvent.__struct_fields__ if getattr(live, name) != getattr(replayed, name))
        fields = tuple(names) or ("bytes",)
        self.report.differences.append(Difference(Kind.DIFFERENT, live.id, live.source, live, replayed, fields))
