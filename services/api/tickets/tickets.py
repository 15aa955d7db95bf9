"""Tickets: the 12345 loop as callers see it and move it."""

from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Body, Depends, Header, Path
from fastapi import Query as Parameters
from pydantic import Field
from starlette.responses import Response

from services.api.container import Container
from services.api.door.auth import Caller, allow
from services.api.door.scope import sees
from services.api.problems import PROBLEMS, documented, refuse
from services.api.shapes import PREFIX, Asked, Listed, written
from services.api.tickets.queries import TicketQuery, found, found_and_counted
from services.api.tickets.shapes import ReporterShape, TicketShape, reporter_of, ticket_of
from services.api.tickets.whereabouts import place_at
from services.api.words import AreaCode, Latitude, Longitude, Moment, PhotoId, Text, Word
from services.paging import encode_cursor
from services.registry.domain import Permission
from services.tickets.domain import (
    Actor,
    Details,
    Event,
    Satisfaction,
    Ticket,
)  # fmt: skip
from services.tickets.domain import Caller as ReportedBy
from services.tickets.domain import Role as Part
from services.tickets.domain.photos import MOST_SHOWN
from services.tickets.handlers import Act, Report
from streams.contracts.areas import GRID_LENGTH

CONFLICTS: Final = documented(403, 409)
Reader = Annotated[Caller, Depends(allow(Permission.TICKETS, Permission.REPORT))]
Reporter = Annotated[Caller, Depends(allow(Permission.REPORT))]


class TicketsShape(Listed[TicketShape]):
    """One page of tickets; ``total`` is null unless ``count`` was asked for."""

    total: int | None


class CallerAsked(Asked):
    """Who called, to be called back."""

    name: Word = ""
    phone: Word = Field(default="", examples=["13800000000"])
    confidential: bool = False


class NewTicket(Asked):
    """What somebody reports: a title, and a place or a text.

    A ``position`` without ``area`` is looked up; one that no area of the district holds is refused.
    """

    title: Word = Field(min_length=1, examples=["楼道有燃气味"])
    text: Text = ""
    place: Word = Field(default="", examples=["纺织新村 12栋"])
    area: AreaCode = ""
    category: Word = ""
    building: AreaCode = ""
    position: tuple[Longitude, Latitude] | None = Field(default=None, description="lon, lat; WGS84")
    device: Word = Field(default="", description="The sensor that it is about, where somebody stands before it.")
    urgency: int = Field(default=0, ge=0, le=2, description="The hotline's first word on it.")
    caller: CallerAsked | None = None


class UnmaskAsked(Asked):
    """Why the number is needed; the audit log keeps it."""

    reason: Word = Field(min_length=1, examples=["首次联系来电人"])


