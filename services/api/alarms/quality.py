"""Alarm quality: whether people get as many alarms as people can take in, and which rule would calm them."""

from typing import Annotated, Any, Final, Literal

import msgspec
from fastapi import APIRouter, Body, Depends
from fastapi import Query as Parameters
from pydantic import BaseModel, ConfigDict, Field

from services.alarms.domain.quality_figures import Counted, Mean, Quality, Rate
from services.alarms.domain.quality_findings import Finding, findings
from services.alarms.domain.quality_targets import DAY, Targets, Verdict
from services.alarms.handlers import Measured
from services.alarms.ports import KeptTargets
from services.api.container import Container
from services.api.door.auth import Caller, allow
from services.api.problems import PROBLEMS, documented
from services.api.shapes import PREFIX, Asked, Shape
from services.api.words import AreaCode, Moment, asked_area
from services.paging import MAX_LIMIT
from services.registry.domain import Permission
from streams.contracts import Severity

USUAL_MS: Final = 7 * DAY
Level = Literal["county", "street", "community", "grid", ""]
Watcher = Annotated[Caller, Depends(allow(Permission.WATCH))]
Setter = Annotated[Caller, Depends(allow(Permission.TARGETS))]


class QualityQuery(BaseModel):
    """An area and a period: the caller's area and the last seven days where none are given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    area: AreaCode = Field(default="", description="An area code or its beginning.")
    position: Level = Field(
        default="", description="Measure each area of this level; empty: the asked area as one position."
    )
    start: Moment | None = Field(default=None, alias="from")
    end: Moment | None = Field(default=None, alias="to")


class SourceShape(Shape):
    """``number`` alarms (or, of chattering, the most in one burst); an empty ``device`` is any."""

    device: str = Field(examples=["gas-000007"])
    rule: str = Field(examples=["gas.ch4"])
    number: int = Field(examples=[17])


class RateShape(Shape):
    """New alarms in slots of ``window_ms``; ``mean`` is null where less than one window is known."""

    window_ms: int
    mean: float | None
    last: int | None = Field(description="In the newest window that is known.")
    worst: int | None
    over_share: float | None = Field(description="Share of the slots beyond the limit, 0 to 1.")
    verdict: Verdict


class MeanShape(Shape):
    """Durations in ms; null over none."""

    count: int
    mean_ms: float | None
    worst_ms: int | None


class StaleShape(Shape):
    """An alarm that stood too long: on the list ``since`` (time of the log), null ``until`` where it still is."""

    device: str
    rule: str
    episode: str
    since: int
    until: int | None


class FindingShape(Shape):
    """One measure against its target; ``causes`` name the rules that would calm it (``/api/v1/rules/{rule}``).

    ``few``: too few alarms for a share to mean anything. ``none``: no data.
    """

    measure: str = Field(examples=["per_hour"])
    value: float | None
    target: float
    limit: float
    verdict: Verdict
    causes: list[SourceShape]


class PointShape(Shape):
    """One slot of the trend; null is no data."""

    start: int
    end: int
    alarms: int | None
    flood_share: float | None
    answer_ms: float | None


class PositionShape(Shape):
    """One position; null is no data, never 0. Shares are 0 to 1; lists are cut at 50, counts are whole."""

    position: str = Field(examples=["990101001"])
    alarms: int | None
    hidden: int | None = Field(description="Alarms that came before nobody: shelved, suppressed, maintenance, backlog.")
    rates: list[RateShape]
    floods: int | None
    in_flood: bool | None
    flood_share: float | None
    top_share: float | None
    top: list[SourceShape]
    stale: list[StaleShape]
    stale_count: int | None
    chattering: list[SourceShape]
    chattering_count: int | None
    fleeting: list[SourceShape]
    fleeting_count: int | None
    mix: dict[str, float | None] = Field(examples=[{"high": 0.06, "medium": 0.17, "low": 0.77}])
    answers: MeanShape = Field(description="From the call for an answer to its acknowledgement.")
    waiting: int | None = Field(description="Alarms that waited for an acknowledgement at the end of the period.")
    returns: MeanShape = Field(description="How long the condition lasted, by the device's clock.")
    findings: list[FindingShape]
    trend: list[PointShape]


class QualityShape(Shape):
    """What was measured. The log covers ``known_from`` to ``known_to``; both null: it covers nothing of the period."""

    start: int
    end: int
    known_from: int | None
    known_to: int | None
    slot_ms: int = Field(description="The trend's step.")
    targets_version: int
    positions: list[PositionShape]


class BoundShape(Asked):
    """Up to ``target`` good, up to ``limit`` fair, beyond it poor."""

    target: float
    limit: float


class MixShape(Asked):
    """Wanted shares by priority; they add up to 1."""

    high: float
    medium: float
    low: float


class ClassesShape(Asked):
    """Which severities make up a priority; each stands in one."""

    high: list[Severity]
    medium: list[Severity]
    low: list[Severity]


class TargetsShape(Asked):
    """The figures of one position, for everybody. Times in ms, shares 0 to 1."""

    per_day: BoundShape
    per_hour: BoundShape
    per_ten_minutes: BoundShape
    flood_share: BoundShape
    flood_enter: int
    flood_leave: int
    flood_window_ms: int
    top: int
    top_share: BoundShape
    stale: BoundShape
    stale_ms: int
    chattering: BoundShape
    chatter_count: int
    chatter_window_ms: int
    fleeting: BoundShape
    fleeting_ms: int
    mix: MixShape
    mix_tolerance: BoundShape
    classes: ClassesShape


class AskedTargets(Asked):
    """The targets that shall be in force; ``version`` is the one you read."""

    version: int
    targets: TargetsShape


class KeptTargetsShape(Shape):
    """The targets in force; version 0 are the defaults, which nobody has set."""

    version: int
    by: str
    at: int | None
    targets: TargetsShape


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["alarms"], responses=PROBLEMS)

    @routes.get("/alarm-quality")
    def get_quality(caller: Watcher, query: Annotated[QualityQuery, Parameters()]) -> QualityShape:
        """Alarm rates, floods, busiest sources, stale, chattering and fleeting alarms, priorities, answer times."""
        asked = asked_area(caller, query.area)
        area = asked if len(asked) >= len(caller.scope) else caller.scope
        end = query.end if query.end is not None else container.clock.now()
        start = query.start if query.start is not None else end - USUAL_MS
        return quality_of(measured(container, area, start, end, query.position))

    @routes.get("/alarm-quality/targets")
    def get_targets(_: Watcher) -> KeptTargetsShape:
        """What alarm quality is measured against."""
        return targets_of(container.measure_quality.reader.targets())

    @routes.put("/alarm-quality/targets", responses=documented(403, 409))
    def put_targets(caller: Setter, asked: Annotated[AskedTargets, Body()]) -> KeptTargetsShape:
        """Set the targets; the next measurement uses them. The same figures again change nothing."""
        targets = msgspec.convert(asked.targets.model_dump(mode="json"), Targets)
        return targets_of(container.set_targets(targets, by=caller.id, version=asked.version))

    return routes


def measured(container: Container, area: str, start: int, end: int, level: str) -> Measured:
    """Measure; an area of ``level`` without any alarm has its figures too (the first thousand of them)."""
    positions: list[str] = []
    if level:
        page = container.places.list_areas(level=level, within=area, scope="", limit=MAX_LIMIT, after=None)
        positions = [found.code for found in page.items]
    return container.measure_quality(area, start, end, level=level, positions=positions)


def quality_of(found: Measured) -> QualityShape:
    known_from, known_to = found.period.known or (None, None)
    return QualityShape(
        start=found.period.start, end=found.period.end, known_from=known_from, known_to=known_to, slot_ms=found.slot,
        targets_version=found.kept.version,
        positions=[_position(quality, found.kept.targets) for quality in found.positions.values()],
    )  # fmt: skip


def targets_of(kept: KeptTargets) -> KeptTargetsShape:
    shape: dict[str, Any] = msgspec.to_builtins(kept.targets)
    return KeptTargetsShape(version=kept.version, by=kept.by, at=kept.at, targets=TargetsShape(**shape))


def _position(quality: Quality, targets: Targets) -> PositionShape:
    return PositionShape(
        position=quality.position, alarms=quality.alarms, hidden=quality.hidden,
        rates=[_rate(rate) for rate in quality.rates],
        floods=quality.floods, in_flood=quality.in_flood, flood_share=quality.flood_share,
        top_share=quality.top_share, top=_sources(quality.top),
        stale=[
            StaleShape(**stale.source._asdict(), episode=stale.episode, since=stale.since, until=stale.until)
            for stale in quality.stale
        ],
        stale_count=quality.stale_count,
        chattering=_sources(quality.chattering), chattering_count=quality.chattering_count,
        fleeting=_sources(quality.fleeting), fleeting_count=quality.fleeting_count,
        mix=quality.mix, answers=_mean(quality.answers), waiting=quality.waiting, returns=_mean(quality.returns),
        findings=[_finding(finding) for finding in findings(quality, targets)],
        trend=[
            PointShape(start=p.start, end=p.end, alarms=p.alarms, flood_share=p.flood_share, answer_ms=p.answer_ms)
            for p in quality.trend
        ],
    )  # fmt: skip


def _rate(rate: Rate) -> RateShape:
    return RateShape(
        window_ms=rate.window, mean=rate.mean, last=rate.last, worst=rate.worst, over_share=rate.over,
        verdict=rate.verdict,
    )  # fmt: skip


def _mean(mean: Mean) -> MeanShape:
    return MeanShape(count=mean.count, mean_ms=mean.mean, worst_ms=mean.worst)


def _sources(counted: tuple[Counted, ...]) -> list[SourceShape]:
    return [SourceShape(**one.source._asdict(), number=one.number) for one in counted]


def _finding(finding: Finding) -> FindingShape:
    return FindingShape(
        measure=finding.measure, value=finding.value, target=finding.bound.target, limit=finding.bound.limit,
        verdict=finding.verdict, causes=_sources(finding.causes),
    )  # fmt: skip
