"""The KPI page 考核: the table against its targets, two trends, the tickets behind a figure, the file."""

from typing import Any, Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api.container import Container
from services.api.door.auth import require
from services.api.language.words import N_
from services.api.pages.desk import Desk, Visit
from services.api.pages.frames import common, names_of
from services.api.pages.tickets import kpi_views as views
from services.api.problems import refuse
from services.api.tickets.kpi import DIGITS, KpiQuery, asked_of
from services.api.tickets.kpi_sheets import written
from services.paging import decode_cursor, encode_cursor
from services.registry.domain import Permission
from services.tickets.domain.figures import MEASURES, By, Measure, Scoring
from services.tickets.domain.figures.windows import day_at, month_at
from services.tickets.handlers.figures import NOTHING, Asked
from streams.contracts.areas import LEVELS

ROWS: Final = {"unit": N_("按承办单位"), "area": N_("按区域"), "category": N_("按类别"), "period": N_("按日期")}
PAGE: Final = 50
_PLAIN: Final = ("period", "area", "unit", "category", "by", "level", "version")


def routes(desk: Desk, container: Container) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/kpi")
    def kpi(request: Request) -> Response:
        visit = desk.visit(request)
        return desk.show(visit, "kpi.html", **_page(desk, container, visit, query_of(visit)))

    @router.get("/kpi/file")
    def file(request: Request) -> Response:
        visit = desk.visit(request)
        query = query_of(visit)
        given = request.query_params.get("format")
        form: Literal["csv", "xlsx"] = "csv" if given == "csv" else "xlsx"
        return written(container, visit.caller, container.figures(asked_of(visit.caller, query)), query.by, form)

    @router.get("/kpi/tickets")
    def behind(request: Request) -> Response:
        visit = desk.visit(request)
        return desk.show(visit, "kpi-tickets.html", **_behind(desk, container, visit, query_of(visit)))

    return router


def query_of(visit: Visit) -> KpiQuery:
    """What the address asks; who may not see tickets is refused.

    Raises:
        ProblemError: 403, or 422 with the field.
    """
    require(visit.caller, Permission.TICKETS)
    given = visit.request.query_params
    values: dict[str, Any] = {name: given[name].strip() for name in _PLAIN if given.get(name)}
    if (by := values.get("by")) is not None and by not in ROWS:
        raise _unknown("by", by, list(ROWS))
    if (level := values.get("level")) is not None and level not in DIGITS:
        raise _unknown("level", level, list(DIGITS))
    if not (area := values.get("area", "")).isdigit() and area:
        raise _unknown("area", area, [])
    if not (version := values.get("version", "0")).isdecimal() or len(version) > 6:
        raise _unknown("version", version, [])
    return KpiQuery(**values)


def _unknown(field: str, value: str, known: list[str]) -> Exception:
    remedy = f"Use one of: {', '.join(known)}." if known else "Choose one of the list."
    return refuse(422, "invalid", f"{field} cannot be that.", remedy, field=field, value=value)


def _page(desk: Desk, container: Container, visit: Visit, query: KpiQuery) -> dict[str, Any]:
    asked = asked_of(visit.caller, query)
    counted = container.figures(asked)
    trend = counted if query.by is By.PERIOD else container.figures(_by_period(asked))
    names = _names(desk, visit, query.by)
    kept = {name: value for name in _PLAIN if (value := visit.request.query_params.get(name))}
    drill = _drill(kept, query)
    return {
        **common(visit),
        **_choices(desk, visit, query, counted.scoring),
        "window": counted.window,
        "scoring": counted.scoring,
        "heads": views.heads(visit.t),
        "table": [views.row(row, names(row.tally.key), counted.scoring, drill(row.tally.key)) for row in counted.rows],
        "whole": views.row(counted.whole, visit.t("合计"), counted.scoring, _behind_all(kept)),
        "cards": views.cards(counted.whole, counted.scoring, _behind_all(kept), visit.t),
        "durations": views.durations(counted.whole, visit.t),
        "charts": views.charts(trend.rows, counted.scoring, visit.t),
        "file": urlencode(kept | {"period": counted.window.name}),
    }


