"""Areas, the units that answer for them, and the drawn layers of the map. Pure."""

from dataclasses import dataclass, field
from typing import Any, Final

from streams.contracts.areas import ancestors

_COUNTY: Final = 6
GeoJson = dict[str, Any]
"""A geometry or feature collection as RFC 7946 has it: WGS84, longitude first."""


@dataclass(frozen=True, slots=True)
class Area:
    """A county, street, community, grid or building; ``level`` follows from the code's length.

    ``geometry`` is a GeoJSON polygon, None where nobody has drawn it; ``lon``/``lat`` a point
    inside it for a label; ``facts`` what a person arriving wants to know (key-holder, floors).
    """

    code: str
    level: str
    name_zh: str
    name_en: str
    geometry: GeoJson | None = None
    lon: float | None = None
    lat: float | None = None
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def parent(self) -> str | None:
        """The code of the area around this one, None for a county."""
        above = ancestors(self.code)
        return above[-1] if above else None


def beginning_of(words: str) -> str:
    """The beginning of an area code, where ``words`` are one: a county's six digits and what may follow; else ''."""
    code = words.strip()
    return code if code.isascii() and code.isdigit() and len(code) >= _COUNTY else ""


@dataclass(frozen=True, slots=True)
class Unit:
    """Who resolves tickets: an area prefix and the categories it takes (empty: all of them)."""

    id: str
    name_zh: str
    name_en: str
    area: str
    categories: tuple[str, ...] = ()
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Layer:
    """A drawn layer of the map (streets, water, green, buildings): a GeoJSON feature collection."""

    name: str
    features: GeoJson
