"""GeoJSON for the map: outlines, the quiet fleet, the few that are abnormal. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from services.api.language.words import Words
from services.api.pages.alarms.alarm_views import AlarmView
from services.api.pages.ports import AreaRow, DeviceRow

Features = dict[str, Any]


def area_features(areas: Sequence[AreaRow], layers: Mapping[str, Features], t: Words) -> Features:
    """Outlines with their level and name; a drawn layer's name is the level of its shapes."""
    outlines = [
        {
            "type": "Feature",
            "geometry": area.geometry,
            "properties": {"level": area.level, "name": t.either(area.name_zh, area.name_en)},
        }
        for area in areas
        if area.geometry
    ]
    drawn = [_drawn(name, feature, t) for name, layer in layers.items() for feature in layer.get("features", [])]
    return _collection([*drawn, *outlines])


def _drawn(layer: str, feature: Features, t: Words) -> Features:
    facts = feature.get("properties") or {}
    name = t.either(str(facts.get("name", "")), str(facts.get("name_en", "")))
    kind = str(facts.get("kind", "") or facts.get("class", ""))
    return {**feature, "properties": {"level": layer, "name": name, "class": kind}}


def fleet_features(fleet: Sequence[DeviceRow], now: int) -> Features:
    """Every device as a dot; ``silent`` ones get the cross."""
    return _collection(
        _point(device, {"id": device.id, "kind": device.kind, "silent": device.silent(now)}) for device in fleet
    )


def abnormal_features(alarms: Sequence[AlarmView], fleet: Sequence[DeviceRow]) -> Features:
    """One point a device, its worst alarm, with the value and the place for the label."""
    devices = {device.id: device for device in fleet}
    seen: set[str] = set()
    points = []
    for alarm in sorted(alarms, key=lambda a: (a.row.hidden, -_weight(a.row.severity), not a.row.waits)):
        device = devices.get(alarm.row.device)
        if device is None or device.id in seen:
            continue
        seen.add(device.id)
        points.append(
            _point(
                device,
                {
                    "id": device.id,
                    "alarm": alarm.row.id,
                    "kind": device.kind,
                    "severity": alarm.mark,
                    "acked": not alarm.row.waits,
                    "value": f"{alarm.value} {alarm.unit}".strip(),
                    "place": short_place(alarm.title),
                    "weight": _weight(alarm.row.severity),
                },
            )
        )
    return _collection(points)


def short_place(place: str) -> str:
    """Estate and building: what a label has room for."""
    words = place.split()
    building = re.match(r"[^栋]*栋", words[1]) if len(words) > 1 else None
    return " ".join([words[0], building[0] if building else words[1]]) if len(words) > 1 else place


def _weight(severity: str) -> int:
    return {"critical": 4, "major": 3, "minor": 2}.get(severity, 1)


def _point(device: DeviceRow, properties: Features) -> Features | None:
    if device.lon is None or device.lat is None:
        return None
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [device.lon, device.lat]},
        "properties": properties,
    }


def _collection(features: Any) -> Features:
    return {"type": "FeatureCollection", "features": [feature for feature in features if feature]}
