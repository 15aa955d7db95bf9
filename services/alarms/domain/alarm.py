"""One alarm episode as its newest transition left it: the fold over ``linli.alarms``."""

from dataclasses import dataclass

import msgspec

from streams.contracts import AlarmEvent, AlarmState, Cause, Severity


class Alarm(msgspec.Struct, frozen=True):
    """One episode. Times are epoch ms; ``since`` is device time, ``at`` the time in the log.

    ``severity`` is the present one, ``worst`` the highest it had. ``number`` counts transitions, so
    that a late one is known. ``group`` is the group whose ``incident`` it belongs to ("": it stands by
    itself), ``first_out`` whether it was the first there, ``flood`` whether it came in a flood of the
    group. Shelving, suppression, out of service and maintenance hide it as they stood at that
    transition. ``normal_since`` with an active state means a latched alarm that waits
    for a reset.
    """

    id: str
    episode: str
    incident: str
    group: str
    first_out: bool
    flood: bool
    rule: str
    rule_version: int
    cause: str
    device: str
    kind: str
    metric: str
    area: str
    building: str
    severity: Severity
    worst: Severity
    state: AlarmState
    active_since: int
    raised_at: int
    changed_at: int
    number: int
    value: float | None
    limit: float | None
    ts: int | None
    arrival: int | None
    normal_since: int | None
    latched: bool
    backlog: bool
    acknowledged_by: str
    acknowledged_at: int | None
    comment: str
    last_cause: str
    last_by: str
    last_why: str
    shelved_until: int | None = None
    suppressed_by: str = ""
    out_of_service: bool = False
    maintenance: bool = False

    @property
    def active(self) -> bool:
        return self.state.active


@dataclass(frozen=True, slots=True)
class AlarmFilters:
    """Every field narrows; times are epoch ms of ``active_since``.

    ``collapsed``: of an incident's alarms that are not critical only the newest that fits ``states``
    is listed, and says how many the incident has (alarms.md rule 10). ``shelved``: whether a shelving
    hid it at its last transition. ``suppressed_by``: the episode that hid it then.
    """

    states: tuple[str, ...] = ()
    active: bool | None = None
    severity: str = ""
    device: str = ""
    kind: str = ""
    area: str = ""
    rule: str = ""
    metric: str = ""
    incident: str = ""
    since: int | None = None
    until: int | None = None
    collapsed: bool = False
    shelved: bool | None = None
    suppressed_by: str = ""


def number_of(event: AlarmEvent) -> int:
    """A transition's place in its episode, from its name ``<episode>-<number>``."""
    number = event.id.rpartition("-")[2]
    return int(number) if number.isdigit() else 0


def apply(before: Alarm | None, event: AlarmEvent, *, new_id: str) -> Alarm | None:
    """The alarm after ``event``; None when it is no news (an older or a repeated transition)."""
    number = number_of(event)
    if before is not None and number <= before.number:
        return None
    by, at, comment = _acknowledgement(before, event)
    worst = event.severity if before is None or event.severity.rank > before.worst.rank else before.worst
    return Alarm(
        id=before.id if before else new_id,
        episode=event.episode,
        incident=event.incident,
        group=event.group,
        first_out=event.first_out,
        flood=event.flood or (before is not None and before.flood),
        rule=event.rule,
        rule_version=event.rule_version,
        cause=event.cause_of_alarm,
        device=event.device,
        kind=event.kind,
        metric=event.metric,
        area=event.grid,
        building=event.building,
        severity=event.severity,
        worst=worst,
        state=event.new,
        active_since=before.active_since if before else event.since,
        raised_at=before.raised_at if before else event.at,
        changed_at=event.at,
        number=number,
        value=event.value,
        limit=event.limit,
        ts=event.ts,
        arrival=event.arrival,
        normal_since=event.normal_since,
        latched=event.latched,
        backlog=event.backlog,
        acknowledged_by=by,
        acknowledged_at=at,
        comment=comment,
        last_cause=event.cause,
        last_by=event.by,
        last_why=event.why,
        shelved_until=event.shelved_until,
        suppressed_by=event.suppressed_by,
        out_of_service=event.out_of_service,
        maintenance=event.maintenance,
    )


def _acknowledgement(before: Alarm | None, event: AlarmEvent) -> tuple[str, int | None, str]:
    """Who acknowledged it and when; a rise or a re-alarm withdraws that (alarms.md rule 4)."""
    if event.cause is Cause.ACKNOWLEDGED:
        return event.by, event.at, event.why
    if event.new is AlarmState.ACTIVE_UNACK or before is None:
        return "", None, ""
    return before.acknowledged_by, before.acknowledged_at, before.comment
