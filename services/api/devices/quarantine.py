"""Quarantine: devices that nobody registered. Their readings are kept; one call adopts them."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Body, Depends, Header, Path
from fastapi import Query as Parameters
from starlette.responses import Response

from services.api.container import Container
from services.api.devices.devices import CHANGES, DeviceShape, NewDevice, registered
from services.api.devices.readings import ReadingShape
from services.api.door.auth import Caller, allow
from services.api.problems import PROBLEMS
from services.api.shapes import PREFIX, Listed, Shape, listed
from services.api.words import Query, Word, place
from services.history.domain import Stranger
from services.registry.domain import Permission
from streams.contracts import Device, Severity

Viewer = Annotated[Caller, Depends(allow(Permission.DEAD_LETTERS, Permission.DEVICES))]
Keeper = Annotated[Caller, Depends(allow(Permission.DEVICES))]


class StrangerShape(Shape):
    """An unregistered device; ``danger`` is the worst severity that its readings ever reached, null for none."""

    device: str
    kind: str
    readings: int
    first_seen: int
    last_seen: int
    danger: Severity | None
    last_values: list[ReadingShape]


class Adoption(NewDevice):
    """As for a new device, but for its id, which is known."""

    id: Word = ""


def stranger_of(stranger: Stranger) -> StrangerShape:
    return StrangerShape(
        device=stranger.device,
        kind=stranger.kind,
        readings=stranger.readings,
        first_seen=stranger.first_seen,
        last_seen=stranger.last_seen,
        danger=Severity(stranger.danger) if stranger.danger else None,
        last_values=[ReadingShape.of(value) for value in stranger.last_values],
    )


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["quarantine"], responses=PROBLEMS)

    @routes.get("/quarantine")
    def list_quarantine(caller: Viewer, query: Annotated[Query, Parameters()]) -> Listed[StrangerShape]:
        """Unregistered devices: the dangerous first, then the newest."""
        page = container.history.list_quarantine(
            scope=caller.scope, limit=query.limit, after=place(query.cursor, (int, int, str))
        )
        return listed(page, stranger_of)

    @routes.post("/quarantine/{device}/adopt", status_code=201, responses=CHANGES)
    def adopt(
        caller: Keeper,
        device: Annotated[Word, Path()],
        asked: Annotated[Adoption, Body()],
        response: Response,
        idempotency_key: Annotated[Word | None, Header()] = None,
    ) -> DeviceShape:
        """Register the device; its kept readings move into history."""
        adopted = msgspec.convert({**asked.model_dump(), "id": device}, Device)
        return registered(container, caller, adopted, idempotency_key, response)

    return routes
