"""Rules: the list, one rule as a form with its preview, its versions and their differences."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from sensors.kinds import KINDS
from services.api.door.auth import require
from services.api.language.words import N_
from services.api.pages.desk import Desk, Visit
from services.api.pages.entrance import Sent, text_of, whole
from services.api.pages.frames import common
from services.api.pages.rules import rule_forms as forms
from services.api.pages.rules import rule_measures
from services.api.pages.rules import rule_views as views
from services.api.pages.rules.rule_conflicts import Conflict, together, warned_of
from services.api.pages.rules.rule_fields import UNITS
from services.api.pages.rules.rule_source import RuleDesk
from services.api.problems import refuse
from services.registry.domain import Permission, Revision
from services.registry.domain.rules import unit_of
from services.registry.handlers import Judged
from streams.contracts import Refused, Rule, Severity
from streams.rules.problems import Problem

MOST: Final = 4_000
STATES: Final = {"": N_("全部"), "on": N_("启用"), "off": N_("停用")}


def routes(desk: Desk, book: RuleDesk) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    _look(router, desk, book)
    _write(router, desk, book)
    return router


def _look(router: APIRouter, desk: Desk, book: RuleDesk) -> None:
    @router.get("/rules")
    def rules(request: Request) -> Response:
        visit = watching(desk, request)
        return desk.show(visit, "rules.html", **_list(desk, book, visit))

    @router.get("/rules/new")
    def new(request: Request) -> Response:
        visit = writing(desk, request)
        base = rule_in(book, request.query_params.get("from", "gas.ch4"))
        values = {**forms.values_of(base), "id": "", "family": base.kin, "enabled": "1"}
        return desk.show(visit, "rule.html", **_form(desk, book, visit, base, values, new=True))

    @router.get("/rules/{rule}")
    def rule_page(request: Request, rule: str) -> Response:
        visit = watching(desk, request)
        return desk.show(visit, "rule.html", **_form(desk, book, visit, *_version(book, visit, rule)))


def _write(router: APIRouter, desk: Desk, book: RuleDesk) -> None:
    @router.post("/rules/new")
    def create(request: Request, form: Sent) -> Response:
        visit, values = writing(desk, request), sent(form)
        base = rule_in(book, values.get("base", ""))
        return _submit(desk, book, visit, base, values, new=True)

    @router.post("/rules/preview")
    def preview(request: Request, form: Sent) -> Response:
        """The preview of a form that is being filled in; the form itself stays in the browser."""
        visit, values = writing(desk, request), sent(form)
        base = rule_in(book, values.get("base", ""))
        judged = _judged(book, visit, base, values, counted=False)
        return desk.show(visit, "rule-preview.html", **_preview(desk, book, visit, base, values, judged))

    @router.post("/rules/{rule}")
    def save(request: Request, rule: str, form: Sent) -> Response:
        return _submit(desk, book, writing(desk, request), rule_in(book, rule), sent(form), new=False)


def watching(desk: Desk, request: Request) -> Visit:
    visit = desk.visit(request)
    require(visit.caller, Permission.WATCH)
    return visit


def writing(desk: Desk, request: Request) -> Visit:
    visit = desk.visit(request)
    require(visit.caller, Permission.RULES)
    return visit


def rule_in(book: RuleDesk, name: str) -> Rule:
    found = book.rule(name)
    if found is None:
        raise refuse(404, "not_found", "There is no such rule.", "Look at the list of rules.", field="id", value=name)
    return found


def _version(book: RuleDesk, visit: Visit, name: str) -> tuple[Rule, dict[str, str]]:
    """The rule in force, and the values of the version that is looked at."""
    rule, asked = rule_in(book, name), whole(visit.request.query_params.get("version", ""))
    if not asked:
        return rule, forms.values_of(rule)
    found = next((each.rule for each in book.revisions(name) if each.rule.version == asked), None)
    if found is None:
        raise refuse(404, "not_found", "No such version.", "Look at its versions.", field="version", value=str(asked))
    return found, forms.values_of(found)


def sent(form: FormData) -> dict[str, str]:
    return {name: text_of(form, name, MOST) for name in form if text_of(form, name, MOST)}


def _list(desk: Desk, book: RuleDesk, visit: Visit) -> dict[str, Any]:
    query, t = visit.request.query_params, visit.t
    kind, state, text = query.get("kind", ""), query.get("state", ""), query.get("text", "").strip()
    chosen = [
        rule
        for rule in book.rules()
        if kind in {"", rule.kind}
        and (state not in {"on", "off"} or rule.enabled == (state == "on"))
        and text.lower() in f"{rule.id} {rule.name_zh} {rule.name_en} {rule.metric}".lower()
    ]
    hits = book.hits(visit.caller, visit.now - views.WEEK)
    return {
        **common(visit),
        "rows": [row for rule in chosen for row in views.rows(rule, hits, t)],
        "total": len(chosen),
        "kinds": list(KINDS),
        "states": STATES,
        "chosen": {"kind": kind, "state": state, "text": text},
        "narrowed": bool(kind or state or text),
        "pace": desk.demo,
    }


def _form(
    desk: Desk,
    book: RuleDesk,
    visit: Visit,
    base: Rule,
    values: Mapping[str, str],
    *,
    new: bool = False,
    judged: Judged | None = None,
    refused: str = "",
    conflict: Conflict | None = None,
) -> dict[str, Any]:
    """Everything the page of one rule says; ``judged`` what was found in the values just sent."""
    t, current = visit.t, base if new else rule_in(book, base.id)
    found = forms.findings(judged.problems, values, t) if judged else []
    errors = {finding.at: finding.text for finding in reversed(found) if not finding.warning}
    if refused == "reason":
        errors["reason"] = t(forms.NO_REASON)
    values = rule_measures.filled(values, base)
    writes = visit.may(Permission.RULES) and (new or base.version == current.version)
    return {
        **common(visit),
        **_preview(desk, book, visit, base, values, judged),
        "rule": base,
        "current": current.version,
        "name": t.either(base.name_zh, base.name_en),
        "new": new,
        "values": values,
        "errors": errors,
        "refused": refused,
        "conflict": conflict,
        "meant": warned_of(judged.warnings) if judged and refused == "meant" else "",
        "writes": writes,
        "severities": list(Severity),
        "level_fields": forms.LEVEL_FIELDS,
        "parameters": rule_measures.parameters(rule_measures.chosen(values, base)),
        "options": forms.options(base, t),
        "units": list(UNITS),
        "unit": unit_of(judged.rule if judged and judged.rule else base),
        **_opened(values, errors),
        "field_name": lambda path: views.field_name(path, t),
        "devices": devices_of(desk, visit, base),
        "key": values.get("key") or desk.ids.new(),
    }


def _opened(values: Mapping[str, str], errors: Mapping[str, str]) -> dict[str, bool]:
    """Which folded parts are shown open: those in which something stands or is wrong."""
    parts = {
        "narrow_open": ("scope.area", "scope.model", "scope.device", "scope.attributes"),
        "time_open": ("schedule.start", "schedule.end", "gate"),
        "rest_open": ("group", "suppress_when"),
    }
    opened = {part: any(values.get(name) or name in errors for name in names) for part, names in parts.items()}
    rest = ("cause", "max_shelve_ms", "realarm_after_ms", "no_data_after_ms", "reorder_wait_ms", "no_data_periods")
    opened["rest_open"] = opened["rest_open"] or any(name in errors for name in rest)
    return {**opened, "words_open": "response_zh" in errors or "response_en" in errors}


def devices_of(desk: Desk, visit: Visit, rule: Rule) -> list[tuple[str, str]]:
    """Devices of the rule's kind in the person's area to try the limits on."""
    fleet = desk.source.fleet(visit.caller)
    mine = [device for device in fleet if rule.kind in {"*", device.kind}]
    return [(device.id, device.place or device.id) for device in mine[:200]]


def _preview(
    desk: Desk, book: RuleDesk, visit: Visit, base: Rule, values: Mapping[str, str], judged: Judged | None
) -> dict[str, Any]:
    """The limits over a real week, and which devices the rule would watch."""
    t, now = visit.t, visit.now
    if judged is None and visit.may(Permission.RULES):
        judged = _judged(book, visit, base, values)
    rule = judged.rule if judged and judged.rule else base
    devices = [name for name, _ in devices_of(desk, visit, base)]
    asked = values.get("device") or visit.request.query_params.get("device", "")
    first = next((name for name in (judged.reach.devices if judged and judged.reach else ()) if name in devices), "")
    name = asked if asked in devices else first or next(iter(devices), "")
    device = desk.source.device(visit.caller, name) if name else None
    points = desk.source.series(name, rule.metric, now - views.WEEK, now) if device and rule.metric else []
    found = forms.findings(judged.problems, values, t) if judged else []
    return {
        "device": name,
        "place": device.place if device else "",
        "chart": views.preview(rule, device, points, now, t) if device and rule.metric else "",
        "derived": bool(rule.metric) and not views.limits(rule, t),
        "reach": judged.reach if judged else None,
        "warnings": [finding for finding in found if finding.warning],
        "wrong": [finding for finding in found if not finding.warning],
    }


def fields_of(base: Rule, values: Mapping[str, str]) -> dict[str, Any]:
    """A draft's fields, of a form that says itself whether it is a new rule's."""
    return _fields(base, values, new=values.get("new") == "1")


def _fields(base: Rule, values: Mapping[str, str], *, new: bool) -> dict[str, Any]:
    fields = forms.draft_of(values, base)
    del fields["version"]
    fields["id"] = values.get("id", "") if new else base.id
    return fields


def _judged(book: RuleDesk, visit: Visit, base: Rule, values: Mapping[str, str], *, counted: bool = True) -> Judged:
    """What is to be said of the values; ``counted``: among the devices too, which takes a moment."""
    new = values.get("new") == "1"
    try:
        return book.rehearse(visit.caller, _fields(base, values, new=new), counted=counted)
    except Refused as refused:
        if refused.code == "scope":
            problem = Problem("scope.area", refused.extra.get("value", ""), str(refused.extra.get("remedy", "")))
            return Judged(None, (problem,))
        raise


def _submit(desk: Desk, book: RuleDesk, visit: Visit, base: Rule, values: dict[str, str], *, new: bool) -> Response:
    """Try it, or keep it; what is refused comes back with every character as it was typed."""
    values = {**values, "new": "1"} if new else {**values, "id": base.id, "kind": base.kind}
    judged = _judged(book, visit, base, values)
    if values.get("do") == "try":
        return desk.show(visit, "rule.html", **_form(desk, book, visit, base, values, new=new, judged=judged))
    if _asks(book, visit, base, values, judged, new=new):
        page = _form(desk, book, visit, base, values, new=new, judged=judged, refused="meant")
        return desk.show(visit, "rule.html", status=422, **page)
    try:
        kept = _keep(book, visit, base, values, new=new)
    except Refused as refused:
        if refused.code == "version":
            values, conflict = together(book, base.id, values, visit.t)
            current = rule_in(book, base.id)
            judged = _judged(book, visit, current, values)
            page = _form(desk, book, visit, current, values, judged=judged, refused="version", conflict=conflict)
            return desk.show(visit, "rule.html", status=409, **page)
        status = {"exists": 409, "idempotency": 409}.get(refused.code, 422)
        if status == 422 and refused.code not in {"invalid", "fields", "scope"}:
            raise
        word = "reason" if refused.code == "fields" else refused.code
        page = _form(desk, book, visit, base, values, new=new, judged=judged, refused=word)
        return desk.show(visit, "rule.html", status=status, **page)
    return RedirectResponse(f"/rules/{kept.rule.id}?said=rule_kept", 303)


def _asks(book: RuleDesk, visit: Visit, base: Rule, values: Mapping[str, str], judged: Judged, *, new: bool) -> bool:
    """Whether it is warned of something that was not so before and that nobody has yet said is meant."""
    if judged.rule is None or not judged.warnings or len(judged.warnings) < len(judged.problems):
        return False
    if values.get("meant") == warned_of(judged.warnings):
        return False
    before = () if new else _judged(book, visit, base, forms.values_of(base)).warnings
    return any((each.field, each.value) not in {(old.field, old.value) for old in before} for each in judged.warnings)


def _keep(book: RuleDesk, visit: Visit, base: Rule, values: Mapping[str, str], *, new: bool) -> Revision:
    fields, why, key = _fields(base, values, new=new), values.get("reason", ""), values.get("key", "")
    if new:
        return book.create(visit.caller, fields, why, key).revision
    version = whole(values.get("version", ""))
    return book.change(visit.caller, base.id, version, fields, why, key).revision
