"""Feedback by signed link: a reporter answers contacted, solved and satisfied without an account."""

from typing import Annotated, Final

import segno
from fastapi import APIRouter, Depends, Path, Request
from pydantic import Field

from services.adapters.feedback_links import FeedbackLink, feedback_address, read_feedback_token
from services.api.container import Container
from services.api.door.auth import Caller, allow
from services.api.door.scope import reaching
from services.api.problems import PROBLEMS, documented, refuse
from services.api.shapes import PREFIX, Shape
from services.api.tickets.tickets import ticket_for
from services.api.words import Word
from services.audit import Did, Entry, said
from services.registry.domain import Permission
from services.tickets.domain import Action, Details, Satisfaction, State, Ticket
from services.tickets.domain.guards import REPORTER
from services.tickets.domain.reach import Reach
from services.tickets.handlers import Act
from streams.contracts import Refused

Asking = Annotated[Caller, Depends(allow(Permission.CALLERS))]
OVER: Final = frozenset({"transition", "idempotency"})


class LinkShape(Shape):
    """A link for a text message, and the same as a QR code (SVG); it takes one answer until ``until`` (epoch ms)."""

    address: str
    until: int
    text: str = Field(description="A ready text message.")
    qr: str


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["tickets"], responses=PROBLEMS)

    @routes.post("/tickets/{ticket}/feedback-links", responses=documented(409))
    def post_feedback_link(caller: Asking, ticket: Annotated[Word, Path()], request: Request) -> LinkShape:
        """Make a link by which the reporter of a ticket that waits for its call-back answers it once."""
        found, _ = ticket_for(container, caller, ticket)
        return link_of(container, caller, found, str(request.base_url))

    return routes


def link_of(container: Container, caller: Caller, ticket: Ticket, base: str) -> LinkShape:
    """A fresh link, after the audit log has kept who made it: whoever has it answers as the reporter.

    The text names the number and not the matter: it passes through other people's servers.

    Raises:
        ProblemError: 409, the ticket waits for no call-back.
    """
    if ticket.state is not State.CALLBACK:
        raise refuse(
            409, "transition", f"Ticket {ticket.number} is {ticket.state} and waits for no call-back.",
            "Make the link once it has been checked.", field="ticket", value=ticket.number,
        )  # fmt: skip
    secret = container.settings.session_secret.get_secret_value()
    base = container.settings.public_url or base
    now = container.clock.now()
    address, until = feedback_address(base, secret, ticket.id, ticket.version, now)
    detail = said(number=ticket.number, until=until)
    container.audit.append(
        "tickets", Entry(now, caller.id, Did.FEEDBACK_LINK, f"ticket {ticket.id}", detail, str(caller.role))
    )
    text = f"【12345】您反映的事项（工单 {ticket.number}）已处理，请评价：{address}"
    drawn = segno.make(address, error="m").svg_inline(scale=4, light="#fff", svgclass="ll-qr", lineclass=None)
    return LinkShape(address=address, until=until, text=text, qr=drawn)


def opened(container: Container, token: str) -> tuple[FeedbackLink, Ticket]:
    """The ticket behind a link that may still be answered.

    Raises:
        ProblemError: 404 for a forged one, 410 for one that has expired or was answered.
    """
    link = read_feedback_token(container.settings.session_secret.get_secret_value(), token)
    with reaching(Reach("ticket", holder=link.ticket) if link else None):
        found = container.tickets.get_ticket(link.ticket, scope="") if link else None
    if link is None or found is None:
        raise refuse(404, "not_found", "This link is none of ours.", "Call 12345.", field="link")
    if container.clock.now() >= link.until:
        raise refuse(410, "expired", "This link has expired.", "Call 12345, and we call you back.", field="link")
    ticket, events = found
    answered = any(event.version > link.version and event.by == REPORTER.by for event in events)
    if ticket.state is not State.CALLBACK or answered:
        raise refuse(410, "used", "This link has been answered, or the call-back is over.", "Call 12345.", field="link")
    return link, ticket


def answered(container: Container, token: str, *, solved: bool, satisfied: Satisfaction, text: str) -> Ticket:
    """Take the reporter's answer, once a link.

    Raises:
        ProblemError: as :func:`opened`.
        Refused: ``conflict``, somebody acted in the same moment.
    """
    link, ticket = opened(container, token)
    details = Details(contacted=True, solved=solved, satisfied=satisfied, text=text)
    act = Act(ticket.id, Action.CALLBACK, ticket.version, details)
    try:
        return container.act_on_ticket(act, who=REPORTER, key=f"feedback {link.ticket} {link.version}")
    except Refused as refused:
        if refused.code not in OVER:
            raise
        raise refuse(410, "used", "This link has been answered.", "Call 12345.", field="link") from None
