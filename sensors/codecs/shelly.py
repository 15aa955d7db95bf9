"""Shelly (first generation): ``shellies/{device}/info`` is its whole status, ``…/sensor/{name}`` one word of it."""

from typing import Any, Final

from sensors.codecs.uplink import Uplink, epoch_ms, open_object
from sensors.kinds.definition import Example
from streams.contracts import Quality, Undecodable

_PLACES: Final = {
    "operation": ("gas_sensor", "sensor_state"),
    "gas": ("gas_sensor", "alarm_state"),
    "alarm": ("gas_sensor", "alarm_state"),
    "self_test": ("gas_sensor", "self_test_state"),
    "concentration": ("concentration", "ppm"),
}


def decode(topic: str, payload: bytes, at: int) -> list[Uplink]:  # noqa: ARG001 - every codec has this shape
    """One uplink; the device's clock counts whole seconds."""
    document = open_object(payload)
    seconds = document.pop("unixtime", None)
    if seconds is not None and (not isinstance(seconds, int) or isinstance(seconds, bool)):
        raise Undecodable("time", "unixtime: expected seconds as an integer")
    serial = document.pop("serial", None)
    return [
        Uplink(
            ts=epoch_ms(seconds * 1000) if seconds else None,
            seq=serial if isinstance(serial, int) and not isinstance(serial, bool) and 0 <= serial < 2**53 else None,
            fields=document,
        )
    ]


def decode_word(topic: str, payload: bytes, at: int) -> list[Uplink]:  # noqa: ARG001 - every codec has this shape
    """One plain-text value, put where the whole status has it."""
    name = topic.rsplit("/", 1)[-1]
    if name not in _PLACES:
        raise Undecodable("payload", f"no such Shelly value: {name[:32]!r}")
    group, key = _PLACES[name]
    fields: dict[str, Any] = {group: {key: payload.decode().strip()}}
    return [Uplink(fields=fields)]


EXAMPLES: Final = (
    Example(
        topic="shellies/shellygas-7C87CE000000/info",
        payload=b'{"unixtime":1795311683,"serial":31,"gas_sensor":{"sensor_state":"normal","alarm_state":"heavy"},'
        b'"concentration":{"ppm":13000,"is_valid":true},"valves":[{"state":"closed"}]}',
        device="shellygas-7C87CE000000",
        kind="gas",
        values={"ch4_lel": 26.0, "alarm": 1.0, "valve_open": 0.0},
        ts=1_795_311_683_000,
    ),
)

WORD_EXAMPLES: Final = (
    Example(
        topic="shellies/shellygas-7C87CE000000/sensor/alarm",
        payload=b"test",
        device="shellygas-7C87CE000000",
        kind="gas",
        values={"alarm": 1.0},
        quality={"alarm": Quality.TEST},
        flags=("test", "time:none"),
    ),
)
