"""Merging: tickets that may be one matter, with reasons, and what a caller reported before."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from fastapi import Query as Parameters
from pydantic import BaseModel, ConfigDict, Field

from services.api.container import Container
from services.api.door.auth import Caller, allow
from services.api.door.scope import bounded, sees
from services.api.problems import PROBLEMS, documented
from services.api.shapes import PREFIX, Asked, Listed, Shape, each
from services.api.tickets.tickets import actor, ticket_for
from services.api.words import AreaCode, Latitude, Longitude, Text, Word, asked_area
from services.registry.domain import Permission
from services.tickets.domain import Stage, State, Ticket, TicketFilters
from services.tickets.domain.merging import REASONS, Part, Reason, Sighting, Why
from services.tickets.domain.text import is_phone
from services.tickets.handlers import Match

Reader = Annotated[Caller, Depends(allow(Permission.TICKETS))]
MOST_JOINED = 20
"""Reports of one matter beside it; the list of tickets has the rest."""


class ReportQuery(BaseModel):
    """A report as far as it is written; whatever is known helps."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: Text = Field(default="", examples=["楼道里燃气味很重"])
    place: Word = Field(default="", examples=["纺织新村 12栋"])
    area: AreaCode = ""
    building: AreaCode = ""
    category: Word = ""
    device: Word = ""
    lon: Longitude | None = Field(default=None, description="WGS84, with ``lat``.")
    lat: Latitude | None = None

    def sighting(self) -> Sighting:
        """As the matcher compares it; half a point is none."""
        fields = self.model_dump(exclude={"lon", "lat"})
        position = (self.lon, self.lat) if self.lon is not None and self.lat is not None else None
        return Sighting(at=0, position=position, **fields)


class ReasonShape(Shape):
    """One part of a judgement: ``points`` of ``most``; below zero it speaks against."""

    part: Part
    why: Why
    points: float
    most: float
    zh: str = Field(examples=["同一栋楼"])
    en: str = Field(examples=["the same building"])


class AlikeShape(Shape):
    """A ticket that may be the same matter; ``score`` 0 to 1 is the sum of the reasons' points."""

    id: str
    number: str = Field(examples=["LY-20261122-0029"])
    title: str
    state: State
    stage: Stage
    place: str
    category: str
    urgency: int
    opened_at: int
    score: float
    reasons: list[ReasonShape]


class EarlierShape(Shape):
    """A caller's earlier ticket, in one line; times are epoch ms."""

    id: str
    number: str
    title: str
    state: State
    stage: Stage
    place: str
    category: str
    opened_at: int
    closed_at: int | None
    outcome: str
    recurrences: int
    urges: int


class CallerQuery(Asked):
    """The number that calls. In the body, since addresses are written to logs.

    ``reason`` shows what was reported confidentially as well; the audit log keeps who asked, and why.
    """

    phone: Word = Field(min_length=1, examples=["13800000000"])
    reason: Word = Field(default="", examples=["来电人本人问之前的保密诉求"])


def alike_of(match: Match) -> AlikeShape:
    ticket, likeness = match.ticket, match.likeness
    return AlikeShape(
        id=ticket.id,
        number=ticket.number,
        title=ticket.title,
        state=ticket.state,
        stage=ticket.stage,
        place=ticket.place,
        category=ticket.category,
        urgency=ticket.urgency,
        opened_at=ticket.opened_at,
        score=likeness.score,
        reasons=[_reason(reason) for reason in likeness.reasons],
    )


def _reason(reason: Reason) -> ReasonShape:
    zh, en = REASONS[reason.why]
    return ReasonShape(part=reason.part, why=reason.why, points=reason.points, most=reason.most, zh=zh, en=en)


def earlier_of(ticket: Ticket) -> EarlierShape:
    return EarlierShape(
        id=ticket.id,
        number=ticket.number,
        title=ticket.title,
        state=ticket.state,
        stage=ticket.stage,
        place=ticket.place,
        category=ticket.category,
        opened_at=ticket.opened_at,
        closed_at=ticket.closed_at,
        outcome=ticket.outcome,
        recurrences=ticket.recurrences,
        urges=ticket.urges,
    )


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["merging"], responses=PROBLEMS)

    @routes.get("/alike", responses=documented(403))
    def list_alike(caller: Reader, query: Annotated[ReportQuery, Parameters()]) -> Listed[AlikeShape]:
        """Open tickets like a report that is being written, best first; what is below 0.7 is left out."""
        return each(alike_to_report(container, caller, query.sighting()), alike_of)

    @routes.get("/tickets/{ticket}/alike", responses=documented(403))
    def list_alike_to_ticket(caller: Reader, ticket: Annotated[Word, Path()]) -> Listed[AlikeShape]:
        """Open tickets that this one may be merged with; ``merge`` is an action of the ticket."""
        return each(alike_to_ticket(container, caller, ticket_for(container, caller, ticket)[0]), alike_of)

    @routes.get("/tickets/{ticket}/earlier", responses=documented(403))
    def list_earlier(caller: Reader, ticket: Annotated[Word, Path()]) -> Listed[EarlierShape]:
        """What the caller of this ticket reported before and since, newest first."""
        return each(earlier_than(container, caller, ticket_for(container, caller, ticket)[0]), earlier_of)

    @routes.post("/callers/tickets", responses=documented(403))
    def list_calls(caller: Reader, asked: CallerQuery) -> Listed[EarlierShape]:
        """What a telephone number reported before, newest first: for those who see callers."""
        return each(calls_of(container, caller, asked.phone, asked.reason), earlier_of)

    return routes


def alike_to_report(container: Container, caller: Caller, report: Sighting) -> tuple[Match, ...]:
    """Raises: ProblemError, 403, the area is not the caller's; Refused, ``fields``."""
    asked_area(caller, report.area)
    return _own(caller, container.find_alike.to_report(report, scope=caller.scope))


def alike_to_ticket(container: Container, caller: Caller, ticket: Ticket) -> tuple[Match, ...]:
    return _own(caller, container.find_alike.to_ticket(ticket, scope=caller.scope))


def earlier_than(container: Container, caller: Caller, ticket: Ticket) -> tuple[Ticket, ...]:
    """What else the same number reported; of a confidential caller nothing, or it would say who they are.

    Of a caller who was erased, or whose number is too short to be one, nothing is known.

    Raises:
        Refused: ``forbidden``.
    """
    phone = ticket.caller.phone if ticket.caller and not ticket.caller.confidential else ""
    phone = phone if is_phone(phone) else ""
    found = calls_of(container, caller, phone) if phone else ()
    return tuple(each for each in found if each.id != ticket.id)


def merged_into(container: Container, caller: Caller, ticket: Ticket) -> tuple[Ticket, ...]:
    """The reports merged into this ticket that the caller may see; the newest, at most MOST_JOINED."""
    filters = bounded(caller, TicketFilters(masters=(ticket.id,)))
    return container.tickets.list_tickets(filters, scope=caller.scope, limit=MOST_JOINED, after=None).items


def calls_of(container: Container, caller: Caller, phone: str, why: str = "") -> tuple[Ticket, ...]:
    return container.find_calls(phone, who=actor(caller), scope=caller.scope, why=why)


def _own(caller: Caller, matches: tuple[Match, ...]) -> tuple[Match, ...]:
    """A unit sees its own tickets only, here as everywhere."""
    return tuple(match for match in matches if sees(caller, match.ticket))
