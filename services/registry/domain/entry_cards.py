"""The entry card 入户卡: who keeps the key, where the valve is, what not to do. Pure.

A card is a device's or an area's. What one leaves out, the next wider one says: a flat's detector may
name its own valve and leave the key to the building's card.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from streams.contracts import Refused
from streams.contracts.areas import ancestors

LONGEST: Final = 200
_PHONE: Final = re.compile(r"\+?[0-9][0-9 -]{2,18}[0-9]")


@dataclass(frozen=True, slots=True)
class EntryCard:
    """What is written of one place: of a ``device`` (its id) or of an ``area`` (its code), never of both.

    ``holder`` keeps the key and has ``phone``; ``valve`` says where to shut it off, ``avoid`` what not
    to do just here. Version 0 stands for a card that nobody has written.
    """

    device: str = ""
    area: str = ""
    holder: str = ""
    phone: str = ""
    valve: str = ""
    avoid: str = ""
    version: int = 0

    @property
    def subject(self) -> str:
        """What the audit log calls it."""
        return f"device {self.device}" if self.device else f"area {self.area}"


@dataclass(frozen=True, slots=True)
class Wording:
    """What somebody writes on a card; ``phone`` None keeps the number, where the key-holder stays the same."""

    holder: str = ""
    phone: str | None = None
    valve: str = ""
    avoid: str = ""


def areas_around(code: str) -> tuple[str, ...]:
    """``code`` and every area around it, the nearest first; none for ''."""
    return (code, *reversed(ancestors(code))) if code else ()


def combined(cards: Iterable[EntryCard]) -> EntryCard:
    """What is known of a place, each part from the nearest card that says it.

    A device's card is nearer than any area's, a smaller area's nearer than a wider one's. Key-holder and
    telephone are one part; ``device`` or ``area`` is the place whose card names them.
    """
    near = sorted(cards, key=lambda card: (card.device == "", -len(card.area)))
    keeps = next((card for card in near if card.holder), EntryCard())
    return EntryCard(
        device=keeps.device,
        area=keeps.area,
        holder=keeps.holder,
        phone=keeps.phone,
        valve=next((card.valve for card in near if card.valve), ""),
        avoid=next((card.avoid for card in near if card.avoid), ""),
        version=keeps.version,
    )


def rewritten(card: EntryCard, wording: Wording) -> EntryCard:
    """The next version of ``card``, checked.

    Raises:
        Refused: ``fields`` with the field and what would do; a telephone is never repeated.
    """
    kept = card.phone if wording.holder == card.holder else ""
    after = replace(
        card, holder=wording.holder, phone=kept if wording.phone is None else wording.phone, valve=wording.valve,
        avoid=wording.avoid, version=card.version + 1,
    )  # fmt: skip
    for field in ("holder", "valve", "avoid"):
        text = str(getattr(after, field))
        if len(text) > LONGEST or not text.isprintable():
            raise _wrong(field, text[:LONGEST], f"Write one line of at most {LONGEST} characters.")
    if after.phone and not _PHONE.fullmatch(after.phone):
        raise _wrong("phone", "", "Write 4 to 20 digits, spaces and dashes, such as 138 0000 0000.")
    if after.phone and not after.holder:
        raise _wrong("holder", "", "Say whose number it is, or leave the number empty.")
    return after


def changes_of(before: EntryCard, after: EntryCard) -> list[str]:
    """The names of the fields that differ: what the audit log keeps, which repeats no name and no number."""
    fields = ("holder", "phone", "valve", "avoid")
    return [field for field in fields if getattr(before, field) != getattr(after, field)]


def _wrong(field: str, value: str, remedy: str) -> Refused:
    return Refused("fields", f"{field} does not fit", field=field, value=value, wrong=[field], remedy=remedy)
