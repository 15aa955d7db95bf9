"""Places by name while somebody types: buildings, grids and what is above them, each with the path to it."""

import re
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, Response

from services.api.container import Container
from services.api.door.auth import Caller, allow
from services.api.language.words import Words
from services.api.pages.desk import Desk
from services.registry.domain import Area, Permission
from services.tickets.domain.merging import spot_of
from streams.contracts.areas import GRID_LENGTH, LEVELS, ancestors, level_of

SHOWN: Final = 8
"""What an eye takes in before the next letter is typed."""
_CODE_BEHIND: Final = re.compile(r"\b([0-9]{6,20})$")
_PATH_FROM: Final = 9
"""Every place is in the county; its street says more."""


@dataclass(frozen=True, slots=True)
class Found:
    """A place that was found; ``path`` are the names above it from the street down."""

    area: Area
    name: str
    path: str
    grid_name: str

    @property
    def grid(self) -> str:
        """The code that a ticket of this place carries."""
        return self.area.code[:GRID_LENGTH]

    @property
    def building(self) -> str:
        return self.area.code if self.area.level == "building" else ""

    def plain(self) -> dict[str, Any]:
        return {
            "code": self.area.code, "name": self.name, "path": self.path, "area": self.grid, "grid": self.grid_name,
            "building": self.building, "lon": self.area.lon, "lat": self.area.lat,
        }  # fmt: skip


def routes(desk: Desk, container: Container) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/places", dependencies=[Depends(allow(Permission.TICKETS, Permission.REPORT))])
    def search(request: Request) -> Response:
        """At most eight places of the person's area."""
        visit = desk.visit(request)
        query = request.query_params
        level = query.get("level", "")
        level = level if level in LEVELS.values() else ""
        found = search_places(container, visit.caller, query.get("q", "")[:100], visit.t, level=level)
        return JSONResponse({"items": [each.plain() for each in found]})

    return router


def search_places(container: Container, who: Caller, words: str, t: Words, *, level: str = "") -> list[Found]:
    """The best places for some words; a building may be written as people do: 四号楼, 4幢."""
    words = words if words.isprintable() else ""
    spot = spot_of(words)
    asked = f"{spot.estate} {spot.building}" if spot.building else words
    places = container.places
    found = places.find_areas(asked, scope=who.scope, level=level, limit=SHOWN)
    above = places.areas_named({code for area in found for code in ancestors(area.code)})
    return [_found(area, above, t) for area in found]


def named_place(container: Container, code: str, t: Words) -> Found | None:
    """One place by its code."""
    areas = container.places.areas_named({code, *ancestors(code)}) if level_of(code) else {}
    return _found(areas[code], areas, t) if code in areas else None


def code_of(container: Container, who: Caller, text: str, t: Words) -> str:
    """The code that somebody means: written behind the name or alone, or by a whole name; else the text itself."""
    if behind := _CODE_BEHIND.search(text):
        return behind[1]
    same = [each for each in search_places(container, who, text, t) if text in {each.name, each.area.name_zh}]
    return same[0].area.code if len(same) == 1 else text


def written(found: Found | None, code: str) -> str:
    """How a field shows a chosen place, so that :func:`code_of` finds it again."""
    return f"{found.name} {code}" if found else code


def _found(area: Area, above: dict[str, Area], t: Words) -> Found:
    path = [above[code] for code in ancestors(area.code) if len(code) >= _PATH_FROM and code in above]
    name, names = t.either(area.name_zh, area.name_en), [t.either(each.name_zh, each.name_en) for each in path]
    return Found(area, name, " ".join(names), names[-1] if area.level == "building" and names else name)
