"""Devices: the list, and one device with its values, its day and its alarms."""

from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from sensors.kinds import KINDS, metric_of
from services.api.answers import STATUSES
from services.api.door.auth import allow, require, user_of
from services.api.language import vocabulary as voc
from services.api.pages import formatting as fmt
from services.api.pages import maintenance
from services.api.pages.alarms import alarm_views
from services.api.pages.alarms.alarm_source import AlarmBook
from services.api.pages.cockpit import said_value
from services.api.pages.desk import Desk, Visit
from services.api.pages.drawing import graphs
from services.api.pages.entrance import Sent, text_of, version_of, whole
from services.api.pages.frames import common
from services.api.pages.ports import DeviceRow, LastRow
from services.api.pages.rules import rule_views
from services.api.pages.rules.rule_source import RuleDesk
from services.api.pages.tickets import entry_views
from services.api.problems import refuse
from services.registry.domain import Permission, Wording
from streams.contracts import Device, DeviceState, Refused

PAGE: Final = 100
MAINTENANCE: Final = str(DeviceState.MAINTENANCE)


def routes(desk: Desk, book: AlarmBook, rules: RuleDesk) -> APIRouter:
    watcher = Depends(allow(Permission.WATCH))
    router = APIRouter(include_in_schema=False, dependencies=[watcher])

    @router.get("/devices")
    def devices(request: Request) -> Response:
        visit = desk.visit(request)
        absent = visit.request.query_params.get("health", "") == MAINTENANCE
        shown = _absent(rules, visit) if absent else _list(desk, visit)
        return desk.show(visit, "devices.html", **shown)

    @router.get("/devices/{device}")
    def device_page(request: Request, device: str) -> Response:
        visit = desk.visit(request)
        row = _found(desk, visit, device)
        entry = _entry(rules, visit, row, visit.request.query_params.get("card", ""))
        return desk.show(visit, "device.html", **_one(desk, book, visit, row), **_applied(rules, visit, row), **entry)

    @router.post("/devices/{device}/state")
    def state(request: Request, device: str, form: Sent) -> Response:
        visit, why = desk.visit(request), text_of(form, "why")
        require(visit.caller, Permission.DEVICES)
        wanted = DeviceState.MAINTENANCE if text_of(form, "state", 20) == "maintenance" else DeviceState.ACTIVE
        try:
            if wanted is DeviceState.MAINTENANCE:
                maintenance.asked_for(why)
            rules.put_device(visit.caller, device, version_of(form), wanted, why)
        except Refused as refused:
            text = maintenance.refused_text(refused, visit.t)
            row = _found(desk, visit, device)
            values = {**_one(desk, book, visit, row), **_applied(rules, visit, row), **_entry(rules, visit, row, "")}
            status = STATUSES.get(refused.code, 409)
            return desk.show(visit, "device.html", status=status, **values | {"refused": text, "typed": why})
        return RedirectResponse(f"/devices/{device}?said=state", 303)

    @router.post("/devices/{device}/entry-card")
    def write_card(request: Request, device: str, form: Sent) -> Response:
        visit = desk.visit(request)
        require(visit.caller, Permission.DEVICES)
        row, level = _found(desk, visit, device), text_of(form, "card", 20)
        try:
            _write_card(rules, visit, row, form)
        except Refused as refused:
            field = str(refused.extra.get("field", ""))
            if refused.code != "fields" or field not in entry_views.WRONG:
                raise
            wrong = {field: visit.t(entry_views.WRONG[field])}
            entry = _entry(rules, visit, row, level) | {"wrong": wrong, "written": _written(form)}
            values = {**_one(desk, book, visit, row), **_applied(rules, visit, row), **entry}
            return desk.show(visit, "device.html", status=422, **values)
        return RedirectResponse(f"/devices/{device}?said=entry_card#entry", 303)

    return router


def _found(desk: Desk, visit: Visit, device: str) -> DeviceRow:
    row = desk.source.device(visit.caller, device)
    if row is None:
        raise refuse(404, "not_found", "No such device in your area.", "Look at the list of devices.")
    return row


def _written(form: FormData) -> dict[str, str]:
    return {name: text_of(form, name) for name in entry_views.WRONG}


def _write_card(rules: RuleDesk, visit: Visit, row: DeviceRow, form: FormData) -> None:
    """Write the chosen card; an empty number keeps the one that whoever writes may not even see.

    Raises:
        Refused: as the use case says.
    """
    container, version = rules.container, whole(text_of(form, "version", 9), otherwise=-1)
    _, own = entry_views.chosen_card(container, _registered(rules, row), text_of(form, "card", 20))
    written = _written(form)
    wording = Wording(written["holder"], written["phone"] or None, written["valve"], written["avoid"])
    container.entry_cards.write(wording, version, by=user_of(visit.caller), device=own.device, area=own.area)


