"""The worker's phone: the tasks of their grid, one task with its reading and its next step."""

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.api.container import Container
from services.api.door.auth import allow
from services.api.pages.desk import Desk
from services.api.pages.frames import common
from services.api.pages.ports import TicketFilter
from services.api.pages.tickets import entry_views, ticket_views
from services.api.pages.tickets.evidence import extras
from services.api.pages.tickets.tickets import detail, found, urgent
from services.registry.domain import Permission


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
