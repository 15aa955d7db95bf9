"""``GET /events``: alarms and tickets as they happen, as Server-Sent Events."""

from contextlib import suppress
from typing import Annotated, Final

import anyio.to_thread
from fastapi import APIRouter, Depends, Header, Query
from starlette.responses import StreamingResponse

from services.api.container import Container
from services.api.door.auth import Caller, allow
from services.api.door.scope import bounded, hears
from services.api.live import own
from services.api.live.messages import NAMES, LiveMessage
from services.api.live.stream import stream, while_allowed
from services.api.live.vector import Vector, read
from services.api.problems import PROBLEMS, refuse
from services.api.shapes import PREFIX
from services.registry.domain import Permission
from services.tickets.domain import TicketFilters
from streams.contracts import Unavailable

HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
NOWHERE: Final[Vector] = {("", 0): 1}
EXAMPLE: Final = (
    'id: a0.12-3.5~t1.7\nevent: alarm\ndata: {"episode":"6f1d…","device":"gas-0007","state":"active_unack"}\n\n'
    'id: a0.12-3.5~t1.7\nevent: beat\ndata: {"now":1795312800000,"lag":0,"id":"a0.12-3.5~t1.7"}\n\n'
)


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["events"], responses=PROBLEMS)

    @routes.get(
        "/events",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/event-stream": {"example": EXAMPLE}}, "description": "The stream."}},
    )
    async def events(
        caller: Annotated[Caller, Depends(allow(Permission.WATCH, Permission.REPORT))],
        topics: Annotated[str, Query(description="alarm, ticket or both", examples=["alarm,ticket"])] = "alarm,ticket",
        last_event_id: Annotated[str | None, Query(description="Resume behind this id.", max_length=1_000)] = None,
        last_event_id_header: Annotated[str | None, Header(alias="Last-Event-ID", max_length=1_000)] = None,
    ) -> StreamingResponse:
        """Follow alarms (``alarm``) of the caller's area and the tickets (``ticket``) that the caller may see.

        A ``beat`` comes at once and every 5 seconds with the server's time and the number of
        records not yet read (null while the log does not answer). The ``Last-Event-ID`` header, or
        ``last_event_id``, resumes exactly behind that message; ``resync`` says that this was not
        possible, so that the reader fetches its lists anew.

        Who may only report hears that their own reports moved, and nothing else: no id to resume from, no number
        of records. Their stream begins with ``resync`` each time.
        """
        wanted = _wanted(topics)
        if not caller.may(Permission.WATCH):
            return await of_reporter(container, caller, wanted)

        def accepts(message: LiveMessage) -> bool:
            return message.event in wanted and hears(caller, message)

        given = last_event_id_header or last_event_id
        subscription = container.live.subscribe(accepts, _place(given))
        messages = stream(container.live, subscription, container.clock)
        body = while_allowed(messages, lambda: still(container, caller))
        return StreamingResponse(body, media_type="text/event-stream", headers=HEADERS)

    return routes


async def of_reporter(container: Container, caller: Caller, wanted: frozenset[str]) -> StreamingResponse:
    """The stream of who may only report: their own reports.

    Raises:
        ProblemError: 429, as many streams are open as may be.
    """
    if container.live.streams >= own.MOST_STREAMS:
        raise refuse(
            429, "crowded", "As many streams are open as may be.", "Read the page again in a minute.",
            headers={"Retry-After": "60"},
        )  # fmt: skip
    tickets = await anyio.to_thread.run_sync(own.OwnTickets, lambda: _own(container, caller))

    def allowed() -> bool:
        if not still(container, caller):
            return False
        with suppress(Unavailable):
            tickets.look()
        return True

    def accepts(message: LiveMessage) -> bool:
        return message.event in wanted and tickets.accepts(message)

    messages = stream(container.live, container.live.subscribe(accepts, None), container.clock, voice=own.VOICE)
    body = while_allowed(messages, allowed, own.AGAIN_S)
    return StreamingResponse(body, media_type="text/event-stream", headers=HEADERS)


def _own(container: Container, caller: Caller) -> frozenset[str]:
    filters = bounded(caller, TicketFilters())
    page = container.tickets.list_tickets(filters, scope=caller.scope, limit=own.MOST, after=None)
    return frozenset(ticket.id for ticket in page.items if ticket.reporter == caller.id)


def still(container: Container, caller: Caller) -> bool:
    """Whether ``caller`` is who they were when the stream began; while nobody can say, it goes on."""
    try:
        found = container.people.get_user(caller.id)
    except Unavailable:
        return True
    return (
        found is not None
        and found.active
        and (found.role, found.scope, found.unit) == (caller.role, caller.scope, caller.unit)
    )


def _wanted(topics: str) -> frozenset[str]:
    wanted = frozenset(topics.split(","))
    if not wanted <= set(NAMES):
        raise refuse(
            422,
            "invalid",
            "topics names something else than alarm and ticket.",
            "Use alarm, ticket, or alarm,ticket.",
            field="topics",
            value=topics,
        )
    return wanted


def _place(text: str | None) -> Vector | None:
    """Where to resume; a text that is no event id asks for a place nobody has, which is answered ``resync``."""
    if not text:
        return None
    return read(text) or NOWHERE
