"""What makes a device's entry valid, and how it changes. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from sensors.kinds import KINDS
from streams.contracts import Device, Refused
from streams.contracts.areas import is_grid, level_of

ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}\Z")
"""Also one level of an MQTT topic, so neither ``/`` nor ``+`` nor ``#``."""
TEXT_LIMIT: Final = 200
PERIODS: Final = (1, 31 * 86_400)
FIXED: Final = frozenset({"id", "version"})


@dataclass(frozen=True, slots=True)
class DeviceFilter:
    """What a list of devices is narrowed by; '' leaves a field open."""

    device: str = ""
    kind: str = ""
    area: str = ""
    state: str = ""
    text: str = ""
    """Part of an id, name or place."""


def check(device: Device) -> None:
    """Judge an entry by itself; whether its area exists is for the store.

    Raises:
        Refused: ``invalid``, with the field, the value and the remedy.
    """
    if not ID.match(device.id):
        raise _invalid("id", device.id, "Use 1 to 64 letters, digits and _ . : - and begin with a letter or digit.")
    if device.kind not in KINDS:
        raise _invalid("kind", device.kind, f"Use one of: {', '.join(sorted(KINDS))}.")
    if not is_grid(device.area):
        raise _invalid("area", device.area, "Give the 15-digit code of the grid it stands in.")
    if device.building and not (level_of(device.building) == "building" and device.building.startswith(device.area)):
        raise _invalid("building", device.building, "Give the 20-digit code of a building in the device's grid.")
    if not PERIODS[0] <= device.period_s <= PERIODS[1]:
        raise _invalid("period_s", device.period_s, f"Give seconds from {PERIODS[0]} to {PERIODS[1]}.")
    _check_position(device)
    texts = {"model": device.model, "dialect": device.dialect, "name": device.name, "place": device.place}
    texts |= {f"attributes.{name}": f"{name}{value}" for name, value in device.attributes.items()}
    for field, text in texts.items():
        if len(text) > TEXT_LIMIT or not text.isprintable():
            raise _invalid(field, text, f"Give at most {TEXT_LIMIT} printable characters.")


def _check_position(device: Device) -> None:
    if (device.lon is None) != (device.lat is None):
        raise _invalid("lon", device.lon, "Give both lon and lat (WGS84 degrees), or neither.")
    if device.lon is not None and not -180 <= device.lon <= 180:
        raise _invalid("lon", device.lon, "Give WGS84 degrees from -180 to 180.")
    if device.lat is not None and not -90 <= device.lat <= 90:
        raise _invalid("lat", device.lat, "Give WGS84 degrees from -90 to 90.")


def changed(device: Device, changes: Mapping[str, Any]) -> Device:
    """The next version of ``device`` with ``changes`` (fields by name) applied and checked.

    Raises:
        Refused: ``invalid``, where a field is unknown, fixed, of a wrong type or out of range.
    """
    known = set(Device.__struct_fields__) - FIXED
    for field, value in changes.items():
        if field not in known:
            raise _invalid(field, value, f"Change any of: {', '.join(sorted(known))}.")
    entry = {**msgspec.to_builtins(device), **changes, "version": device.version + 1}
    try:
        after = msgspec.convert(entry, Device)
    except msgspec.ValidationError as error:
        raise Refused("invalid", str(error), remedy="Correct the named field and send it again.") from error
    check(after)
    return after


def _invalid(field: str, value: object, remedy: str) -> Refused:
    return Refused("invalid", f"{field} does not fit", field=field, value=str(value)[:TEXT_LIMIT], remedy=remedy)
