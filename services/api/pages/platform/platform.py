"""Plain tables for those who keep the platform: refused messages, strangers, rules, notifications."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from sensors.kinds import KINDS
from services.api.door.auth import require
from services.api.pages.desk import Desk, Visit
from services.api.pages.entrance import Sent, text_of
from services.api.pages.frames import common
from services.registry.domain import Permission


def routes(desk: Desk) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/dead-letters")
    def letters(request: Request) -> Response:
        visit = _only(desk, request, Permission.DEAD_LETTERS)
        page = desk.source.letters(visit.caller, request.query_params.get("cursor"))
        note = visit.t("读不懂的消息留在这里，原样保存；改好原因后可以重放。")
        empty = visit.t("没有死信。每条消息都读懂了。")
        return _table(desk, visit, "letters.html", visit.t("死信"), page.rows, note, empty, next=page.next)

    @router.post("/dead-letters/{letter}/replay")
    def replay(request: Request, letter: str) -> Response:
        visit = _only(desk, request, Permission.DEAD_LETTERS)
        desk.source.replay(visit.caller, letter)
        return RedirectResponse("/dead-letters?said=replayed", 303)

    @router.get("/quarantine")
    def quarantine(request: Request) -> Response:
        visit = _only(desk, request, Permission.DEVICES)
        t = visit.t
        grids = [
            {"code": area.code, "name": t.either(area.name_zh, area.name_en)}
            for area in desk.source.areas(visit.caller)
            if area.level == "grid"
        ]
        note = t("未登记的设备先隔离，读数照存；收编后转入历史。读数危险的排在最前。")
        empty = t("没有未登记的设备。")
        rows = desk.source.strangers(visit.caller)
        return _table(desk, visit, "quarantine.html", t("隔离设备"), rows, note, empty, kinds=list(KINDS), grids=grids)

    @router.post("/quarantine/{device}/adopt")
    def adopt(request: Request, device: str, form: Sent) -> Response:
        visit = _only(desk, request, Permission.DEVICES)
        kind, area = text_of(form, "kind", 40), text_of(form, "area", 20)
        desk.source.adopt(visit.caller, device, kind, area, text_of(form, "place", 100))
        return RedirectResponse("/quarantine?said=adopted", 303)

    @router.get("/oncall")
    def oncall(request: Request) -> Response:
        visit = _only(desk, request, Permission.PLATFORM)
        t = visit.t
        rows = desk.source.notices()
        return _table(
            desk, visit, "oncall.html", t("值班通知"), rows, t("平台自身的告警，认领即停升级。"), t("平台正常。")
        )

    @router.post("/oncall/{notice}/acknowledge")
    def claim(request: Request, notice: str) -> Response:
        visit = _only(desk, request, Permission.PLATFORM)
        desk.source.acknowledge_notice(visit.caller, notice)
        return RedirectResponse("/oncall?said=claimed", 303)

    return router


def _only(desk: Desk, request: Request, permission: Permission) -> Visit:
    visit = desk.visit(request)
    require(visit.caller, permission)
    return visit


def _table(
    desk: Desk, visit: Visit, template: str, heading: str, rows: Any, note: str, empty: str, **more: Any
) -> Response:
    values = {"next": None, "refresh": "", **more}
    return desk.show(visit, template, **common(visit), heading=heading, rows=rows, note=note, empty=empty, **values)
