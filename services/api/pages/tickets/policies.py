"""Deadlines 时限方案: which policy is in force, what each says, its versions, and putting one of them in force."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from services.api.container import Container
from services.api.door.auth import allow
from services.api.pages.desk import Desk, Visit
from services.api.pages.entrance import Sent, text_of, whole
from services.api.pages.frames import common
from services.api.pages.tickets import policy_views as views
from services.api.problems import refuse
from services.api.tickets.tickets import actor
from services.registry.domain import Permission
from services.tickets.domain import Actor, Clock, Policy, Role
from services.tickets.domain.policy import Enforced, Published
from services.tickets.handlers.policies import LONGEST, MAY_CHANGE, SHORTEST

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


def _write(router: APIRouter, desk: Desk, container: Container) -> None:
    @router.post("/policies/{name}/enforce")
    def enforce(request: Request, name: str, form: Sent) -> Response:
        """Another version, which there is already, in force from now on."""
        visit = desk.visit(request)
        who = changer(visit)
        known = {each.version: each for each in versions_of(container, name)}
        given = {field: text_of(form, field, MOST) for field in ("version", "reason")}
        wanted = known.get(whole(given["version"]))
        errors = no_reason(given["reason"], visit)
        if wanted is None:
            errors["version"] = visit.t("没有第“{value}”版，请从列表里选", value=given["version"])
        if wanted is not None and not errors:
            container.policies.enforce(wanted, who=who, reason=given["reason"])
            return RedirectResponse(f"{HERE}/{name}?said=policy_enforced", 303)
        values = _policy(container, visit, name, given, errors)
        return desk.show(visit, "policy.html", status=422, **values)


def versions_of(container: Container, name: str) -> list[Policy]:
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


def changer(visit: Visit) -> Actor:
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


def no_reason(reason: str, visit: Visit) -> dict[str, str]:
    length = len(" ".join(reason.split()))
    if SHORTEST <= length <= LONGEST:
        return {}
    return {"reason": visit.t("依据有 {n} 个字，请写四到两百字，例如哪份文件第几条", n=length)}


def _list(container: Container, visit: Visit) -> dict[str, Any]:
    t, force = visit.t, container.policies.in_force()
    newest = {policy.name: policy for policy in container.policies.known()}
    people, history = _people(container), container.policies.history()
    waiting = _waiting(container.policies.published(), history)
    return {
        **common(visit),
        "policies": [
            {
                "id": policy.name,
                "name": views.name_of(policy.name, t),
                "about": t(views.ABOUT[policy.name]) if policy.name in views.ABOUT else "",
                "version": newest[policy.name].version,
                "waits": (policy.name, newest[policy.name].version) in waiting,
                "in_force": force.version if force.name == policy.name else 0,
                "finish": [views.limit(policy.limits[int(code)][Clock.FINISH], t) for code in views.COLUMNS],
                "contact": views.limit(policy.limits[0][Clock.CONTACT], t),
            }
            for policy in (newest | {force.name: force}).values()
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
    by_number = {policy.version: policy for policy in versions_of(container, name)}
    force, newest = container.policies.in_force(), max(by_number)
    current = force.version if force.name == name else newest
    shown = by_number.get(whole(query.get("version", ""), current), by_number[current])
    after = by_number.get(whole(query.get("to", "")), shown)
    before = by_number.get(whole(query.get("from", "")), by_number.get(after.version - 1, after))
    written_by, people = container.policies.published(), _people(container)
    waiting = _waiting(written_by, container.policies.history())
    return {
        **common(visit),
        "id": name,
        "name": views.name_of(name, t),
        "shown": shown.version,
        "waits": (name, shown.version) in waiting,
        "newest": newest,
        "in_force": force.version if force.name == name else 0,
        "columns": views.urgencies(t),
        "lines": views.table(shown, t),
        "rest": views.rest(shown, t),
        "versions": [
            {
                "n": number,
                "author": _said(author, people) if (author := written_by.get((name, number))) else None,
                "waits": (name, number) in waiting,
            }
            for number in sorted(by_number, reverse=True)
        ],
        "naming": naming(container, name),
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
        **_said(each, people),
    }


def _said(each: Enforced | Published, people: Mapping[str, str]) -> dict[str, Any]:
    return {"at": each.at, "by": people.get(each.by, each.by), "reason": each.reason}


def _waiting(published: Mapping[tuple[str, int], Published], history: Iterable[Enforced]) -> set[tuple[str, int]]:
    """The versions that were published and never in force; the shipped ones, which nobody published, left out."""
    return published.keys() - {(each.name, each.version) for each in history}


def naming(container: Container, name: str) -> int:
    """How many lines of the whole catalogue name these deadlines, and so have their newest version."""
    return sum(line.policy == name for line in container.catalogue.lines(scope=""))


def _people(container: Container) -> dict[str, str]:
    return {user.id: user.name for user in container.people.list_users()}
