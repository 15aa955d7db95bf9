"""The Things Stack v3 (LoRaWAN) uplinks: ``v3/{application}@{tenant}/devices/{device}/up``.

The vendor's fields are those of ``decoded_payload`` (a payload formatter must be set there). The Things
Stack leaves out empty fields, so a missing ``f_cnt`` is 0; models say what a missing field of theirs means.
"""

from typing import Any, Final

from sensors.codecs.uplink import Uplink, as_object, epoch_ms, open_object, sequence, worded
from sensors.kinds.definition import Example
from streams.contracts import Undecodable


def decode(topic: str, payload: bytes, at: int) -> list[Uplink]:  # noqa: ARG001 - every codec has this shape
    """One uplink; the network's own time of receipt is the reading's time."""
    document = open_object(payload)
    ids = as_object(document.get("end_device_ids"), "end_device_ids")
    device = worded(ids.get("device_id"), "end_device_ids.device_id")
    message = as_object(document.get("uplink_message"), "uplink_message")
    stamp = message.get("received_at") or document.get("received_at")
    return [
        Uplink(
            device=device,
            ts=epoch_ms(stamp, "received_at"),
            seq=sequence(message.get("f_cnt", 0), "f_cnt"),
            fields=_fields(message),
        )
    ]


def _fields(message: dict[str, Any]) -> dict[str, Any]:
    decoded = message.get("decoded_payload")
    if decoded is not None:
        return as_object(decoded, "decoded_payload")
    if message.get("frm_payload"):
        raise Undecodable("payload", "no decoded_payload: set a payload formatter for this device")
    return {}


EXAMPLES: Final = (
    Example(
        topic="v3/app1@tenant1/devices/dev1/up",
        payload=b'{"end_device_ids":{"device_id":"dev1"},"received_at":"2026-11-22T01:41:23.014773143Z",'
        b'"uplink_message":{"f_cnt":5,"f_port":1,"decoded_payload":{"type":"parking status","occupied":true}}}',
        device="dev1",
        kind="parking",
        model="tps110",
        values={"occupied": 1.0},
        ts=1_795_311_683_015,
    ),
)
