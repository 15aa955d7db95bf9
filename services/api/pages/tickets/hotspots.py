"""Chronic tanks and hot spots: where tickets and alarms keep coming back."""

from typing import Any, Final, Literal

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api.container import Container
from services.api.door.auth import require
from services.api.language import vocabulary as voc
from services.api.language.words import N_
from services.api.pages.desk import Desk, Visit
from services.api.pages.frames import common, names_of
from services.api.tickets.hotspots import HotspotQuery, hotspots_of
from services.registry.domain import Permission
from services.tickets.domain import Hotspot

DAYS: Final[dict[Literal["30", "90"], str]] = {"30": N_("近 30 天"), "90": N_("近 90 天")}


def routes(desk: Desk, container: Container) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/tickets/hotspots")
    def hotspots(request: Request) -> Response:
        visit = desk.visit(request)
        require(visit.caller, Permission.TICKETS)
        days: Literal["30", "90"] = "90" if request.query_params.get("days") == "90" else "30"
        devices = hotspots_of(container, visit.caller, HotspotQuery(by="device", days=days))
        buildings = hotspots_of(container, visit.caller, HotspotQuery(by="building", days=days))
        names = names_of(desk.source.areas(visit.caller), visit.t)
        return desk.show(
            visit,
            "hotspots.html",
            **common(visit),
            days=days,
            periods=DAYS,
            devices=[_row(spot, names, visit) for spot in devices],
            buildings=[_row(spot, names | _named(container, spot.building, visit), visit) for spot in buildings],
        )

    return router


def _named(container: Container, building: str, visit: Visit) -> dict[str, str]:
    """A building's name; the tickets there are of flats and kitchens."""
    area = container.places.get_area(building)
    return {building: visit.t.either(area.name_zh, area.name_en)} if area else {}


def _row(spot: Hotspot, names: dict[str, str], visit: Visit) -> dict[str, Any]:
    where = names.get(spot.building) or spot.place or names.get(spot.area[:15], spot.area)
    return {
        "spot": spot,
        "where": where,
        "kind": voc.kind_name(spot.kind, visit.t) if spot.kind else "",
        "grid": names.get(spot.area[:15], spot.area),
    }
