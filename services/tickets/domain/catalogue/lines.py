"""The dispatch catalogue 派单目录: category × area × urgency → lead 主办, assisting 协办, deadlines. Pure.

There is always an answer: where no line fits, the district has it (兜底).
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final

import msgspec

from services.tickets.domain.catalogue.tree import LEAVES, lineage
from streams.contracts.areas import contains

DISTRICT: Final = "district"
"""The backstop (兜底) where nobody is responsible."""


class Reason(StrEnum):
    """Why the answer is what it is."""

    LINE = "line"
    """A line of the catalogue names the category, or its group."""
    UNIT = "unit"
    """A unit says of itself that it takes the category there."""
    CATCH_ALL = "catch_all"
    """Somebody there takes whatever nobody else does."""
    DISTRICT = "district"
    """Nobody does."""


class Line(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One line. ``category`` is a leaf, a group or '' (everything); ``area`` a prefix; ``urgency`` None is any.

    ``policy`` names the deadlines of such tickets, '' the ones in force. ``own``: it is no line that
    somebody wrote but what the unit's own entry in the registry says.
    """

    id: str
    category: str
    area: str
    lead: str
    urgency: int | None = None
    assisting: tuple[str, ...] = ()
    policy: str = ""
    own: bool = False


class Decision(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who is responsible, by which line, and what else would have fitted, the nearest first."""

    lead: str
    reason: Reason
    assisting: tuple[str, ...] = ()
    policy: str = ""
    line: Line | None = None
    others: tuple[Line, ...] = ()


def responsible_for(category: str, area: str, urgency: int, lines: Iterable[Line]) -> Decision:
    """The answer for a matter at a place: total, and independent of the order of ``lines``.

    Who names the category comes before who takes everything. Among them the nearest area wins, then the
    nearest category, then the line for this urgency before one for any, then a written line before a
    unit's own word, then the id.
    """
    above = lineage(category)
    fitting = sorted((line for line in lines if _fits(line, above, area, urgency)), key=lambda line: _rank(line, above))
    if not fitting:
        return Decision(DISTRICT, Reason.DISTRICT)
    first = fitting[0]
    reason = Reason.CATCH_ALL if not first.category else Reason.UNIT if first.own else Reason.LINE
    return Decision(first.lead, reason, first.assisting, first.policy, first, tuple(fitting[1:]))


def holes(areas: Sequence[str], lines: Sequence[Line]) -> tuple[tuple[str, str], ...]:
    """(category, area) where an ordinary matter has nobody but the district, by category and area."""
    found = []
    for area in areas:
        near = [line for line in lines if contains(line.area, area)]
        found += [(code, area) for code in LEAVES if responsible_for(code, area, 0, near).reason is Reason.DISTRICT]
    return tuple(sorted(found))


def _fits(line: Line, above: tuple[str, ...], area: str, urgency: int) -> bool:
    return line.category in above and contains(line.area, area) and line.urgency in {None, urgency}


def _rank(line: Line, above: tuple[str, ...]) -> tuple[bool, int, int, bool, bool, str]:
    return (
        not line.category, -len(line.area), above.index(line.category), line.urgency is None, line.own, line.id
    )  # fmt: skip
