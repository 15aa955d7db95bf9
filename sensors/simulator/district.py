"""The fictional district 澄湖区 (county 990101): areas, units responsible, devices. Nothing in it exists.

Pure: the same seed and number give the same district. What ``provision`` seeds the registry with in a demo,
what the simulator plays, and what tests and benches use.
"""

from dataclasses import dataclass
from typing import Final

from sensors.kinds.categories import DEVICE_UPKEEP, FIRE_LANE, GAS_LEAK, ILLEGAL_PARKING, LIGHTING, SEPTIC_GAS
from sensors.simulator import places
from sensors.simulator.fleet import fleet
from sensors.simulator.layers import layers, outline
from sensors.simulator.plan import XS, YS, buildings, estates
from sensors.simulator.plane import LAT, LON, GeoJson, Point, box, on_globe
from streams.contracts import Device

DEFAULT_DEVICES: Final = 400
COUNTY: Final = places.COUNTY[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """One administrative area or building; ``center`` is (lon, lat), ``parent`` empty for the county."""

    code: str
    level: str
    name_zh: str
    name_en: str
    parent: str
    geometry: GeoJson
    center: Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """Who is responsible for ``categories`` within the areas that begin with ``area``."""

    id: str
    name_zh: str
    name_en: str
    area: str
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class District:
    """Areas run from the county down to the buildings, parents first."""

    seed: int
    areas: tuple[Area, ...]
    units: tuple[Unit, ...]
    devices: tuple[Device, ...]

    @staticmethod
    def layers() -> dict[str, GeoJson]:
        """What is drawn beneath: ``water``, ``green``, ``streets``, ``buildings``, ``labels``."""
        return layers()


def build(seed: int = 1, devices: int = DEFAULT_DEVICES) -> District:
    """The district with exactly ``devices`` devices."""
    return District(seed=seed, areas=_areas(), units=_units(), devices=fleet(seed, devices))


def _areas() -> tuple[Area, ...]:
    code, name_zh, name_en = places.COUNTY
    county = Area(
        code=code,
        level="county",
        name_zh=name_zh,
        name_en=name_en,
        parent="",
        geometry=outline(),
        center=(LON, LAT),
    )
    return (county, *_streets(), *_communities(), *_grids(), *_buildings())


def _block(level: str, code: str, name_zh: str, name_en: str, columns: tuple[int, int], rows: tuple[int, int]) -> Area:
    """An area of whole blocks: from the first road to the last, both by index."""
    west, east, north, south = XS[columns[0]], XS[columns[1]], YS[rows[0]], YS[rows[1]]
    return Area(
        code=code,
        level=level,
        name_zh=name_zh,
        name_en=name_en,
        parent=code[:-3],
        geometry=box(west, south, east, north),
        center=on_globe((west + east) / 2, (south + north) / 2),
    )


def _streets() -> list[Area]:
    return [
        _block("street", f"{COUNTY}{street + 1:03}", zh, en, (street * 4, street * 4 + 4), (0, 6))
        for street, (zh, en) in enumerate(places.STREETS)
    ]


def _communities() -> list[Area]:
    return [
        _block(
            "community",
            f"{COUNTY}{street + 1:03}{index + 1:03}",
            f"{zh}社区",
            f"{en} Community",
            (street * 4, street * 4 + 4),
            (index * 2, index * 2 + 2),
        )
        for street, communities in enumerate(places.COMMUNITIES)
        for index, (zh, en) in enumerate(communities)
    ]


def _grids() -> list[Area]:
    made = []
    for estate in estates():
        if estate.column % 2 == 0:
            zh, en = places.COMMUNITIES[estate.street][estate.community]
            made.append(
                _block(
                    "grid",
                    estate.grid_code,
                    f"{zh}社区第{estate.grid}网格",
                    f"{en} Grid {estate.grid}",
                    (estate.column, estate.column + 2),
                    (estate.row, estate.row + 1),
                )
            )
    return made


def _buildings() -> list[Area]:
    return [
        Area(
            code=b.code,
            level="building",
            name_zh=f"{b.estate.name_zh}{b.number}栋",
            name_en=f"{b.estate.name_en} Building {b.number}",
            parent=b.estate.grid_code,
            geometry=box(b.west, b.south, b.east, b.north),
            center=on_globe(*b.middle),
        )
        for b in buildings()
    ]


def _units() -> tuple[Unit, ...]:
    district = (
        Unit(
            id="gas-repair",
            name_zh="澄湖燃气抢修",
            name_en="Chenghu Gas Emergency",
            area=COUNTY,
            categories=(GAS_LEAK,),
        ),
        Unit(id="lighting", name_zh="澄湖照明", name_en="Chenghu Lighting", area=COUNTY, categories=(LIGHTING,)),
        Unit(
            id="sensor-upkeep",
            name_zh="澄湖物联运维",
            name_en="Chenghu Sensor Upkeep",
            area=COUNTY,
            categories=(DEVICE_UPKEEP,),
        ),
    )
    by_street: list[Unit] = []
    for index, (name_zh, name_en) in enumerate(places.STREETS, 1):
        area, short_zh, short_en = f"{COUNTY}{index:03}", name_zh[:2], name_en.split()[0]
        by_street += [
            Unit(
                id=f"sanitation-{short_en.lower()}",
                name_zh=f"{short_zh}环卫所",
                name_en=f"{short_en} Sanitation",
                area=area,
                categories=(SEPTIC_GAS,),
            ),
            Unit(
                id=f"enforcement-{short_en.lower()}",
                name_zh=f"{short_zh}综合执法队",
                name_en=f"{short_en} Enforcement",
                area=area,
                categories=(FIRE_LANE, ILLEGAL_PARKING),
            ),
        ]
    return (*district, *by_street)
