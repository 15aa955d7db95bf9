"""Calling back 回访: whom to call next, what to say, and the three answers, on one page."""

from typing import Any, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from services.api.container import Container
from services.api.door.auth import allow
from services.api.pages import rows
from services.api.pages.desk import Desk, Visit
from services.api.pages.entrance import Sent, text_of, version_of
from services.api.pages.frames import common
from services.api.pages.tickets import callback_views as views
from services.api.pages.tickets import ticket_views
from services.api.pages.tickets.refusals import refused_text
from services.api.pages.tickets.ticket_forms import satisfactions, written
from services.api.problems import refuse
from services.api.tickets.callbacks import waiting
from services.api.tickets.tickets import ticket_for, unmasked
from services.paging import encode_cursor
from services.registry.domain import Permission, Unit
from services.tickets.domain import Action, Event, Role, State, Ticket, allowed_actions, may_ask
from streams.contracts import Refused

HERE: Final = "/tickets/callbacks"
PAGE: Final = 50
HOUR: Final = 3_600_000
SENT: Final = (*views.ASKED, "until")
ACTIONS: Final = (str(Action.CALLBACK), str(Action.BOOK))


def routes(desk: Desk, container: Container) -> APIRouter:
    router = APIRouter(include_in_schema=False, dependencies=[Depends(allow(Permission.CALLERS))])

    @router.get("/tickets/callbacks")
    def page(request: Request) -> Response:
        visit = desk.visit(request)
        return desk.show(
            visit, "callbacks.html", **_page(desk, container, visit, visit.request.query_params.get("ticket", ""))
        )

    @router.post("/tickets/callbacks/{ticket}")
    def answer(request: Request, ticket: str, form: Sent) -> Response:
        """The answers to a call, or the time that was booked; then the next one."""
        visit, action = desk.visit(request), text_of(form, "action", 20)
        found, _ = ticket_for(container, visit.caller, ticket)
        given = {name: text_of(form, name, views.MOST) for name in SENT}
        if action not in ACTIONS:
            raise refuse(
                422, "invalid", "action is callback or book.", "Use the page's own form.", field="action", value=action
            )
        if action == Action.BOOK:
            values, errors = views.booking(given, visit.t)
        else:
            values, errors = views.answers(given), views.wrong(given, visit.t)
        if not errors:
            try:
                desk.source.act(visit.caller, found.id, action, version_of(form), values)
            except (Refused, ValueError) as error:
                errors = {"": refused_text(error, visit.now, visit.t)}
            else:
                said = "booked" if action == Action.BOOK else "called" if values["contacted"] else "missed"
                return RedirectResponse(f"{HERE}?said={said}", 303)
        values = _page(desk, container, visit, found.id, given=given, errors=errors, doing=action)
        return desk.show(visit, "callbacks.html", status=409 if "" in errors else 422, **values)

    @router.post("/tickets/callbacks/{ticket}/caller")
    def show(request: Request, ticket: str) -> Response:
        """The number in the answer to this very request; who saw it stands in the audit log."""
        visit = desk.visit(request)
        found, _ = ticket_for(container, visit.caller, ticket)
        caller = unmasked(container, visit.caller, found.id, f"回访 {found.number}")
        values = _page(desk, container, visit, found.id) | {
            "phone": caller.phone, "shown": True, "said": visit.t("号码已显示，此次查看已记入审计日志"),
        }  # fmt: skip
        return desk.show(visit, "callbacks.html", **values)

    return router


def _page(
    desk: Desk,
    container: Container,
    visit: Visit,
    asked: str,
    *,
    given: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    doing: str = "",
) -> dict[str, Any]:
    t, who = visit.t, visit.caller
    cursor = visit.request.query_params.get("cursor")
    page = waiting(container, who, limit=PAGE, cursor=cursor)
    units = {unit.id: unit for unit in container.places.list_units(scope="")}
    chosen = asked or (page.items[0].id if page.items else "")
    found = ticket_for(container, who, chosen) if chosen else None
    return {
        **common(visit, live=True),
        "calls": [_row(ticket, units, visit) for ticket in page.items],
        "next": encode_cursor(page.next) if page.next else "",
        "picked": bool(asked),
        "questions": views.questions(satisfactions(desk.source.scale(), t), t),
        "given": given or dict.fromkeys(SENT, ""),
        "errors": errors or {},
        "doing": doing,
        "soonest": written(visit.now + HOUR),
        "shown": False,
        **(_call(*found, units, visit) if found else {"selected": None, "phone": ""}),
    }


def _row(ticket: Ticket, units: dict[str, Unit], visit: Visit) -> dict[str, Any]:
    t = visit.t
    row = rows.of_ticket(ticket, role=Role(visit.caller.role), unit=units.get(ticket.lead))
    return {"v": ticket_views.view(row, visit.now, t), "phone": views.phone(ticket), "booked": ticket.booked,
            "misses": len(ticket.misses)}  # fmt: skip


def _call(ticket: Ticket, events: tuple[Event, ...], units: dict[str, Unit], visit: Visit) -> dict[str, Any]:
    t, role = visit.t, Role(visit.caller.role)
    unit = units.get(ticket.lead)
    name = t.either(unit.name_zh, unit.name_en) if unit else ticket.lead
    row = rows.of_ticket(ticket, events, role=role, unit=unit)
    allowed = allowed_actions(ticket, role, by=visit.caller.id, unit=visit.caller.unit, now=visit.now)
    return {
        "selected": ticket_views.view(row, visit.now, t),
        "waits": ticket.state is State.CALLBACK,
        "answers": Action.CALLBACK in allowed,
        "books": Action.BOOK in allowed,
        "asks": may_ask(role, ticket.caller),
        "phone": views.phone(ticket),
        "script": views.script(ticket, events, role, name, visit.now, t),
        "facts": views.facts(ticket, visit.now, t),
        "unhappy": ticket.redos > 0 and ticket.satisfied is not None,
    }
