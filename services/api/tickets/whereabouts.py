"""From a point on the map to the area that answers for it, and a clear answer where none does."""

import math
from typing import Final

from services.registry.domain import Area
from services.registry.domain.geometry import surrounds
from services.registry.ports import PlaceReader
from services.tickets.domain.merging import METRES_A_DEGREE
from streams.contracts import Refused
from streams.contracts.areas import LEVELS

MOST: Final = 1_000
"""Areas of one level within one area of the level above: more than any district has."""
BESIDE_M: Final = 30.0
"""Metres from a building's middle within which a point beside it still means that building."""


def area_at(places: PlaceReader, lon: float, lat: float) -> Area | None:
    """The smallest drawn area around a point; None where it lies outside them all."""
    found: Area | None = None
    for level in LEVELS.values():
        within = found.code if found else ""
        page = places.list_areas(level=level, within=within, scope="", limit=MOST, after=None)
        found = next((area for area in page.items if surrounds(area.geometry, lon, lat)), found)
    return found


def place_at(places: PlaceReader, lon: float, lat: float) -> Area:
    """The building at or right beside a point, else the smallest area around it.

    Raises:
        Refused: ``outside``, no area of the registry holds the point.
    """
    found = area_at(places, lon, lat)
    if found is None:
        raise Refused(
            "outside", f"longitude {lon:g}, latitude {lat:g} lies outside every area of the district",
            field="position", value=f"{lon:g}, {lat:g}",
            remedy="Check the point, longitude first; what lies in another district is for its own 12345.",
        )  # fmt: skip
    if found.level != "grid":
        return found
    page = places.list_areas(level="building", within=found.code, scope="", limit=MOST, after=None)
    near = [(metres((lon, lat), (area.lon, area.lat)), area) for area in page.items
            if area.lon is not None and area.lat is not None]  # fmt: skip
    distance, nearest = min(near, key=lambda pair: pair[0], default=(math.inf, found))
    return nearest if distance <= BESIDE_M else found


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """How far two points are apart, in a plane."""
    across = (one[0] - other[0]) * math.cos(math.radians(one[1]))
    return math.hypot(across, one[1] - other[1]) * METRES_A_DEGREE
