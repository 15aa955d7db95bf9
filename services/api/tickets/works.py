"""Works: what was announced for an area, known before anybody makes a ticket of it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path
from fastapi import Query as Parameters
from pydantic import BaseModel, ConfigDict, Field

from services.api.container import Container
from services.api.door.auth import Caller, allow
from services.api.problems import PROBLEMS, documented
from services.api.shapes import PREFIX, Asked, Listed, Shape, each
from services.api.tickets.tickets import actor
from services.api.words import AreaCode, Moment, Text, Word, asked_area, missing
from services.registry.domain import Permission
from services.tickets.domain.board import WorkKind, Works
from services.tickets.handlers import Kept

Reader = Annotated[Caller, Depends(allow(Permission.TICKETS))]


class WorksQuery(BaseModel):
    """``area``: only what goes on there now, or around it; ``past`` with those that are over."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    area: AreaCode = ""
    past: bool = False


class WorksAsked(Asked):
    """Works to announce. ``version`` is the one that was changed, 0 for new ones."""

    kind: WorkKind
    area: AreaCode = Field(examples=["990101001001001"])
    start: Moment
    end: Moment
    text: Text = Field(min_length=1, examples=["燃气管道碰口，部分楼栋停气，可能闻到少量气味"])
    cancelled: bool = False
    version: int = Field(default=0, ge=0, le=1_000_000)


class WorksShape(Shape):
    """Announced works; ``start`` and ``end`` epoch ms."""

    id: str
    version: int
    kind: WorkKind
    area: str
    start: int
    end: int
    text: str
    cancelled: bool
    at: int
    by: str


def works_of(kept: Kept[Works]) -> WorksShape:
    works = kept.what
    return WorksShape(
        id=kept.id,
        version=kept.version,
        kind=works.kind,
        area=works.area,
        start=works.start,
        end=works.end,
        text=works.text,
        cancelled=works.cancelled,
        at=kept.at,
        by=kept.by,
    )


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["works"], responses=PROBLEMS)

    @routes.get("/works", responses=documented(403))
    def list_works(caller: Reader, query: Annotated[WorksQuery, Parameters()]) -> Listed[WorksShape]:
        """Works of the caller's area, the next first; with ``area`` those that go on there now."""
        asked_area(caller, query.area)
        found = (
            container.works.at(query.area)
            if query.area and not query.past
            else container.works.listed(scope=query.area or caller.scope, past=query.past)
        )
        return each(found, works_of)

    @routes.post("/works", status_code=201, responses=documented(403, 409))
    def post_works(
        caller: Reader, asked: WorksAsked, idempotency_key: Annotated[Word | None, Header()] = None
    ) -> WorksShape:
        """Announce works in the caller's area."""
        return works_of(keep_works(container, caller, asked, key=idempotency_key or ""))

    @routes.put("/works/{works}", responses=documented(403, 409))
    def put_works(caller: Reader, works: Annotated[Word, Path()], asked: WorksAsked) -> WorksShape:
        """Change what was announced, or cancel it; 409 where somebody changed it meanwhile."""
        return works_of(keep_works(container, caller, asked, works))

    return routes


def keep_works(container: Container, caller: Caller, asked: WorksAsked, named: str = "", key: str = "") -> Kept[Works]:
    """Raises: ProblemError, 404; Refused, ``forbidden``, ``fields``, ``conflict``."""
    if named and not container.works.known(named):
        raise missing("works", named)
    works = Works(asked.kind, asked.area, asked.start, asked.end, asked.text, asked.cancelled)
    return container.works.keep(works, who=actor(caller), scope=caller.scope, named=named, seen=asked.version, key=key)
