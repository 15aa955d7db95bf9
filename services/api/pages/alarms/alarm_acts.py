"""What a person does with an alarm: acknowledge, reset, close, shelve, approve, out of service.

What is refused comes back on the alarm's page, with the reason in words and every character as it was typed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
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
    _answers(router, Acts(desk, book, rules))
    _holds(router, Acts(desk, book, rules))

    return router


@dataclass(frozen=True, slots=True)
class Acts:
    """What acts on alarms reach, and the page that says which of them was refused."""

    desk: Desk
    book: AlarmBook
    rules: RuleDesk

    def done(self, visit: Visit, alarm: str, name: str, why: str, to: str, act: Callable[[], object]) -> Response:
        """``act``, then on to the address ``to``; or the alarm's page with what was refused and had been typed."""
        try:
            act()
        except Refused as refused:
            status = STATUSES.get(refused.code, 409)
            if status in {403, 404}:
                raise
            values = alarms.page_of(self.desk, self.book, self.rules, visit, alarm)
            named, by = values["named"], values["alarm"].acknowledged_by
            values["refused"] = refused_text(refused, name, by, named, visit.now, visit.t)
            return self.desk.show(visit, "alarm.html", status=status, **values | {"act": name, "typed": why})
        return RedirectResponse(to, 303)


def _answers(router: APIRouter, acts: Acts) -> None:
    desk, rules = acts.desk, acts.rules

    @router.post("/alarms/{alarm}/acknowledge")
    def acknowledge(request: Request, alarm: str, form: Sent) -> Response:
        visit, why = desk.visit(request), text_of(form, "comment", MOST)
        act = partial(desk.source.acknowledge, visit.caller, alarm, why)
        return acts.done(visit, alarm, "acknowledge", why, _back(form, alarm, "acknowledged"), act)

    @router.post("/alarms/{alarm}/reset")
    def reset(request: Request, alarm: str, form: Sent) -> Response:
        visit, why = desk.visit(request), text_of(form, "comment", MOST)
        act = partial(desk.source.reset, visit.caller, alarm, why)
        return acts.done(visit, alarm, "reset", why, _back(form, alarm, "reset"), act)

    @router.post("/alarms/{alarm}/close")
    def close(request: Request, alarm: str, form: Sent) -> Response:
        visit, why = desk.visit(request), text_of(form, "reason")
        act = partial(rules.close, visit.caller, alarm, why)
        return acts.done(visit, alarm, "close", why, _page(alarm, "closed"), act)


def _holds(router: APIRouter, acts: Acts) -> None:
    desk, rules = acts.desk, acts.rules

    @router.post("/alarms/{alarm}/approve")
    def approve(request: Request, alarm: str, form: Sent) -> Response:
        visit = desk.visit(request)
        out = text_of(form, "kind", 20) == HoldKind.OUT_OF_SERVICE
        act = partial(rules.approve, visit.caller, alarm, HoldKind.OUT_OF_SERVICE if out else HoldKind.SHELVE)
        return acts.done(visit, alarm, "approve", "", _page(alarm, "held"), act)

    @router.post("/alarms/{alarm}/hold/{action}")
    def hold(request: Request, alarm: str, action: str, form: Sent) -> Response:
        visit, why = desk.visit(request), text_of(form, "reason")
        if action not in ACTIONS:
            raise refuse(
                404, "not_found", "No such act.", f"One of: {', '.join(ACTIONS)}.", field="action", value=action
            )
        length = text_of(form, "length", 12)
        until = visit.now + int(length) if length.isascii() and length.isdigit() else None
        to = _page(alarm, "released" if action in {"unshelve", "in-service"} else "held")
        return acts.done(
            visit, alarm, action, why, to, partial(rules.hold, visit.caller, alarm, ACTIONS[action], why, until)
        )


def _back(form: Sent, alarm: str, said: str) -> str:
    """To the alarm's own page where the form stood there, else to the cockpit with it selected."""
    own = text_of(form, "back", 10) == "page"
    return _page(quote(alarm), said) if own else f"/cockpit?alarm={quote(alarm)}&said={said}"


def _page(alarm: str, said: str) -> str:
    return f"/alarms/{alarm}?said={said}"
