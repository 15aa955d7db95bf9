"""Shifts: handed over with what is open, taken over by the next person."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path
from pydantic import Field

from services.api.container import Container
from services.api.door.auth import Caller, allow
from services.api.problems import PROBLEMS, documented
from services.api.shapes import PREFIX, Asked, Listed, Shape, each
from services.api.tickets.tickets import actor
from services.api.words import Text, Word
from services.registry.domain import Permission
from services.tickets.domain import Stage
from services.tickets.domain.board import Shift
from services.tickets.handlers import Kept

Reader = Annotated[Caller, Depends(allow(Permission.TICKETS))]


class HandOverAsked(Asked):
    """What the next shift must know; how much is open is counted by the system."""

    text: Text = Field(min_length=1, examples=["12栋燃气单等燃气公司回电；王女士 19 点后回访"])


class TakeOverAsked(Asked):
    """An acknowledgement, with or without a remark."""

    remark: Text = ""


class OpenShape(Shape):
    """Open tickets of a stage at the hand-over, and those with a card."""

    stage: Stage
    tickets: int
    yellow: int
    red: int


class ShiftShape(Shape):
    """A hand-over; ``taken_by`` is empty until the next person took it over. Times epoch ms."""

    id: str
    given_by: str
    given_at: int
    text: str
    scope: str
    open: list[OpenShape]
    taken_by: str
    taken_at: int | None
    remark: str


def shift_of(kept: Kept[Shift]) -> ShiftShape:
    shift = kept.what
    return ShiftShape(
        id=kept.id,
        given_by=shift.given_by,
        given_at=shift.given_at,
        text=shift.text,
        scope=shift.scope,
        open=[
            OpenShape(stage=Stage(each.stage), tickets=each.tickets, yellow=each.yellow, red=each.red)
            for each in shift.open
        ],
        taken_by=shift.taken_by,
        taken_at=shift.taken_at,
        remark=shift.remark,
    )


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["shifts"], responses=PROBLEMS)

    @routes.get("/shifts", responses=documented(403))
    def list_shifts(caller: Reader) -> Listed[ShiftShape]:
        """Hand-overs of the caller's area, those that wait to be taken over first."""
        return each(container.shifts.listed(scope=caller.scope), shift_of)

    @routes.post("/shifts", status_code=201, responses=documented(403))
    def post_shift(
        caller: Reader, asked: HandOverAsked, idempotency_key: Annotated[Word | None, Header()] = None
    ) -> ShiftShape:
        """Hand the shift over, with what is open now."""
        key = idempotency_key or ""
        return shift_of(container.shifts.hand_over(asked.text, who=actor(caller), scope=caller.scope, key=key))

    @routes.post("/shifts/{shift}/taken", responses=documented(403, 409))
    def post_taken(caller: Reader, shift: Annotated[Word, Path()], asked: TakeOverAsked) -> ShiftShape:
        """Take it over, once, as another person than who handed it over."""
        return shift_of(container.shifts.take_over(shift, asked.remark, who=actor(caller), scope=caller.scope))

    return routes
