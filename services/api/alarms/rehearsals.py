"""Rehearsals: what a rule, or a change of one, would have raised over stored readings."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from pydantic import Field
from starlette.responses import Response

from services.api.answers import of_refused
from services.api.container import Container
from services.api.door.auth import Caller, allow, within
from services.api.problems import PROBLEMS, documented
from services.api.shapes import PREFIX, Asked, Shape
from services.api.words import AreaCode, Moment, Word, asked_area, missing
from services.registry.domain import Permission
from services.registry.handlers import sound_rule
from services.rehearsal.domain import Away, Change, Compared, Episode, Order, Rehearsal, Report, Scope, Sides, State
from services.rehearsal.handlers import checked
from streams.contracts import Rule, Severity

Watcher = Annotated[Caller, Depends(allow(Permission.WATCH))]
Name = Annotated[Word, Path()]


class RehearsalOrder(Asked):
    """A rule, a scope and a period of at most 92 days; without area and device it is the caller's whole area."""

    rule: dict[str, Any] | Word = Field(
        description="The id of a rule in force; or a whole rule, or the changes to the one that has its `id`.",
        examples=["gas.ch4", {"id": "gas.ch4", "no_data_periods": 4}],
    )
    area: AreaCode = Field(default="", description="An area code or its beginning.")
    device: Word = ""
    start: Moment = Field(alias="from")
    end: Moment = Field(alias="to")


class SidesShape(Shape):
    """One number under each version; ``in_force`` null: there is no such rule yet."""

    rehearsed: float
    in_force: float | None


class EpisodeShape(Shape):
    """An alarm under one version; epoch ms, ``ended`` null: it stood at the end of the period."""

    id: str
    device: str
    since: int
    at: int
    worst: Severity
    ticket: bool
    ended: int | None


class ComparedShape(Shape):
    """An alarm under both versions; ``moved_ms`` negative: the rehearsed version raises it earlier."""

    change: Change
    moved_ms: int
    rehearsed: EpisodeShape | None
    in_force: EpisodeShape | None


class AwayShape(Shape):
    """How long the platform itself received nothing within the period: no silence was counted over it."""

    stretches: int
    ms: int
    noted_from: int | None = Field(
        description="Epoch ms; an outage before it is not known and looks like silence. Null: none is noted yet."
    )


class ReportShape(Shape):
    """What was found. ``changes`` and ``alarms`` count all; ``episodes`` are at most 1,000, the changed ones first."""

    devices: int
    messages: int
    away: AwayShape
    alarms: SidesShape
    tickets_a_day: SidesShape
    changes: dict[Change, int]
    episodes: list[ComparedShape]


class WhyShape(Shape):
    """Why a rehearsal failed, and what to do instead."""

    code: str = Field(examples=["time"])
    detail: str
    remedy: str
    field: str


class RehearsalShape(Shape):
    """A rehearsal: ``result`` once it is done, ``problem`` where it failed, both null before and when cancelled."""

    id: str
    state: State
    progress: float = Field(description="Share of the period, 0 to 1.")
    rule: str
    version: int = Field(description="Of the rehearsed rule: the next one where it is a change.")
    area: str
    device: str
    start: int = Field(serialization_alias="from")
    end: int = Field(serialization_alias="to")
    began: int
    ended: int | None
    expires: int | None = Field(description="When it is forgotten; null while it runs.")
    result: ReportShape | None
    problem: WhyShape | None


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["rules"], responses=PROBLEMS)

    @routes.post("/rules/rehearsals", status_code=202, responses=documented(409, 429))
    def begin(caller: Watcher, asked: RehearsalOrder, response: Response) -> RehearsalShape:
        """Begin a rehearsal: the live engine's rules over stored readings, under this rule and the one in force.

        One a person and two in all run at a time (409, 429), each for at most ten minutes. A result is kept for a
        day after it ended, for the person who asked; what runs while its front door stops is cancelled.
        """
        start, end = asked.start, asked.end
        order = order_of(container, caller, asked.rule, Scope(start, end, asked.area, asked.device))
        begun = container.rehearsals.begin(order)
        response.headers["Location"] = f"{PREFIX}/rules/rehearsals/{begun.id}"
        return rehearsal_of(begun)

    @routes.get("/rules/rehearsals/{rehearsal}")
    def look(caller: Watcher, rehearsal: Name) -> RehearsalShape:
        """State, progress and result of a rehearsal of yours; 404 once its day is over."""
        return rehearsal_of(found(container.rehearsals.get(rehearsal, caller.id), rehearsal))

    @routes.delete("/rules/rehearsals/{rehearsal}")
    def cancel(caller: Watcher, rehearsal: Name) -> RehearsalShape:
        """Cancel a rehearsal of yours; one that is over stays as it is."""
        return rehearsal_of(found(container.rehearsals.cancel(rehearsal, caller.id), rehearsal))

    return routes


