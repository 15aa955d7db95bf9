"""Records of ``linli.devices`` (compacted, keyed by device id): the registry's mirror."""

from enum import StrEnum

import msgspec


class DeviceState(StrEnum):
    PLANNED = "planned"
    ACTIVE = "active"
    MAINTENANCE = "maintenance"
    RETIRED = "retired"


class Device(msgspec.Struct, frozen=True, omit_defaults=True):
    """A registered device.

    ``area`` is the 15-digit grid it belongs to, ``building`` the 20-digit building if any;
    ``lon``/``lat`` are WGS84 degrees; ``period_s`` the expected reporting period in seconds;
    times are epoch ms. ``place`` is what a person calls the spot.
    """

    id: str
    kind: str
    area: str
    model: str = ""
    dialect: str = "native"
    name: str = ""
    place: str = ""
    building: str = ""
    lon: float | None = None
    lat: float | None = None
    attributes: dict[str, str] = {}
    period_s: int = 3600
    installed: int | None = None
    calibrated: int | None = None
    state: DeviceState = DeviceState.ACTIVE
    version: int = 1
