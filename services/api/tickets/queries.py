"""What a list of tickets may be asked for: every filter, any order, and the place to go on from."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from pydantic import Field, ValidationError

from services.api.answers import of_invalid
from services.api.container import Container
from services.api.door.auth import Caller
from services.api.door.scope import bounded
from services.api.problems import ProblemError, refuse
from services.api.words import Timed, Word, asked_area, place
from services.paging import Key, Page
from services.tickets.domain import Card, Level, Source, Stage, State, Ticket, TicketFilters
from services.tickets.domain.ordering import NEWEST, Order, order_of
from streams.contracts import Refused

MOST_COUNTED: Final = 1_000
MOST_FOUND: Final = 200
"""Where counting ends: beyond it nobody reads a list to its end."""
PAGED: Final = frozenset({"limit", "cursor", "count", "log"})
"""What belongs to one look at a list, and not to the filter that is kept."""


class TicketQuery(Timed):
    """``state``, ``category`` may name several, separated by commas; ``from`` and ``to`` are the time of opening."""

    state: Word = Field(default="", examples=["dispatched,signed"])
    stage: Stage | None = None
    open: bool | None = None
    source: Source | None = None
    incident: Word = ""
    master: Word = Field(default="", description="The ticket, by id, that these were merged into.")
    supervised: bool | None = None
    watched: bool | None = Field(default=None, description="With a yellow or red card, or under supervision.")
    level: Level | None = Field(default=None, description="How far up it has come: grid to district.")
    unit: Word = ""
    card: Card | None = None
    category: Word = Field(default="", examples=["gas-leak,lighting"])
    urgency: int | None = Field(default=None, ge=0, le=2)
    text: Word = Field(
        default="", description="Words of number, title, place, text or outcome; all of them.",
        examples=["纺织新村 燃气"],
    )  # fmt: skip
    sort: Word = Field(
        default="", description="opened, deadline, urgency, closed; several by commas, a minus turns one round.",
        examples=["-urgency,deadline"],
    )  # fmt: skip
    count: bool = Field(default=False, description="Count them into `total`: up to 1,000, or 200 by `text`.")
    log: bool = Field(default=False, description="Give each ticket's log too; else `events` is empty in a list.")


def filters_of(caller: Caller, query: TicketQuery) -> TicketFilters:
    """The query as the loop knows it, narrowed to what is the caller's.

    Raises:
        ProblemError: 422, a state that is none; 403, an area outside the caller's.
    """
    states = _named(query.state)
    if unknown := set(states) - set(State):
        raise refuse(
            422, "invalid", "state names something that is no state of a ticket.",
            f"Use any of: {', '.join(State)}.", field="state", value=", ".join(sorted(unknown)),
        )  # fmt: skip
    asked = TicketFilters(
        states=states,
        stage=query.stage,
        open=query.open,
        area=asked_area(caller, query.area),
        device=query.device,
        kind=query.kind,
        source=query.source or "",
        incident=query.incident,
        masters=(query.master,) if query.master else (),
        supervised=query.supervised,
        watched=query.watched,
        level=query.level or "",
        unit=query.unit,
        card=query.card or "",
        categories=_named(query.category),
        urgency=query.urgency,
        text=query.text,
        since=query.start,
        until=query.end,
    )
    return bounded(caller, asked)


def found(container: Container, caller: Caller, query: TicketQuery) -> Page[Ticket]:
    """One page of the caller's tickets. The cursor remembers its order, and fits no other.

    Raises:
        ProblemError, Refused: as :func:`filters_of` and the order say; ``cursor``, it belongs to another list.
    """
    filters, order = filters_of(caller, query), order_of(query.sort)
    if order == NEWEST:
        after = place(query.cursor, (int, str))
        return container.tickets.list_tickets(filters, scope=caller.scope, limit=query.limit, after=after)
    page = container.tickets.list_tickets(
        filters, scope=caller.scope, limit=query.limit, after=_after(query, order), order=order
    )
    return replace(page, next=(_said(order), *page.next) if page.next else None)


def counted(container: Container, caller: Caller, query: TicketQuery) -> int:
    """How many tickets the query finds, at most :func:`most_of` it."""
    return container.tickets.count_tickets(filters_of(caller, query), scope=caller.scope, most=most_of(query))


def found_and_counted(container: Container, caller: Caller, query: TicketQuery) -> tuple[Page[Ticket], int]:
    """:func:`found` and :func:`counted`, of one look where it is the first page of the newest.

    Raises:
        ProblemError, Refused: as :func:`found`.
    """
    if query.cursor is None and order_of(query.sort) == NEWEST:
        filters, most = filters_of(caller, query), most_of(query)
        return container.tickets.find_tickets(filters, scope=caller.scope, limit=query.limit, most=most)
    return found(container, caller, query), counted(container, caller, query)


def most_of(query: TicketQuery) -> int:
    """Where counting ends. Whoever looks for words reads the first page, and words are dear to count."""
    return MOST_FOUND if query.text.strip() else MOST_COUNTED


def query_of(words: Mapping[str, str]) -> TicketQuery:
    """A list's query from its parameters, as they stand in an address; an empty one is none.

    Raises:
        ProblemError: 422, a parameter that is none or wrong.
    """
    given: dict[str, Any] = {name: value for name, value in words.items() if value}
    try:
        return TicketQuery.model_validate(given)
    except ValidationError as error:
        errors = [{**each, "loc": ("query", *each["loc"])} for each in error.errors()]
        raise ProblemError(of_invalid(errors)) from None


def _after(query: TicketQuery, order: Order) -> Key | None:
    key = place(query.cursor, (str, *(int for _ in order), str))
    if key is not None and key[0] != _said(order):
        raise Refused("cursor", "cursor belongs to another order; start again without it")
    return key[1:] if key else None


def _said(order: Order) -> str:
    return ",".join(str(sort) for sort in order)


def _named(text: str) -> tuple[str, ...]:
    return tuple(word for word in text.split(",") if word)
