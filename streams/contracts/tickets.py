"""Records of ``linli.tickets`` (keyed by ticket id): one event per action on a ticket."""

import msgspec


class TicketEvent(msgspec.Struct, frozen=True, omit_defaults=True):
    """What happened to a ticket. ``version`` is the ticket's version after the event; ``units`` are at work on it.

    ``share`` is the unit whose share of the work, a sub-task, the event is about; '' where it is about the whole.
    """

    id: str
    ticket: str
    number: str
    version: int
    action: str
    old: str | None
    new: str
    stage: str
    source: str
    area: str
    urgency: int
    at: int
    by: str
    role: str
    why: str = ""
    incident: str = ""
    device: str = ""
    deadline: int | None = None
    mark: str = ""
    units: tuple[str, ...] = ()
    share: str = ""
