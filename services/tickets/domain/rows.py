"""What a list of tickets may be asked for."""

from dataclasses import dataclass

from services.tickets.domain.words import Stage


@dataclass(frozen=True, slots=True)
class TicketFilters:
    """Every field narrows; times are epoch ms of opening. ``reporter`` and ``unit`` are "mine".

    ``text`` are words that the ticket holds, all of them, wherever and in whichever case.
    """

    states: tuple[str, ...] = ()
    stage: Stage | None = None
    open: bool | None = None
    area: str = ""
    device: str = ""
    kind: str = ""
    source: str = ""
    incident: str = ""
    master: str = ""
    supervised: bool | None = None
    unit: str = ""
    reporter: str = ""
    card: str = ""
    categories: tuple[str, ...] = ()
    urgency: int | None = None
    text: str = ""
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class StageCount:
    """Open tickets of one stage, and how many of them carry a card."""

    stage: Stage
    tickets: int
    yellow: int
    red: int
