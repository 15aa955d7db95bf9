"""Tasmota's ``tele/{topic}/SENSOR``, ``STATE`` and ``LWT``; the topic is the device id.

Its ``Time`` is local and names no zone: the district's, UTC+8, is taken. ``LWT`` is plain text.
"""

from typing import Final

from sensors.codecs.uplink import Uplink, epoch_ms, open_object
from sensors.kinds.definition import Example
from streams.contracts import Undecodable

UTC_OFFSET_MIN: Final = 480


def decode(topic: str, payload: bytes, at: int) -> list[Uplink]:  # noqa: ARG001 - every codec has this shape
    """One uplink from the JSON of SENSOR or STATE."""
    document = open_object(payload)
    ts = epoch_ms(document.pop("Time", None), "Time", utc_offset_min=UTC_OFFSET_MIN)
    return [Uplink(ts=ts, fields=document)]


def decode_will(topic: str, payload: bytes, at: int) -> list[Uplink]:  # noqa: ARG001 - every codec has this shape
    """The retained Online or Offline."""
    word = payload.decode().strip().lower()
    if word not in {"online", "offline"}:
        raise Undecodable("payload", f"neither Online nor Offline: {word[:32]!r}")
    return [Uplink(flags=(word,))]


EXAMPLES: Final = (
    Example(
        topic="tele/lamp-000018/SENSOR",
        payload=b'{"Time":"2026-11-22T18:41:23","ENERGY":{"TotalStartTime":"2026-03-01T00:00:00","Total":412.305,'
        b'"Power":58.6,"Factor":0.95,"Voltage":231,"Current":0.267}}',
        device="lamp-000018",
        kind="light",
        values={"power_w": 58.6, "power_factor": 0.95, "voltage_v": 231.0, "current_a": 0.267, "energy_kwh": 412.305},
        ts=1_795_344_083_000,
    ),
    Example(
        topic="tele/lamp-000018/STATE",
        payload=b'{"Time":"2026-11-22T18:41:23","POWER":"ON","Dimmer":100}',
        device="lamp-000018",
        kind="light",
        values={"on": 1.0, "dim_pct": 100.0},
        ts=1_795_344_083_000,
    ),
)

WILL_EXAMPLES: Final = (
    Example(
        topic="tele/lamp-000018/LWT",
        payload=b"Online",
        device="lamp-000018",
        kind="light",
        values={},
        flags=("online", "time:none"),
    ),
)
