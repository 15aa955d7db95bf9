"""Photos of a ticket as values: whose they are, how long one that nobody showed is kept, and how many there may be."""

import re
from typing import Final

import msgspec

from services.tickets.domain.limits import DAY
from services.tickets.domain.ticket import Ticket
from streams.contracts import Refused

MOST: Final = 60
"""Photos of one ticket: twenty visits with three each."""
MOST_SHOWN: Final = 10
"""Photos of one action."""
UNSHOWN_MS: Final = DAY
"""How long a photo stays that no action showed."""
_ID: Final = re.compile(r"[0-9a-f]{64}")


class Photo(msgspec.Struct, frozen=True, omit_defaults=True):
    """One photo of one ticket. ``id`` is the SHA-256 of what was sent, so the same picture is one photo.

    ``at`` and ``shown_at`` are epoch ms; ``size`` is bytes and ``width`` and ``height`` pixels of what is kept.
    ``shown_at`` is when it became evidence, or part of the report; None while no action showed it.
    """

    ticket: str
    id: str
    by: str
    at: int
    width: int
    height: int
    size: int
    shown_at: int | None = None


def blob_of(photo: Photo, *, thumbnail: bool = False) -> str:
    """The name under which the picture itself is kept."""
    return f"photos/{photo.ticket}/{photo.id}{'.small' if thumbnail else ''}.jpg"


def is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def check_shown(ids: tuple[str, ...]) -> None:
    """Refuse what can be no photos of a ticket.

    Raises:
        Refused: ``fields``.
    """
    if len(ids) > MOST_SHOWN:
        raise Refused(
            "fields", f"photos names {len(ids)}; an action shows at most {MOST_SHOWN}", wrong=["photos"],
            most=MOST_SHOWN, value=str(len(ids)), remedy=f"Show {MOST_SHOWN} of them now, and the rest with a note.",
        )  # fmt: skip
    unknown = next((text for text in ids if not is_id(text)), None)
    if unknown is not None:
        raise missing_photo(unknown)


def missing_photo(photo: str) -> Refused:
    """A photo that is none of the ticket's, or was not shown in time."""
    return Refused(
        "fields", f"{photo[:80]} is no photo of this ticket, or lay there unused for a day", wrong=["photos"],
        value=photo[:80], because="photo", remedy="Upload it again: POST …/photos answers with its id.",
    )  # fmt: skip


def check_open(ticket: Ticket) -> None:
    """Refuse a photo that no action could show any more.

    Raises:
        Refused: ``ended``.
    """
    if not ticket.open:
        raise Refused(
            "ended", f"{ticket.number} is {ticket.state}; only an open ticket takes photos", because="ended",
            field="ticket", value=ticket.number,
            remedy="Have it reopened, or report it anew.",
        )  # fmt: skip
