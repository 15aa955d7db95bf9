"""The dispatch catalogue: the category tree, who is responsible here for this, and the lines that say so."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from fastapi import Query as Parameters
from pydantic import BaseModel, ConfigDict, Field

from services.api.container import Container
from services.api.door.auth import Caller, allow
from services.api.problems import PROBLEMS, documented
from services.api.shapes import PREFIX, Asked, Listed, Shape, each
from services.api.tickets.tickets import actor
from services.api.words import AreaCode, Word, asked_area
from services.registry.domain import Permission
from services.tickets.domain.catalogue import GROUPS, LEAVES, Category, Decision, Line, Reason

Reader = Annotated[Caller, Depends(allow(Permission.TICKETS))]
Urgency = Annotated[int, Field(ge=0, le=2)]
MOST_STREETS = 200


class ResponsibleQuery(BaseModel):
    """What, where and how urgent; ``area`` is a whole area code."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    category: Word = Field(min_length=1, examples=["lighting"])
    area: AreaCode = Field(min_length=1)
    urgency: Urgency = 0


class CategoryShape(Shape):
    """A group (``parent`` empty) or a leaf; ``kinds`` are the sensor kinds that find such a thing."""

    code: str
    name_zh: str
    name_en: str
    parent: str
    kinds: list[str]


class LineAsked(Asked):
    """A line to write; it takes the place of the one for the same category, area and urgency."""

    category: Word = Field(default="", description="A leaf, a group, or empty: whatever nobody else takes.")
    area: AreaCode = Field(min_length=6)
    urgency: Urgency | None = Field(default=None, description="Null: any.")
    lead: Word = Field(min_length=1, examples=["lighting"])
    assisting: list[Word] = Field(default=[], max_length=20)
    policy: Word = Field(default="", description="The deadlines of such tickets; empty: the ones in force.")


class LineShape(Shape):
    """One line; ``own``: nobody wrote it, it is what the unit's entry in the registry says."""

    id: str
    category: str
    area: str
    urgency: int | None
    lead: str
    assisting: list[str]
    policy: str
    own: bool


class DecisionShape(Shape):
    """Who is responsible and why: ``line`` won over ``others``; null where only the district is left.

    ``policy_version`` is the version of ``policy`` that a ticket would get now, its newest; 0 where none is named and
    the one in force counts.
    """

    lead: str
    assisting: list[str]
    policy: str
    policy_version: int
    reason: Reason
    line: LineShape | None
    others: list[LineShape]


class HoleShape(Shape):
    """A category for which a street has nobody but the district."""

    category: str
    area: str


def category_of(category: Category) -> CategoryShape:
    return CategoryShape(
        code=category.code, name_zh=category.name_zh, name_en=category.name_en, parent=category.parent,
        kinds=list(category.kinds),
    )  # fmt: skip


def line_of(line: Line) -> LineShape:
    return LineShape(
        id=line.id, category=line.category, area=line.area, urgency=line.urgency, lead=line.lead,
        assisting=list(line.assisting), policy=line.policy, own=line.own,
    )  # fmt: skip


def decision_of(found: Decision, newest: Mapping[str, int]) -> DecisionShape:
    return DecisionShape(
        lead=found.lead, assisting=list(found.assisting), policy=found.policy,
        policy_version=newest.get(found.policy, 0), reason=found.reason,
        line=line_of(found.line) if found.line else None, others=[line_of(line) for line in found.others],
    )  # fmt: skip


def streets(container: Container, scope: str) -> list[str]:
    """The streets of a scope, by code; a scope within one street has that one."""
    page = container.places.list_areas(level="street", scope=scope[:9], limit=MOST_STREETS, after=None)
    return [area.code for area in page.items]


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["catalogue"], responses=PROBLEMS)

    @routes.get("/categories")
    def list_categories(_: Reader) -> Listed[CategoryShape]:
        """The category tree: groups, then leaves."""
        return each((*GROUPS.values(), *LEAVES.values()), category_of)

    @routes.get("/catalogue/responsible")
    def get_responsible(caller: Reader, query: Annotated[ResponsibleQuery, Parameters()]) -> DecisionShape:
        """Who is responsible here for this, and which line says so."""
        area = asked_area(caller, query.area)
        found = container.catalogue.who(query.category, area, query.urgency)
        return decision_of(found, container.policies.newest())

    @routes.get("/catalogue/holes")
    def list_holes(caller: Reader) -> Listed[HoleShape]:
        """Where nobody is responsible but the district: by category, for each street of the caller's area."""
        found = container.catalogue.holes(streets(container, caller.scope))
        return each(found, lambda hole: HoleShape(category=hole[0], area=hole[1]))

    @routes.get("/catalogue/lines")
    def list_lines(caller: Reader) -> Listed[LineShape]:
        """Every line that concerns the caller's area, by area and category."""
        return each(container.catalogue.lines(scope=caller.scope), line_of)

    @routes.post("/catalogue/lines", responses=documented(403, 409))
    def post_line(caller: Reader, asked: LineAsked) -> LineShape:
        """Write a line: dispatchers, supervisors and administrators, each within their area."""
        line = Line("", asked.category, asked.area, asked.lead, asked.urgency, tuple(asked.assisting), asked.policy)
        return line_of(container.catalogue.put(line, who=actor(caller), scope=caller.scope))

    @routes.delete("/catalogue/lines/{line}", responses=documented(403))
    def delete_line(caller: Reader, line: Annotated[Word, Path()]) -> LineShape:
        """Take a written line away; returns it as it was."""
        return line_of(container.catalogue.remove(line, who=actor(caller), scope=caller.scope))

    return routes