def order_of(container: Container, caller: Caller, rule: str | Mapping[str, Any], scope: Scope) -> Order:
    """What the caller may have rehearsed.

    Raises:
        ProblemError: 403 outside the caller's area, 404 for a rule or device that is not there.
        Refused: ``invalid``, with every field of the rule that does not fit.
    """
    area = asked_area(caller, scope.area)
    area = area if len(area) >= len(caller.scope) else caller.scope
    if scope.device:
        device = container.devices.get_device(scope.device)
        if device is None:
            raise missing("device", scope.device)
        within(caller, device.area, f"Device {scope.device}")
    wanted = checked(Scope(scope.start, scope.end, area, scope.device))
    asked = _in_force(container, rule) if isinstance(rule, str) else sound_rule(container.rules, rule)
    return Order(asked, wanted, caller.id)


def _in_force(container: Container, name: str) -> Rule:
    found = container.rules.get_rule(name)
    if found is None:
        raise missing("rule", name)
    return found


def found(rehearsal: Rehearsal | None, name: str) -> Rehearsal:
    """Raises: ProblemError, 404."""
    if rehearsal is None:
        raise missing("rehearsal", name)
    return rehearsal


def rehearsal_of(kept: Rehearsal) -> RehearsalShape:
    order, scope = kept.order, kept.order.scope
    why = None
    if kept.problem is not None:
        problem = of_refused(kept.problem)
        why = WhyShape(code=problem.code, detail=problem.detail, remedy=problem.remedy, field=problem.field)
    return RehearsalShape(
        id=kept.id, state=kept.state, progress=kept.progress, rule=order.rule.id, version=order.rule.version,
        area=scope.area, device=scope.device, start=scope.start, end=scope.end, began=kept.began, ended=kept.ended,
        expires=kept.expires, result=_report(kept.report) if kept.report else None, problem=why,
    )  # fmt: skip


def _report(report: Report) -> ReportShape:
    return ReportShape(
        devices=report.devices, messages=report.messages, away=_away(report.away), alarms=_sides(report.alarms),
        tickets_a_day=_sides(report.tickets_a_day), changes=report.changes,
        episodes=[_compared(each) for each in report.episodes],
    )  # fmt: skip


def _away(away: Away) -> AwayShape:
    return AwayShape(stretches=away.stretches, ms=away.ms, noted_from=away.noted_from)


def _sides(sides: Sides) -> SidesShape:
    return SidesShape(rehearsed=sides.rehearsed, in_force=sides.in_force)


def _compared(each: Compared) -> ComparedShape:
    return ComparedShape(
        change=each.change, moved_ms=each.moved_ms, rehearsed=_episode(each.rehearsed), in_force=_episode(each.in_force)
    )


def _episode(episode: Episode | None) -> EpisodeShape | None:
    if episode is None:
        return None
    return EpisodeShape(**{name: getattr(episode, name) for name in EpisodeShape.model_fields})
