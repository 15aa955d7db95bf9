"""What one record of ``linli.inputs`` gives: alarm events, faults, counts."""

from dataclasses import dataclass, field

from streams.contracts import AlarmEvent, Candidate, Device, GroupRecord, Rule, Source
from streams.rules.slots import Transition


@dataclass(frozen=True, slots=True)
class Fault:
    """A bug met while stepping one device: where, in which rule (None: before any), and its trace."""

    device: str
    rule: str | None
    error: str
    trace: str
    source: Source


@dataclass(slots=True)
class Outcome:
    """Effects of one record, in order. ``late`` counts samples older than their device's newest.

    ``groups`` goes to ``linli.groups``: what the second stage needs, transitions of rules with a
    group among it; those are not in ``events``.
    """

    source: Source
    events: list[AlarmEvent] = field(default_factory=list)
    groups: list[GroupRecord] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    samples: int = 0
    late: int = 0
    duplicates: int = 0
    strangers: int = 0
    adopted: bool = False

    def tell(self, transition: Transition, rule: Rule, device: Device, grid: str) -> None:
        """Address a transition, so that nobody downstream has to look anything up."""
        level = rule.levels[transition.level]
        reading = transition.reading
        group = rule.group_of(device)
        event = AlarmEvent(
            id=f"{transition.episode}-{transition.number}",
            episode=transition.episode,
            incident=f"{rule.cause}:{device.id}",
            rule=rule.id,
            rule_version=rule.version,
            cause_of_alarm=rule.cause,
            device=device.id,
            kind=device.kind,
            metric=rule.metric,
            grid=grid,
            severity=level.severity,
            old=transition.old,
            new=transition.new,
            cause=transition.cause,
            at=transition.at,
            since=transition.since,
            source=self.source,
            ts=reading.ts if reading else None,
            arrival=reading.at if reading else None,
            value=reading.value if reading else None,
            limit=level.limit,
            normal_since=transition.normal_since,
            building=device.building,
            ticket=level.ticket,
            backlog=transition.backlog,
            latched=transition.latched,
            by=transition.by,
            why=transition.why,
            quality=reading.quality if reading else "good",
            group=group,
            health=rule.health,
            list_only=rule.list_only,
        )
        if group:
            self.groups.append(Candidate(group, event))
        else:
            self.events.append(event)
