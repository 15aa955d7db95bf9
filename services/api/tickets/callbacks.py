"""Call-backs 回访: the tickets whose reporters are to be called, in the order in which they are due."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi import Query as Parameters
from pydantic import Field

from services.api.container import Container
from services.api.door.auth import Caller, allow
from services.api.problems import PROBLEMS
from services.api.shapes import PREFIX, Listed, Shape, listed
from services.api.tickets.queries import TicketQuery, found
from services.api.words import AreaCode, Query
from services.paging import DEFAULT_LIMIT, Page
from services.registry.domain import Permission
from services.tickets.domain import Card, State, Ticket, masked

Calling = Annotated[Caller, Depends(allow(Permission.CALLERS))]


class CallbacksQuery(Query):
    """A page of the list, narrowed by area."""

    area: AreaCode = Field(default="", description="An area code or its beginning.")


class CallbackShape(Shape):
    """One call to make. Times are epoch ms; the number is masked, and POST …/caller shows it for a reason."""

    id: str
    number: str = Field(examples=["LY-20261122-0029"])
    version: int
    title: str
    place: str
    area: str
    category: str
    urgency: int
    lead: str
    phone: str = Field(examples=["138****5621"])
    confidential: bool
    due: int | None = Field(description="When the call is late: an hour after the time that was booked, if one was.")
    booked: int | None = Field(description="When the reporter wants to be called.")
    bookings: int = Field(description="How often a time was booked; three times at most.")
    misses: list[int] = Field(description="When calls reached nobody; three over two days end the call-back.")
    redos: int
    card: Card
    opened_at: int


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["tickets"], responses=PROBLEMS)

    @routes.get("/tickets/callbacks")
    def list_callbacks(caller: Calling, query: Annotated[CallbacksQuery, Parameters()]) -> Listed[CallbackShape]:
        """Calls to make, the one that is due first at the top; the actions `callback` and `book` settle them."""
        page = waiting(container, caller, area=query.area, limit=query.limit, cursor=query.cursor)
        return listed(page, callback_of)

    return routes


def waiting(
    container: Container, caller: Caller, *, area: str = "", limit: int = DEFAULT_LIMIT, cursor: str | None = None
) -> Page[Ticket]:
    """One page of the tickets that wait for their call-back, the one that is due first at the top."""
    return found(
        container, caller, TicketQuery(state=State.CALLBACK, sort="deadline", area=area, limit=limit, cursor=cursor)
    )


def callback_of(ticket: Ticket) -> CallbackShape:
    return CallbackShape(
        id=ticket.id, number=ticket.number, version=ticket.version, title=ticket.title, place=ticket.place,
        area=ticket.area, category=ticket.category, urgency=ticket.urgency, lead=ticket.lead,
        phone=masked(ticket.caller.phone) if ticket.caller else "",
        confidential=ticket.caller is not None and ticket.caller.confidential, due=ticket.deadline,
        booked=ticket.booked, bookings=ticket.bookings, misses=list(ticket.misses), redos=ticket.redos,
        card=ticket.card, opened_at=ticket.opened_at,
    )  # fmt: skip
