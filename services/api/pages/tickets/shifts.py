"""Handing over a shift, and taking it over."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.api.container import Container
from services.api.door.auth import require
from services.api.language import vocabulary as voc
from services.api.pages.desk import Desk, Visit
from services.api.pages.entrance import Sent, text_of
from services.api.pages.frames import common
from services.api.pages.tickets.knowledge import LONGEST, said_of
from services.api.tickets.tickets import actor
from services.registry.domain import Permission
from services.tickets.domain import Role
from services.tickets.domain.board import HANDS_OVER, Shift
from services.tickets.handlers import Kept
from streams.contracts import Refused


def routes(desk: Desk, container: Container) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/tickets/shifts")
    def shifts(request: Request) -> Response:
        return _page(desk, container, desk.visit(request))

    @router.post("/tickets/shifts")
    def hand_over(request: Request, form: Sent) -> Response:
        visit = desk.visit(request)
        require(visit.caller, Permission.TICKETS)
        text = text_of(form, "text", LONGEST)
        if not text:
            wrong = visit.t("请写下一班要知道的事；没有也请写“无”")
            return _page(desk, container, visit, errors={"text": wrong})
        try:
            container.shifts.hand_over(text, who=actor(visit.caller), scope=visit.caller.scope)
        except Refused as refused:
            return _page(desk, container, visit, errors={"text": said_of(refused, visit.t)}, text=text)
        return RedirectResponse("/tickets/shifts?said=handed_over", 303)

    @router.post("/tickets/shifts/{shift}")
    def take_over(request: Request, shift: str, form: Sent) -> Response:
        visit = desk.visit(request)
        require(visit.caller, Permission.TICKETS)
        remark = text_of(form, "remark")
        try:
            container.shifts.take_over(shift, remark, who=actor(visit.caller), scope=visit.caller.scope)
        except Refused as refused:
            return _page(desk, container, visit, errors={"": said_of(refused, visit.t)})
        return RedirectResponse("/tickets/shifts?said=taken_over", 303)

    return router


def _page(
    desk: Desk, container: Container, visit: Visit, *, errors: dict[str, str] | None = None, text: str = ""
) -> Response:
    require(visit.caller, Permission.TICKETS)
    names = {user.id: user.name for user in container.people.list_users()}
    listed = container.shifts.listed(scope=visit.caller.scope)
    return desk.show(
        visit,
        "shifts.html",
        status=422 if errors else 200,
        **common(visit),
        shifts=[_row(kept, names, visit) for kept in listed],
        now_open=desk.source.stage_counts(visit.caller),
        may_hand=Role(visit.caller.role) in HANDS_OVER,
        errors=errors or {},
        text=text,
    )


def _row(kept: Kept[Shift], names: dict[str, str], visit: Visit) -> dict[str, Any]:
    shift, t = kept.what, visit.t
    return {
        "id": kept.id,
        "shift": shift,
        "given_by": names.get(shift.given_by, shift.given_by),
        "taken_by": names.get(shift.taken_by, shift.taken_by),
        "mine": shift.given_by == visit.caller.id,
        "open": [
            {"stage": voc.say(voc.STAGES, each.stage, t), "tickets": each.tickets, "late": each.red}
            for each in shift.open
        ],
    }
