"""The catalogue page: who is responsible here for this, where nobody is, and the lines that say so."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.api.container import Container
from services.api.language import vocabulary as voc
from services.api.language.words import N_, Words
from services.api.pages.desk import Desk, Visit
from services.api.pages.entrance import Sent, text_of
from services.api.pages.frames import common
from services.api.pages.tickets.places import code_of
from services.api.pages.tickets.policy_views import version_of
from services.api.problems import refuse
from services.api.tickets import catalogue
from services.api.tickets.tickets import actor
from services.api.words import asked_area
from services.registry.domain import Permission
from services.tickets.domain.catalogue import DISTRICT, GROUPS, Decision, Line, Reason
from services.tickets.domain.words import Role
from services.tickets.handlers.catalogue import MAY_CHANGE
from streams.contracts import Refused

REASONS: Final = {
    Reason.LINE: N_("派单目录有这一条"),
    Reason.UNIT: N_("单位登记时自报承办这一类"),
    Reason.CATCH_ALL: N_("没有单位承办这一类，由当地兜底单位接"),
    Reason.DISTRICT: N_("没有单位负责，由区级兜底"),
}
WRONG: Final = {
    "category": N_("没有这个类别，请从列表里选"),
    "area": N_("这个地点不在任何辖区内，请从列表里选"),
    "lead": N_("没有这个单位，或它的辖区不含这个地点，请换一个单位"),
    "assisting": N_("协办单位不对：主办不能兼协办，辖区也须含这个地点"),
    "urgency": N_("请选紧急程度"),
    "policy": N_("没有这套时限方案，请从列表里选"),
}
SHOWN: Final = 200
"""Lines a page."""
FIELDS: Final = ("category", "area", "urgency", "lead", "assisting", "policy", "remove")


@dataclass(frozen=True, slots=True)
class LineView:
    """One line in words."""

    line: Line
    category: str
    area: str
    urgency: str
    lead: str
    assisting: str
    policy: str
    """The deadlines' name, '' for those in force; with their newest version, which a ticket gets, where it is told."""


@dataclass(frozen=True, slots=True)
class CatalogueDesk:
    """The catalogue for one signed-in person."""

    container: Container

    def names(self, codes: Collection[str], t: Words) -> dict[str, str]:
        """The names of those areas that the page shows, whatever the district's size."""
        found = self.container.places.areas_named(codes)
        return {code: t.either(area.name_zh, area.name_en) for code, area in found.items()}

    def units(self) -> dict[str, tuple[str, str]]:
        return {unit.id: (unit.name_zh, unit.name_en) for unit in self.container.places.list_units(scope="")}


def routes(desk: Desk, container: Container) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    book = CatalogueDesk(container)

    @router.get("/catalogue")
    def page(request: Request) -> Response:
        visit = visit_of(desk, request)
        return desk.show(visit, "catalogue.html", **_page(book, visit, dict.fromkeys(FIELDS, ""), ""))

    @router.post("/catalogue")
    def change(request: Request, form: Sent) -> Response:
        visit = visit_of(desk, request)
        who, scope = actor(visit.caller), visit.caller.scope
        sent = {name: text_of(form, name, 200) for name in FIELDS}
        sent["area"] = code_of(container, visit.caller, sent["area"], visit.t)
        try:
            if sent["remove"]:
                container.catalogue.remove(sent["remove"], who=who, scope=scope)
            else:
                container.catalogue.put(_line(sent), who=who, scope=scope)
        except Refused as refused:
            wrong = refused.extra.get("wrong")
            if refused.code != "fields" or not isinstance(wrong, list):
                raise
            said = visit.t(WRONG[str(wrong[0])])
            return desk.show(visit, "catalogue.html", status=422, **_page(book, visit, sent, said))
        return RedirectResponse("/catalogue?said=catalogue#lines", 303)

    return router


def visit_of(desk: Desk, request: Request) -> Visit:
    """Raises: ProblemError, 403."""
    visit = desk.visit(request)
    if not visit.may(Permission.TICKETS):
        role = visit.caller.role
        raise refuse(403, "role", f"Your role {role} does not see the catalogue.", "Ask someone who may.")
    return visit


def _line(sent: dict[str, str]) -> Line:
    assisting = (sent["assisting"],) if sent["assisting"] else ()
    urgency = int(sent["urgency"]) if sent["urgency"] in voc.URGENCIES else None
    return Line("", sent["category"], sent["area"], sent["lead"], urgency, assisting, sent["policy"])


