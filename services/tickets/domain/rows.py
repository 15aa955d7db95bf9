"""What a list of tickets may be asked for."""

from dataclasses import dataclass
from typing import Final

from services.tickets.domain.words import Stage


@dataclass(frozen=True, slots=True)
class TicketFilters:
    """Every field narrows; times are epoch ms of opening. ``reporter`` and ``unit`` are "mine".

    ``watched``: it carries a card, or is under supervision 督办; ``level``: how far up it has come.
    ``masters``: it was merged into one of these, by id. ``text`` are words that the ticket holds, all
    of them, wherever and in whichever case.
    """

    states: tuple[str, ...] = ()
    stage: Stage | None = None
    open: bool | None = None
    area: str = ""
    device: str = ""
    kind: str = ""
    source: str = ""
    incident: str = ""
    masters: tuple[str, ...] = ()
    supervised: bool | None = None
    watched: bool | None = None
    level: str = ""
    unit: str = ""
    reporter: str = ""
    card: str = ""
    categories: tuple[str, ...] = ()
    urgency: int | None = None
    text: str = ""
    since: int | None = None
    until: int | None = None


CHRONIC_TICKETS: Final = 2
CHRONIC_ALARMS: Final = 3
"""From here on a place is worth a look of its own: two tickets, three alarms, or one that came back."""


@dataclass(frozen=True, slots=True)
class Hotspot:
    """A device or a building that keeps coming back. ``last`` is its newest ticket's opening, epoch ms.

    ``device`` is empty for a building's row; ``alarms`` are episodes on its tickets, ``recurrences``
    those that came back within the rule's window after closing.
    """

    device: str
    kind: str
    building: str
    area: str
    place: str
    tickets: int
    alarms: int
    recurrences: int
    last: int

    @property
    def chronic(self) -> bool:
        return self.tickets >= CHRONIC_TICKETS or self.alarms >= CHRONIC_ALARMS or self.recurrences > 0


@dataclass(frozen=True, slots=True)
class StageCount:
    """Open tickets of one stage, and how many of them carry a card."""

    stage: Stage
    tickets: int
    yellow: int
    red: int
