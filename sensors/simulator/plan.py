"""The plan of the district: roads, blocks, estates, buildings and the river. The same for every seed.

Twelve by six blocks between named roads. Four columns are a street (街道), two rows of it a community
(社区), two neighbouring blocks a grid (网格): 3 streets, 9 communities, 36 grids. A block is an old estate
of slabs in rows, or a park.
"""

from dataclasses import dataclass
from functools import cache
from math import sin
from typing import Final

from sensors.simulator.places import ESTATES
from sensors.simulator.plane import Point

COLUMNS: Final = 12
ROWS: Final = 6
_WIDTHS: Final = (236.0, 268.0, 252.0, 284.0, 244.0, 262.0, 290.0, 240.0, 256.0, 276.0, 248.0, 264.0)
_HEIGHTS: Final = (172.0, 188.0, 204.0, 180.0, 196.0, 176.0)
PARKS: Final = frozenset({(0, 1), (3, 4), (6, 2), (9, 5), (11, 0)})

SETBACK: Final = 13.0
SLAB_DEPTH: Final = 11.5
ROW_PITCH: Final = 27.0
SLAB_GAP: Final = 11.0


def _lines(spans: tuple[float, ...]) -> tuple[float, ...]:
    """Road lines so that the whole is centred on zero."""
    edges = [-sum(spans) / 2]
    for span in spans:
        edges.append(round(edges[-1] + span, 1))
    return tuple(edges)


XS: Final = _lines(_WIDTHS)
"""The 13 avenues, west to east."""
YS: Final = tuple(-y for y in _lines(_HEIGHTS))
"""The 7 cross streets, north to south."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """One slab: ``number`` within its estate, ``units`` entrances (单元), ``floors`` storeys."""

    code: str
    number: int
    estate: "Estate"
    west: float
    south: float
    east: float
    north: float
    units: int
    floors: int

    @property
    def middle(self) -> Point:
        return (self.west + self.east) / 2, (self.south + self.north) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """One block between four roads. ``park`` ones have no buildings."""

    column: int
    row: int
    name_zh: str
    name_en: str
    park: bool

    @property
    def street(self) -> int:
        return self.column // 4

    @property
    def community(self) -> int:
        return self.row // 2

    @property
    def grid(self) -> int:
        """1 to 4 within the community, west to east, north to south."""
        return (self.row % 2) * 2 + (self.column % 4) // 2 + 1

    @property
    def grid_code(self) -> str:
        return f"990101{self.street + 1:03}{self.community + 1:03}{self.grid:03}"

    @property
    def edges(self) -> tuple[float, float, float, float]:
        """West, south, east, north: the middles of the roads around it."""
        return XS[self.column], YS[self.row + 1], XS[self.column + 1], YS[self.row]


@cache
def estates() -> tuple[Estate, ...]:
    """All blocks, row by row; the first name, 纺织新村, stands in the middle of the first street."""
    names = iter(ESTATES[1:])
    made = []
    for row in range(ROWS):
        for column in range(COLUMNS):
            zh, en = ESTATES[0] if (column, row) == (2, 2) else next(names)
            made.append(Estate(column=column, row=row, name_zh=zh, name_en=en, park=(column, row) in PARKS))
    return tuple(made)


@cache
def buildings() -> tuple[Building, ...]:
    """Every building of the district, numbered within its estate and coded within its grid."""
    made: list[Building] = []
    in_grid: dict[str, int] = {}
    for estate in estates():
        if estate.park:
            continue
        for number, (west, south, east, north) in enumerate(_slabs(estate), 1):
            in_grid[estate.grid_code] = sequence = in_grid.get(estate.grid_code, 0) + 1
            made.append(
                Building(
                    code=f"{estate.grid_code}{sequence:05}",
                    number=number,
                    estate=estate,
                    west=west,
                    south=south,
                    east=east,
                    north=north,
                    units=3 if east - west > 58 else 2,
                    floors=6 if (number + estate.column) % 5 else 7,
                )
            )
    return tuple(made)


def _slabs(estate: Estate) -> list[tuple[float, float, float, float]]:
    """Rows of slabs facing south; a row shifts a little, and here and there a yard stays free."""
    west, south, east, north = estate.edges
    west, south, east, north = west + SETBACK, south + SETBACK, east - SETBACK, north - SETBACK
    style = (estate.column * 7 + estate.row * 3) % 5
    per_row = 3 + (style % 2)
    length = (east - west - SLAB_GAP * (per_row - 1)) / per_row
    rows = int((north - south - SLAB_DEPTH) // ROW_PITCH) + 1
    pitch = (north - south - SLAB_DEPTH) / max(1, rows - 1)
    made = []
    for row in range(rows):
        top = north - row * pitch
        for place in range(per_row):
            if (row, place) == (rows // 2, style % per_row):
                continue
            left = west + place * (length + SLAB_GAP)
            trim = 6.0 * ((row + place + style) % 3)
            made.append((left, top - SLAB_DEPTH, left + length - trim, top))
    return made


def bank(x: float, *, side: float) -> float:
    """The y of the river's bank at ``x``: ``side`` 0 is the near one, 1 the far one."""
    bend = 46.0 * sin(x / 520.0) + 22.0 * sin(x / 210.0 + 1.3)
    return YS[-1] - 74.0 + bend - side * (128.0 + 18.0 * sin(x / 400.0 + 0.6))
