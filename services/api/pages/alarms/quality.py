"""Alarm quality: the table, its trends, and the rules that would calm it."""

from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.alarms.domain.quality_figures import Quality
from services.alarms.handlers import Measured
from services.api.door.auth import Caller, require
from services.api.language.words import N_
from services.api.pages import formatting as fmt
from services.api.pages.alarms import quality_views as views
from services.api.pages.alarms.alarm_source import AlarmBook
from services.api.pages.desk import Desk, Visit
from services.api.pages.frames import common, names_of
from services.api.problems import refuse
from services.api.words import asked_area
from services.registry.domain import Permission
from streams.contracts.areas import LEVELS

PERIODS: Final = {"1": N_("近 24 小时"), "7": N_("近 7 天"), "30": N_("近 30 天"), "90": N_("近 90 天")}
BY: Final = ("street", "community", "grid")


def routes(desk: Desk, book: AlarmBook) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/alarms/quality")
    def quality(request: Request) -> Response:
        visit = desk.visit(request)
        require(visit.caller, Permission.WATCH)
        return desk.show(visit, "quality.html", **_page(desk, book, visit))

    return router


def _page(desk: Desk, book: AlarmBook, visit: Visit) -> dict[str, Any]:
    query, who, t, now = visit.request.query_params, visit.caller, visit.t, visit.now
    days = _one_of("days", query.get("days", "7"), list(PERIODS))
    area = _area(who, query.get("area", ""))
    below = [level for level in BY if _length(level) > len(area)]
    level = _one_of("by", query.get("by", ""), ["", *below])
    found = book.quality(area, now - int(days) * fmt.DAY, now, level)
    names = names_of(desk.source.areas(who), t)
    areas = sorted((code, name) for code, name in names.items() if code.startswith(who.scope))
    return {
        **common(visit),
        "days": days,
        "periods": PERIODS,
        "area": area,
        "area_name": names.get(area, area or t("全区")),
        "areas": areas if any(code == area for code, _ in areas) else [(area, t("全区")), *areas],
        "by": level,
        "levels": below,
        "unknown": _unknown(found, visit),
        **(_many(found, names, days, visit) if level else _single(desk, found, area, visit)),
    }


def _single(desk: Desk, found: Measured, area: str, visit: Visit) -> dict[str, Any]:
    quality, t, now = found.positions[area], visit.t, visit.now
    rules, devices = desk.source.rules(), {device.id: device.place for device in desk.source.fleet(visit.caller)}
    said = views.Names({rule.id: t.either(rule.name_zh, rule.name_en) for rule in rules}, devices)
    return {
        "q": quality,
        "measures": views.measures(quality, found.kept.targets, said, t),
        "facts": views.facts(quality, t),
        "charts": views.charts(quality, found.kept.targets, found.slot, t),
        "mix": views.mix(quality, found.kept.targets, t),
        "sources": views.sources(quality, said, t),
        "stale": views.stale(quality, said, now, t),
        "targets": found.kept,
    }


def _many(found: Measured, names: dict[str, str], days: str, visit: Visit) -> dict[str, Any]:
    """The busiest position first; one without data last."""

    def order(quality: Quality) -> tuple[bool, int, str]:
        return quality.alarms is None, -(quality.alarms or 0), quality.position

    ordered = sorted(found.positions.values(), key=order)
    return {
        "positions": [
            views.position(
                quality, names.get(quality.position, quality.position), found.kept.targets,
                "/alarms/quality?" + urlencode({"days": days, "area": quality.position}), visit.t,
            )
            for quality in ordered
        ]
    }  # fmt: skip


def _unknown(found: Measured, visit: Visit) -> str:
    """What the reader must know of the period: from when the log begins."""
    known, t = found.period.known, visit.t
    if known is None:
        return t("这段时间没有告警记录，各项都是“无数据”。")
    if known[0] > found.period.start:
        return t("告警记录自 {time} 起，之前无数据。", time=fmt.moment(known[0], visit.now, t))
    return ""


def _area(who: Caller, given: str) -> str:
    """The asked area, or the person's own.

    Raises:
        ProblemError: 403 outside the person's area; 422 for what is no area code.
    """
    if given and not (given.isascii() and given.isdigit() and len(given) in LEVELS):
        raise refuse(422, "invalid", "area is no area code.", "Choose an area of the list.", field="area", value=given)
    asked = asked_area(who, given)
    return asked if len(asked) >= len(who.scope) else who.scope


def _length(level: str) -> int:
    return next(length for length, name in LEVELS.items() if name == level)


def _one_of(field: str, given: str, known: list[str]) -> str:
    if given in known:
        return given
    remedy = f"Use one of: {', '.join(word for word in known if word)}."
    raise refuse(422, "invalid", f"{field} cannot be that.", remedy, field=field, value=given)
