"""Whether a point lies in a drawn area. Plane geometry: at a district's size the earth's curve is below a wall."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from services.registry.domain.places import GeoJson


def surrounds(geometry: GeoJson | None, lon: float, lat: float) -> bool:
    """Whether a GeoJSON polygon or multipolygon holds the point; its holes do not. False where nothing is drawn."""
    if geometry is None:
        return False
    coordinates: Any = geometry.get("coordinates", ())
    polygons = coordinates if geometry.get("type") == "MultiPolygon" else (coordinates,)
    return any(_in_polygon(polygon, lon, lat) for polygon in polygons)


def _in_polygon(rings: Sequence[Sequence[Sequence[float]]], lon: float, lat: float) -> bool:
    """In the outer ring and in none of the others (RFC 7946, 3.1.6)."""
    return bool(rings) and _in_ring(rings[0], lon, lat) and not any(_in_ring(hole, lon, lat) for hole in rings[1:])


def _in_ring(ring: Sequence[Sequence[float]], lon: float, lat: float) -> bool:
    """A ray to the east crosses the ring an odd number of times; a vertex counts for the edge below it only."""
    inside = False
    for (x1, y1, *_), (x2, y2, *_) in pairwise(ring):
        if (y1 > lat) != (y2 > lat) and lon < x1 + (lat - y1) * (x2 - x1) / (y2 - y1):
            inside = not inside
    return inside