def _by_period(asked: Asked) -> Asked:
    return Asked(asked.period, asked.scope, asked.area, asked.unit, asked.category, By.PERIOD, 20, asked.version)


def _behind_all(kept: dict[str, str]) -> str:
    return "/kpi/tickets?" + urlencode(kept) + "&"


def _drill(kept: dict[str, str], query: KpiQuery) -> Any:
    """The address of the tickets behind a row's figure."""
    fields = {By.UNIT: "unit", By.AREA: "area", By.CATEGORY: "category", By.PERIOD: "period"}

    def address(key: str) -> str:
        if query.by is By.AREA and not key:
            return ""  # a code that is the beginning of none says nothing
        narrowed = kept | {fields[query.by]: key or NOTHING}
        return _behind_all(narrowed)

    return address


def _names(desk: Desk, visit: Visit, by: By) -> Any:
    t = visit.t
    if by is By.UNIT:
        units = {unit.id: t.either(unit.name_zh, unit.name_en) for unit in desk.source.units()}
        return lambda key: units.get(key, key) or t("未派单")
    if by is By.AREA:
        areas = names_of(desk.source.areas(visit.caller), t)
        return lambda key: areas.get(key, key) or t("未定位")
    if by is By.CATEGORY:
        return lambda key: views.category(key, t)
    return lambda key: key


def _choices(desk: Desk, visit: Visit, query: KpiQuery, scoring: Scoring) -> dict[str, Any]:
    areas = names_of(desk.source.areas(visit.caller), visit.t)
    mine = sorted((code, name) for code, name in areas.items() if code.startswith(visit.caller.scope))
    month = month_at(visit.now, scoring)
    day = day_at(visit.now, scoring).isoformat()
    below = [LEVELS[digits] for digits in LEVELS if digits >= 9 and LEVELS[digits] in DIGITS]
    return {
        "query": query,
        "rows_by": ROWS,
        "levels": [level for level in below if level != "building"],
        "areas": mine if any(code == query.area for code, _ in mine) else [(query.area, visit.t("全区")), *mine],
        "units": [(unit.id, visit.t.either(unit.name_zh, unit.name_en)) for unit in desk.source.units()],
        "presets": [day, *_months(month), month[:4]],
    }


def _months(month: str) -> list[str]:
    """The running month and the five before it."""
    number = int(month[:4]) * 12 + int(month[5:]) - 1
    return [f"{each // 12}-{each % 12 + 1:02}" for each in range(number, number - 6, -1)]


def _behind(desk: Desk, container: Container, visit: Visit, query: KpiQuery) -> dict[str, Any]:
    given, t = visit.request.query_params, visit.t
    named = given.get("measure", "")
    if named and named not in MEASURES:
        raise _unknown("measure", named, [str(measure) for measure in MEASURES])
    measure = Measure(named) if named else None
    closed = given.get("closed") == "1"
    hit = {"1": True, "0": False}.get(given.get("hit", ""))
    page = container.figures.tickets(
        asked_of(visit.caller, query), measure, closed=closed, hit=hit, limit=PAGE,
        after=decode_cursor(given.get("cursor"), (int, str)),
    )  # fmt: skip
    kept = {name: given[name] for name in (*_PLAIN, "measure", "closed", "hit") if given.get(name)}
    units = {unit.id: t.either(unit.name_zh, unit.name_en) for unit in desk.source.units()}
    heading = views.measure_name(measure, t) if measure else t("办结的工单") if closed else t("受理的工单")
    counted = {name: value for name, value in kept.items() if name != "hit"}
    return {
        **common(visit),
        "heading": heading,
        "period": query.period or month_at(visit.now, container.figures.scoring(query.version)),
        "tickets": [views.ticket(each, units, visit.now, t) for each in page.items],
        "measure": measure,
        "hit": given.get("hit", ""),
        "base": "/kpi/tickets?" + urlencode(counted),
        "back": "/kpi?" + urlencode({name: value for name, value in kept.items() if name in _PLAIN}),
        "next": "/kpi/tickets?" + urlencode(kept | {"cursor": encode_cursor(page.next) or ""}) if page.next else "",
    }
