"""What merges by itself: the same cause of the same device, and a smell of gas where a gas alarm stands.

Everything else a person decides (:mod:`services.tickets.domain.merging.matching`). Both directions:
the call may come before the alarm or after it. Pure.
"""

from typing import Final, NamedTuple

from sensors.kinds.categories import GAS_LEAK
from services.tickets.domain.limits import DAY
from services.tickets.domain.merging.matching import Sighting, Why, place_of, sighting_of
from services.tickets.domain.merging.wording import smells_of_gas
from services.tickets.domain.policy import CRITICAL
from services.tickets.domain.ticket import Ticket
from services.tickets.domain.words import Source, State

JOIN_MS: Final = DAY
"""As long as a gas alarm counts as the same one again."""
JOINED: Final = "同一事件，系统并单"
"""Why the system merged two tickets, as the log says it."""
_BEGINNING: Final = frozenset(
    {
        State.REPORTED, State.VERIFYING, State.ACCEPTED, State.TO_DISPATCH, State.DISPATCHED, State.SIGNED,
        State.RETURN_REVIEW, State.IN_PROGRESS,
    }
)  # fmt: skip
"""Work that is done and waits for its proof is a former occasion: a person says whether it is this one."""


class Sought(NamedTuple):
    """What any ticket has that may belong with another: that device, or one of those categories ("": none yet)."""

    device: str
    categories: tuple[str, ...]


def sought(ticket: Ticket) -> Sought | None:
    """What to look for beside a ticket; None where nothing merges with it by itself.

    Wider than :func:`master_for`, which decides, and narrow enough that a busy community's other matters
    are not read at all.
    """
    categories: tuple[str, ...] = ()
    if ticket.episodes and ticket.category == GAS_LEAK:
        categories = (GAS_LEAK, "")
    elif _smell(ticket):
        categories = (GAS_LEAK,)
    return Sought(ticket.device, categories) if ticket.device or categories else None


def master_for(ticket: Ticket, other: Ticket) -> Ticket | None:
    """Which of two open tickets takes the other in by itself; None where a person has to decide."""
    for member, master in ((ticket, other), (other, ticket)):
        if _goes_into(member, master):
            return master
    return None


def risen(member: Ticket, master: Ticket) -> int:
    """The urgency of a danger that a second witness confirms: one step up, and never below the member's."""
    if _smell(member) and master.category == GAS_LEAK:
        return max(member.urgency, min(CRITICAL, master.urgency + 1))
    return max(member.urgency, master.urgency)


def _goes_into(member: Ticket, master: Ticket) -> bool:
    apart = abs(member.opened_at - master.opened_at)
    if member.id == master.id or member.state not in _BEGINNING or not master.open or apart > JOIN_MS:
        return False
    if member.source is Source.SENSOR or member.episodes or not master.episodes:
        return False
    if member.device and member.device == master.device and member.category == master.category:
        return True
    return master.category == GAS_LEAK and _smell(member) and _same_building(member, master)


def _smell(ticket: Ticket) -> bool:
    """A person reports gas: the category says so, or the words do where nobody has chosen a category."""
    if ticket.episodes:
        return False
    return ticket.category == GAS_LEAK or (not ticket.category and smells_of_gas(f"{ticket.title} {ticket.text}"))


def _same_building(one: Ticket, other: Ticket) -> bool:
    return place_of(_bare(one), _bare(other)) is Why.BUILDING


def _bare(ticket: Ticket) -> Sighting:
    """Without its device: a detector is in a building like anybody else."""
    seen = sighting_of(ticket)
    return Sighting(seen.at, "", seen.place, seen.area, seen.building)