def _page(book: CatalogueDesk, visit: Visit, sent: dict[str, str], wrong: str) -> dict[str, Any]:
    t, who, keep = visit.t, visit.caller, book.container.catalogue
    force, newest = book.container.policies.in_force(), book.container.policies.newest()
    units = {name: t.either(*both) for name, both in book.units().items()} | {DISTRICT: t("区级兜底")}
    query = {name: visit.request.query_params.get(name, "") for name in ("category", "area", "urgency")}
    query["area"] = code_of(book.container, who, query["area"], t)
    found, unknown = _found(book, visit, query)
    holes: dict[str, list[str]] = {}
    for category, area in keep.holes(catalogue.streets(book.container, who.scope)):
        holes.setdefault(area, []).append(voc.category_name(category, t))
    every = keep.lines(scope=who.scope)
    lines, next_ = _slice(every, visit.request.query_params.get("after", ""))
    shown = (*lines, *(found.others if found else ()), *([found.line] if found and found.line else ()))
    asked = {code for code in (query["area"], sent["area"]) if code}
    names = book.names({*(line.area for line in shown), *holes, *asked}, t)
    return {
        **common(visit),
        "query": query,
        "categories": list(voc.categories(t).items()),
        "groups": [(code, voc.category_name(code, t)) for code in GROUPS],
        "area_asked": _written(query["area"], names),
        "area_sent": _written(sent["area"], names),
        "urgencies": [(code, t(word)) for code, word in voc.URGENCIES.items()],
        "units": list(units.items()),
        "policies": [(name, version_of(name, newest, t)) for name in sorted(newest)],
        "force": (force.name, version_of(force.name, {force.name: force.version}, t)),
        "policy": version_of(found.policy, newest, t) if found else "",
        "found": found,
        "unknown": unknown,
        "lead": units.get(found.lead, found.lead) if found else "",
        "assisting": [units.get(unit, unit) for unit in found.assisting] if found else [],
        "because": t(REASONS[found.reason]) if found else "",
        "winner": view_of(found.line, names, units, newest, t) if found and found.line else None,
        "others": [view_of(line, names, units, newest, t) for line in found.others] if found else [],
        "holes": [(names.get(area, area), listed) for area, listed in holes.items()],
        "lines": [view_of(line, names, units, newest, t) for line in lines],
        "total": len(every),
        "next": next_,
        "may_change": Role(who.role) in MAY_CHANGE,
        "sent": sent,
        "wrong": wrong,
    }


def _slice(lines: Sequence[Line], after: str) -> tuple[Sequence[Line], str]:
    """One page of the lines behind line ``after``, and the last one's id where there are more."""
    start = next((number for number, line in enumerate(lines, 1) if line.id == after), 0)
    page = lines[start : start + SHOWN]
    return page, page[-1].id if len(lines) > start + SHOWN else ""


def _written(code: str, names: dict[str, str]) -> str:
    """A chosen area as its field shows it: the name, and the code by which it is known again."""
    return f"{names[code]} {code}" if code in names else code


def _found(book: CatalogueDesk, visit: Visit, query: dict[str, str]) -> tuple[Decision | None, str]:
    """The answer to what was asked, or what is wrong with the question."""
    if not query["category"] or not query["area"]:
        return None, ""
    urgency = int(query["urgency"]) if query["urgency"] in voc.URGENCIES else 0
    try:
        return book.container.catalogue.who(query["category"], asked_area(visit.caller, query["area"]), urgency), ""
    except Refused as refused:
        wrong = refused.extra.get("wrong")
        return None, visit.t(WRONG[str(wrong[0])]) if isinstance(wrong, list) else str(refused)


def view_of(
    line: Line, names: Mapping[str, str], units: Mapping[str, str], newest: Mapping[str, int], t: Words
) -> LineView:
    return LineView(
        line=line,
        category=voc.category_name(line.category, t) if line.category else t("其余全部"),
        area=names.get(line.area, line.area),
        urgency=t("不限") if line.urgency is None else t(voc.URGENCIES[str(line.urgency)]),
        lead=units.get(line.lead, line.lead),
        assisting=t("、").join(units.get(unit, unit) for unit in line.assisting),
        policy=version_of(line.policy, newest, t),
    )
