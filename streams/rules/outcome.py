"""What one record of ``linli.inputs`` gives: alarm events, faults, counts."""

from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from streams.contracts import (
    Action,
    AlarmEvent,
    AlarmState,
    Candidate,
    Cause,
    Device,
    Evidence,
    GroupRecord,
    Member,
    Page,
    Source,
)
from streams.contracts.devices import DeviceState
from streams.rules.bench import Told
from streams.rules.crowd import Standing
from streams.rules.slots import Transition


@dataclass(frozen=True, slots=True)
class Fault:
    """A bug met while stepping one device: where, in which rule (None: before any), and its trace."""

    device: str
    rule: str | None
    error: str
    trace: str
    source: Source


class Beyond(StrEnum):
    """What a group that is too large had no room for: a member's alarm, or its condition."""

    ALARM = "alarm"
    CONDITION = "condition"


@dataclass(slots=True)
class Outcome:
    """Effects of one record, in order. ``late`` counts samples older than their device's newest.

    ``groups`` goes to ``linli.groups``: what the second stage needs, transitions of rules with a
    group among it; those are not in ``events``. ``inputs`` (what the second stage hides or shows)
    goes back to ``linli.inputs``; ``incidents`` names those that begin here, ``beyond`` the groups
    that are too large and what of them was passed on without being remembered, or left out.
    ``moved`` are the codes of the grids or groups of which something was said that others act on;
    time alone moves nothing.
    """

    source: Source
    events: list[AlarmEvent] = field(default_factory=list)
    groups: list[GroupRecord] = field(default_factory=list)
    inputs: list[Action] = field(default_factory=list)
    incidents: list[str] = field(default_factory=list)
    beyond: list[tuple[str, Beyond]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    samples: int = 0
    late: int = 0
    duplicates: int = 0
    strangers: int = 0
    adopted: bool = False
    moved: list[str] = field(default_factory=list)
    _noted: int = field(default=0, repr=False, compare=False)

    def note(self, code: str) -> None:
        """What was said since the last call was said of ``code``."""
        said = len(self.events) + len(self.inputs) + len(self.groups)
        if said > self._noted:
            self._noted = said
            if code not in self.moved:
                self.moved.append(code)

    def tell(self, told: Told, device: Device, grid: str) -> None:
        """Address a transition, so that nobody downstream has to look anything up."""
        rule, transition = told.rule, told.transition
        level = rule.levels[transition.level]
        reading = transition.reading
        maintenance = device.state is DeviceState.MAINTENANCE
        cause = Cause.HIDDEN if maintenance and transition.cause is Cause.SHOWN else transition.cause
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
            cause=cause,
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
            samples=self._evidence(transition),
            shelved_until=transition.shelved_until,
            suppressed_by=transition.suppressed_by,
            out_of_service=transition.out_of_service,
            maintenance=maintenance,
            health=rule.health,
            list_only=rule.list_only,
            group=told.group,
            joins=told.joins,
        )
        page = page_of(event)
        if page is not None:
            event = msgspec.structs.replace(event, page=page)
        self.hand_on(event)

    def hand_on(self, event: AlarmEvent) -> None:
        """To everybody, or by way of its group."""
        if event.group:
            self.groups.append(Candidate(event.group, event))
        else:
            self.events.append(event)

    def stand(self, standing: Standing, device: Device, grid: str) -> None:
        """A device's own condition in a group has changed."""
        self.groups.append(
            Member(
                group=standing.group,
                rule=standing.rule,
                device=device.id,
                grid=grid,
                at=standing.at,
                source=self.source,
                condition=standing.condition,
                building=device.building,
            )
        )

    def _evidence(self, transition: Transition) -> tuple[Evidence, ...]:
        partition = self.source.partition
        return tuple(
            Evidence(
                reading.ts, reading.at, reading.value, reading.quality, partition if reading.offset >= 0 else -1,
                reading.offset,
            )
            for reading in transition.evidence
        )  # fmt: skip


def page_of(event: AlarmEvent) -> Page | None:
    """Why an event by itself calls people; one that is hidden, opens no ticket, or is old news calls nobody."""
    quiet = event.hidden or event.backlog or event.ticket is None or event.joins
    if quiet or event.new is not AlarmState.ACTIVE_UNACK or event.normal_since is not None:
        return None
    if not event.old.active:
        return Page.AGAIN if event.cause is Cause.REALARM else Page.NEW
    match event.cause:
        case Cause.SEVERITY_UP | Cause.RULE:
            return Page.SEVERITY
        case Cause.REALARM:
            return Page.AGAIN
        case Cause.CONFIRMED | Cause.SHOWN:
            return Page.NEW
        case _:
            return None
