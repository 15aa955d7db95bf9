"""Announced works: gas works, tank pumping, water cuts; known before a ticket is made. Pure."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import msgspec

from services.tickets.domain.errors import Wrong
from services.tickets.domain.limits import DAY
from services.tickets.domain.words import Role
from streams.contracts import Refused
from streams.contracts.areas import contains, level_of

EDITORS: Final = frozenset(
    {Role.OPERATOR, Role.DISPATCHER, Role.GRID_MANAGER, Role.SUPERVISOR, Role.ADMINISTRATOR}
)  # fmt: skip
LONGEST: Final = 90 * DAY


class WorkKind(StrEnum):
    """What is done; an alarm of the kind's sensors may come of it, and is no less an alarm."""

    GAS = "gas"
    SEPTIC = "septic"
    WATER = "water"
    POWER = "power"
    ROAD = "road"
    OTHER = "other"


class Works(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Works in an area, from ``start`` until before ``end``, epoch ms."""

    kind: WorkKind
    area: str
    start: int
    end: int
    text: str
    cancelled: bool = False


def checked(works: Works, *, scope: str, role: Role) -> Works:
    """Raises: Refused, ``forbidden`` or ``fields`` names what is wrong and its remedy."""
    if role not in EDITORS:
        raise Refused("forbidden", f"works are announced by {', '.join(sorted(EDITORS))}")
    if level_of(works.area) is None:
        raise Wrong("area", works.area, "area is no area code", "Use one of 6, 9, 12, 15 or 20 digits.")
    if not contains(scope, works.area):
        raise Refused("forbidden", f"the works lie outside your area {scope}")
    if not works.start < works.end <= works.start + LONGEST:
        raise Wrong("end", works.end, "end comes after start, by 90 days at most", f"Name a time after {works.start}.")
    if not works.text.strip():
        raise Refused(
            "fields", "text says what is done and what people notice of it", missing=["text"], remedy="Add text."
        )
    return works


def in_force(works: Works, now: int) -> bool:
    """Announced, and not over."""
    return not works.cancelled and now < works.end


def concerns(works: Iterable[tuple[str, Works]], area: str, now: int) -> list[str]:
    """The works that a report from ``area`` has to do with now: of it, around it or within it."""
    return [
        name
        for name, each in works
        if in_force(each, now) and each.start <= now and (contains(each.area, area) or contains(area, each.area))
    ]
