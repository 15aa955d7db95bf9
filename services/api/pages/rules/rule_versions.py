"""A rule's versions: who wrote them and why, what differs between two, and the way back to an old one."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.api.language.words import Words
from services.api.pages.desk import Desk, Visit
from services.api.pages.entrance import Sent, text_of, whole
from services.api.pages.frames import common
from services.api.pages.rules import rule_forms as forms
from services.api.pages.rules import rule_views as views
from services.api.pages.rules.rule_source import RuleDesk
from services.api.pages.rules.rules import watching
from services.registry.domain import Permission
from services.registry.domain.rules import differences
from streams.contracts import Refused, Rule

MOST: Final = 400


def routes(desk: Desk, book: RuleDesk) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/rules/{rule}/versions")
    def versions_page(request: Request, rule: str) -> Response:
        visit = watching(desk, request)
        return desk.show(visit, "rule-versions.html", **versions(book, visit, rule))

    @router.post("/rules/{rule}/restore")
    def restore(request: Request, rule: str, form: Sent) -> Response:
        visit = desk.visit(request)
        current, wanted = (whole(text_of(form, name, 10)) for name in ("version", "restore"))
        why, key = text_of(form, "reason", MOST), text_of(form, "key", 100)
        try:
            book.restore(visit.caller, rule, current, wanted, why, key)
        except Refused as refused:
            if refused.code not in {"fields", "invalid", "version"}:
                raise
            said = versions(book, visit, rule, {"restore": str(wanted), "reason": why}, refused)
            return desk.show(visit, "rule-versions.html", status=409 if refused.code == "version" else 422, **said)
        return RedirectResponse(f"/rules/{rule}?said=restored", 303)

    return router


def versions(
    book: RuleDesk, visit: Visit, name: str, values: Mapping[str, str] | None = None, refused: Refused | None = None
) -> dict[str, Any]:
    t, listed = visit.t, book.revisions(name)
    query = visit.request.query_params
    newest = listed[0].rule
    by_number = {each.rule.version: each.rule for each in listed}
    after = by_number.get(whole(query.get("to", "")), newest)
    before = by_number.get(whole(query.get("from", "")), by_number.get(max(after.version - 1, 1), after))
    errors = {}
    if refused is not None:
        wanted = by_number.get(whole((values or {}).get("restore", "")), newest)
        errors = {"reason": _refused(refused, wanted, newest.version, t)}
    return {
        **common(visit),
        "rule": newest,
        "name": t.either(newest.name_zh, newest.name_en),
        "versions": listed,
        "names": book.names(),
        "before": before.version,
        "after": after.version,
        "differences": [views.difference(each, t) for each in differences(before, after)],
        "writes": visit.may(Permission.RULES),
        "values": values or {},
        "errors": errors,
        "key": msgspec.json.encode([name, newest.version, visit.now]).hex()[:80],
    }


def _refused(refused: Refused, wanted: Rule, current: int, t: Words) -> str:
    """Why an old version did not come back: the world has moved since, and it is judged anew."""
    if refused.code == "version":
        return t("已有第 {n} 版：请看过它，再决定恢复哪一版", n=current)
    found = forms.refused_for(refused, forms.values_of(wanted), t)
    return t("；").join(finding.text for finding in found) if found else t(forms.NO_REASON)
