"""The register of people: who may sign in as what and where, passwords that are good once, lock-outs."""

from typing import Any, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from services.api.container import Container
from services.api.door.auth import allow, user_of
from services.api.language import vocabulary as voc
from services.api.language.words import N_, Words
from services.api.pages.desk import Desk, Visit
from services.api.pages.entrance import Sent, text_of, version_of
from services.api.pages.frames import common, names_of, why_not
from services.api.pages.tickets.ticket_forms import Field
from services.registry.domain import Permission, Role, User
from services.registry.domain.staff import Changes
from services.registry.handlers import Given
from streams.contracts import Refused

SHOWN: Final = 500
"""More rows than this nobody reads: the filter is for them."""
FIELDS: Final = ("id", "name", "role", "scope", "unit")
WRONG: Final = {
    "id": N_("用户名用 2 到 64 个小写字母、数字、点、横线或下划线，以字母或数字开头"),
    "name": N_("请写姓名，200 字以内"),
    "scope": N_("没有这个辖区，请从列表里选"),
    "unit": N_("经办人和单位负责人须选一个单位，其他角色不选单位"),
    "role": N_("请选一个角色"),
    "active": N_("已停用的人不能发密码，请先启用"),
}
SAID: Final = {
    "exists": N_("这个用户名已经有人用了，请换一个"),
    "version": N_("刚被别人改动过，请看后再改。您写的内容还在。"),
    "own_role": N_("不能取消自己的管理员权限，请另一位管理员来办"),
    "last_administrator": N_("这是最后一位能登录的全区管理员，请先任命另一位"),
    "not_found": N_("没有这条锁定，它可能刚刚到期"),
}


def routes(desk: Desk, container: Container) -> APIRouter:
    router = APIRouter(include_in_schema=False, dependencies=[Depends(allow(Permission.PEOPLE))])
    _everybody(router, desk, container)
    _new(router, desk, container)
    _one(router, desk, container)
    return router


def _everybody(router: APIRouter, desk: Desk, container: Container) -> None:
    @router.get("/people")
    def people(request: Request) -> Response:
        return _list(desk, container, desk.visit(request))

    @router.post("/people")
    def release(request: Request, form: Sent) -> Response:
        visit = desk.visit(request)
        try:
            container.staff.release(text_of(form, "kind", 20), text_of(form, "name", 200), by=user_of(visit.caller))
        except Refused as refused:
            return _list(desk, container, visit, wrong=said_of(refused, visit.t)[1])
        return RedirectResponse("/people?said=released_lock", 303)


def _new(router: APIRouter, desk: Desk, container: Container) -> None:
    staff = container.staff

    @router.get("/people/new")
    def new(request: Request) -> Response:
        visit = desk.visit(request)
        staff.listed(by=user_of(visit.caller))  # whoever may not, learns it before they have written anything
        return _form(desk, container, visit, None, {"key": desk.ids.new()}, {})

    @router.post("/people/new")
    def create(request: Request, form: Sent) -> Response:
        visit = desk.visit(request)
        values = {name: text_of(form, name, 200) for name in (*FIELDS, "key")}
        try:
            wanted = User(values["id"], values["name"], _role(values["role"]), values["scope"], values["unit"])
            made = staff.create(wanted, by=user_of(visit.caller), command=f"page {visit.caller.id} {values['key']}")
        except Refused as refused:
            return _form(desk, container, visit, None, values, dict([said_of(refused, visit.t)]))
        return RedirectResponse(f"/people/{made.id}?said=person_made", 303)


def _one(router: APIRouter, desk: Desk, container: Container) -> None:
    staff = container.staff

    @router.get("/people/{person}")
    def one(request: Request, person: str) -> Response:
        visit = desk.visit(request)
        found = staff.get(person, by=user_of(visit.caller))
        return _form(desk, container, visit, found, _written(found), {})

    @router.post("/people/{person}")
    def change(request: Request, person: str, form: Sent) -> Response:
        visit = desk.visit(request)
        by, found = user_of(visit.caller), staff.get(person, by=user_of(visit.caller))
        values = {name: text_of(form, name, 200) for name in FIELDS}
        try:
            if switched := text_of(form, "switch", 10):
                wanted = Changes(active=switched == "enable")
            else:
                role = _role(values["role"])
                wanted = Changes(values["name"], role, values["scope"], values["unit"])
            staff.change(person, wanted, seen=version_of(form), by=by)
        except Refused as refused:
            fresh = staff.get(person, by=by)
            kept = _written(fresh) | ({} if switched else values)
            return _form(desk, container, visit, fresh, kept, dict([said_of(refused, visit.t)]))
        return RedirectResponse(f"/people/{found.id}?said=person_kept", 303)

    @router.post("/people/{person}/password")
    def password(request: Request, person: str) -> Response:
        """The password, in the answer to this very request: no address shows it again."""
        visit = desk.visit(request)
        try:
            given = staff.give_password(person, by=user_of(visit.caller))
        except Refused as refused:
            found = staff.get(person, by=user_of(visit.caller))
            return _form(desk, container, visit, found, _written(found), dict([said_of(refused, visit.t)]))
        fresh = staff.get(person, by=user_of(visit.caller))
        return _form(desk, container, visit, fresh, _written(fresh), {}, given)


