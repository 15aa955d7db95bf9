"""ChirpStack v4 (LoRaWAN) events: ``application/{id}/device/{devEUI}/event/{up|status|join|…}``, JSON marshaler.

The device id is the DevEUI in lower case. ``up`` carries the codec's ``object``; ``status`` the battery;
``join`` is a sign of life and carries nothing; the network's own chatter (``ack``, ``txack``, ``log``,
``location``, ``integration``) makes no sample.
"""

from typing import Any, Final

from sensors.codecs.uplink import Uplink, as_object, epoch_ms, open_object, sequence, worded
from sensors.kinds.definition import Example
from streams.contracts import Quality, Undecodable

_CHATTER: Final = frozenset({"ack", "txack", "log", "location", "integration"})


def decode(topic: str, payload: bytes, at: int) -> list[Uplink]:  # noqa: ARG001 - every codec has this shape
    """At most one uplink."""
    event = topic.rsplit("/", 1)[-1]
    document = open_object(payload)
    if event in _CHATTER:
        return []
    info = as_object(document.get("deviceInfo"), "deviceInfo")
    device = worded(info.get("devEui"), "deviceInfo.devEui").lower()
    ts = epoch_ms(document.get("time"), "time")
    if event == "up":
        count = sequence(document.get("fCnt", 0), "fCnt")
        return [Uplink(device=device, ts=ts, seq=count, fields=_fields(document))]
    if event == "status":
        return [Uplink(device=device, ts=ts, fields=_battery(document), flags=("event:status",))]
    if event == "join":
        return [Uplink(device=device, ts=ts, flags=("event:join",))]
    raise Undecodable("payload", f"no such ChirpStack event: {event[:32]!r}")


def _fields(document: dict[str, Any]) -> dict[str, Any]:
    decoded = document.get("object")
    if decoded is not None:
        return as_object(decoded, "object")
    if document.get("data"):
        raise Undecodable("payload", "no object: set a payload codec in the device profile")
    return {}


def _battery(document: dict[str, Any]) -> dict[str, Any]:
    if document.get("externalPowerSource") or document.get("batteryLevelUnavailable"):
        return {}
    return {"battery_pct": document["batteryLevel"]} if "batteryLevel" in document else {}


_INFO: Final = (
    b'"deviceInfo":{"tenantName":"linli","applicationName":"bays","deviceName":"bay 6","devEui":"a84041ffff000006"}'
)

EXAMPLES: Final = (
    Example(
        topic="application/6a1f/device/a84041ffff000006/event/up",
        payload=b'{"deduplicationId":"3ac7e3c4","time":"2026-11-22T01:41:23.205091+00:00",'
        + _INFO
        + b',"devAddr":"00189440","adr":true,"dr":1,"fCnt":4,"fPort":2,"confirmed":false,"data":"ANPYAFkL",'
        b'"object":{"type":"heartbeat","occupied":true,"battery_voltage":3.34},"rxInfo":[],"txInfo":{}}',
        device="a84041ffff000006",
        kind="parking",
        model="nps405",
        values={"occupied": 1.0, "battery_voltage": 3.34},
        quality={"battery_voltage": Quality.UNLISTED},
        ts=1_795_311_683_205,
    ),
)
