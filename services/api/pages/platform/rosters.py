"""A unit's roster: who is on duty now, the week, single days, who stands in for whom."""

from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from services.api.container import Container
from services.api.door.auth import allow, user_of
from services.api.language import vocabulary as voc
from services.api.language.words import N_
from services.api.pages import formatting as fmt
from services.api.pages.desk import Desk, Visit
from services.api.pages.entrance import Sent, text_of
from services.api.pages.frames import common, why_not
from services.api.pages.tickets import ticket_forms
from services.api.platform.people import command_of
from services.daytime import DAY_MINUTES, clock_of, minutes_of
from services.duty import Dated, Duty, Substitution, Weekly
from services.registry.domain import Permission
from services.registry.domain.rosters import may_write
from services.registry.handlers import UnitRoster
from streams.contracts import Refused

DAYS: Final = (N_("周一"), N_("周二"), N_("周三"), N_("周四"), N_("周五"), N_("周六"), N_("周日"))
FORMS: Final = ("weekly", "dated", "substitute")
WRONG: Final = {
    "person": N_("请选本单位能登录的人"),
    "substitute": N_("请选本单位的另一个人来代班"),
    "days": N_("请至少选一天"),
    "begins": N_("请写几点到几点"),
    "since": N_("请选日期和时间"),
    "until": N_("结束须晚于开始，还没有过去，且不超过一年"),
}
SAID: Final = {
    "overlap": N_("这段时间与已有的重叠，请先删掉那一条，或换一段时间"),
    "ring": N_("这样会轮流互相代班，谁也不在，请换一个人"),
    "forbidden": N_("排班由本单位负责人或管理员维护"),
    "crowded": N_("条目太多，请先删掉用不着的"),
}


def routes(desk: Desk, container: Container) -> APIRouter:
    router = APIRouter(include_in_schema=False, dependencies=[Depends(allow(Permission.TICKETS))])

    @router.get("/rosters")
    def show(request: Request) -> Response:
        visit = desk.visit(request)
        return _page(desk, container, visit, request.query_params.get("unit", ""))

    @router.post("/rosters")
    def write(request: Request, form: Sent) -> Response:
        visit, unit = desk.visit(request), text_of(form, "unit", 200)
        try:
            _write(container, visit, unit, form)
        except Refused as refused:
            if refused.code == "not_found":
                raise
            return _page(desk, container, visit, unit, form, refused)
        return RedirectResponse(f"/rosters?{urlencode({'unit': unit, 'said': 'roster'})}", 303)

    return router


def _write(container: Container, visit: Visit, unit: str, form: FormData) -> None:
    """Raises: Refused, as the use cases say; ``fields`` where a field cannot be read."""
    by, rosters = user_of(visit.caller), container.rosters
    if removed := text_of(form, "remove_duty", 100):
        rosters.remove_duty(unit, removed, by=by)
    elif removed := text_of(form, "remove_substitution", 100):
        rosters.remove_substitution(unit, removed, by=by)
    else:
        name, person = command_of(container, visit.caller, text_of(form, "key", 100)), text_of(form, "person", 200)
        if text_of(form, "do", 20) == "weekly":
            rosters.add_duty(Duty(name, unit, person, _weekly(form)), by=by)
            return
        since, until = (_moment(form, field) for field in ("since", "until"))
        if text_of(form, "do", 20) == "dated":
            rosters.add_duty(Duty(name, unit, person, Dated(since, until)), by=by)
        else:
            new = Substitution(name, unit, person, text_of(form, "substitute", 200), since, until)
            rosters.add_substitution(new, by=by)


def _weekly(form: FormData) -> Weekly:
    days = frozenset(int(day) for day in form.getlist("days") if isinstance(day, str) and day in set("1234567"))
    begins, ends = (minutes_of(text_of(form, name, 5)) for name in ("begins", "ends"))
    if begins is None or ends is None:
        raise Refused("fields", "begins and ends are times of the day", field="begins", wrong=["begins"])
    return Weekly(days, begins, ends or DAY_MINUTES)


