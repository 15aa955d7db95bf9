"""What a person does with an alarm on its page: shelve, approve, take out of service, close; device maintenance."""

from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.alarms.domain import Alarm, HoldKind, HoldState
from services.api.pages import formatting as fmt
from services.api.pages.desk import Desk, Visit
from services.api.pages.entrance import Sent, text_of, version_of
from services.api.pages.rules.rule_source import RuleDesk
from services.api.pages.words import N_
from services.api.problems import refuse
from services.registry.domain import Permission
from streams.contracts import ActionName, DeviceState

LENGTHS: Final = (15 * fmt.MINUTE, 30 * fmt.MINUTE, fmt.HOUR, 2 * fmt.HOUR, 4 * fmt.HOUR, 8 * fmt.HOUR, fmt.DAY)
ACTIONS: Final = {
    "shelve": ActionName.SHELVE,
    "unshelve": ActionName.UNSHELVE,
    "out-of-service": ActionName.OUT_OF_SERVICE,
    "in-service": ActionName.IN_SERVICE,
}
STATES: Final = {
    HoldState.WAITING: N_("等待第二人同意"),
    HoldState.IN_FORCE: N_("生效"),
}


def routes(desk: Desk, book: RuleDesk) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.post("/alarms/{alarm}/close")
    def close(request: Request, alarm: str, form: Sent) -> Response:
        book.close(desk.visit(request).caller, alarm, text_of(form, "reason"))
        return _back(alarm, "closed")

    @router.post("/alarms/{alarm}/approve")
    def approve(request: Request, alarm: str) -> Response:
        book.approve(desk.visit(request).caller, alarm)
        return _back(alarm, "held")

    @router.post("/alarms/{alarm}/hold/{action}")
    def hold(request: Request, alarm: str, action: str, form: Sent) -> Response:
        visit = desk.visit(request)
        if action not in ACTIONS:
            raise refuse(
                404, "not_found", "No such act.", f"One of: {', '.join(ACTIONS)}.", field="action", value=action
            )
        length = text_of(form, "length", 12)
        until = visit.now + int(length) if length.isascii() and length.isdigit() else None
        book.hold(visit.caller, alarm, ACTIONS[action], text_of(form, "reason"), until)
        return _back(alarm, "released" if action in {"unshelve", "in-service"} else "held")

    @router.post("/devices/{device}/state")
    def state(request: Request, device: str, form: Sent) -> Response:
        visit = desk.visit(request)
        asked = text_of(form, "state", 20)
        wanted = DeviceState.MAINTENANCE if asked == DeviceState.MAINTENANCE else DeviceState.ACTIVE
        book.put_device(visit.caller, device, version_of(form), wanted)
        return RedirectResponse(f"/devices/{device}?said=state", 303)

    return router


def _back(alarm: str, said: str) -> Response:
    return RedirectResponse(f"/alarms/{alarm}?said={said}", 303)


def panel(book: RuleDesk, visit: Visit, alarm: Alarm) -> dict[str, Any]:
    """What may be done with an alarm now, and what holds it back."""
    rule, t, now = book.rule(alarm.rule), visit.t, visit.now
    holds = book.holds(visit.caller, alarm.rule, alarm.device)
    shelved = next((hold for hold in holds if hold.kind is HoldKind.SHELVE), None)
    out = next((hold for hold in holds if hold.kind is HoldKind.OUT_OF_SERVICE), None)
    longest = rule.max_shelve_ms if rule else 0
    may = visit.may(Permission.RESET)
    waiting = shelved is not None and shelved.state(now) is HoldState.WAITING
    return {
        "holds": [
            {
                "what": t("搁置") if hold.kind is HoldKind.SHELVE else t("停用"),
                "state": t(STATES[hold.state(now)]),
                "hold": hold,
            }
            for hold in holds
        ],
        "may_hold": may,
        "lengths": [(length, fmt.span(length, t)) for length in LENGTHS if length <= longest] if may else [],
        "two": rule is not None and rule.second_approver,
        "shelved": shelved is not None or (alarm.shelved_until or 0) > now,
        "asked": waiting,
        "approves": may and waiting and shelved is not None and shelved.by != visit.caller.id,
        "out": out is not None or alarm.out_of_service,
    }
