"""Registering, adopting and changing devices."""

from collections.abc import Mapping
from typing import Any

import msgspec

from services.audit import Did, Entry, said
from services.registry.domain import Permission, User, changed, check, may
from services.registry.domain.maintenance import reason, turns
from services.registry.ports import DeviceStore
from streams.contracts import Device, Refused


def register_device(store: DeviceStore, device: Device, *, user: User, now: int) -> Device:
    """Keep a new device (or adopt a quarantined one: the entry is all it lacks).

    Raises:
        Refused: ``role`` or ``scope``; ``invalid`` with the field; ``exists`` where the id is taken.
    """
    first = msgspec.structs.replace(device, version=1)
    check(first)
    _allow(user, first.area)
    _check_area(store, first)
    if not store.insert_device(first, by=user.id, now=now):
        raise Refused(
            "exists", f"a device {device.id} is registered already", field="id", value=device.id,
            remedy="Change the registered one, or give this one its own id.",
        )  # fmt: skip
    return first


def change_device(
    store: DeviceStore, device_id: str, changes: Mapping[str, Any], version: int, *, user: User, now: int, why: str = ""
) -> Device:
    """Apply ``changes`` to version ``version`` of a device; retiring one is a change of its ``state``.

    ``why`` may be left out. Maintenance that begins or ends is in the audit log, with it.

    Raises:
        Refused: ``not_found``; ``role`` or ``scope``; ``invalid`` with the field; ``version``
            with the ``current`` one where somebody else was quicker.
    """
    device = store.get_device(device_id)
    if device is None:
        raise Refused("not_found", f"no device {device_id} is registered", field="id", value=device_id)
    _allow(user, device.area)
    if device.version != version:
        raise _stale(device)
    after = changed(device, changes)
    _allow(user, after.area)
    _check_area(store, after)
    said_why = reason(why)
    entry = _entry(device, after, user, now, said_why) if turns(device, after) else None
    if not store.update_device(after, by=user.id, now=now, why=said_why, entry=entry):
        raise _stale(store.get_device(device_id) or device)
    return after


def _entry(before: Device, after: Device, user: User, now: int, why: str) -> Entry:
    detail = said(old=before.state, new=after.state, why=why)
    return Entry(now, user.id, Did.MAINTENANCE, f"device {after.id}", detail, str(user.role))


def _allow(user: User, area: str) -> None:
    if not may(user, Permission.DEVICES):
        raise Refused("role", f"the role {user.role} may not change devices", field="role", value=user.role)
    if not may(user, Permission.DEVICES, area):
        raise Refused("scope", f"area {area} lies outside your area {user.scope}", field="area", value=area)


def _check_area(store: DeviceStore, device: Device) -> None:
    for field, code in (("area", device.area), ("building", device.building)):
        if code and not store.area_exists(code):
            raise Refused(
                "invalid", f"{field} {code} is not registered", field=field, value=code,
                remedy="GET /api/v1/areas lists the codes there are.",
            )  # fmt: skip


def _stale(device: Device) -> Refused:
    return Refused(
        "version", f"the device has changed since; it is at version {device.version} now", current=device.version
    )
