"""What a person does with an alarm: acknowledge, reset, close, shelve, approve, out of service.

What is refused comes back on the alarm's page, with the reason in words and every character as it was typed.
"""

from collections.abc import Callable
from typing import Final
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.alarms.domain import HoldKind
from services.api.answers import STATUSES
from services.api.pages.alarms import alarms
from services.api.pages.alarms.alarm_refusals import refused_text
from services.api.pages.alarms.alarm_source import AlarmBook
from services.api.pages.desk import Desk, Visit
from services.api.pages.entrance import Sent, text_of
from services.api.pages.rules.rule_source import RuleDesk
from services.api.problems import refuse
from streams.contracts import ActionName, Refused

MOST: Final = 200
ACTIONS: Final = {
    "shelve": ActionName.SHELVE,
    "unshelve": ActionName.UNSHELVE,
    "out-of-service": ActionName.OUT_OF_SERVICE,
    "in-service": ActionName.IN_SERVICE,
}


def routes(desk: Desk, book: AlarmBook, rules: RuleDesk) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    _answers(router, desk, book, rules)
    _holds(router, desk, book, rules)

    return router


def _answers(router: APIRouter, desk: Desk, book: AlarmBook, rules: RuleDesk) -> None:
    @router.post("/alarms/{alarm}/acknowledge")
    def acknowledge(request: Request, alarm: str, form: Sent) -> Response:
        visit, why = desk.visit(request), text_of(form, "comment", MOST)

        def act() -> str:
            desk.source.acknowledge(visit.caller, alarm, why)
            return _back(form, alarm, "acknowledged")

        return _done(desk, book, rules, visit, alarm, "acknowledge", why, act)

    @router.post("/alarms/{alarm}/reset")
    def reset(request: Request, alarm: str, form: Sent) -> Response:
        visit, why = desk.visit(request), text_of(form, "comment", MOST)

        def act() -> str:
            desk.source.reset(visit.caller, alarm, why)
            return _back(form, alarm, "reset")

        return _done(desk, book, rules, visit, alarm, "reset", why, act)

    @router.post("/alarms/{alarm}/close")
    def close(request: Request, alarm: str, form: Sent) -> Response:
        visit, why = desk.visit(request), text_of(form, "reason")

        def act() -> str:
            rules.close(visit.caller, alarm, why)
            return _page(alarm, "closed")

        return _done(desk, book, rules, visit, alarm, "close", why, act)


def _holds(router: APIRouter, desk: Desk, book: AlarmBook, rules: RuleDesk) -> None:
    @router.post("/alarms/{alarm}/approve")
    def approve(request: Request, alarm: str, form: Sent) -> Response:
        visit = desk.visit(request)
        out = text_of(form, "kind", 20) == HoldKind.OUT_OF_SERVICE

        def act() -> str:
            rules.approve(visit.caller, alarm, HoldKind.OUT_OF_SERVICE if out else HoldKind.SHELVE)
            return _page(alarm, "held")

        return _done(desk, book, rules, visit, alarm, "approve", "", act)

    @router.post("/alarms/{alarm}/hold/{action}")
    def hold(request: Request, alarm: str, action: str, form: Sent) -> Response:
        visit, why = desk.visit(request), text_of(form, "reason")
        if action not in ACTIONS:
            raise refuse(
                404, "not_found", "No such act.", f"One of: {', '.join(ACTIONS)}.", field="action", value=action
            )
        length = text_of(form, "length", 12)
        until = visit.now + int(length) if length.isascii() and length.isdigit() else None

        def act() -> str:
            rules.hold(visit.caller, alarm, ACTIONS[action], why, until)
            return _page(alarm, "released" if action in {"unshelve", "in-service"} else "held")

        return _done(desk, book, rules, visit, alarm, action, why, act)


def _done(
    desk: Desk,
    book: AlarmBook,
    rules: RuleDesk,
    visit: Visit,
    alarm: str,
    name: str,
    why: str,
    act: Callable[[], str],
) -> Response:
    """To the address that ``act`` gives, or the alarm's page with what was refused and what had been typed."""
    try:
        return RedirectResponse(act(), 303)
    except Refused as refused:
        status = STATUSES.get(refused.code, 409)
        if status in {403, 404}:
            raise
        values = alarms.page_of(desk, book, rules, visit, alarm)
        named, by = values["named"], values["alarm"].acknowledged_by
        text = refused_text(refused, name, by, named, visit.now, visit.t)
        return desk.show(visit, "alarm.html", status=status, **values | {"refused": text, "act": name, "typed": why})


def _back(form: Sent, alarm: str, said: str) -> str:
    """To the alarm's own page where the form stood there, else to the cockpit with it selected."""
    own = text_of(form, "back", 10) == "page"
    return _page(quote(alarm), said) if own else f"/cockpit?alarm={quote(alarm)}&said={said}"


def _page(alarm: str, said: str) -> str:
    return f"/alarms/{alarm}?said={said}"
