"""The announced works: shown before a ticket is made, on tickets and on alarms; written by the hotline's people."""

from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.api.container import Container
from services.api.door.auth import require
from services.api.language.words import N_
from services.api.pages import formatting as fmt
from services.api.pages.desk import Desk, Visit
from services.api.pages.entrance import Sent, text_of, version_of
from services.api.pages.frames import common, names_of
from services.api.pages.tickets import ticket_forms
from services.api.pages.tickets.knowledge import LONGEST, said_of
from services.api.pages.tickets.ticket_forms import Field
from services.api.tickets.works import WorksAsked, keep_works
from services.registry.domain import Permission
from services.tickets.domain import Role
from services.tickets.domain.board import WorkKind, Works, in_force, works
from services.tickets.handlers import Kept
from streams.contracts import Refused

KINDS: Final = {
    WorkKind.GAS: N_("燃气作业"),
    WorkKind.SEPTIC: N_("清掏作业"),
    WorkKind.WATER: N_("停水"),
    WorkKind.POWER: N_("停电"),
    WorkKind.ROAD: N_("道路施工"),
    WorkKind.OTHER: N_("其他作业"),
}
ERRORS: Final = {
    "kind": N_("请选一种作业"),
    "area": N_("请选范围"),
    "start": N_("请选日期和时间"),
    "end": N_("结束须晚于开始"),
    "text": N_("请写做什么、居民会察觉到什么"),
}


def routes(desk: Desk, container: Container) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/knowledge/works")
    def announced(request: Request) -> Response:
        return _works(desk, container, desk.visit(request), {}, {})

    @router.post("/knowledge/works")
    def announce(request: Request, form: Sent) -> Response:
        visit = desk.visit(request)
        require(visit.caller, Permission.TICKETS)
        names = ("id", "kind", "area", "start", "end", "text", "cancelled")
        values = {name: text_of(form, name, LONGEST) for name in names}
        start, end = ticket_forms.read(values["start"]), ticket_forms.read(values["end"])
        wrong = {"kind": values["kind"] not in set(WorkKind), "area": not values["area"], "start": start is None,
                 "end": end is None or start is None or end <= start, "text": not values["text"]}  # fmt: skip
        errors = {name: visit.t(ERRORS[name]) for name, is_wrong in wrong.items() if is_wrong}
        if start is not None and end is not None and not errors:
            asked = WorksAsked(
                kind=WorkKind(values["kind"]), area=values["area"], start=start, end=end, text=values["text"],
                cancelled=bool(values["cancelled"]), version=version_of(form),
            )  # fmt: skip
            try:
                keep_works(container, visit.caller, asked, values["id"])
            except Refused as refused:
                errors = {"": said_of(refused, visit.t)}
            else:
                return RedirectResponse("/knowledge/works?said=kept", 303)
        return _works(desk, container, visit, values, errors)

    return router


def _works(desk: Desk, container: Container, visit: Visit, values: dict[str, str], errors: dict[str, str]) -> Response:
    query, t = visit.request.query_params, visit.t
    require(visit.caller, Permission.TICKETS)
    scope, past = visit.caller.scope, query.get("past") == "1"
    listed = container.works.listed(scope=scope, past=past)
    chosen = query.get("edit", values.get("id", ""))
    edited = next((each for each in container.works.listed(scope=scope, past=True) if each.id == chosen), None)
    if edited is not None and not values:
        values = _written(edited.what)
    areas = desk.source.areas(visit.caller)
    names = names_of(areas, t)
    options = tuple(sorted((area.code, names[area.code]) for area in areas if area.code.startswith(scope)))
    kinds = tuple((str(kind), t(name)) for kind, name in KINDS.items())
    fields = [
        Field("kind", t("作业"), "select", required=True, options=kinds),
        Field("area", t("范围"), "select", required=True, options=options),
        Field("start", t("开始"), "when", required=True),
        Field("end", t("结束"), "when", required=True),
        Field("text", t("做什么，居民会察觉到什么"), "area", required=True),
    ]
    if edited is not None:
        fields.append(Field("cancelled", t("作业取消"), "check", required=False))
    may = Role(visit.caller.role) in works.EDITORS
    return desk.show(
        visit, "works.html", status=422 if errors else 200, **common(visit),
        listed=[(works_line(each, visit), in_force(each.what, visit.now)) for each in listed], past=past,
        area_names=names, may_edit=may, edited=edited, fields=fields, values=values, errors=errors,
    )  # fmt: skip


def _written(what: Works) -> dict[str, str]:
    start, end = ticket_forms.written(what.start), ticket_forms.written(what.end)
    return {"kind": what.kind, "area": what.area, "start": start, "end": end, "text": what.text}


def works_line(kept: Kept[Works], visit: Visit) -> dict[str, Any]:
    """Announced works in one line, as lists, tickets and alarms show them."""
    t, now = visit.t, visit.now
    return {
        "id": kept.id,
        "kind": t(KINDS[kept.what.kind]),
        "area": kept.what.area,
        "text": kept.what.text,
        "from": fmt.moment(kept.what.start, now, t),
        "to": fmt.moment(kept.what.end, now, t),
        "cancelled": kept.what.cancelled,
    }


def works_at(container: Container, visit: Visit, area: str) -> list[dict[str, Any]]:
    """The works that an alarm or a report of ``area`` may come from now."""
    return [works_line(each, visit) for each in container.works.at(area)]
