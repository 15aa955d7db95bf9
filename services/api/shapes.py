"""The shapes of answers and requests: what every model of this API has in common."""

from collections.abc import Callable, Iterable
from typing import Final, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from services.paging import Page, encode_cursor

PREFIX: Final = "/api/v1"
"""Every router carries it itself, so that a metric's route label is the whole template."""
T = TypeVar("T")
R = TypeVar("R")
S = TypeVar("S")


class Shape(BaseModel):
    """An answer."""

    model_config = ConfigDict(frozen=True)


class Asked(BaseModel):
    """A request's body: an unknown field is an error, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Listed(Shape, Generic[T]):
    """One page of a list; ``next`` is the ``cursor`` of the following page, null on the last."""

    items: list[T]
    next: str | None = Field(description="Give it as ?cursor= with the same filters; null on the last page.")


def written(answer: Shape) -> Response:
    """An answer as JSON, written where it was made: the framework writes it on the thread that serves every caller.

    For answers that are large or asked for most; the route names its shape as ``response_model``.
    """
    return Response(answer.model_dump_json(), media_type="application/json")


def listed(page: Page[R], shape: Callable[[R], S]) -> Listed[S]:
    """A page of rows as the answer that callers read."""
    return Listed(items=[shape(row) for row in page.items], next=encode_cursor(page.next))


def each(rows: Iterable[R], shape: Callable[[R], S]) -> Listed[S]:
    """A list that is short by nature, whole."""
    return Listed(items=[shape(row) for row in rows], next=None)
