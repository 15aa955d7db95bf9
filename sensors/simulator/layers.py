"""What the map shows beneath the devices: water, green, roads, buildings, estate names, as GeoJSON."""

from typing import Final

from sensors.simulator import places
from sensors.simulator.plan import SETBACK, XS, YS, bank, buildings, estates
from sensors.simulator.plane import GeoJson, Point, collection, feature, line, on_globe, polygon

MARGIN: Final = 90.0
_WEST, _EAST, _NORTH = XS[0] - MARGIN, XS[-1] + MARGIN, YS[0] + MARGIN
_BRIDGES: Final = (3, 8)
_MAIN_AVENUES: Final = frozenset({0, 4, 8, 12})
_MAIN_CROSS: Final = frozenset({0, 2, 4, 6})


def _shore(side: float, *, eastward: bool) -> list[Point]:
    steps = [_WEST + (_EAST - _WEST) * step / 80 for step in range(81)]
    return [(x, bank(x, side=side)) for x in (steps if eastward else reversed(steps))]


def outline() -> GeoJson:
    """The county's border: the blocks with a margin, down to the far bank of the river."""
    return polygon([(_WEST, _NORTH), *_shore(1.0, eastward=True), (_EAST, _NORTH)])


def layers() -> dict[str, GeoJson]:
    """``water``, ``green``, ``streets``, ``buildings`` and ``labels``, each a FeatureCollection."""
    return {
        "water": collection([_river()]),
        "green": collection([*_banks(), *_parks()]),
        "streets": collection([*_avenues(), *_cross_streets()]),
        "buildings": collection(_slabs()),
        "labels": collection(_labels()),
    }


def _river() -> GeoJson:
    shape = polygon([*_shore(1.0, eastward=True), *_shore(0.0, eastward=False)])
    return feature(shape, name=places.RIVER[0], name_en=places.RIVER[1])


def _banks() -> list[GeoJson]:
    def strip(side: float, width: float) -> GeoJson:
        edge = _shore(side, eastward=True)
        return feature(polygon([*edge, *((x, y + width) for x, y in reversed(edge))]), name="滨江绿带", kind="bank")

    return [strip(0.0, 24.0), strip(1.0, -16.0)]


def _parks() -> list[GeoJson]:
    made = []
    for estate in estates():
        if estate.park:
            west, south, east, north = estate.edges
            rim = SETBACK - 3
            corner = 16.0
            shape = polygon(
                (
                    (west + rim + corner, south + rim),
                    (east - rim - corner, south + rim),
                    (east - rim, south + rim + corner),
                    (east - rim, north - rim - corner),
                    (east - rim - corner, north - rim),
                    (west + rim + corner, north - rim),
                    (west + rim, north - rim - corner),
                    (west + rim, south + rim + corner),
                )
            )
            made.append(feature(shape, name=_park_name(estate.name_zh), kind="park"))
    return made


def _park_name(estate: str) -> str:
    return estate[:-2] + "公园"


def _avenues() -> list[GeoJson]:
    made = []
    for index, x in enumerate(XS):
        south = bank(x, side=1.0) - 60.0 if index in _BRIDGES else YS[-1]
        name_zh, name_en = places.AVENUES[index]
        made.append(
            feature(
                line(((x, _NORTH - 30.0), (x, south))),
                name=name_zh,
                name_en=name_en,
                **{"class": "main" if index in _MAIN_AVENUES else "minor"},
            )
        )
    return made


def _cross_streets() -> list[GeoJson]:
    return [
        feature(
            line(((XS[0] - 60.0, y), (XS[-1] + 60.0, y))),
            name=places.CROSS_STREETS[index][0],
            name_en=places.CROSS_STREETS[index][1],
            **{"class": "main" if index in _MAIN_CROSS else "minor"},
        )
        for index, y in enumerate(YS)
    ]


def _slabs() -> list[GeoJson]:
    return [
        feature(
            polygon(((b.west, b.south), (b.east, b.south), (b.east, b.north), (b.west, b.north))),
            code=b.code,
            name=f"{b.estate.name_zh}{b.number}栋",
        )
        for b in buildings()
    ]


def _labels() -> list[GeoJson]:
    made = []
    for estate in estates():
        west, south, east, north = estate.edges
        point = {"type": "Point", "coordinates": list(on_globe((west + east) / 2, (south + north) / 2))}
        name = _park_name(estate.name_zh) if estate.park else estate.name_zh
        made.append(feature(point, name=name, name_en=estate.name_en, kind="park" if estate.park else "estate"))
    return made
