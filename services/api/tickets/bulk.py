"""One action on many tickets at once: each for itself, each with its own answer, each once."""

from typing import Annotated, Any, Final, Literal

import msgspec
from fastapi import APIRouter, Depends, Header
from pydantic import Field

from services.api.answers import of_refused
from services.api.container import Container
from services.api.door.auth import Caller, allow
from services.api.problems import PROBLEMS, ProblemBody, ProblemError
from services.api.shapes import PREFIX, Asked, Shape
from services.api.tickets.tickets import ActionAsked, actor, ticket_for
from services.api.words import Word
from services.registry.domain import Permission
from services.tickets.domain import Details, State
from services.tickets.handlers import Act
from streams.contracts import Refused

MOST: Final = 200
"""Tickets of one request: a page of a list, and half a minute of a slow database."""
Reader = Annotated[Caller, Depends(allow(Permission.TICKETS, Permission.REPORT))]
Each = Literal["done", "refused"]


class Chosen(Asked):
    """A ticket by id or number, as the caller saw it at ``version``."""

    ticket: Word = Field(min_length=1, examples=["LY-20261122-0029"])
    version: int = Field(ge=1, le=2**31 - 1)


class BulkAsked(Asked):
    """An action with its details, as for one ticket, on up to 200; ``version`` of the action is each ticket's own."""

    tickets: list[Chosen] = Field(min_length=1, max_length=MOST)
    action: ActionAsked = Field(
        description="As for one ticket; its version is not looked at.",
        examples=[{"action": "urge", "version": 1, "text": "居民再次来电"}],
    )


class ItemShape(Shape):
    """What became of one: its state and version afterwards, or the problem that one request would have had."""

    ticket: str
    result: Each
    version: int | None
    state: State | None
    problem: ProblemBody | None


class BulkShape(Shape):
    """One result a ticket, in the order in which they were named."""

    done: int
    refused: int
    items: list[ItemShape]


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["tickets"], responses=PROBLEMS)

    @routes.post("/tickets/bulk")
    def act_on_many(
        caller: Reader, asked: BulkAsked, idempotency_key: Annotated[Word | None, Header()] = None
    ) -> BulkShape:
        """Act on several tickets: 200 with a result for each; the same ``Idempotency-Key`` acts once on each."""
        given: dict[str, Any] = asked.action.model_dump(mode="json", exclude_none=True, exclude={"action", "version"})
        details, key = msgspec.convert(given, Details), idempotency_key or ""
        items = [act_on(container, caller, each, asked.action.action, details, key) for each in asked.tickets]
        done = sum(item.result == "done" for item in items)
        return BulkShape(done=done, refused=len(items) - done, items=items)

    return routes


def act_on(container: Container, caller: Caller, chosen: Chosen, action: str, details: Details, key: str) -> ItemShape:
    """One of them. A ticket that is named twice moves on the first time, and the second time says so."""
    try:
        found, _ = ticket_for(container, caller, chosen.ticket)
        act = Act(found.id, action, chosen.version, details)
        own = f"{key} {found.id}" if key else ""
        acted = container.act_on_ticket(act, who=actor(caller), key=own, scope=caller.scope)
    except ProblemError as error:
        return _refused(chosen.ticket, error.problem.body())
    except Refused as refused:
        return _refused(chosen.ticket, of_refused(refused).body())
    return ItemShape(ticket=chosen.ticket, result="done", version=acted.version, state=acted.state, problem=None)


def _refused(ticket: str, body: dict[str, Any]) -> ItemShape:
    problem = ProblemBody.model_validate(body)
    return ItemShape(ticket=ticket, result="refused", version=None, state=None, problem=problem)