def _entry(rules: RuleDesk, visit: Visit, row: DeviceRow, level: str) -> dict[str, Any]:
    return entry_views.of_device(rules.container, visit, _registered(rules, row), level)


def _registered(rules: RuleDesk, row: DeviceRow) -> Device:
    found = rules.container.devices.get_device(row.id)
    if found is None:
        raise refuse(404, "not_found", "No such device in your area.", "Look at the list of devices.")
    return found


def _list(desk: Desk, visit: Visit) -> dict[str, Any]:
    query = visit.request.query_params
    kind, health, after = query.get("kind", ""), query.get("health", ""), query.get("after", "")
    fleet = sorted(desk.source.fleet(visit.caller), key=lambda device: device.id)
    chosen = [
        device
        for device in fleet
        if (not kind or device.kind == kind) and (health != "silent" or device.silent(visit.now))
    ]
    page = [device for device in chosen if device.id > after]
    more = page[PAGE - 1].id if len(page) > PAGE else ""
    address = urlencode({k: v for k, v in (("kind", kind), ("health", health), ("after", more)) if v})
    return {
        **common(visit),
        "devices": page[:PAGE],
        "total": len(chosen),
        "kinds": list(KINDS),
        "chosen": kind,
        "health": health,
        "next_page": f"/devices?{address}" if more else "",
    }


def _absent(rules: RuleDesk, visit: Visit) -> dict[str, Any]:
    """Those in maintenance, the longest first: that one was forgotten shows at the top."""
    kind = visit.request.query_params.get("kind", "")
    found = maintenance.listed(rules.container, visit.caller, kind, visit.now, visit.t)
    return {
        **common(visit), "absent": found, "total": len(found), "kinds": list(KINDS), "chosen": kind,
        "health": MAINTENANCE, "most": maintenance.SHOWN,
    }  # fmt: skip


def _one(desk: Desk, book: AlarmBook, visit: Visit, row: DeviceRow) -> dict[str, Any]:
    source, t, now = desk.source, visit.t, visit.now
    last = source.last_values(row.id)
    metric = graphs.main_metric(row.kind, visit.request.query_params.get("metric", ""))
    rules = {rule.id: rule for rule in source.rules()}
    alarms = sorted(source.alarms_of(visit.caller, row.id, now - fmt.DAY), key=lambda alarm: -alarm.since)
    titles = book.titles(visit.caller, alarms, rules, t)
    return {
        **common(visit, live=True),
        "device": row,
        "kind": voc.kind_name(row.kind, t),
        "silent": row.silent(now),
        "values": [_value(row, value, visit) for value in sorted(last, key=lambda v: v.metric != metric)],
        "facts": _facts(row, visit),
        "metric": metric,
        "metric_name": voc.metric_name(row.kind, metric, t),
        "chart": graphs.of_day(source, row, metric, alarms, now, t),
        "alarms": [alarm_views.view(alarm, rules, now, t, titles) for alarm in alarms],
    }


def _applied(rules: RuleDesk, visit: Visit, row: DeviceRow) -> dict[str, Any]:
    """Which rules watch it and why the others do not; its maintenance, where it is in one."""
    return {
        "applied": [rule_views.applied(found, visit.t) for found in rules.applying(visit.caller, row.id)],
        "version": rules.device_version(row.id),
        "maintenance": maintenance.of_device(rules.container, row.id, visit.now, visit.t),
        "refused": "",
        "typed": "",
    }


def _value(row: DeviceRow, last: LastRow, visit: Visit) -> dict[str, Any]:
    known = metric_of(row.kind, last.metric)
    good = last.quality in {"", "good"}
    return {
        "metric": last.metric,
        "name": voc.metric_name(row.kind, last.metric, visit.t),
        "value": said_value(row.kind, last.metric, last.value, visit),
        "unit": known.unit if known else "",
        "quality": "" if good else voc.say(voc.QUALITIES, last.quality, visit.t),
        "ts": last.ts,
    }


def _facts(row: DeviceRow, visit: Visit) -> list[tuple[str, str]]:
    t, now = visit.t, visit.now
    facts = [
        (t("编号"), row.id),
        (t("型号"), row.model or "—"),
        (t("网格"), row.area),
        (t("状态"), voc.say(voc.DEVICE_STATES, row.state, t)),
        (t("上报周期"), fmt.span(row.period_s * 1000, t)),
        (t("最后上报"), fmt.ago(row.heard, now, t) if row.heard else t("从未")),
    ]
    facts += [(t("安装"), fmt.moment(row.installed, now, t))] if row.installed else []
    facts += [(t("标定"), fmt.moment(row.calibrated, now, t))] if row.calibrated else []
    return facts + [(name, value) for name, value in row.attributes.items()]
