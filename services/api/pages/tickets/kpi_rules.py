"""The rules of the figures 口径: what they are, who changed them and why, and what a draft makes of last month."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from services.api.container import Container
from services.api.door.auth import allow
from services.api.language.words import N_, Words
from services.api.pages.desk import Desk, Visit
from services.api.pages.entrance import Sent, text_of
from services.api.pages.frames import common
from services.api.pages.tickets import kpi_views
from services.api.problems import refuse
from services.api.tickets.tickets import actor
from services.daytime import DAY_MINUTES, clock_of, minutes_of
from services.registry.domain import Permission
from services.tickets.domain import Role, Scale
from services.tickets.domain.figures import MEASURES, By, Measure, Published, Scoring
from services.tickets.handlers.figures import LONGEST, MAY_CHANGE, SHORTEST, Counted
from streams.contracts import Refused

HERE: Final = "/kpi/rules"
SHARES: Final = ("mostly", *(f"weight_{measure}" for measure in kpi_views.THREE))
TARGETS: Final = tuple(f"target_{measure}" for measure in MEASURES)
FIELDS: Final = (*SHARES, *TARGETS, "day_begins", "month_begins", "scale", "reason")
SCALES: Final = {
    Scale.THREE: N_("三档：满意、基本满意、不满意"),
    Scale.FOUR: N_("四档：非常满意、满意、基本满意、不满意"),
}


def routes(desk: Desk, container: Container) -> APIRouter:
    router = APIRouter(include_in_schema=False, dependencies=[Depends(allow(Permission.TICKETS))])

    @router.get("/kpi/rules")
    def page(request: Request) -> Response:
        visit = desk.visit(request)
        given = written(container.figures.scoring())
        return desk.show(visit, "kpi-rules.html", **_page(container, visit, given, {}))

    @router.post("/kpi/rules")
    def change(request: Request, form: Sent) -> Response:
        """A preview of the draft, or the draft as the next version."""
        visit, publishes = desk.visit(request), text_of(form, "do", 10) == "publish"
        who = actor(visit.caller)
        if who.role not in MAY_CHANGE:
            raise refuse(
                403, "role", f"Your role {who.role} does not change the rules.", "Ask a supervisor.", field="role"
            )
        given = {name: text_of(form, name, 400) for name in FIELDS}
        draft, errors = drafted(given, container.figures.scoring().version + 1, visit.t)
        if publishes and not SHORTEST <= len(" ".join(given["reason"].split())) <= LONGEST:
            errors["reason"] = visit.t("请写明依据，四到两百字")
        shown: dict[str, Any] = {}
        if draft is not None and not errors:
            try:
                if publishes:
                    container.figures.publish(draft, who=who, reason=given["reason"])
                    return RedirectResponse(f"{HERE}?said=rules_kept", 303)
                shown = _preview(desk, container, visit, draft)
            except Refused as refused:
                if refused.code != "conflict":
                    raise
                errors["version"] = visit.t("别人刚发布了新版本。请看上面的版本，再试一次")
        values = _page(container, visit, given, errors) | shown
        return desk.show(visit, "kpi-rules.html", status=422 if errors else 200, **values)

    return router


def written(scoring: Scoring) -> dict[str, str]:
    """Rules as the form's text: shares as percent, the day's start as a time."""
    shares = {"mostly": scoring.mostly, **{f"weight_{name}": share for name, share in scoring.weights.items()}}
    shares |= {f"target_{name}": share for name, share in scoring.targets.items()}
    return {
        **dict.fromkeys(FIELDS, ""),
        **{name: f"{share * 100:g}" for name, share in shares.items()},
        "day_begins": clock_of(scoring.day_begins),
        "month_begins": str(scoring.month_begins),
        "scale": str(scoring.scale),
    }


def drafted(given: Mapping[str, str], version: int, t: Words) -> tuple[Scoring | None, dict[str, str]]:
    """The form as rules, or what is wrong with it by field."""
    shares = {name: _share(given[name]) for name in (*SHARES, *TARGETS) if given[name] or name in SHARES}
    errors = {name: t("请填 0 到 100 之间的百分数") for name, share in shares.items() if share is None}
    begins, month = minutes_of(given["day_begins"]), given["month_begins"]
    if begins is None or begins == DAY_MINUTES:
        errors["day_begins"] = t("请填时刻，例如 12:00；00:00 为自然日")
    if not (month.isascii() and month.isdigit() and 1 <= int(month) <= 28):
        errors["month_begins"] = t("请填 1 到 28；1 为自然月")
    if given["scale"] not in {str(scale) for scale in Scale}:
        errors["scale"] = t("请选一种")
    if errors:
        return None, errors
    asked = {
        "version": version, "mostly": shares["mostly"], "day_begins": begins, "month_begins": int(month),
        "scale": given["scale"],
        "weights": {str(measure): shares[f"weight_{measure}"] for measure in kpi_views.THREE},
        "targets": {str(m): share for m in MEASURES if (share := shares.get(f"target_{m}")) is not None},
    }  # fmt: skip
    try:
        return msgspec.convert(asked, Scoring), {}
    except Refused:
        return None, {"weights": t("三项权重须各为 0% 到 100%，合计 100%")}


def _share(text: str) -> float | None:
    """A percentage as a share; digits beyond a ten-thousandth are typing."""
    try:
        share = round(float(text.rstrip("%％ ")) / 100, 4)
    except ValueError:
        return None
    return share if 0 <= share <= 1 else None


def _page(container: Container, visit: Visit, given: dict[str, str], errors: dict[str, str]) -> dict[str, Any]:
    t, known = visit.t, container.figures.known()
    people = {user.id: user.name for user in container.people.list_users()}
    return {
        **common(visit),
        "versions": [_version(each, people, t) for each in reversed(known)],
        "force": known[-1].scoring,
        "given": given,
        "errors": errors,
        "may_change": Role(visit.caller.role) in MAY_CHANGE,
        "weights": [(f"weight_{measure}", kpi_views.measure_name(measure, t)) for measure in kpi_views.THREE],
        "targets": [(f"target_{measure}", kpi_views.measure_name(measure, t)) for measure in MEASURES],
        "scales": [(str(scale), t(word)) for scale, word in SCALES.items()],
        "preview": [],
        "previewed": None,
    }


def _version(published: Published, people: Mapping[str, str], t: Words) -> dict[str, Any]:
    scoring = published.scoring
    weights = " / ".join(f"{scoring.weights[measure] * 100:g}%" for measure in kpi_views.THREE)
    return {
        "version": scoring.version,
        "at": published.at,
        "by": people.get(published.by, published.by) or t("随平台发布"),
        "reason": published.reason,
        "weights": weights,
        "mostly": f"{scoring.mostly * 100:g}%",
        "day": written(scoring)["day_begins"],
        "month": scoring.month_begins,
        "scale": len(scoring.scale.answers),
    }


def _preview(desk: Desk, container: Container, visit: Visit, draft: Scoring) -> dict[str, Any]:
    """Each unit's and the whole's rates and score of the last month: by the rules in force, and by the draft."""
    t = visit.t
    force, then = container.figures.preview(draft, who=actor(visit.caller), scope=visit.caller.scope, by=By.UNIT)
    names = {unit.id: t.either(unit.name_zh, unit.name_en) for unit in desk.source.units()}
    old, new = _cells(force), _cells(then)
    lines = [
        {
            "name": names.get(key, key) or t("未派单"),
            "cells": list(zip(old.get(key, _NONE), new.get(key, _NONE), strict=True)),
        }
        for key in sorted({*old, *new} - {_WHOLE})
    ]
    lines.append({"name": t("合计"), "cells": list(zip(old[_WHOLE], new[_WHOLE], strict=True))})
    return {"preview": lines, "previewed": (force.window, then.window),
            "heads": [*(kpi_views.measure_name(measure, t) for measure in kpi_views.THREE), t("综合成绩")]}  # fmt: skip


_WHOLE: Final = " whole"
_NONE: Final = (kpi_views.NONE,) * (len(kpi_views.THREE) + 1)


def _cells(counted: Counted) -> dict[str, tuple[str, ...]]:
    found = {row.tally.key: row.figures for row in counted.rows} | {_WHOLE: counted.whole.figures}
    return {
        key: (
            *(kpi_views.percent(figures.rates[Measure(m)]) for m in kpi_views.THREE),
            kpi_views.percent(figures.score),
        )
        for key, figures in found.items()
    }
