"""From the location that a client sends to the area that answers for it."""

from dataclasses import dataclass

from services.registry.domain import Area
from services.registry.ports import PlaceReader
from streams.contracts.areas import GRID_LENGTH


@dataclass(frozen=True, slots=True)
class Spot:
    """An area code up to the grid, the building where it is known, and their names from near to far."""

    area: str
    building: str
    name: str


def spot_of(places: PlaceReader, area: Area) -> Spot:
    """Where that is; the names are written from the most to the least specific, as the specification asks."""
    chain = [area]
    while (above := chain[-1].parent) and (parent := places.get_area(above)):
        chain.append(parent)
    code = area.code[:GRID_LENGTH]
    return Spot(code, area.code if code != area.code else "", " ".join(each.name_zh for each in chain[:3]))
