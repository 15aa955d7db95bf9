"""In which order a list of tickets stands, and the key that says where a page of it ends. Pure.

Every key ascends: what descends is negated, and what is missing comes last either way.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.tickets.domain.ticket import Ticket
from streams.contracts import Refused

LAST: Final = 2**62
"""Where a ticket without a deadline or an end stands: after every other."""
MOST: Final = 3
Place = tuple[str | int, ...]


class By(StrEnum):
    """What tickets may be sorted by."""

    OPENED = "opened"
    DEADLINE = "deadline"
    URGENCY = "urgency"
    CLOSED = "closed"


_VALUES: Final[dict[By, Callable[[Ticket], int | None]]] = {
    By.OPENED: lambda ticket: ticket.opened_at,
    By.DEADLINE: lambda ticket: ticket.deadline,
    By.URGENCY: lambda ticket: ticket.urgency,
    By.CLOSED: lambda ticket: ticket.closed_at,
}


@dataclass(frozen=True, slots=True)
class Sort:
    """One key of an order."""

    by: By
    descending: bool = False

    def __str__(self) -> str:
        return f"{'-' if self.descending else ''}{self.by}"


Order = tuple[Sort, ...]
NEWEST: Final[Order] = (Sort(By.OPENED, descending=True),)


def order_of(text: str) -> Order:
    """``-urgency,deadline`` as an order; nothing is the newest first.

    Raises:
        Refused: ``invalid``, a key that is none, one that comes twice, or too many.
    """
    words = [word for word in text.split(",") if word]
    order = tuple(Sort(By(name), word != name) for word in words if (name := word.removeprefix("-")) in set(By))
    if len(order) < len(words) or len({sort.by for sort in order}) < len(order) or len(order) > MOST:
        remedy = f"Name at most {MOST} different ones of: {', '.join(By)}; a minus before one turns it round."
        raise Refused("invalid", "sort names no order of tickets.", field="sort", value=text, remedy=remedy)
    return order or NEWEST


def place_of(ticket: Ticket, order: Order) -> Place:
    """Where the ticket stands in ``order``: after every ticket whose place is smaller."""
    values = ((_VALUES[sort.by](ticket), sort.descending) for sort in order)
    return (*(LAST if value is None else -value if turned else value for value, turned in values), ticket.id)
