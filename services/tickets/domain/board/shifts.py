"""Handing over a shift: what is open, what the next one must know, and who took it over. Pure."""

from typing import Final

import msgspec

from services.tickets.domain.rows import StageCount
from services.tickets.domain.words import Role
from streams.contracts import Refused
from streams.contracts.areas import contains

HANDS_OVER: Final = frozenset({Role.OPERATOR, Role.DISPATCHER, Role.GRID_MANAGER, Role.SUPERVISOR})


class Count(msgspec.Struct, frozen=True):
    """Open tickets of a stage at the hand-over, and those that carry a card."""

    stage: str
    tickets: int
    yellow: int
    red: int


class Shift(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A shift as it was handed over by ``given_by``; ``taken_by`` is empty until somebody took it over.

    ``scope`` is the area prefix of who handed it over; times are epoch ms.
    """

    given_by: str
    given_at: int
    text: str
    open: tuple[Count, ...]
    scope: str = ""
    taken_by: str = ""
    taken_at: int | None = None
    remark: str = ""


def handed_over(counts: tuple[StageCount, ...], text: str, *, by: str, role: Role, scope: str, now: int) -> Shift:
    """Raises: Refused, ``forbidden``; ``fields``, a hand-over without a word."""
    _may(role)
    if not text.strip():
        raise Refused(
            "fields", "text says what the next shift must know", missing=["text"],
            remedy="Add text; 'nothing' is an answer too.",
        )  # fmt: skip
    counted = tuple(Count(str(each.stage), each.tickets, each.yellow, each.red) for each in counts)
    return Shift(by, now, text, counted, scope)


def taken_over(shift: Shift, remark: str, *, by: str, role: Role, scope: str, now: int) -> Shift:
    """Another person acknowledges it, once.

    Raises:
        Refused: ``forbidden``; ``conflict``, it has been taken over.
    """
    _may(role)
    if by == shift.given_by:
        raise Refused("forbidden", "who hands a shift over cannot take it over: that is the next one's word")
    if not contains(scope, shift.scope):
        raise Refused("forbidden", f"the shift is of the area {shift.scope or 'of the whole district'}, not of yours")
    if shift.taken_by:
        raise Refused("conflict", f"{shift.taken_by} has taken it over already")
    return msgspec.structs.replace(shift, taken_by=by, taken_at=now, remark=remark)


def _may(role: Role) -> None:
    if role not in HANDS_OVER:
        raise Refused("forbidden", f"shifts are handed over by {', '.join(sorted(HANDS_OVER))}")
