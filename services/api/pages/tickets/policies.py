"""Deadlines 时限方案: which policy is in force, what each says, its versions, the next one and its dates."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from services.api.container import Container
from services.api.door.auth import allow
from services.api.pages.desk import Desk, Visit
from services.api.pages.entrance import Sent, text_of, whole
from services.api.pages.frames import common
from services.api.pages.tickets import policy_forms as forms
from services.api.pages.tickets import policy_views as views
from services.api.pages.tickets.ticket_forms import read
from services.api.problems import refuse
from services.api.tickets.tickets import actor
from services.registry.domain import Permission
from services.tickets.domain import Actor, Clock, Policy, Role
from services.tickets.domain.policy import Enforced
from services.tickets.handlers.policies import LONGEST, MAY_CHANGE, SHORTEST, Preview
from streams.contracts import Refused

HERE: Final = "/policies"
MOST: Final = 200
"""Characters of a field that are read."""


def routes(desk: Desk, container: Container) -> APIRouter:
    router = APIRouter(include_in_schema=False, dependencies=[Depends(allow(Permission.TICKETS))])
    _look(router, desk, container)
    _write(router, desk, container)
    return router


def _look(router: APIRouter, desk: Desk, container: Container) -> None:
    @router.get("/policies")
    def every(request: Request) -> Response:
        visit = desk.visit(request)
        return desk.show(visit, "policies.html", **_list(container, visit))

    @router.get("/policies/{name}")
    def one(request: Request, name: str) -> Response:
        visit = desk.visit(request)
        return desk.show(visit, "policy.html", **_policy(container, visit, name))

    @router.get("/policies/{name}/next")
    def draft(request: Request, name: str) -> Response:
        visit = desk.visit(request)
        _changer(visit)
        newest = _versions(container, name)[-1]
        given = forms.values_of(newest) | {"version": str(newest.version + 1)}
        return desk.show(visit, "policy-draft.html", **_draft(container, visit, newest, given, {}))


def _write(router: APIRouter, desk: Desk, container: Container) -> None:
    @router.post("/policies/{name}/next")
    def change(request: Request, name: str, form: Sent) -> Response:
        """The dates of the draft, or the draft as the next version and in force."""
        visit = desk.visit(request)
        who, publishes = _changer(visit), text_of(form, "do", 10) == "publish"
        newest = _versions(container, name)[-1]
        given = {field: text_of(form, field, MOST) for field in forms.FIELDS}
        draft, errors = forms.drafted(given, name, whole(given["version"]), visit.t)
        opens = read(given["opens"]) if given["opens"] else None
        if given["opens"] and opens is None:
            errors["opens"] = visit.t("“{value}”不是时间，请填年月日时分", value=given["opens"])
        errors |= _no_reason(given["reason"], visit) if publishes else {}
        preview = None
        if draft is not None and not errors:
            try:
                if publishes:
                    container.policies.enforce(draft, who=who, reason=given["reason"])
                    return RedirectResponse(f"{HERE}/{name}?said=policy_kept", 303)
                preview = container.policies.preview(draft, who=who, opens_at=opens)
            except Refused as refused:
                newest = _versions(container, name)[-1]
                given["version"] = str(newest.version + 1)
                errors |= _why_not(refused, newest, visit)
        values = _draft(container, visit, newest, given, errors, preview)
        return desk.show(visit, "policy-draft.html", status=422 if errors else 200, **values)

    @router.post("/policies/{name}/enforce")
    def enforce(request: Request, name: str, form: Sent) -> Response:
        """Another version, which there is already, in force from now on."""
        visit = desk.visit(request)
        who = _changer(visit)
        known = {each.version: each for each in _versions(container, name)}
        given = {field: text_of(form, field, MOST) for field in ("version", "reason")}
        wanted = known.get(whole(given["version"]))
        errors = _no_reason(given["reason"], visit)
        if wanted is None:
            errors["version"] = visit.t("没有第“{value}”版，请从列表里选", value=given["version"])
        if wanted is not None and not errors:
            container.policies.enforce(wanted, who=who, reason=given["reason"])
            return RedirectResponse(f"{HERE}/{name}?said=policy_enforced", 303)
        values = _policy(container, visit, name, given, errors)
        return desk.show(visit, "policy.html", status=422, **values)


def _versions(container: Container, name: str) -> list[Policy]:
    """Every version of that name, the oldest first.

    Raises:
        ProblemError: 404.
    """
    every = container.policies.known()
    found = [policy for policy in every if policy.name == name]
    if not found:
        names = ", ".join(sorted({policy.name for policy in every}))
        raise refuse(404, "not_found", f"There is no policy {name}.", f"Use one of: {names}.", field="name", value=name)
    return found


def _changer(visit: Visit) -> Actor:
    """Who may change deadlines.

    Raises:
        ProblemError: 403.
    """
    who = actor(visit.caller)
    if who.role not in MAY_CHANGE:
        raise refuse(
            403, "role", f"Your role {who.role} does not change the deadlines.", "Ask a supervisor.", field="role"
        )
    return who


def _no_reason(reason: str, visit: Visit) -> dict[str, str]:
    length = len(" ".join(reason.split()))
    if SHORTEST <= length <= LONGEST:
        return {}
    return {"reason": visit.t("依据有 {n} 个字，请写四到两百字，例如哪份文件第几条", n=length)}


def _why_not(refused: Refused, newest: Policy, visit: Visit) -> dict[str, str]:
    t = visit.t
    if refused.code == "conflict":
        n = newest.version
        return {"version": t("别人刚发布了第 {n} 版，请先看它；再提交就发布为第 {next} 版", n=n, next=n + 1)}
    if refused.code == "calendar":
        return {"opens": t("那一年的节假日还推算不到，请填近些的时间")}
    if refused.code != "policy":
        raise refused
    return forms.of_refused(refused, t)


def _list(container: Container, visit: Visit) -> dict[str, Any]:
    t, force = visit.t, container.policies.in_force()
    newest = {policy.name: policy for policy in container.policies.known()}
    people, history = _people(container), container.policies.history()
    return {
        **common(visit),
        "policies": [
            {
                "id": policy.name,
                "name": views.name_of(policy.name, t),
                "about": t(views.ABOUT[policy.name]) if policy.name in views.ABOUT else "",
                "version": policy.version,
                "in_force": force.version if force.name == policy.name else 0,
                "finish": [views.limit(policy.limits[int(code)][Clock.FINISH], t) for code in views.COLUMNS],
                "contact": views.limit(policy.limits[0][Clock.CONTACT], t),
            }
            for policy in newest.values()
        ],
        "force": (views.name_of(force.name, t), force.version),
        "columns": views.urgencies(t),
        "history": [_enforced(each, people, visit) for each in reversed(history)],
        "may_change": Role(visit.caller.role) in MAY_CHANGE,
    }


def _policy(
    container: Container,
    visit: Visit,
    name: str,
    given: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """One policy: the version asked for as a table, its versions, and what differs between two of them."""
    t, query = visit.t, visit.request.query_params
    by_number = {policy.version: policy for policy in _versions(container, name)}
    force, newest = container.policies.in_force(), max(by_number)
    current = force.version if force.name == name else newest
    shown = by_number.get(whole(query.get("version", ""), current), by_number[current])
    after = by_number.get(whole(query.get("to", "")), shown)
    before = by_number.get(whole(query.get("from", "")), by_number.get(after.version - 1, after))
    written_by, people = container.policies.published(), _people(container)
    return {
        **common(visit),
        "id": name,
        "name": views.name_of(name, t),
        "shown": shown.version,
        "newest": newest,
        "in_force": force.version if force.name == name else 0,
        "columns": views.urgencies(t),
        "lines": views.table(shown, t),
        "rest": views.rest(shown, t),
        "versions": [
            (number, _enforced(author, people, visit) if (author := written_by.get((name, number))) else None)
            for number in sorted(by_number, reverse=True)
        ],
        "before": before.version,
        "after": after.version,
        "differences": views.differences(before, after, t),
        "may_change": Role(visit.caller.role) in MAY_CHANGE,
        "given": {"version": str(shown.version), "reason": "", **(given or {})},
        "errors": errors or {},
    }


def _enforced(each: Enforced, people: Mapping[str, str], visit: Visit) -> dict[str, Any]:
    return {
        "id": each.name,
        "name": views.name_of(each.name, visit.t),
        "version": each.version,
        "at": each.at,
        "by": people.get(each.by, each.by),
        "reason": each.reason,
    }


def _people(container: Container) -> dict[str, str]:
    return {user.id: user.name for user in container.people.list_users()}


def _draft(
    container: Container,
    visit: Visit,
    newest: Policy,
    given: Mapping[str, str],
    errors: Mapping[str, str],
    preview: Preview | None = None,
) -> dict[str, Any]:
    t, force = visit.t, container.policies.in_force()
    at = visit.now if preview is None else preview.opens_at
    return {
        **common(visit),
        "id": newest.name,
        "name": views.name_of(newest.name, t),
        "version": whole(given["version"], newest.version + 1),
        "newest": newest.version,
        "columns": views.urgencies(t),
        "lines": forms.lines(t),
        "label": lambda field: forms.label(field, t),
        "units": forms.units(t),
        "spans": forms.spans(given),
        "given": given,
        "errors": errors,
        "preview": views.dates(preview, visit.now, t) if preview else [],
        "holidays": views.holidays(preview.days, t) if preview else [],
        "opened": views.day_and_time(at, visit.now, t),
        "replaces": "" if force.name == newest.name else views.name_of(force.name, t),
    }
