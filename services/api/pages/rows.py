"""The services' values as rows of the pages. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.alarms.ports import Listed as ListedAlarm
from services.api.door.auth import Caller
from services.api.pages.alarms.alarm_rows import AlarmRow
from services.api.pages.ports import (
    AreaRow,
    DeviceRow,
    LetterRow,
    NoticeRow,
    StrangerRow,
    TicketRow,
    UnitRow,
)
from services.api.pages.tickets.ticket_rows import ClockRow, EventRow, PhotoRow, ProofRow, SignalRow, TaskRow
from services.api.tickets.merged_photos import MergedPhoto
from services.history.domain import Chart, Letter, Stranger
from services.oncall.domain import Notification
from services.registry.domain import Area, Permission, Unit
from services.tickets.domain import (
    Action,
    Event,
    Role,
    State,
    Ticket,
    caller_for,
    hidden_from,
    lacking,
    may_unmask,
    proof_one,
    proved_from,
    responsible,
    standing,
)
from services.tickets.domain.photos import Photo
from streams.contracts import Device

PREVIEW = 200
SPIKE = 0.1


def of_area(area: Area) -> AreaRow:
    return AreaRow(area.code, area.level, area.name_zh, area.name_en, area.geometry)


def of_unit(unit: Unit) -> UnitRow:
    return UnitRow(unit.id, unit.name_zh, unit.name_en, unit.area, unit.categories)


def of_device(device: Device, heard: int | None) -> DeviceRow:
    return DeviceRow(
        id=device.id,
        kind=device.kind,
        area=device.area,
        place=device.place or device.name,
        lon=device.lon,
        lat=device.lat,
        state=str(device.state),
        model=device.model,
        period_s=device.period_s,
        heard=heard,
        installed=device.installed,
        calibrated=device.calibrated,
        attributes=dict(device.attributes),
    )


def of_alarm(listed: ListedAlarm, who: Caller, place: str, ticket: Ticket | None = None) -> AlarmRow:
    alarm = listed.alarm
    opens = listed.ticket_id and who.may(Permission.TICKETS)
    return AlarmRow(
        id=alarm.id,
        episode=alarm.episode,
        device=alarm.device,
        kind=alarm.kind,
        rule=alarm.rule,
        metric=alarm.metric,
        severity=str(alarm.severity),
        state=str(alarm.state),
        since=alarm.active_since,
        area=alarm.area,
        place=place,
        value=alarm.value,
        limit=alarm.limit,
        ended=None if alarm.active else (alarm.normal_since or alarm.changed_at),
        acked_at=alarm.acknowledged_at,
        acked_by=alarm.acknowledged_by,
        latched=alarm.latched,
        ticket=listed.ticket_id or "",
        ticket_page=f"/tickets/{listed.ticket_id}" if opens else "",
        ticket_number=ticket.number if ticket else "",
        ticket_state=str(ticket.state) if ticket else "",
        shelved_until=alarm.shelved_until,
        suppressed_by=alarm.suppressed_by,
        out_of_service=alarm.out_of_service,
        maintenance=alarm.maintenance,
    )


def of_ticket(
    ticket: Ticket,
    events: Sequence[Event] = (),
    allowed: Sequence[Action] = (),
    *,
    role: Role = Role.SYSTEM,
    names: Mapping[str, str] | None = None,
    unit: Unit | None = None,
    photos: Sequence[Photo] = (),
    merged: Sequence[MergedPhoto] = (),
) -> TicketRow:
    """A ticket as ``role`` may see it; ids of people become their names. ``merged`` are its reports' photos."""
    caller = caller_for(role, ticket.caller)
    known = dict(names or {})
    if hidden_from(role, ticket.caller):
        known[ticket.reporter] = ""
    return TicketRow(
        id=ticket.id,
        number=ticket.number,
        state=str(ticket.state),
        stage=str(ticket.stage),
        source=str(ticket.source),
        area=ticket.area,
        title=ticket.title,
        opened=ticket.opened_at,
        version=ticket.version,
        urgency=ticket.urgency,
        category=ticket.category,
        text=ticket.text,
        place=ticket.place,
        building=ticket.building,
        device=ticket.device,
        kind=ticket.kind,
        incident=ticket.incident,
        deadline=ticket.deadline,
        mark=str(ticket.card),
        photos=tuple(PhotoRow(photo.id, photo.at, photo.ticket) for photo in photos if photo.shown_at is not None),
        merged_photos=tuple(_merged(each) for each in merged),
        lead=ticket.lead,
        lead_zh=unit.name_zh if unit else ticket.lead,
        lead_en=unit.name_en if unit else ticket.lead,
        assisting=ticket.assisting,
        caller_name=caller.name if caller else "",
        caller_phone=caller.phone if caller else "",
        confidential=caller is not None and caller.confidential,
        unmaskable=may_unmask(role, ticket.caller),
        erased=ticket.erased_at,
        episodes=tuple(episode.episode for episode in ticket.episodes),
        clocks=tuple(
            ClockRow(str(run.clock), run.started, run.due, str(run.card), run.assumed)
            for run in ticket.clocks
            if run.running
        ),
        events=tuple(_event(event, known) for event in events),
        allowed=tuple(str(action) for action in allowed),
        sensor_normal_at=ticket.sensor_normal_since,
        confirmed_at=_confirmed(events),
        tasks=tuple(TaskRow(task.number, task.unit, task.text, task.until, task.done_at) for task in ticket.tasks),
        waiting_until=ticket.waiting_until,
        asked_until=ticket.asked_until,
        plan=ticket.plan,
        master=ticket.master,
        level=str(ticket.level),
        supervised=ticket.supervised,
        hot_spot=ticket.hot_spot,
        responsible=str(who.role) if (who := responsible(ticket)) else "",
    )


