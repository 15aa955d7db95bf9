"""Areas, the units that answer for them, and the drawn layers of the map."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from fastapi import Query as Parameters

from services.api.container import Container
from services.api.door.auth import Signed, within
from services.api.problems import PROBLEMS
from services.api.shapes import PREFIX, Listed, Shape, each, listed
from services.api.words import AreaCode, Query, asked_area, missing, place
from services.registry.domain import Area, Unit


class AreaQuery(Query):
    """``area`` is a code or its beginning: that area and all in it."""

    area: AreaCode = ""
    level: Literal["county", "street", "community", "grid", "building", ""] = ""


class AreaShape(Shape):
    """An area; ``geometry`` is a GeoJSON polygon (WGS84), null where nobody has drawn it."""

    code: str
    level: str
    name_zh: str
    name_en: str
    parent: str | None
    lon: float | None
    lat: float | None
    facts: dict[str, str]
    geometry: dict[str, Any] | None


class UnitShape(Shape):
    """Who resolves tickets of an area; no ``categories`` means all of them."""

    id: str
    name_zh: str
    name_en: str
    area: str
    categories: list[str]
    phone: str


class LayerShape(Shape):
    """A drawn layer of the map, a GeoJSON feature collection."""

    name: str
    features: dict[str, Any]


def area_of(area: Area) -> AreaShape:
    return AreaShape(
        code=area.code, level=area.level, name_zh=area.name_zh, name_en=area.name_en, parent=area.parent,
        lon=area.lon, lat=area.lat, facts=area.facts, geometry=area.geometry,
    )  # fmt: skip


def unit_of(unit: Unit) -> UnitShape:
    return UnitShape(
        id=unit.id, name_zh=unit.name_zh, name_en=unit.name_en, area=unit.area,
        categories=list(unit.categories), phone=unit.phone,
    )  # fmt: skip


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["places"], responses=PROBLEMS)

    @routes.get("/areas")
    def list_areas(caller: Signed, query: Annotated[AreaQuery, Parameters()]) -> Listed[AreaShape]:
        """Areas of the caller's scope by code."""
        page = container.places.list_areas(
            level=query.level,
            within=asked_area(caller, query.area),
            scope=caller.scope,
            limit=query.limit,
            after=place(query.cursor, (str,)),
        )
        return listed(page, area_of)

    @routes.get("/areas/{code}")
    def get_area(caller: Signed, code: Annotated[AreaCode, Path()]) -> AreaShape:
        """One area."""
        found = container.places.get_area(code)
        if found is None:
            raise missing("area", code)
        within(caller, found.code, f"Area {code}")
        return area_of(found)

    @routes.get("/units")
    def list_units(caller: Signed) -> Listed[UnitShape]:
        """Units that answer for the caller's area or a part of it."""
        return each(container.places.list_units(scope=caller.scope), unit_of)

    @routes.get("/layers")
    def list_layers(_: Signed) -> Listed[LayerShape]:
        """The map's drawn layers."""
        layers = container.places.list_layers()
        return each(layers, lambda layer: LayerShape(name=layer.name, features=layer.features))

    return routes
