"""How the district's devices put their readings: most in the native dialect, a few in the world's others."""

import datetime as dt
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from sensors.codecs.tasmota import UTC_OFFSET_MIN
from sensors.kinds import metric_of
from sensors.simulator.scenarios import Message, Said
from streams.contracts import Device

_encode: Final = msgspec.json.Encoder().encode
_ZONE: Final = dt.timezone(dt.timedelta(minutes=UTC_OFFSET_MIN))


def speak(device: Device, said: Said, *, at: int, seq: int) -> Message:
    """The message of ``device`` in its own dialect."""
    if said.online is not None:
        topic = f"{_base(device)}/status"
        payload = _encode({"online": said.online, "ts": at})
        return Message(at, topic, payload, device.id, device.kind, retain=True)
    topic, payload = _DIALECTS[device.dialect](device, said, at + said.ts_shift_ms, seq)
    return Message(at, topic, payload, device.id, device.kind)


def _base(device: Device) -> str:
    return f"linli/v1/{device.area}/{device.kind}/{device.id}"


def _typed(kind: str, values: Mapping[str, float]) -> dict[str, float | bool | int]:
    """Booleans as booleans, whole numbers without a fraction, as a device would write them."""
    typed: dict[str, float | bool | int] = {}
    for key, value in values.items():
        metric = metric_of(kind, key)
        if metric is not None and metric.boolean:
            typed[key] = value >= 0.5
        else:
            typed[key] = int(value) if value.is_integer() else value
    return typed


def _native(device: Device, said: Said, ts: int, seq: int) -> tuple[str, bytes]:
    body: dict[str, Any] = {"ts": ts, "seq": seq, "values": _typed(device.kind, said.values)}
    if said.flags:
        body["flags"] = said.flags
    return f"{_base(device)}/telemetry", _encode(body)


def _utc(ts: int) -> str:
    return dt.datetime.fromtimestamp(ts / 1000, dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _vendor_fields(device: Device, said: Said) -> dict[str, Any]:
    """What the payload formatter of that model gives."""
    values = said.values
    if device.model == "enlink":
        methane = values["ch4_lel"]
        return {
            "flam": [["Methane", methane]],
            "flam_no_gas": 0,
            "flam_methane": methane,
            "alarm": int(values["alarm"]),
        }
    occupied = values["occupied"] >= 0.5
    if device.model == "nps405":
        return {"type": "heartbeat", "occupied": occupied, "battery_voltage": 3.34, "battery_health": "normal"}
    return {"type": "parking status", "occupied": occupied}


def _tts(device: Device, said: Said, ts: int, seq: int) -> tuple[str, bytes]:
    body = {
        "end_device_ids": {"device_id": device.id, "application_ids": {"application_id": "estate"}},
        "received_at": _utc(ts),
        "uplink_message": {
            "f_cnt": seq,
            "f_port": 1,
            "decoded_payload": _vendor_fields(device, said),
            "received_at": _utc(ts),
        },
    }
    return f"v3/estate@linli/devices/{device.id}/up", _encode(body)


def _chirpstack(device: Device, said: Said, ts: int, seq: int) -> tuple[str, bytes]:
    body = {
        "time": _utc(ts),
        "deviceInfo": {"applicationName": "estate", "deviceName": device.name, "devEui": device.id},
        "fCnt": seq,
        "fPort": 2,
        "object": _vendor_fields(device, said),
    }
    return f"application/estate/device/{device.id}/event/up", _encode(body)


def _tasmota(device: Device, said: Said, ts: int, seq: int) -> tuple[str, bytes]:
    """Alternately the meter and the relay; its clock knows whole seconds only."""
    values = said.values
    time = dt.datetime.fromtimestamp(ts // 1000, _ZONE).replace(tzinfo=None).isoformat()
    if seq % 2:
        body = {"Time": time, "POWER": "ON" if values["on"] else "OFF", "Dimmer": int(values["dim_pct"])}
        return f"tele/{device.id}/STATE", json.dumps(body).encode()
    meter = {
        "Total": values.get("energy_kwh", 0.0),
        "Power": values["power_w"],
        "Factor": values["power_factor"],
        "Voltage": values["voltage_v"],
        "Current": values["current_a"],
    }
    return f"tele/{device.id}/SENSOR", json.dumps({"Time": time, "ENERGY": meter}).encode()


_DIALECTS: Final[dict[str, Callable[[Device, Said, int, int], tuple[str, bytes]]]] = {
    "native": _native,
    "tts": _tts,
    "chirpstack": _chirpstack,
    "tasmota": _tasmota,
}
