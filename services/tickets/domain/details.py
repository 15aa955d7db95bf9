"""What a person supplies with an action."""

import msgspec

from services.tickets.domain.ticket import Evidence
from services.tickets.domain.words import Satisfaction


class Details(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a person supplies with an action. Which fields an action takes is in the table.

    ``position`` is (lon, lat), WGS84; ``photos`` are ids of photos of this ticket, ``photo`` and
    ``reading`` evidence in words or a reference to what lies elsewhere; ``satisfied`` is the caller's
    answer at the call-back; ``found`` what a look on site found; ``to``, ``at`` and ``reference`` whom
    a call was handed to, when, and their number for it; ``told`` what the reporter was told, and how;
    ``until`` a date, epoch ms; ``task`` a sub-task's number; ``master`` the ticket, by id or number,
    that this one goes into; ``cites`` the entry of the knowledge base that a direct answer said, with
    its version.
    """

    title: str = ""
    text: str = ""
    reason: str = ""
    place: str = ""
    area: str = ""
    category: str = ""
    urgency: int | None = None
    unit: str = ""
    assisting: tuple[str, ...] = ()
    position: tuple[float, float] | None = None
    photos: tuple[str, ...] = ()
    photo: str = ""
    reading: str = ""
    sensor_dead: bool = False
    outcome: str = ""
    contacted: bool | None = None
    solved: bool | None = None
    satisfied: Satisfaction | None = None
    found: bool | None = None
    to: str = ""
    at: int | None = None
    reference: str = ""
    told: str = ""
    until: int | None = None
    task: int | None = None
    plan: str = ""
    master: str = ""
    cites: str = ""


def evidence_of(details: Details, *, at: int, by: str) -> Evidence:
    """What of it shows how a place looks; ``at`` epoch ms."""
    return Evidence(at, by, details.photo.strip(), details.reading.strip(), details.sensor_dead, details.photos)
