"""Places and units as the registry has them: what no area holds is refused, and so is a unit outside its own."""

from collections.abc import Mapping
from typing import Final

from services.tickets.domain import Action, Details, Ticket
from services.tickets.domain.catalogue import DISTRICT
from services.tickets.domain.errors import Wrong
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
        raise no_area(area)


def no_area(area: str) -> Refused:
    """What is said of an area that the registry does not have."""
    detail = f"'{area}' lies outside every area of the district"
    remedy = "Look it up in the list of areas, or leave it out and give the place or the position."
    return Wrong("area", area, detail, remedy, named="area")


def units_named(atlas: Atlas, action: str, details: Details) -> dict[str, str | None]:
    """Where the units that an action names work, None where there is no such unit; the district works everywhere.

    Asked before the transaction: holding one connection while waiting for another can deadlock a pool.
    """
    if action not in _NAMES_UNIT:
        return {}
    named = {details.unit, *details.assisting} - {"", DISTRICT}
    return {unit: atlas.unit_area(unit) for unit in sorted(named)}


def check_units(around: Mapping[str, str | None], ticket: Ticket, details: Details) -> None:
    """Refuse a unit that there is not, or whose area does not hold the ticket's place.

    Raises:
        Refused: ``fields``.
    """
    for unit, area in around.items():
        field = "unit" if unit == details.unit else "assisting"
        if area is None:
            remedy = "The list of units has those there are; the backstop is 'district'."
            raise Wrong(field, unit, f"there is no unit '{unit}'", remedy, named="unit")
        if not contains(area, ticket.area):
            raise Wrong(
                field, unit, f"unit '{unit}' works in {area}, which does not hold '{ticket.area}'",
                "Name a unit of that place; the catalogue says who is responsible there.", named="unit_elsewhere",
            )  # fmt: skip
