"""The cockpit: who waits for an answer now, where, and how the day is going."""

import gzip
import json
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import Response

from sensors.kinds import KINDS, metric_of
from services.api.door.auth import require
from services.api.language import vocabulary as voc
from services.api.pages import formatting as fmt
from services.api.pages.alarms import alarm_views
from services.api.pages.alarms.alarm_rows import AlarmRow
from services.api.pages.alarms.alarm_source import AlarmBook
from services.api.pages.desk import Desk, Visit
from services.api.pages.drawing import charts, graphs
from services.api.pages.drawing.maps import abnormal_features, area_features, fleet_features
from services.api.pages.frames import common, names_of, scope_names
from services.api.pages.ports import DeviceRow
from services.api.pages.tickets import ticket_views
from services.api.pages.tickets.ticket_said import unit_names
from services.api.problems import refuse
from services.registry.domain import Permission

ONLINE_TARGET: Final = 99.0
NEIGHBOURS: Final = 4


@dataclass(frozen=True, slots=True)
class OnlineView:
    kind: str
    name: str
    percent: str
    silent: int
    gauge: Markup


@dataclass(frozen=True, slots=True)
class NeighbourView:
    id: str
    place: str
    value: str
    severity: str


def routes(desk: Desk, book: AlarmBook) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/cockpit")
    def cockpit(request: Request) -> Response:
        visit = desk.visit(request)
        _watch(visit)
        return desk.show(visit, "cockpit.html", **_page(desk, book, visit))

    @router.get("/cockpit/areas")
    def areas(request: Request) -> Response:
        visit = desk.visit(request)
        _watch(visit)
        return _geojson(area_features(desk.source.areas(visit.caller), desk.source.layers(), visit.t), keep_s=300)

    @router.get("/cockpit/fleet")
    def fleet(request: Request) -> Response:
        visit = desk.visit(request)
        _watch(visit)
        return _geojson(fleet_features(desk.source.fleet(visit.caller), visit.now))

    @router.get("/cockpit/abnormal")
    def abnormal(request: Request) -> Response:
        visit = desk.visit(request)
        _watch(visit)
        rules = {rule.id: rule for rule in desk.source.rules()}
        alarms = [alarm_views.view(row, rules, visit.now, visit.t) for row in desk.source.open_alarms(visit.caller)]
        return _geojson(abnormal_features(alarms, desk.source.fleet(visit.caller)))

    return router


def _watch(visit: Visit) -> None:
    require(visit.caller, Permission.WATCH)


def _page(desk: Desk, book: AlarmBook, visit: Visit) -> dict[str, Any]:
    source, who, now, t = desk.source, visit.caller, visit.now, visit.t
    rules = {rule.id: rule for rule in source.rules()}
    rows = alarm_views.ordered(source.open_alarms(who))
    shown = alarm_views.views(rows, rules, now, t)
    calling = [row for row in rows if not row.hidden]
    fleet = source.fleet(who)
    areas = source.areas(who)
    asked = visit.request.query_params.get("alarm", "")
    selected = _selected(desk, visit, rows, asked)
    silent = sum(device.silent(now) for device in fleet)
    ended = source.last_ended(who) if not rows else None
    return {
        **common(visit, live=True),
        **scope_names(who, areas, t),
        "alarms": shown,
        "calling": len(calling),
        "waiting": sum(row.waits for row in calling),
        "waiting_critical": sum(row.waits and row.severity == "critical" for row in calling),
        "counts": alarm_views.counts(rows),
        "legend": [severity for severity, n in alarm_views.counts(rows).items() if n],
        "any_acked": any(not row.waits and row.severity != "warning" for row in calling),
        "any_hidden": len(calling) < len(rows),
        "fleet_total": len(fleet),
        "fleet_normal": len(fleet) - len({row.device for row in rows} | {d.id for d in fleet if d.silent(now)}),
        "fleet_silent": silent,
        "kinds": list(KINDS),
        "picked": bool(asked),
        "selected": next((each for each in shown if selected and each.row.id == selected.id), None)
        or (alarm_views.view(selected, rules, now, t) if selected else None),
        "last_ended": alarm_views.view(ended, rules, now, t) if ended else None,
        "last_span": fmt.span((ended.ended or now) - ended.since, t) if ended else "",
        **_detail(desk, visit, selected, rows, fleet),
        **_stages(desk, visit),
        **_hours(desk, book, visit),
        "online": _online(fleet, now, visit),
        "area_name": names_of(areas, t).get(selected.area[:15], selected.area) if selected else "",
    }


def _selected(desk: Desk, visit: Visit, rows: list[AlarmRow], asked: str) -> AlarmRow | None:
    """The asked alarm, even when it has left the list; else the first that waits."""
    if asked:
        found = next((row for row in rows if row.id == asked), None) or desk.source.alarm(visit.caller, asked)
        if found is None:
            raise refuse(404, "not_found", "No such alarm in your area.", "Go back to the cockpit.", field="alarm")
        return found
    return rows[0] if rows else None