def said_of(refused: Refused, t: Words) -> tuple[str, str]:
    """(the field to blame, '' for none; what to tell the person)."""
    field = str(refused.extra.get("field", "")) if refused.code == "fields" else ""
    if refused.code == "forbidden":
        raise refused
    return ("" if field == "active" else field), why_not(refused, t, fields=WRONG, codes=SAID)


def _role(word: str) -> Role:
    """Raises: Refused, ``fields``."""
    try:
        return Role(word)
    except ValueError:
        raise Refused("fields", f"{word!r} is no role", field="role", value=word, wrong=["role"]) from None


def _written(user: User) -> dict[str, str]:
    return {"id": user.id, "name": user.name, "role": str(user.role), "scope": user.scope, "unit": user.unit}


def _list(desk: Desk, container: Container, visit: Visit, *, wrong: str = "") -> Response:
    query, t, by = visit.request.query_params, visit.t, user_of(visit.caller)
    text, role, state = query.get("text", "").strip()[:100], query.get("role", ""), query.get("state", "active")
    listed = [user for user in container.staff.listed(by=by) if _fits(user, text, role, state)]
    areas = names_of(desk.source.areas(visit.caller), t)
    units = {unit.id: t.either(unit.name_zh, unit.name_en) for unit in desk.source.units()}
    locks = container.staff.locks(by=by)
    return desk.show(
        visit, "people.html", status=422 if wrong else 200, **common(visit),
        rows=[_row(user, areas, units, visit) for user in listed[:SHOWN]], total=len(listed), more=len(listed) > SHOWN,
        locks=[lock for lock in locks if lock.name], nameless=sum(not lock.name for lock in locks),
        text=text, role=role, state=state, wrong=wrong,
        roles=[(str(each), voc.say(voc.ROLES, each, t)) for each in Role],
    )  # fmt: skip


def _fits(user: User, text: str, role: str, state: str) -> bool:
    return (
        role in ("", user.role)
        and (state == "" or user.active is (state != "disabled"))
        and text.lower() in f"{user.id} {user.name}".lower()
    )


def _row(user: User, areas: dict[str, str], units: dict[str, str], visit: Visit) -> dict[str, Any]:
    t = visit.t
    place = units.get(user.unit, user.unit) or (areas.get(user.scope, user.scope) if user.scope else t("全区"))
    expired = user.once_until is not None and user.once_until <= visit.now
    state = (
        t("账号已停用") if not user.active else t("密码已过期") if expired else t("待设密码") if user.once_until else ""
    )
    return {"user": user, "role": voc.say(voc.ROLES, user.role, t), "place": place, "state": state or t("启用")}


def _form(
    desk: Desk,
    container: Container,
    visit: Visit,
    person: User | None,
    values: dict[str, str],
    errors: dict[str, str],
    given: Given | None = None,
) -> Response:
    t = visit.t
    areas = names_of(desk.source.areas(visit.caller), t)
    units = tuple((unit.id, t.either(unit.name_zh, unit.name_en)) for unit in desk.source.units())
    fields = [
        Field("name", t("姓名"), "text", required=True),
        Field("role", t("角色"), "select", True, tuple((str(role), voc.say(voc.ROLES, role, t)) for role in Role)),
        Field("scope", t("辖区（不选就是全区）"), "select", False, tuple(sorted(areas.items()))),
        Field("unit", t("单位（只有经办人和单位负责人要选）"), "select", False, units),
    ]
    if person is None:
        fields.insert(0, Field("id", t("用户名"), "text", required=True))
    answer = desk.show(
        visit, "person.html", status=422 if errors else 200, **common(visit), person=person, fields=fields,
        values=values, errors=errors, given=given, own=person is not None and person.id == visit.caller.id,
        locked=_locked(container, visit, person),
    )  # fmt: skip
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _locked(container: Container, visit: Visit, person: User | None) -> int:
    """Until when the person is locked out, epoch ms; 0 where they are not."""
    locks = container.staff.locks(by=user_of(visit.caller)) if person else ()
    return next((lock.until for lock in locks if person and (lock.kind, lock.name) == ("account", person.id)), 0)