def of_proof(ticket: Ticket, now: int) -> ProofRow:
    """What proof 1 rests on at ``now``, or which alarms are in its way."""
    alarms = tuple(SignalRow(each.device, each.rule, each.normal_since is not None) for each in standing(ticket))
    lack = lacking(ticket, now) or ""
    return ProofRow(str(proof_one(ticket, now)), str(lack), alarms, proved_from(ticket))


def _merged(each: MergedPhoto) -> PhotoRow:
    return PhotoRow(each.photo.id, each.photo.at, each.address, each.report.number if each.report else "")


def _event(event: Event, names: Mapping[str, str]) -> EventRow:
    by = names.get(event.by, event.by)
    done, old = _done(event), str(event.old or "")
    return EventRow(event.at, done, old, str(event.new), by, str(event.role), event.why, event.evidence)


def _done(event: Event) -> str:
    """The action; a reading that is normal under a latch is told apart from the alarm's end, which follows it."""
    episode = event.evidence.get("episode")
    latched = event.action is Action.NORMAL and isinstance(episode, Mapping) and episode.get("active")
    return "normal_latched" if latched else str(event.action)


def _confirmed(events: Sequence[Event]) -> int | None:
    """When somebody other than the handler said that it is solved; a return to work voids it."""
    found: int | None = None
    for event in events:
        if event.new in {State.IN_PROGRESS, State.REDO} and event.old is not event.new:
            found = None
        elif event.action in {Action.CHECK_OK, Action.CALLBACK} and event.old is not event.new:
            found = event.at
    return found


def of_letter(letter: Letter) -> LetterRow:
    preview = letter.payload[:PREVIEW].decode("utf-8", "replace")
    return LetterRow(
        id=letter.id,
        at=letter.at,
        source=letter.source,
        reason=letter.reason,
        detail=letter.detail,
        topic=letter.origin,
        size=letter.size,
        preview="".join(char if char.isprintable() else "·" for char in preview),
        replayed=letter.replayed_at,
    )


def of_stranger(stranger: Stranger) -> StrangerRow:
    return StrangerRow(
        device=stranger.device,
        kind=stranger.kind,
        first=stranger.first_seen,
        last=stranger.last_seen,
        count=stranger.readings,
        danger=stranger.danger,
    )


def of_notice(notice: Notification) -> NoticeRow:
    return NoticeRow(
        id=notice.id,
        name=notice.name,
        severity=_severity(notice.severity),
        state=str(notice.state),
        summary_zh=notice.summary,
        summary_en=notice.summary_en,
        started=notice.started,
        ended=notice.ended,
        acked_at=notice.acknowledged,
        acked_by=notice.acknowledged_by,
    )


def _severity(word: str) -> str:
    """Prometheus's habit (page, critical, warning, info) as our four."""
    return {"critical": "critical", "page": "critical", "major": "major", "minor": "minor"}.get(word, "warning")


def drawn(chart: Chart) -> list[tuple[int, float]]:
    """A chart's points for drawing: a bucket's spike is drawn too, or a short leak would vanish in its mean."""
    points = [point for point in chart.points if point.value is not None]
    highs = [p.high if p.high is not None else p.value or 0.0 for p in points]
    lows = [p.low if p.low is not None else p.value or 0.0 for p in points]
    wide = SPIKE * (max(highs, default=0.0) - min(lows, default=0.0))
    found: list[tuple[int, float]] = []
    for point, low, high in zip(points, lows, highs, strict=True):
        value: Any = point.value
        found.append((point.ts, value))
        if wide and high - low > wide:
            found += [(point.ts + 1, high), (point.ts + 2, low)]
    return found