class ActionAsked(Asked):
    """An action on the ticket as the caller saw it at ``version``, with what the action asks for.

    Which fields an action takes stands in the ticket's ``actions``.
    """

    action: Word = Field(min_length=1, examples=["sign"])
    version: int = Field(ge=1, le=2**31 - 1)
    text: Text | None = None
    reason: Text | None = None
    place: Word | None = None
    area: AreaCode | None = None
    category: Word | None = None
    urgency: int | None = Field(default=None, ge=0, le=2)
    unit: Word | None = None
    assisting: list[Word] | None = Field(default=None, max_length=20)
    position: tuple[Longitude, Latitude] | None = Field(default=None, description="lon, lat; WGS84")
    photos: list[PhotoId] | None = Field(
        default=None, max_length=MOST_SHOWN, description="Ids that POST …/photos answered with; the photos are kept."
    )
    photo: Word | None = Field(default=None, description="A photo that lies elsewhere: its number, or what it shows.")
    reading: Text | None = None
    sensor_dead: bool | None = None
    outcome: Text | None = None
    contacted: bool | None = None
    solved: bool | None = None
    satisfied: Satisfaction | None = None
    found: bool | None = Field(default=None, description="verified: what was reported is there.")
    to: Word | None = Field(default=None, description="transfer: to whom.", examples=["119"])
    at: Moment | None = Field(default=None, description="transfer: when.")
    reference: Word | None = Field(default=None, description="transfer: their number for it.")
    told: Text | None = Field(default=None, description="What the reporter was told, and how.")
    until: Moment | None = Field(default=None, description="wait, extend, park, whistle: the date.")
    task: int | None = Field(default=None, ge=1, le=1_000, description="task_done: the sub-task's number.")
    plan: Text | None = Field(default=None, description="park: what has to happen first, and when.")
    master: Word | None = Field(default=None, description="merge: the other ticket, by id or number.")
    cites: Word | None = Field(default=None, description="answer: the entry that was said.", examples=["a1@3"])


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["tickets"], responses=PROBLEMS)

    @routes.get("/tickets", response_model=TicketsShape)
    def list_tickets(caller: Reader, query: Annotated[TicketQuery, Parameters()]) -> Response:
        """Tickets of the caller's area, unit or own reports, newest first or as ``sort`` says."""
        total: int | None = None
        if query.count:
            page, total = found_and_counted(container, caller, query)
        else:
            page = found(container, caller, query)
        now = container.clock.now()
        logs = container.tickets.list_events([ticket.id for ticket in page.items]) if query.log else {}
        items = [ticket_of(ticket, logs.get(ticket.id, ()), caller, now) for ticket in page.items]
        return written(TicketsShape(items=items, next=encode_cursor(page.next), total=total))

    @routes.get("/tickets/{ticket}", response_model=TicketShape)
    def get_ticket(caller: Reader, ticket: Annotated[Word, Path()]) -> Response:
        """One ticket by id or number, with its log and the actions that the caller may take."""
        return written(ticket_of(*ticket_for(container, caller, ticket), caller, container.clock.now()))

    @routes.post("/tickets", status_code=201, responses=CONFLICTS)
    def post_ticket(
        caller: Reporter,
        asked: NewTicket,
        response: Response,
        idempotency_key: Annotated[Word | None, Header()] = None,
    ) -> TicketShape:
        """Report something, by telephone or page; the same ``Idempotency-Key`` reports it once."""
        body = asked.model_dump(exclude_none=True)
        if asked.position is not None and not asked.area:
            body |= _placed(container, asked.position)
        report = msgspec.convert({**body, "caller": ReportedBy(**body["caller"]) if asked.caller else None}, Report)
        opened = container.open_ticket(report, who=actor(caller), key=idempotency_key or "", scope=caller.scope)
        response.headers["Location"] = f"{PREFIX}/tickets/{opened.id}"
        return _fresh(container, caller, opened)

    @routes.post("/tickets/{ticket}/caller", responses=documented(403, 422))
    def post_caller(caller: Reader, ticket: Annotated[Word, Path()], asked: UnmaskAsked) -> ReporterShape:
        """Show a masked caller whole, for a reason; who asked, when and why is kept in the audit log."""
        return reporter_of(unmasked(container, caller, ticket, asked.reason))

    @routes.post("/tickets/{ticket}/actions", responses=CONFLICTS)
    def post_action(
        caller: Reader,
        ticket: Annotated[Word, Path()],
        asked: Annotated[ActionAsked, Body()],
        idempotency_key: Annotated[Word | None, Header()] = None,
    ) -> TicketShape:
        """Act on a ticket: 409 with the current version where it moved on, with the allowed actions otherwise."""
        seen, _ = ticket_for(container, caller, ticket)
        given: dict[str, Any] = asked.model_dump(mode="json", exclude_none=True, exclude={"action", "version"})
        act = Act(seen.id, asked.action, asked.version, msgspec.convert(given, Details))
        acted = container.act_on_ticket(act, who=actor(caller), key=idempotency_key or "", scope=caller.scope)
        return _fresh(container, caller, acted)

    return routes


def _placed(container: Container, position: tuple[float, float]) -> dict[str, str]:
    """The grid, and the building where there is one, of a point.

    Raises:
        Refused: ``outside``.
    """
    code = place_at(container.places, *position).code
    return {"area": code[:GRID_LENGTH]} | ({"building": code} if len(code) > GRID_LENGTH else {})


def actor(caller: Caller) -> Actor:
    """The caller as the loop knows people."""
    return Actor(caller.id, Part(caller.role), caller.unit)


def unmasked(container: Container, caller: Caller, ticket: str, why: str) -> ReportedBy:
    """The ticket's caller, whole, for a person who may see the ticket and may ask.

    Raises:
        ProblemError, Refused: as :func:`ticket_for` and the use case say.
    """
    found, _ = ticket_for(container, caller, ticket)
    return container.unmask(found.id, who=actor(caller), why=why, scope=caller.scope)


def ticket_for(container: Container, caller: Caller, ticket: str) -> tuple[Ticket, tuple[Event, ...]]:
    """A ticket that ``caller`` may see.

    Raises:
        ProblemError: 404, also where it is another area's, unit's or person's: that it exists is not theirs to know.
    """
    read = container.tickets.get_ticket(ticket, scope=caller.scope)
    if read is None or not sees(caller, read[0]):
        raise refuse(
            404, "not_found", f"There is no ticket {ticket}, or it is with somebody else.",
            "Look at your own list, or ask a dispatcher to assign it to you.", field="ticket", value=ticket,
        )  # fmt: skip
    return read


def _fresh(container: Container, caller: Caller, ticket: Ticket) -> TicketShape:
    """The answer to a change: the ticket as the change left it, with its log up to there."""
    logs = container.tickets.list_events([ticket.id])
    events = [event for event in logs[ticket.id] if event.version <= ticket.version]
    return ticket_of(ticket, events, caller, container.clock.now())
