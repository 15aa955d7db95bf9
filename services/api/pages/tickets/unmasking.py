"""A ticket's caller, or its key-holder's number, shown whole to one person who said why."""

from dataclasses import replace

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api.container import Container
from services.api.devices.entry_cards import revealed
from services.api.door.auth import require
from services.api.pages.alarms.alarm_source import AlarmBook
from services.api.pages.desk import Desk
from services.api.pages.entrance import Sent, text_of
from services.api.pages.frames import common
from services.api.pages.tickets.evidence import extras
from services.api.pages.tickets.tickets import around, detail, found
from services.api.tickets.tickets import unmasked
from services.registry.domain import Permission
from streams.contracts import Refused


def routes(desk: Desk, book: AlarmBook, container: Container) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.post("/tickets/{ticket}/caller")
    def show(request: Request, ticket: str, form: Sent) -> Response:
        """The ticket with its caller, in the answer to this very request: no address shows the number again."""
        visit = desk.visit(request)
        require(visit.caller, Permission.TICKETS, Permission.REPORT)
        row, status = found(desk, visit, ticket), 200
        try:
            caller = unmasked(container, visit.caller, row.id, text_of(form, "reason", 200))
        except Refused as refused:
            if refused.code != "fields":
                raise
            said, status = visit.t("没有显示：请写明用途，至少四个字"), 422
        else:
            row = replace(row, caller_name=caller.name, caller_phone=caller.phone, unmaskable=False)
            said = visit.t("来电人已显示，此次查看已记入审计日志")
        values = {**common(visit), **detail(desk, visit, row, f"/tickets/{row.id}?"), "said": said}
        return desk.show(visit, "ticket.html", status=status, **values, **around(desk, book, visit, row))

    @router.post("/tickets/{ticket}/key-holder")
    def key_holder(request: Request, ticket: str, form: Sent) -> Response:
        """The same for the number on the entry card, on the page that it was asked from."""
        visit = desk.visit(request)
        require(visit.caller, Permission.TICKETS)
        row, status, card = found(desk, visit, ticket), 200, None
        try:
            _, card = revealed(container, visit.caller, row.id, text_of(form, "reason", 200))
        except Refused as refused:
            if refused.code != "fields":
                raise
            said, status = visit.t("没有显示：请写明用途，至少四个字"), 422
        else:
            said = visit.t("钥匙保管人的电话已显示，此次查看已记入审计日志")
        values = common(visit) | {"said": said} | around(desk, book, visit, row, card)
        if text_of(form, "next", 200).startswith("/tasks"):
            values |= detail(desk, visit, row, f"/tasks/{row.id}?") | extras(desk, visit, row)
            return desk.show(visit, "task.html", status=status, **values)
        values |= detail(desk, visit, row, f"/tickets/{row.id}?")
        return desk.show(visit, "ticket.html", status=status, **values)

    return router
