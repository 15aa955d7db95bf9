"""The worker's phone: the tasks of their grid, one task with its reading and its next step."""

from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from sensors.kinds import metric_of
from services.api.container import Container
from services.api.door.auth import allow
from services.api.pages import formatting as fmt
from services.api.pages.alarms import alarm_views
from services.api.pages.desk import Desk, Visit
from services.api.pages.drawing import graphs
from services.api.pages.frames import common
from services.api.pages.ports import TicketFilter, TicketRow
from services.api.pages.tickets import entry_views, ticket_views
from services.api.pages.tickets.tickets import detail, evidence, found, urgent
from services.registry.domain import Permission
from services.tickets.domain.words import ENDED, State


def routes(desk: Desk, container: Container) -> APIRouter:
    reader = Depends(allow(Permission.TICKETS, Permission.REPORT))
    router = APIRouter(include_in_schema=False, dependencies=[reader])

    @router.get("/tasks")
    def tasks(request: Request) -> Response:
        visit = desk.visit(request)
        rows = desk.source.tickets(visit.caller, TicketFilter("open")).rows
        views = [ticket_views.view(row, visit.now, visit.t) for row in sorted(rows, key=urgent)]
        return desk.show(visit, "tasks.html", **common(visit, live=True), tasks=views)

    @router.get("/tasks/{ticket}")
    def task(request: Request, ticket: str) -> Response:
        visit = desk.visit(request)
        row = found(desk, visit, ticket)
        values = {
            **common(visit, live=True),
            **detail(desk, visit, row, f"/tasks/{row.id}?"),
            **extras(desk, visit, row),
            "entry": entry_views.of_ticket(container, visit, row),
        }
        return desk.show(visit, "task.html", **values)

    return router


def extras(desk: Desk, visit: Visit, row: TicketRow) -> dict[str, Any]:
    """The chart sized for a hand, the newest reading, the way there, whom to call, what to do first."""
    chart, _ = evidence(desk, visit, row, width=362, height=160)
    device = desk.source.device(visit.caller, row.device) if row.device else None
    on_the_way = device is not None and device.lat is not None and State(row.state) not in ENDED
    go = f"geo:{device.lat},{device.lon}" if device and on_the_way else ""
    phone = row.caller_phone
    call = {"number": phone, "label": row.caller_name or visit.t("来电人")} if phone and "*" not in phone else None
    return {
        "chart": chart,
        "reading": _reading(desk, visit, row) if chart else None,
        "response": _response(desk, visit, row),
        "go": go,
        "call": call,
    }


def _reading(desk: Desk, visit: Visit, row: TicketRow) -> dict[str, Any]:
    alarms = [a for a in desk.source.alarms_of(visit.caller, row.device, 0) if a.episode in row.episodes]
    alarm = min(alarms, key=lambda a: (a.metric == "alarm", a.since))
    metric = graphs.main_metric(alarm.kind, alarm.metric)
    known = metric_of(alarm.kind, metric)
    last = next((v for v in desk.source.last_values(row.device) if v.metric == metric), None)
    rules = {rule.id: rule for rule in desk.source.rules()}
    value = last.value if last else None
    boolean = bool(known and known.boolean)
    text = fmt.span(visit.now - alarm.since, visit.t) if boolean else visit.t("无数据")
    if value is not None and not boolean:
        text = fmt.number(value, known.digits if known else 1)
    return {
        "value": text,
        "unit": known.unit if known else "",
        "name": visit.t.either(known.name_zh, known.name_en) if known else metric,
        "also": alarm_views.both_units(metric, value),
        "limit": alarm_views.limit_text(alarm, rules.get(alarm.rule), visit.t),
        "at": last.ts if last else None,
        "stands": any(each.ended is None for each in alarms),
    }


def _response(desk: Desk, visit: Visit, row: TicketRow) -> list[str]:
    """The rule's response text, one step a sentence."""
    alarms = (
        [a for a in desk.source.alarms_of(visit.caller, row.device, 0) if a.episode in row.episodes]
        if row.device
        else []
    )
    rules = {rule.id: rule for rule in desk.source.rules()}
    rule = next((rules[a.rule] for a in alarms if a.rule in rules), None)
    if rule is None:
        return []
    text = visit.t.either(rule.response_zh, rule.response_en)
    sentences = text.replace("；", "。").replace("; ", ". ").replace("。", "。\n").replace(". ", ".\n").splitlines()
    return [sentence.strip(" 。") for sentence in sentences if sentence.strip(" 。")]
