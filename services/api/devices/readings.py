"""Readings: every value that a device ever sent, and charts of them."""

from typing import Annotated, Self

from fastapi import APIRouter, Depends, Path
from fastapi import Query as Parameters
from pydantic import BaseModel, ConfigDict, Field

from services.api.container import Container
from services.api.door.auth import Caller, allow, within
from services.api.problems import PROBLEMS, refuse
from services.api.shapes import PREFIX, Listed, Shape, listed
from services.api.words import Moment, Timed, Word, asked_area, missing, place
from services.history.domain import LastValue, Reading, ReadingFilter, Step
from services.registry.domain import Permission
from streams.contracts import Flag, Quality

DAY_MS = 86_400_000
LONGEST_CHART_MS = 400 * DAY_MS
Watcher = Annotated[Caller, Depends(allow(Permission.WATCH))]


class ReadingQuery(Timed):
    metric: Word = ""
    quality: Quality | None = None


class ReadingShape(Shape):
    """One value in its metric's unit; ``ts`` is device time, ``at`` arrival, both epoch ms.

    ``quality`` other than good, over_range and unlisted means: kept, not to be believed. ``old`` and
    ``future`` speak of the device's time stamp, where the value itself has nothing against it.
    """

    device: str = Field(examples=["gas-0007"])
    metric: str = Field(examples=["ch4_lel"])
    ts: int = Field(examples=[1_795_312_800_000])
    value: float | None = Field(examples=[3.1])
    quality: str = Field(examples=["good"])
    at: int = Field(examples=[1_795_312_800_040])
    flags: list[str] = Field(default_factory=list, examples=[[]])

    @classmethod
    def of(cls, row: Reading | LastValue) -> Self:
        flags = list(row.flags) if isinstance(row, Reading) else []
        return cls(
            device=row.device,
            metric=row.metric,
            ts=row.ts,
            value=row.value,
            quality=_quality(row.quality, flags),
            at=row.at,
            flags=flags,
        )


def _quality(quality: str, flags: list[str]) -> str:
    """What a program that reads nothing but ``quality`` must know: an impossible time stamp, too."""
    untimely = [flag.value.partition(":")[2] for flag in (Flag.OLD, Flag.FUTURE) if flag in flags]
    return untimely[0] if untimely and quality == Quality.GOOD else quality


class ChartQuery(BaseModel):
    """A span; the last 24 hours where none is given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: Moment | None = Field(default=None, alias="from")
    end: Moment | None = Field(default=None, alias="to")


class PointShape(Shape):
    """``ts`` is the bucket's start; a null ``value`` is a gap, where the line breaks."""

    ts: int
    value: float | None
    low: float | None
    high: float | None
    n: int


class ChartShape(Shape):
    """One metric of one device, as fine as its span allows."""

    device: str
    metric: str
    step: Step
    points: list[PointShape]


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["readings"], responses=PROBLEMS)

    @routes.get("/readings")
    def list_readings(caller: Watcher, query: Annotated[ReadingQuery, Parameters()]) -> Listed[ReadingShape]:
        """Readings of the caller's area, newest first."""
        filters = ReadingFilter(
            device=query.device or None,
            metric=query.metric or None,
            kind=query.kind or None,
            area=asked_area(caller, query.area) or None,
            quality=query.quality,
            start=query.start,
            end=query.end,
        )
        page = container.history.list_readings(
            filters,
            scope=caller.scope,
            limit=query.limit,
            after=place(query.cursor, (int, str, str)),
            now=container.clock.now(),
        )
        return listed(page, ReadingShape.of)

    @routes.get("/devices/{device}/metrics/{metric}/chart")
    def get_chart(
        caller: Watcher,
        device: Annotated[Word, Path()],
        metric: Annotated[Word, Path()],
        query: Annotated[ChartQuery, Parameters()],
    ) -> ChartShape:
        """One metric over a span, for a chart: raw up to 3 hours, then minutes, then hours."""
        found = container.devices.get_device(device)
        if found is None:
            raise missing("device", device)
        within(caller, found.area, f"Device {device}")
        end = query.end if query.end is not None else container.clock.now()
        start = query.start if query.start is not None else end - DAY_MS
        if not 0 < end - start <= LONGEST_CHART_MS:
            raise refuse(
                422, "invalid", "from and to span nothing, or more than 400 days.",
                "Give a from before its to, at most 400 days apart.", field="from", value=str(start),
            )  # fmt: skip
        chart = container.history.chart(device, metric, start, end, scope=caller.scope)
        points = [PointShape(ts=p.ts, value=p.value, low=p.low, high=p.high, n=p.n) for p in chart.points]
        return ChartShape(device=chart.device, metric=chart.metric, step=chart.step, points=points)

    return routes