def _moment(form: FormData, field: str) -> int:
    at = ticket_forms.read(text_of(form, field, 40))
    if at is None:
        raise Refused("fields", f"{field} is no local time", field="since", wrong=["since"])
    return at


def _page(
    desk: Desk, container: Container, visit: Visit, unit: str, form: FormData | None = None,
    refused: Refused | None = None,
) -> Response:  # fmt: skip
    t, units = visit.t, desk.source.units()
    unit = unit or visit.caller.unit or (units[0].id if units else "")
    roster = container.rosters.of(unit)
    names = {user.id: user.name for user in container.people.list_users()}
    wrong = why_not(refused, t, fields=WRONG, codes=SAID) if refused else ""
    doing = text_of(form, "do", 20) if form else ""
    kept = _kept(form) if form else {}
    return desk.show(
        visit, "rosters.html", status=(403 if refused and refused.code == "forbidden" else 422) if wrong else 200,
        **common(visit), unit=unit, units=[(each.id, t.either(each.name_zh, each.name_en)) for each in units],
        roster=roster, now_on=_now_on(roster, names, visit), duties=_duties(roster, names, visit),
        away=_away(roster, names, visit), may_write=may_write(user_of(visit.caller), unit),
        people=[(user.id, f"{user.name} {voc.say(voc.ROLES, user.role, t)}") for user in roster.people],
        days=[(number, t(day)) for number, day in enumerate(DAYS, start=1)], wrong=wrong, doing=doing,
        values=kept, form_keys={name: desk.ids.new() for name in FORMS},
    )  # fmt: skip


def _kept(form: FormData) -> dict[str, str]:
    """What was written, to stand there again; the days as digits in a row."""
    kept = {name: text_of(form, name, 200) for name in ("person", "substitute", "begins", "ends", "since", "until")}
    return kept | {"days": "".join(str(day) for day in form.getlist("days"))}


def _now_on(roster: UnitRoster, names: dict[str, str], visit: Visit) -> list[dict[str, Any]]:
    return [
        {
            "name": names.get(one.person, one.person),
            "until": fmt.due(one.until, visit.now, visit.t),
            "instead": visit.t("、").join(names.get(person, person) for person in one.instead_of),
        }
        for one in roster.on_duty
    ]


def _duties(roster: UnitRoster, names: dict[str, str], visit: Visit) -> list[dict[str, Any]]:
    """Dated ones first, since they come before the weekly ones."""
    now, t, rows = visit.now, visit.t, []
    for duty in roster.duties:
        when = duty.when
        if isinstance(when, Dated):
            words, key = f"{fmt.moment(when.since, now, t)} – {fmt.moment(when.until, now, t)}", (0, when.since)
        else:
            days = t("、").join(t(DAYS[day - 1]) for day in sorted(when.days))
            every = t("每天") if len(when.days) == len(DAYS) else days
            words = f"{every} {clock_of(when.begins)} – {clock_of(when.ends)}"
            words += t("（次日）") if when.ends <= when.begins else ""
            key = (1, min(when.days) * 1_440 + when.begins)
        kind = t("单次") if isinstance(when, Dated) else t("每周")
        over = isinstance(when, Dated) and when.until <= now
        rows.append({"id": duty.id, "who": names.get(duty.person, duty.person), "when": words, "kind": kind,
                     "over": over, "key": key})  # fmt: skip
    return sorted(rows, key=lambda row: (row["key"], row["id"]))


def _away(roster: UnitRoster, names: dict[str, str], visit: Visit) -> list[dict[str, Any]]:
    now, t = visit.now, visit.t
    return [
        {
            "id": each.id,
            "who": names.get(each.person, each.person),
            "substitute": names.get(each.substitute, each.substitute),
            "when": f"{fmt.moment(each.since, now, t)} – {fmt.moment(each.until, now, t)}",
            "over": each.until <= now,
        }
        for each in sorted(roster.substitutions, key=lambda each: (each.since, each.id))
    ]
