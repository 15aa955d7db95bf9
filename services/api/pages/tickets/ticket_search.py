"""Look tickets up by everything, keep the filter, and act on many of them at once."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from services.api.language import vocabulary as voc
from services.api.language.words import N_
from services.api.pages.desk import Desk, Visit
from services.api.pages.entrance import Sent, text_of
from services.api.pages.frames import common, names_of
from services.api.pages.tickets import ticket_views
from services.api.pages.tickets.refusals import refused_text
from services.api.pages.tickets.ticket_book import Outcome, TicketBook
from services.api.problems import ProblemError, refuse
from services.api.tickets.bulk import MOST
from services.api.tickets.export import MOST_ROWS
from services.registry.domain import Permission
from services.tickets.domain.words import State
from streams.contracts import Refused

AT: Final = "/tickets/search"
ASKED: Final = ("text", "state", "source", "category", "urgency", "unit", "area", "card", "from", "to", "sort")
"""The fields of the form, which are the list's own parameters."""
SORTS: Final = {
    "": N_("新的在前"),
    "opened": N_("旧的在前"),
    "deadline": N_("先到期的在前"),
    "-urgency,deadline": N_("紧急的、先到期的在前"),
    "-closed": N_("刚办结的在前"),
}
CARDS: Final = {"yellow": N_("黄牌"), "red": N_("红牌")}
NO_WORKBOOK: Final = {
    422: N_("符合的工单超过 {n} 件，一个 Excel 装不下。请缩小范围，或导出 CSV"),
    429: N_("别人正在导出 Excel，请过一分钟再试，或导出 CSV"),
}
TOGETHER: Final = {"note": "text", "urge": "text", "dispatch": "unit"}
"""What is done to many at once, and the one field that it takes."""
A_PAGE: Final = 50


def routes(desk: Desk, book: TicketBook) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get(AT)
    def search(request: Request) -> Response:
        visit = _visit(desk, request)
        return _show(desk, book, visit, _asked(request.query_params))

    @router.get(f"{AT}/export")
    def export(request: Request) -> Response:
        visit = _visit(desk, request)
        asked = {name: value for name, value in _asked(request.query_params).items() if name != "cursor"}
        try:
            return book.export(visit.caller, asked, request.query_params.get("format", "csv"))
        except ProblemError as error:
            if error.problem.field != "format":
                raise
            wrong = visit.t(NO_WORKBOOK[error.problem.status], n=f"{MOST_ROWS:,}")
            return _show(desk, book, visit, asked, wrong=wrong, status=error.problem.status)

    @router.post(f"{AT}/filters")
    def keep(request: Request, form: Sent) -> Response:
        visit, asked = _visit(desk, request), _asked(_strings(form))
        name = text_of(form, "name", 60)
        if text_of(form, "do") == "drop":
            book.drop(visit.caller, name)
            return RedirectResponse(f"{AT}?{urlencode(asked)}", 303)
        try:
            book.keep(visit.caller, name, asked)
        except Refused as error:
            why = {"many": visit.t("已存满 30 个，请先删去一个"), "invalid": visit.t("请起一个 40 字以内的名字")}
            return _show(desk, book, visit, asked, wrong=why.get(error.code, str(error)), status=422)
        return RedirectResponse(f"{AT}?{urlencode(asked)}", 303)

    @router.post(f"{AT}/bulk")
    def act(request: Request, form: Sent) -> Response:
        visit, asked = _visit(desk, request), _asked(_strings(form))
        action = text_of(form, "action", 20)
        chosen = _chosen(form)
        field = TOGETHER.get(action, "text")
        value = text_of(form, f"{field}_", 4_000)
        if not chosen or not value:
            wrong = visit.t("请先选工单") if not chosen else visit.t("请写明内容，或选好单位")
            return _show(desk, book, visit, asked, wrong=wrong, status=422, ticked=chosen)
        outcomes = book.act(visit.caller, chosen, action, {field: value}, text_of(form, "key", 100))
        return _show(desk, book, visit, asked, outcomes=outcomes)

    return router


def _visit(desk: Desk, request: Request) -> Visit:
    visit = desk.visit(request)
    if not (visit.may(Permission.TICKETS) or visit.may(Permission.REPORT)):
        raise refuse(403, "role", "Your role sees no tickets.", "Sign in as somebody who does.", field="role")
    return visit


