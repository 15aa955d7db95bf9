"""From the location that a client sends to the area that answers for it."""

from dataclasses import dataclass
from typing import Final

from services.registry.domain import Area
from services.registry.domain.geometry import surrounds
from services.registry.ports import PlaceReader
from streams.contracts.areas import GRID_LENGTH, LEVELS

MOST: Final = 1_000
"""Areas of one level within one area of the level above: more than any district has."""


@dataclass(frozen=True, slots=True)
class Spot:
    """An area code up to the grid, the building where it is known, and their names from near to far."""

    area: str
    building: str
    name: str


def area_at(places: PlaceReader, lon: float, lat: float) -> Area | None:
    """The smallest drawn area around a point; None where it lies outside them all."""
    found: Area | None = None
    for level in LEVELS.values():
        within = found.code if found else ""
        page = places.list_areas(level=level, within=within, scope="", limit=MOST, after=None)
        found = next((area for area in page.items if surrounds(area.geometry, lon, lat)), found)
    return found


def spot_of(places: PlaceReader, area: Area) -> Spot:
    """Where that is; the names are written from the most to the least specific, as the specification asks."""
    chain = [area]
    while (above := chain[-1].parent) and (parent := places.get_area(above)):
        chain.append(parent)
    code = area.code[:GRID_LENGTH]
    return Spot(code, area.code if code != area.code else "", " ".join(each.name_zh for each in chain[:3]))
