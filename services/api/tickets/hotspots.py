"""Hotspots: tanks, detectors and buildings that keep coming back."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from fastapi import Query as Parameters
from pydantic import BaseModel, ConfigDict, Field

from services.api.container import Container
from services.api.door.auth import Caller, allow
from services.api.door.scope import UNIT_ROLES
from services.api.problems import PROBLEMS, documented, refuse
from services.api.shapes import PREFIX, Listed, Shape, each
from services.api.words import AreaCode, asked_area
from services.registry.domain import PERMISSIONS, Permission, Role
from services.tickets.domain import Hotspot

DAY = 86_400_000
READERS = frozenset(role for role in Role if Permission.TICKETS in PERMISSIONS[role]) - UNIT_ROLES
"""A unit sees its own tickets only; these figures are of everybody's."""
MOST = 100


class HotspotQuery(BaseModel):
    """What was opened in the last ``days``, by device or by building."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: Literal["device", "building"] = "device"
    days: Literal["30", "90"] = "30"
    area: AreaCode = ""
    limit: int = Field(default=50, ge=1, le=MOST)


class HotspotShape(Shape):
    """A device or building with two tickets, three alarms or a recurrence. ``last`` epoch ms."""

    device: str
    kind: str
    building: str
    area: str
    place: str
    tickets: int
    alarms: int
    recurrences: int
    last: int


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["hotspots"], responses=PROBLEMS)

    @routes.get("/hotspots", responses=documented(403))
    def list_hotspots(
        caller: Annotated[Caller, Depends(allow(Permission.TICKETS))], query: Annotated[HotspotQuery, Parameters()]
    ) -> Listed[HotspotShape]:
        """Where tickets and alarms keep coming back, the worst first."""
        return each(hotspots_of(container, caller, query), _shape)

    return routes


def hotspots_of(container: Container, caller: Caller, query: HotspotQuery) -> tuple[Hotspot, ...]:
    """Raises: ProblemError, 403: the area is not the caller's, or the caller is a unit's."""
    scope = max(asked_area(caller, query.area), caller.scope, key=len)
    if caller.role not in READERS:
        raise refuse(403, "role", f"Your role {caller.role} sees its own unit's tickets, and these figures are of all.",
                     f"Ask one of: {', '.join(sorted(READERS))}.", field="role", value=caller.role)  # fmt: skip
    since = container.clock.now() - int(query.days) * DAY
    return container.hotspots.hotspots(by=query.by, scope=scope, since=since, limit=query.limit)


def _shape(spot: Hotspot) -> HotspotShape:
    return HotspotShape(
        device=spot.device,
        kind=spot.kind,
        building=spot.building,
        area=spot.area,
        place=spot.place,
        tickets=spot.tickets,
        alarms=spot.alarms,
        recurrences=spot.recurrences,
        last=spot.last,
    )
