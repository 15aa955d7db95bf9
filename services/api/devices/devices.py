"""Devices: what the register knows of them, with what they last said."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Body, Depends, Header, Path
from fastapi import Query as Parameters
from pydantic import Field
from starlette.responses import Response

from services.api.container import Container
from services.api.devices.readings import ReadingShape
from services.api.door.auth import Caller, allow, user_of, within
from services.api.problems import PROBLEMS, documented
from services.api.shapes import PREFIX, Asked, Listed, Shape, listed
from services.api.words import AreaCode, Latitude, Longitude, Placed, Word, asked_area, missing, place
from services.history.domain import LastValue
from services.registry.domain import DeviceFilter, Permission
from services.registry.handlers import change_device, register_device
from streams.contracts import Device, DeviceState, Refused

CHANGES: Final = documented(403, 409)
Watcher = Annotated[Caller, Depends(allow(Permission.WATCH))]
Keeper = Annotated[Caller, Depends(allow(Permission.DEVICES))]


class DeviceQuery(Placed):
    """``text`` finds part of an id, a name or a place."""

    state: DeviceState | None = None
    text: Word = ""


class NewDevice(Asked):
    """A device to register; registering a quarantined one adopts it with its readings."""

    id: Word = Field(examples=["gas-0007"])
    kind: Word = Field(examples=["gas"])
    area: AreaCode = Field(description="The 15-digit grid it stands in.", examples=["990101001001001"])
    model: Word = ""
    dialect: Word = "native"
    name: Word = ""
    place: Word = Field(default="", examples=["机床厂宿舍 7栋 302"])
    building: AreaCode = ""
    lon: Longitude | None = Field(default=None, description="WGS84 degrees")
    lat: Latitude | None = Field(default=None, description="WGS84 degrees")
    attributes: dict[str, Word] = Field(default_factory=dict, max_length=50)
    period_s: int = Field(default=3600, ge=1, le=31 * 86_400, description="Expected reporting period.")
    installed: int | None = Field(default=None, ge=0, le=2**53, description="epoch ms")
    calibrated: int | None = Field(default=None, ge=0, le=2**53, description="epoch ms")
    state: DeviceState = DeviceState.ACTIVE


class ChangedDevice(Asked):
    """Only the fields that change, and the version they are based on."""

    version: int = Field(ge=1, le=2**31 - 1)
    kind: Word | None = None
    area: AreaCode | None = None
    model: Word | None = None
    dialect: Word | None = None
    name: Word | None = None
    place: Word | None = None
    building: AreaCode | None = None
    lon: Longitude | None = None
    lat: Latitude | None = None
    attributes: dict[str, Word] | None = Field(default=None, max_length=50)
    period_s: int | None = Field(default=None, ge=1, le=31 * 86_400)
    installed: int | None = Field(default=None, ge=0, le=2**53)
    calibrated: int | None = Field(default=None, ge=0, le=2**53)
    state: DeviceState | None = None
    why: Word = Field(
        default="",
        description="Kept with the change; where it begins or ends maintenance, in the audit log too.",
        examples=["更换传感器"],
    )


class MaintenanceShape(Shape):
    """Since when a device is in maintenance, by whom, and the reason that was given last ('': none)."""

    since: int = Field(description="epoch ms")
    by: str
    why: str


class DeviceShape(Shape):
    """A registered device; ``last_values`` are the newest believable ones, by metric.

    ``maintenance`` null: it is in none, and its alarms are told.
    """

    id: str
    kind: str
    area: str
    model: str
    dialect: str
    name: str
    place: str
    building: str
    lon: float | None
    lat: float | None
    attributes: dict[str, str]
    period_s: int
    installed: int | None
    calibrated: int | None
    state: DeviceState
    version: int
    maintenance: MaintenanceShape | None
    last_values: list[ReadingShape]


def shape_of(
    device: Device, values: Sequence[LastValue] = (), maintenance: MaintenanceShape | None = None
) -> DeviceShape:
    fields: dict[str, Any] = msgspec.structs.asdict(device)
    return DeviceShape(**fields, maintenance=maintenance, last_values=[ReadingShape.of(value) for value in values])


def shapes_of(container: Container, devices: Sequence[Device], scope: str) -> dict[str, DeviceShape]:
    """Devices by id, each with its last values, and with its maintenance where it is in one."""
    values = last_values(container, [device.id for device in devices], scope)
    absent = [device.id for device in devices if device.state is DeviceState.MAINTENANCE]
    found = container.devices.in_maintenance(scope=scope, devices=absent, limit=len(absent)) if absent else ()
    known = {each.device.id: MaintenanceShape(since=each.since, by=each.by, why=each.why) for each in found}
    return {device.id: shape_of(device, values.get(device.id, ()), known.get(device.id)) for device in devices}


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["devices"], responses=PROBLEMS)

    @routes.get("/devices")
    def list_devices(caller: Watcher, query: Annotated[DeviceQuery, Parameters()]) -> Listed[DeviceShape]:
        """Devices of the caller's area by id, each with its last values."""
        filters = DeviceFilter(query.device, query.kind, asked_area(caller, query.area), query.state or "", query.text)
        page = container.devices.list_devices(
            filters, scope=caller.scope, limit=query.limit, after=place(query.cursor, (str,))
        )
        shapes = shapes_of(container, page.items, caller.scope)
        return listed(page, lambda device: shapes[device.id])

    @routes.get("/devices/{device}")
    def get_device(caller: Watcher, device: Annotated[Word, Path()]) -> DeviceShape:
        """One device with its last values."""
        found = container.devices.get_device(device)
        if found is None:
            raise missing("device", device)
        within(caller, found.area, f"Device {device}")
        return shapes_of(container, [found], caller.scope)[device]

    @routes.post("/devices", status_code=201, responses=CHANGES)
    def post_device(
        caller: Keeper,
        asked: NewDevice,
        response: Response,
        idempotency_key: Annotated[Word | None, Header()] = None,
    ) -> DeviceShape:
        """Register a device, or adopt a quarantined one."""
        device = msgspec.convert(asked.model_dump(), Device)
        return registered(container, caller, device, idempotency_key, response)

    @routes.patch("/devices/{device}", responses=CHANGES)
    def patch_device(
        caller: Keeper, device: Annotated[Word, Path()], asked: Annotated[ChangedDevice, Body()]
    ) -> DeviceShape:
        """Change a device; retiring it is a change of its ``state``."""
        changes = asked.model_dump(mode="json", exclude_unset=True, exclude={"version", "why"})
        changed = change_device(
            container.devices, device, changes, asked.version, user=user_of(caller), now=container.clock.now(),
            why=asked.why,
        )  # fmt: skip
        return shapes_of(container, [changed], caller.scope)[device]

    return routes


def registered(
    container: Container, caller: Caller, device: Device, idempotency_key: str | None, response: Response
) -> DeviceShape:
    """Register ``device``; the same request under an ``Idempotency-Key`` finds it registered and says so again."""
    try:
        made = register_device(container.devices, device, user=user_of(caller), now=container.clock.now())
    except Refused as refused:
        there = container.devices.get_device(device.id) if refused.code == "exists" and idempotency_key else None
        if there is None or msgspec.structs.replace(there, version=1) != msgspec.structs.replace(device, version=1):
            raise
        made = there
        response.headers["Idempotent-Replayed"] = "true"
    response.headers["Location"] = f"{PREFIX}/devices/{made.id}"
    return shapes_of(container, [made], caller.scope)[made.id]


def last_values(container: Container, devices: Sequence[str], scope: str) -> dict[str, list[LastValue]]:
    """The last values of ``devices``, by device."""
    found: dict[str, list[LastValue]] = {}
    for value in container.history.last_values(devices, scope=scope) if devices else ():
        found.setdefault(value.device, []).append(value)
    return found
