"""The rules of the figures 口径: every version with its author and reason, what a draft would change, the next one."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter
from pydantic import Field

from services.api.container import Container
from services.api.problems import PROBLEMS, documented
from services.api.shapes import PREFIX, Asked, Listed, Shape, each
from services.api.tickets.kpi import KpiShape, Reader, ScoringShape, kpi_of, scoring_of
from services.api.tickets.tickets import actor
from services.api.words import Word
from services.tickets.domain import Scale
from services.tickets.domain.figures import By, Measure, Published, Scoring

Percent = Annotated[float, Field(ge=0, le=1)]


class PublishedShape(ScoringShape):
    """A version, with who put it in force, when (epoch ms; 0: shipped with the platform) and why."""

    by: str
    at: int
    reason: str


class DraftAsked(Asked):
    """Rules that nobody has published yet."""

    mostly: Percent = 0.9
    weights: dict[Measure, Percent] = Field(examples=[{"response": 0.1, "solution": 0.5, "satisfaction": 0.4}])
    day_begins: int = Field(default=720, ge=0, le=1_439)
    month_begins: int = Field(default=19, ge=1, le=28)
    targets: dict[Measure, Percent] = Field(default={}, examples=[{"solution": 0.95}])
    scale: Scale = Scale.THREE


class ScoringAsked(DraftAsked):
    """The next version of the rules, and by which decision they change."""

    version: int = Field(ge=1, le=1_000_000)
    reason: Word = Field(min_length=1, examples=["按 2026 年考核办法第 12 条"])


class PreviewShape(Shape):
    """The last whole month by the rules in force, and as the draft would have counted it."""

    in_force: KpiShape
    drafted: KpiShape


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["kpi"], responses=PROBLEMS)

    @routes.get("/kpi/rules")
    def list_rules_of_kpi(_: Reader) -> Listed[PublishedShape]:
        """Every version of the weights, windows and scale, the newest last."""
        return each(container.figures.known(), published_of)

    @routes.post("/kpi/rules", responses=documented(403, 409))
    def post_rules_of_kpi(caller: Reader, asked: ScoringAsked) -> PublishedShape:
        """Publish the next version: supervisors and administrators."""
        given: dict[str, Any] = asked.model_dump(mode="json", exclude={"reason"})
        scoring = msgspec.convert(given, Scoring)
        return published_of(container.figures.publish(scoring, who=actor(caller), reason=asked.reason))

    @routes.post("/kpi/rules/preview", responses=documented(403))
    def preview_rules_of_kpi(caller: Reader, asked: DraftAsked) -> PreviewShape:
        """What a draft would make of last month's figures, by unit; nothing is kept."""
        given: dict[str, Any] = {**asked.model_dump(mode="json"), "version": container.figures.scoring().version + 1}
        draft = msgspec.convert(given, Scoring)
        now, then = container.figures.preview(draft, who=actor(caller), scope=caller.scope, by=By.UNIT)
        return PreviewShape(in_force=kpi_of(now, By.UNIT), drafted=kpi_of(then, By.UNIT))

    return routes


def published_of(published: Published) -> PublishedShape:
    return PublishedShape(
        **scoring_of(published.scoring).model_dump(), by=published.by, at=published.at, reason=published.reason
    )
