"""The filters that people keep, each with what it finds now."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import Field

from services.api.container import Container
from services.api.door.auth import Caller, allow
from services.api.problems import PROBLEMS, ProblemError, documented
from services.api.shapes import PREFIX, Asked, Listed, Shape, each
from services.api.tickets.queries import PAGED, counted, query_of
from services.api.words import Text, Word, missing
from services.registry.domain import Permission
from services.tickets.domain.ordering import order_of
from services.tickets.domain.saved import MOST, SavedFilter, check_name
from streams.contracts import Refused

Reader = Annotated[Caller, Depends(allow(Permission.TICKETS, Permission.REPORT))]
Name = Annotated[Word, Path(examples=["我的燃气"])]


class FilterAsked(Asked):
    """The parameters of ``GET /api/v1/tickets`` to keep, without those of paging."""

    query: dict[Word, Text] = Field(max_length=30, examples=[{"category": "gas-leak", "sort": "deadline"}])


class FilterShape(Shape):
    """A kept filter; ``count`` is what it finds now, at most 1,000, null where it no longer fits its person."""

    name: str
    query: dict[str, str]
    count: int | None


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["tickets"], responses=PROBLEMS)

    @routes.get("/tickets/filters")
    def list_filters(caller: Reader) -> Listed[FilterShape]:
        """The caller's own filters by name."""
        return each(container.saved_filters.of(caller.id), lambda kept: _shape(container, caller, kept))

    @routes.put("/tickets/filters/{name}", responses=documented(409))
    def put_filter(caller: Reader, name: Name, asked: FilterAsked) -> FilterShape:
        """Keep a filter under a name, in place of what stood there."""
        return _shape(container, caller, keep(container, caller, name, dict(asked.query)))

    @routes.delete("/tickets/filters/{name}")
    def drop_filter(caller: Reader, name: Name) -> FilterShape:
        """Forget a filter; the answer is what it was."""
        kept = {kept.name: kept for kept in container.saved_filters.of(caller.id)}.get(name)
        if kept is None or not container.saved_filters.drop(caller.id, name):
            raise missing("filter", name)
        return _shape(container, caller, kept)

    return routes


def keep(container: Container, caller: Caller, name: str, words: dict[str, str]) -> SavedFilter:
    """Keeps the caller's filter.

    Raises:
        ProblemError: 422, it is no query of the list of tickets; 403, its area is another's.
        Refused: ``invalid``, the name or the order; ``many``, the person has as many as there may be.
    """
    query = {word: value for word, value in words.items() if value and word not in PAGED}
    asked = query_of(query)
    order_of(asked.sort)
    counted(container, caller, asked)
    kept = SavedFilter(caller.id, check_name(name), query, container.clock.now())
    if not container.saved_filters.put(kept, most=MOST):
        raise Refused(
            "many", f"You keep {MOST} filters already.", field="name", value=name, remedy="Delete one of them first."
        )
    return kept


def count_of(container: Container, caller: Caller, kept: SavedFilter) -> int | None:
    """What it finds now; None where it was kept by somebody of another area, or by an older platform."""
    try:
        return counted(container, caller, query_of(kept.query))
    except (ProblemError, Refused):
        return None


def _shape(container: Container, caller: Caller, kept: SavedFilter) -> FilterShape:
    return FilterShape(name=kept.name, query=kept.query, count=count_of(container, caller, kept))