def _detail(desk: Desk, visit: Visit, alarm: AlarmRow | None, rows: list[AlarmRow], fleet: Any) -> dict[str, Any]:
    source, who, now, t = desk.source, visit.caller, visit.now, visit.t
    if alarm is None:
        return {"nearest": _nearest(desk, visit, fleet), "chart": "", "ticket": None, "log": [], "neighbours": []}
    ticket = source.ticket_behind(who, alarm.ticket) if alarm.ticket else None
    events = ticket.events if ticket else ()
    until = min(now, alarm.ended + 5 * fmt.MINUTE) if alarm.ended else None
    around = [
        device
        for device in fleet
        if device.kind == alarm.kind and device.area == alarm.area[:15] and device.id != alarm.device
    ]
    return {
        "chart": graphs.of_alarm(source, who, alarm, now, t, events=events, until=until),
        "ticket": ticket_views.view(ticket, now, t) if ticket else None,
        "log": ticket_views.log(events, unit_names(source.units(), t) if events else {}, now, t),
        "neighbours": _neighbours(desk, visit, alarm, around, rows),
        "neighbour_total": len(around),
        "nearest": [],
    }


def _neighbours(
    desk: Desk, visit: Visit, alarm: AlarmRow, around: list[DeviceRow], rows: list[AlarmRow]
) -> list[NeighbourView]:
    metric = graphs.main_metric(alarm.kind, alarm.metric)
    worst = {row.device: row.severity for row in reversed(rows)}
    views = []
    for device in around[:NEIGHBOURS]:
        value = next((last.value for last in desk.source.last_values(device.id) if last.metric == metric), None)
        views.append(
            NeighbourView(
                device.id,
                device.place or device.id,
                said_value(device.kind, metric, value, visit),
                worst.get(device.id, ""),
            )
        )
    return views


def said_value(kind: str, metric: str, value: float | None, visit: Visit) -> str:
    """A last value without its unit; yes or no for a switch, never 0 for nothing."""
    known = metric_of(kind, metric)
    if value is None:
        return visit.t("无数据")
    if known is not None and known.boolean:
        return visit.t("是") if value else visit.t("否")
    return fmt.number(value, known.digits if known else 1)


def _nearest(desk: Desk, visit: Visit, fleet: list[DeviceRow]) -> list[alarm_views.NearView]:
    """How close each device's newest value is to the lowest limit of its main metric."""
    rules = desk.source.rules()
    places = {device.id: device for device in fleet}
    views = []
    for kind in KINDS:
        metric = graphs.main_metric(kind)
        known = metric_of(kind, metric)
        above = [limit.value for limit in graphs.limits(rules, kind, metric, {}, visit.t) if limit.above]
        if not above or known is None or known.boolean:
            continue
        for device, value in desk.source.highest(visit.caller, kind, metric, 8):
            if device in places:
                place = places[device].place or device
                views.append(
                    alarm_views.NearView(device, place, fmt.number(value, known.digits), known.unit, value / min(above))
                )
    return alarm_views.nearest(views)


@dataclass(frozen=True, slots=True)
class StageTotal:
    """Open tickets of one stage; ``red`` and ``yellow`` of them carry a card."""

    name: str
    count: int
    red: int
    yellow: int


def _stages(desk: Desk, visit: Visit) -> dict[str, Any]:
    found = {str(count.stage): count for count in desk.source.stage_counts(visit.caller)}
    views = []
    for stage in ticket_views.ORDER:
        count, name = found.get(stage), voc.say(voc.STAGES, stage, visit.t)
        views.append(StageTotal(name, count.tickets, count.red, count.yellow) if count else StageTotal(name, 0, 0, 0))
    return {"stages": views, "stage_total": sum(view.count for view in views)}


def _hours(desk: Desk, book: AlarmBook, visit: Visit) -> dict[str, Any]:
    first = visit.now - visit.now % fmt.HOUR - 23 * fmt.HOUR
    starts = desk.source.alarm_starts(visit.caller, first)
    counts = [
        (hour, sum(hour <= at < hour + fmt.HOUR for at in starts))
        for hour in range(first, first + 24 * fmt.HOUR, fmt.HOUR)
    ]
    limit = round(book.targets().per_hour.limit)
    return {"hours": charts.hourly(counts, limit, visit.t), "hour_total": len(starts)}


def _online(fleet: Any, now: int, visit: Visit) -> list[OnlineView]:
    views = []
    for kind in KINDS:
        devices = [device for device in fleet if device.kind == kind and device.state == "active"]
        if not devices:
            continue
        silent = sum(device.silent(now) for device in devices)
        percent = 100 * (len(devices) - silent) / len(devices)
        shown = fmt.number(percent, 1)
        views.append(
            OnlineView(kind, voc.kind_name(kind, visit.t), shown, silent, charts.gauge(percent, ONLINE_TARGET))
        )
    return views


def _geojson(features: dict[str, Any], *, keep_s: int = 0) -> Response:
    """Packed, since outlines are long and alike; every browser unpacks it."""
    packed = gzip.compress(json.dumps(features, ensure_ascii=False, separators=(",", ":")).encode(), 5, mtime=0)
    headers = {"Content-Encoding": "gzip", "Vary": "Cookie"}
    headers["Cache-Control"] = f"private, max-age={keep_s}" if keep_s else "no-store"
    return Response(packed, headers=headers, media_type="application/geo+json")
