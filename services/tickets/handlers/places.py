"""Places and units as the registry has them: what no area holds is refused, and so is a unit outside its own."""

from typing import Final

from services.tickets.domain import Action, Details, Ticket
from services.tickets.domain.catalogue import DISTRICT
from services.tickets.ports import Atlas
from streams.contracts import Refused
from streams.contracts.areas import contains

_NAMES_UNIT: Final = frozenset({Action.DISPATCH, Action.REASSIGN, Action.WHISTLE, Action.RETURN})


def check_area(atlas: Atlas, area: str) -> None:
    """Refuse an area that the registry does not have; none at all is settled by classifying.

    Raises:
        Refused: ``fields``.
    """
    if area and not atlas.has_area(area):
        raise Refused(
            "fields", f"'{area}' lies outside every area of the district", wrong=["area"], value=area, named="area",
            remedy="Look it up in the list of areas, or leave it out and give the place or the position.",
        )  # fmt: skip


def check_units(atlas: Atlas, ticket: Ticket, action: str, details: Details) -> None:
    """Refuse a unit that there is not, or whose area does not hold the ticket's place; the district backs everything.

    Raises:
        Refused: ``fields``.
    """
    if action not in _NAMES_UNIT:
        return
    for field, unit in (("unit", details.unit), *(("assisting", unit) for unit in details.assisting)):
        if not unit or unit == DISTRICT:
            continue
        around = atlas.unit_area(unit)
        if around is None:
            raise Refused(
                "fields", f"there is no unit '{unit}'", wrong=[field], value=unit, named="unit",
                remedy="The list of units has those there are; the backstop is 'district'.",
            )  # fmt: skip
        if not contains(around, ticket.area):
            raise Refused(
                "fields", f"unit '{unit}' works in {around}, which does not hold '{ticket.area}'",
                wrong=[field], value=unit, named="unit_elsewhere",
                remedy="Name a unit of that place; the catalogue says who is responsible there.",
            )  # fmt: skip
