"""The reporter's own page 评价: three questions on a telephone, no account, no script."""

from typing import Final

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import RedirectResponse, Response

from services.api.container import Container
from services.api.door.auth import require
from services.api.language.words import N_, language
from services.api.pages.desk import LANGUAGE_COOKIE, Desk, Visit
from services.api.pages.entrance import Sent, remember, text_of
from services.api.pages.frames import common
from services.api.pages.tickets.ticket_forms import satisfactions
from services.api.problems import Problem, ProblemError
from services.api.tickets.feedback import answered, link_of, opened
from services.api.tickets.tickets import ticket_for
from services.registry.domain import Permission
from services.tickets.domain import Satisfaction, State, Ticket

ASKED: Final = ("solved", "satisfied", "text")
MOST: Final = 500
SHUT: Final = {
    "not_found": (N_("这条链接打不开"), N_("它不完整，或者不是我们发的。请从短信里重新点开，或拨 12345。")),
    "expired": (N_("这条链接已过期"), N_("链接七天内有效。请拨 12345，我们给您回电。")),
    "used": (N_("这条链接不能再用了"), N_("已经收到您的回答，或者这件事已在重新办理。要补充请拨 12345。")),
}
"""By the code of the refusal: a heading, and what to do instead."""


def routes(desk: Desk, container: Container) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/tickets/{ticket}/feedback")
    def link(request: Request, ticket: str) -> Response:
        """For whoever calls back: the text message and the QR code."""
        visit = desk.visit(request)
        require(visit.caller, Permission.CALLERS)
        found, _ = ticket_for(container, visit.caller, ticket)
        made = link_of(container, visit.caller, found, str(request.base_url))
        qr = Markup(made.qr)  # noqa: S704 - drawn by segno from our own address
        return _kept_private(desk.show(visit, "feedback-link.html", **common(visit), ticket=found, link=made, qr=qr))

    @router.get("/feedback/{token}")
    def ask(request: Request, token: str) -> Response:
        chosen = request.query_params.get("language")
        if chosen is not None:
            response = RedirectResponse(request.url.path, 303)
            remember(response, LANGUAGE_COOKIE, language(chosen), secure=container.settings.public_https)
            return _kept_private(response)
        visit = desk.visit(request)
        try:
            ticket = opened(container, token)[1]
        except ProblemError as error:
            return _shut(desk, visit, error.problem)
        return _asked(desk, visit, ticket, dict.fromkeys(ASKED, ""), {})

    @router.post("/feedback/{token}")
    def take(request: Request, token: str, form: Sent) -> Response:
        visit = desk.visit(request)
        given = {name: text_of(form, name, MOST) for name in ASKED}
        errors = _errors(given, visit)
        try:
            if errors:
                return _asked(desk, visit, opened(container, token)[1], given, errors, status=422)
            satisfied, solved = Satisfaction(given["satisfied"]), given["solved"] == "yes"
            after = answered(container, token, solved=solved, satisfied=satisfied, text=given["text"])
        except ProblemError as error:
            return _shut(desk, visit, error.problem)
        again = after.state is not State.CLOSED
        return _kept_private(
            desk.show(visit, "feedback.html", ticket=after, again=again, done=True, heading="", errors={})
        )

    return router


def _asked(
    desk: Desk, visit: Visit, ticket: Ticket, given: dict[str, str], errors: dict[str, str], *, status: int = 200
) -> Response:
    shown = desk.show(
        visit, "feedback.html", status=status, ticket=ticket, given=given, errors=errors, done=False, heading="",
        words=dict(satisfactions(desk.source.scale(), visit.t)),
    )  # fmt: skip
    return _kept_private(shown)


def _shut(desk: Desk, visit: Visit, problem: Problem) -> Response:
    """What is left to somebody whose link opens nothing: no account, so no home page either, but a number to call."""
    heading, text = SHUT[problem.code]
    shown = desk.show(
        visit,
        "feedback.html",
        status=problem.status,
        heading=visit.t(heading),
        why=visit.t(text),
        done=False,
        errors={},
    )
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
