"""Whether the live engine said what the pure rules say of the same log. Pure.

What the first stage publishes itself is compared byte for byte. What it hands to the group stage is
compared without the fields that this stage fills in; a group's own alarm is not the first stage's,
and only counted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import msgspec

from streams.contracts import AlarmEvent, Candidate, Members, Rule, Source, Undecodable, decode, encode
from streams.rules import Outcome

FILLED: Final = {"incident": "", "first_out": False, "members": 0, "page": None, "flood": False}
"""What the group stage fills in."""
Span = tuple[int, int]
"""Offsets of one partition: the first, and the one after the last."""


class Kind(StrEnum):
    """How a live event and the replayed one disagree."""

    MISSING = "missing"
    EXTRA = "extra"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Difference:
    """One event on which the two disagree; ``fields`` are those that differ."""

    kind: Kind
    id: str
    source: Source
    live: AlarmEvent | None = None
    replayed: AlarmEvent | None = None
    fields: tuple[str, ...] = ()


@dataclass(slots=True)
class Report:
    """What was compared. ``outside``: of records that were not replayed. ``repeated``: said twice, alike."""

    same: int = 0
    grouped: int = 0
    repeated: int = 0
    outside: int = 0
    of_groups: int = 0
    unreadable: int = 0
    differences: list[Difference] = field(default_factory=list)


def alarms_of(outcome: Outcome) -> list[AlarmEvent]:
    """Every transition of one record: those it publishes, and those it hands to the group stage."""
    handed = [record.event for record in outcome.groups if isinstance(record, Candidate)]
    return [*outcome.events, *handed]


def compare(
    replayed: Mapping[str, AlarmEvent],
    live: Iterable[bytes],
    rules: Mapping[str, Rule],
    spans: Mapping[int, Span],
    *,
    device: str = "",
) -> Report:
    """Hold ``live`` (values of ``linli.alarms``, in order) against the replayed events by id.

    ``spans`` are the offsets of ``linli.inputs`` that were replayed, by partition; ``device`` is the
    beginning of the ids that are looked at.
    """
    report = Report()
    seen: dict[str, bytes] = {}
    for value in live:
        try:
            event = decode(value, AlarmEvent)
        except Undecodable:
            report.unreadable += 1
            continue
        if not event.device.startswith(device):
            continue
        begin, end = spans.get(event.source.partition, (0, 0))
        rule = rules.get(event.rule)
        if rule is not None and isinstance(rule.measure, Members):
            report.of_groups += 1
        elif not begin <= event.source.offset < end:
            report.outside += 1
        elif event.id in seen:
            _again(report, event, value, seen[event.id])
        else:
            seen[event.id] = value
            _judge(report, event, value, replayed.get(event.id))
    for name, event in replayed.items():
        if name not in seen and event.device.startswith(device):
            report.differences.append(Difference(Kind.MISSING, name, event.source, None, event))
    report.differences.sort(key=lambda found: (found.source.partition, found.source.offset, found.id))
    return report


def _again(report: Report, event: AlarmEvent, value: bytes, before: bytes) -> None:
    """At least once means that the same may come again, and that it is the same."""
    if value == before:
        report.repeated += 1
        return
    other = decode(before, AlarmEvent)
    fields = _unlike(event, other)
    report.differences.append(Difference(Kind.DIFFERENT, event.id, event.source, event, other, fields))


def _judge(report: Report, event: AlarmEvent, value: bytes, other: AlarmEvent | None) -> None:
    if other is None:
        report.differences.append(Difference(Kind.EXTRA, event.id, event.source, event))
    elif other.group and _bare(event) == _bare(other):
        report.grouped += 1
    elif not other.group and value == encode(other):
        report.same += 1
    else:
        fields = _unlike(event, other)
        report.differences.append(Difference(Kind.DIFFERENT, event.id, event.source, event, other, fields))


def _bare(event: AlarmEvent) -> AlarmEvent:
    return msgspec.structs.replace(event, **FILLED)


def _unlike(one: AlarmEvent, other: AlarmEvent) -> tuple[str, ...]:
    ignored = FILLED if other.group else {}
    names = (name for name in AlarmEvent.__struct_fields__ if name not in ignored)
    return tuple(name for name in names if getattr(one, name) != getattr(other, name)) or ("bytes",)
