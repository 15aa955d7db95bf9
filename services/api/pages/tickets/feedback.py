"""The reporter's own page 评价: three questions on a telephone, no account, no script."""

from typing import Final

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import Response

from services.api.container import Container
from services.api.door.auth import allow
from services.api.pages.desk import Desk, Visit
from services.api.pages.entrance import Sent, text_of
from services.api.pages.frames import common
from services.api.pages.tickets.ticket_forms import satisfactions
from services.api.tickets.feedback import answered, link_of, opened
from services.api.tickets.tickets import ticket_for
from services.registry.domain import Permission
from services.tickets.domain import Satisfaction, State, Ticket

ASKED: Final = ("solved", "satisfied", "text")
MOST: Final = 500


def routes(desk: Desk, container: Container) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/tickets/{ticket}/feedback")
    def link(request: Request, ticket: str) -> Response:
        """For whoever calls back: the text message and the QR code."""
        visit = desk.visit(request)
        allow(Permission.CALLERS)(visit.caller)
        found, _ = ticket_for(container, visit.caller, ticket)
        made = link_of(container, found, str(request.base_url))
        qr = Markup(made.qr)  # noqa: S704 - drawn by segno from our own address
        return _kept_private(desk.show(visit, "feedback-link.html", **common(visit), ticket=found, link=made, qr=qr))

    @router.get("/feedback/{token}")
    def ask(request: Request, token: str) -> Response:
        return _asked(desk, desk.visit(request), opened(container, token)[1], dict.fromkeys(ASKED, ""), {})

    @router.post("/feedback/{token}")
    def take(request: Request, token: str, form: Sent) -> Response:
        visit, ticket = desk.visit(request), opened(container, token)[1]
        given = {name: text_of(form, name, MOST) for name in ASKED}
        errors = _errors(given, visit)
        if errors:
            return _asked(desk, visit, ticket, given, errors, status=422)
        satisfied, solved = Satisfaction(given["satisfied"]), given["solved"] == "yes"
        after = answered(container, token, solved=solved, satisfied=satisfied, text=given["text"])
        again = after.state is not State.CLOSED
        return _kept_private(desk.show(visit, "feedback.html", ticket=after, again=again, done=True))

    return router


def _asked(
    desk: Desk, visit: Visit, ticket: Ticket, given: dict[str, str], errors: dict[str, str], *, status: int = 200
) -> Response:
    shown = desk.show(
        visit, "feedback.html", status=status, ticket=ticket, given=given, errors=errors, done=False,
        words=dict(satisfactions(desk.source.scale(), visit.t)),
    )  # fmt: skip
    return _kept_private(shown)


def _errors(given: dict[str, str], visit: Visit) -> dict[str, str]:
    t, errors = visit.t, {}
    if given["solved"] not in {"yes", "no"}:
        errors["solved"] = t("请选一项：解决了吗")
    if given["satisfied"] not in {str(word) for word in Satisfaction}:
        errors["satisfied"] = t("请选一项：满意吗")
    elif given["satisfied"] == Satisfaction.DISSATISFIED and not given["text"]:
        errors["text"] = t("请写一句哪里不满意，好让单位重办")
    return errors


def _kept_private(response: Response) -> Response:
    """The address is the key: it stays out of caches and of the headers of whatever is opened next."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