def _strings(form: FormData) -> dict[str, str]:
    return {name: value for name, value in form.items() if isinstance(value, str)}


def _asked(given: Mapping[str, str]) -> dict[str, str]:
    """The parameters that were filled in; a day stands for its beginning in the city."""
    asked = {name: given.get(name, "").strip() for name in (*ASKED, "cursor")}
    for name in ("from", "to"):
        if len(asked[name]) == len("2026-11-22"):
            asked[name] += "T00:00:00+08:00"
    return {name: value for name, value in asked.items() if value}


def _chosen(form: FormData) -> dict[str, int]:
    """The ticked tickets, ``id:version``, as they were when the page was shown.

    Raises:
        ProblemError: 422, more than may be chosen at once.
    """
    pairs = [str(value).rpartition(":") for value in form.getlist("ticket")]
    if len(pairs) > MOST:
        raise refuse(422, "invalid", f"{len(pairs)} tickets are chosen.", f"Choose at most {MOST}.", field="ticket")
    return {name: int(version) for name, _, version in pairs if version.isascii() and version.isdigit() and name}


def _show(
    desk: Desk,
    book: TicketBook,
    visit: Visit,
    asked: dict[str, str],
    *,
    wrong: str = "",
    status: int = 200,
    outcomes: list[Outcome] | None = None,
    ticked: Mapping[str, int] | None = None,
) -> Response:
    t, who = visit.t, visit.caller
    units = book.units(who)
    named = [(unit.id, t.either(unit.name_zh, unit.name_en)) for unit in units]
    try:
        sheet = book.sheet(who, {"limit": str(A_PAGE), **asked}, units)
    except (ProblemError, Refused) as error:
        wrong, status = wrong or _why(error, visit), 422
        asked = {}
        sheet = book.sheet(who, {"limit": str(A_PAGE)}, units)
    kept = {name: value for name, value in asked.items() if name != "cursor"}
    names = names_of(desk.source.areas(who), t)
    values: dict[str, Any] = {
        "rows": [ticket_views.view(row, visit.now, t) for row in sheet.rows],
        "total": sheet.total,
        "most": sheet.most,
        "following": f"{AT}?{urlencode({**kept, 'cursor': sheet.next})}" if sheet.next else "",
        "asked": kept,
        "files": {form: f"{AT}/export?{urlencode({**kept, 'format': form})}" for form in ("csv", "xlsx")},
        "shown": {name: value[:10] if name in {"from", "to"} else value for name, value in kept.items()},
        "choices": _choices(visit, named, names),
        "saved": [
            {"row": row, "href": f"{AT}?{urlencode(row.query)}", "here": row.query == kept} for row in book.kept(who)
        ],
        "wrong": wrong,
        "ticked": ticked or {},
        "outcomes": [(each.number, _why(each.error, visit) if each.error else "") for each in outcomes or []],
        "together": [(name, t(voc.ACTIONS[name]), field) for name, field in TOGETHER.items()],
        "units": named,
        "key": desk.ids.new(),
    }
    return desk.show(visit, "ticket-search.html", status=status, **common(visit), **values)


def _choices(
    visit: Visit, units: list[tuple[str, str]], areas: Mapping[str, str]
) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """The selects of the form: field, label, options."""
    t = visit.t
    mine = sorted((code, name) for code, name in areas.items() if code.startswith(visit.caller.scope))
    categories = list(voc.categories(t).items())
    return [
        ("state", t("状态"), [(str(state), voc.say(voc.TICKET_STATES, state, t)) for state in State]),
        ("source", t("来源"), [(code, t(word)) for code, word in voc.SOURCES.items()]),
        ("category", t("类别"), categories),
        ("urgency", t("紧急程度"), [(code, t(word)) for code, word in reversed(voc.URGENCIES.items())]),
        ("unit", t("单位"), units),
        ("area", t("区域"), mine),
        ("card", t("黄红牌"), [(code, t(word)) for code, word in CARDS.items()]),
        ("sort", t("排序"), [(code, t(word)) for code, word in SORTS.items() if code]),
    ]


def _why(error: Refused | ProblemError, visit: Visit) -> str:
    if isinstance(error, Refused):
        return refused_text(error, visit.now, visit.t)
    named = error.problem.field
    return visit.t("筛选条件 {field} 不对，已清除", field=named) if named else error.problem.detail
