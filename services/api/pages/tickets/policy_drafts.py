"""A version of the deadlines as somebody drafts it: the next of its name or the first of a new one, and its dates."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from services.api.container import Container
from services.api.door.auth import allow
from services.api.language.words import N_
from services.api.pages.desk import Desk, Visit
from services.api.pages.entrance import Sent, text_of, whole
from services.api.pages.frames import common
from services.api.pages.tickets import policy_forms as forms
from services.api.pages.tickets import policy_views as views
from services.api.pages.tickets.policies import HERE, MOST, changer, naming, no_reason, versions_of
from services.api.pages.tickets.ticket_forms import read
from services.registry.domain import Permission
from services.tickets.domain import Actor, Policy
from services.tickets.domain.policy import NAME
from services.tickets.handlers.policies import SHIPPED_AS, Preview
from streams.contracts import Refused

WRONG_NAME: Final = N_("“{value}”不行，请用小写字母、数字和连字符，字母开头，最多 40 个，例如 chengdu-gas")
TAKEN_NAME: Final = N_("已经有叫“{value}”的方案，请换一个名字")


def routes(desk: Desk, container: Container) -> APIRouter:
    router = APIRouter(include_in_schema=False, dependencies=[Depends(allow(Permission.TICKETS))])
    board = DraftingBoard(desk, container)

    @router.get("/policies/{name}/next")
    def draft(request: Request, name: str) -> Response:
        return board.begun(request, name, copies=False)

    @router.post("/policies/{name}/next")
    def change(request: Request, name: str, form: Sent) -> Response:
        """The dates of the draft, or the draft as the next version, in force or not."""
        return board.sent(request, name, form, copies=False)

    @router.get("/policies/{name}/copy")
    def copy(request: Request, name: str) -> Response:
        return board.begun(request, name, copies=True)

    @router.post("/policies/{name}/copy")
    def begin(request: Request, name: str, form: Sent) -> Response:
        """As the next version, but the first of a name of its own."""
        return board.sent(request, name, form, copies=True)

    return router


@dataclass(frozen=True, slots=True)
class DraftingBoard:
    """Where a draft is begun from a version that there is, tried, and published."""

    desk: Desk
    container: Container

    def begun(self, request: Request, name: str, *, copies: bool) -> Response:
        visit = self.desk.visit(request)
        changer(visit)
        source = self._source(visit, name, copies)
        given = forms.values_of(source) | {"version": "1" if copies else str(source.version + 1)}
        return self._show(visit, source, given, {}, copies=copies)

    def sent(self, request: Request, name: str, form: FormData, *, copies: bool) -> Response:
        visit = self.desk.visit(request)
        who, does = changer(visit), text_of(form, "do", 10)
        source = self._source(visit, name, copies)
        given = {field: text_of(form, field, MOST) for field in forms.FIELDS}
        given |= {"version": "1"} if copies else {}
        draft, errors = forms.drafted(given, given["name"] if copies else name, whole(given["version"]), visit.t)
        opens = read(given["opens"]) if given["opens"] else None
        if given["opens"] and opens is None:
            errors["opens"] = visit.t("“{value}”不是时间，请填年月日时分", value=given["opens"])
        errors |= no_reason(given["reason"], visit) if does in {"enforce", "publish"} else {}
        errors |= self._no_name(draft, given["name"], visit) if copies else {}
        preview = None
        if draft is not None and not errors:
            try:
                if does in {"enforce", "publish"}:
                    return self._kept(draft, who, given["reason"], enforce=does == "enforce")
                preview = self.container.policies.preview(draft, who=who, opens_at=opens)
            except Refused as refused:
                source = self._source(visit, name, copies)
                given |= {} if copies else {"version": str(source.version + 1)}
                errors |= _why_not(refused, given["name"] if copies else "", source, visit)
        status = 422 if errors else 200
        return self._show(visit, source, given, errors, preview, copies=copies, status=status)

    def _source(self, visit: Visit, name: str, copies: bool) -> Policy:
        """The version that the draft began as: the one asked for to copy, else the newest."""
        versions = versions_of(self.container, name)
        asked = whole(visit.request.query_params.get("version", "")) if copies else 0
        return next((each for each in versions if each.version == asked), versions[-1])

    def _kept(self, draft: Policy, who: Actor, reason: str, *, enforce: bool) -> Response:
        if enforce:
            self.container.policies.enforce(draft, who=who, reason=reason)
            return RedirectResponse(f"{HERE}/{draft.name}?said=policy_kept", 303)
        self.container.policies.publish(draft, who=who, reason=reason)
        return RedirectResponse(f"{HERE}/{draft.name}?version={draft.version}&said=policy_published", 303)

    def _no_name(self, draft: Policy | None, name: str, visit: Visit) -> dict[str, str]:
        """What is wrong with a new name; that it was taken by this very draft is not, as when a button is hit twice."""
        if NAME.fullmatch(name) is None:
            return {"name": visit.t(WRONG_NAME, value=name)}
        taken = [each for each in self.container.policies.known() if each.name == name]
        if not taken or (name not in SHIPPED_AS and draft in taken):
            return {}
        return {"name": visit.t(TAKEN_NAME, value=name)}

    def _show(
        self,
        visit: Visit,
        source: Policy,
        given: Mapping[str, str],
        errors: Mapping[str, str],
        preview: Preview | None = None,
        *,
        copies: bool,
        status: int = 200,
    ) -> Response:
        t, force = visit.t, self.container.policies.in_force()
        at = visit.now if preview is None else preview.opens_at
        values: dict[str, Any] = {
            "id": source.name,
            "name": views.name_of(source.name, t),
            "copies": copies,
            "version": 1 if copies else whole(given["version"], source.version + 1),
            "source": source.version,
            "naming": 0 if copies else naming(self.container, source.name),
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
            "replaces": "" if force.name == source.name and not copies else views.name_of(force.name, t),
        }
        return self.desk.show(visit, "policy-draft.html", status=status, **common(visit), **values)


def _why_not(refused: Refused, begins: str, source: Policy, visit: Visit) -> dict[str, str]:
    """A refusal at the form's field; ``begins`` is the name of a policy that would be new."""
    t = visit.t
    if refused.code == "conflict":
        if begins:
            return {"name": t(TAKEN_NAME, value=begins)}
        n = source.version
        return {"version": t("别人刚发布了第 {n} 版，请先看它；再提交就发布为第 {next} 版", n=n, next=n + 1)}
    if refused.code == "calendar":
        return {"opens": t("那一年的节假日还推算不到，请填近些的时间")}
    if refused.code != "policy":
        raise refused
    return forms.of_refused(refused, t)
