"""The plane that the district is drawn on: metres east and north, turned a little, put on the globe."""

from collections.abc import Iterable
from math import cos, radians, sin
from typing import Any, Final

LON: Final = 109.9965
LAT: Final = 30.0035
TURN: Final = radians(-7.0)

Point = tuple[float, float]
GeoJson = dict[str, Any]


def on_globe(x: float, y: float) -> Point:
    """Metres from the district's middle to WGS84 degrees, rounded to a centimetre."""
    east = x * cos(TURN) - y * sin(TURN)
    north = x * sin(TURN) + y * cos(TURN)
    return round(LON + east / (111_320.0 * cos(radians(LAT))), 7), round(LAT + north / 110_574.0, 7)


def polygon(points: Iterable[Point]) -> GeoJson:
    """A closed ring of plane points as a GeoJSON polygon, counter-clockwise as given."""
    ring = [list(on_globe(x, y)) for x, y in points]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def box(west: float, south: float, east: float, north: float) -> GeoJson:
    return polygon(((west, south), (east, south), (east, north), (west, north)))


def line(points: Iterable[Point]) -> GeoJson:
    return {"type": "LineString", "coordinates": [list(on_globe(x, y)) for x, y in points]}


def feature(geometry: GeoJson, **properties: object) -> GeoJson:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def collection(features: Iterable[GeoJson]) -> GeoJson:
    return {"type": "FeatureCollection", "features": list(features)}
