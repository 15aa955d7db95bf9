"""Rehearse a rule: choose a period and a scope, see it run, read what would have been different."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.api.language.words import N_
from services.api.pages import formatting as fmt
from services.api.pages.desk import Desk, Visit
from services.api.pages.entrance import Sent
from services.api.pages.frames import common, names_of
from services.api.pages.rules import rehearsal_views as views
from services.api.pages.rules import rule_forms as forms
from services.api.pages.rules.rule_source import RuleDesk
from services.api.pages.rules.rule_views import difference
from services.api.pages.rules.rules import devices_of, fields_of, rule_in, sent, watching
from services.api.problems import refuse
from services.registry.domain.rules import differences, unit_of
from services.rehearsal.domain import Change, Rehearsal, Scope, State, about_groups
from streams.contracts import Refused, Rule

PERIODS: Final = {"1": N_("近 24 小时"), "7": N_("近 7 天"), "30": N_("近 30 天"), "90": N_("近 90 天")}
OWN: Final = ("over.days", "over.area", "over.device")
"""The form's own fields; the rest are the rule's, as its editor has them."""
GONE: Final = frozenset({"csrf_token", "do", "key", "reason", "device", *OWN})
MOST_DIGITS: Final = 15
BUSY: Final = {"running": 409, "crowded": 429}


def routes(desk: Desk, book: RuleDesk) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/rules/{rule}/rehearse")
    def page(request: Request, rule: str) -> Response:
        visit = watching(desk, request)
        run = request.query_params.get("run", "")
        if not run:
            base = rule_in(book, rule)
            return desk.show(visit, "rehearse.html", **_form(desk, visit, base, forms.values_of(base)))
        return desk.show(visit, "rehearse.html", **_run(desk, book, visit, rule, run))

    @router.post("/rules/{rule}/rehearse")
    def begin(request: Request, rule: str, form: Sent) -> Response:
        visit, values = watching(desk, request), sent(form)
        if values.get("do") == "cancel":
            run = values.get("run", "")
            if book.cancel(visit.caller, run) is None:
                raise _expired(run)
            return RedirectResponse(f"/rules/{rule}/rehearse?run={run}", 303)
        base = _base(book, visit, values.get("base", rule), values.get("run", ""))
        if values.get("do") != "start":
            return desk.show(visit, "rehearse.html", **_form(desk, visit, base, values))
        try:
            begun = book.begin(visit.caller, fields_of(base, values), _scope(values, visit.now))
        except Refused as refused:
            if refused.code not in {"invalid", *BUSY}:
                raise
            shown = _form(desk, visit, base, values, refused)
            return desk.show(visit, "rehearse.html", status=BUSY.get(refused.code, 422), **shown)
        return RedirectResponse(f"/rules/{begun.order.rule.id}/rehearse?run={begun.id}", 303)

    return router


def _base(book: RuleDesk, visit: Visit, name: str, run: str) -> Rule:
    """What the form began with: a rule in force, or a draft of one that nobody has yet, as it was rehearsed before."""
    before = book.rehearsal(visit.caller, run) if run else None
    if before is not None and before.order.rule.id == name and book.rule(name) is None:
        return before.order.rule
    return rule_in(book, name)


def _scope(values: Mapping[str, str], now: int) -> Scope:
    days = values.get("over.days", "7")
    if days not in PERIODS:
        remedy = f"Use one of: {', '.join(PERIODS)}."
        raise refuse(422, "invalid", "That is no period.", remedy, field="over.days", value=days)
    return Scope(now - int(days) * fmt.DAY, now, values.get("over.area", ""), values.get("over.device", ""))


def _expired(run: str) -> Exception:
    return refuse(
        404, "not_found", "There is no such rehearsal of yours; results are kept for a day.",
        "Rehearse again from the rule's page.", field="run", value=run,
    )  # fmt: skip


def _form(
    desk: Desk, visit: Visit, base: Rule, values: Mapping[str, str], refused: Refused | None = None
) -> dict[str, Any]:
    """The form, with the values of a draft where an editor sent them."""
    t, who, new = visit.t, visit.caller, values.get("new") == "1"
    kept = {name: value for name, value in values.items() if name not in GONE} | {"base": base.id}
    levels = [str(level) for level in forms.chosen(values)] if values.get("op") not in forms.LIMITLESS else []
    shown = {f"{level}.limit" for level in levels}
    names = names_of(desk.source.areas(who), t)
    areas = sorted((code, name) for code, name in names.items() if code.startswith(who.scope))
    return {
        **common(visit),
        "rule": base.id,
        "grouped": about_groups(base),
        "new": new,
        "name": values.get("name_zh" if t.lang == "zh" else "name_en") or t.either(base.name_zh, base.name_en),
        "kept": {name: value for name, value in kept.items() if name not in shown},
        "levels": levels,
        "values": values,
        "unit": unit_of(base),
        "periods": PERIODS,
        "days": values.get("over.days", "7"),
        "area": values.get("over.area", ""),
        "areas": areas,
        "device": values.get("over.device", ""),
        "devices": devices_of(desk, visit, base),
        "wrong": _wrong(refused, values, visit) if refused else [],
        "running": str(refused.extra.get("rehearsal", "")) if refused else "",
        "run": None,
    }


def _wrong(refused: Refused, values: Mapping[str, str], visit: Visit) -> list[str]:
    t = visit.t
    if refused.code == "running":
        return [t("你的上一次试演还在运行，请等它结束或取消它")]
    if refused.code == "crowded":
        return [t("已有两次试演在运行，请一分钟后再试")]
    found = forms.refused_for(refused, values, t)
    return [each.text for each in found] or [t("范围内没有这种设备，或设备太多，请换一个范围")]


def _run(desk: Desk, book: RuleDesk, visit: Visit, rule: str, run: str) -> dict[str, Any]:
    """A rehearsal that was begun, above the form that it came from."""
    found = book.rehearsal(visit.caller, run)
    if found is None or found.order.rule.id != rule:
        raise _expired(run)
    t, asked = visit.t, found.order.rule
    before = book.rule(asked.id)
    scope = found.order.scope
    values = forms.values_of(asked) | {"over.days": str(round((scope.end - scope.start) / fmt.DAY))}
    values |= {"over.area": scope.area, "over.device": scope.device}
    values |= {"version": str(before.version)} if before else {"new": "1", "run": found.id}
    return {
        **_form(desk, visit, before or asked, values),
        "run": found.id,
        "state": str(found.state),
        "percent": round(100 * found.progress),
        "problem": _problem(found, visit),
        "span": (fmt.moment(scope.start, scope.end, t), fmt.moment(scope.end, scope.start, t)),
        "changed": [difference(each, t) for each in differences(before, asked)] if before else [],
        **(_result(desk, visit, found) if found.state is State.DONE else {}),
    }


def _problem(found: Rehearsal, visit: Visit) -> str:
    if found.problem is None:
        return ""
    if found.problem.code == "time":
        return visit.t("超过了时间上限，请缩短时段或缩小范围")
    if found.problem.code == "too_many":
        return visit.t("告警太多，没有人读得完，请放宽限值或缩小范围")
    if found.problem.code == "invalid":
        return visit.t("范围内没有这种设备，或设备太多，请换一个范围")
    return visit.t("试演中途断了，请再试一次；仍不行请找运维")


def _result(desk: Desk, visit: Visit, found: Rehearsal) -> dict[str, Any]:
    report, asked, t = found.report, found.order.rule, visit.t
    if report is None:
        raise RuntimeError(f"rehearsal {found.id} is done without a report")
    address = f"/rules/{asked.id}/rehearse?run={found.id}"
    places = {device.id: device.place for device in desk.source.fleet(visit.caller)}
    query = visit.request.query_params
    fallback = next((name for name, _ in devices_of(desk, visit, asked)), "")
    name = views.drawn_device(report, query.get("device", ""), found.order.scope.device or fallback)
    device = desk.source.device(visit.caller, name) if name and not about_groups(asked) else None
    at = query.get("at", "")
    span = views.stretch(report, int(at) if at.isdecimal() and len(at) <= MOST_DIGITS else 0)
    points = desk.source.series(name, asked.metric, *span) if device and asked.metric else []
    return {
        "report": report,
        "absences": views.absences(report, t),
        "numbers": views.numbers(report, t),
        "tables": views.tables(report, address, places, visit.now, t),
        "same": report.changes.get(Change.SAME, 0),
        "drawn": device,
        "zoomed": span != (report.start, report.end),
        "whole": f"{address}&device={name}#chart-title",
        "chart": views.chart(asked, report, device, points, span, t) if device and asked.metric else "",
    }
