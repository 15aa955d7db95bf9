"""Linli's own dialect: ``{"ts": …, "seq": …, "values": {…}, "flags": […]}`` or an array of them.

The topic (``linli/v1/{grid}/{kind}/{device}/telemetry``) names the device. ``ts`` is epoch ms or
ISO 8601 with a zone. Unknown members are ignored, so that a newer device can talk to an older gateway.
``status`` is ``{"online": bool, "ts": …}``: it has no values and carries the flag ``online`` or ``offline``.
"""

from typing import Final

import msgspec

from sensors.codecs.uplink import (
    MAX_METRICS,
    MAX_VALUE,
    Uplink,
    checked_name,
    epoch_ms,
    number,
    own_flags,
    refusal,
    sequence,
)
from sensors.kinds.definition import Example
from streams.contracts import Quality, Undecodable
from streams.contracts.inputs import OFFLINE

ONLINE: Final = "online"


class _Message(msgspec.Struct):
    values: dict[str, bool | float | None]
    ts: int | str | None = None
    seq: int | None = None
    flags: list[str] = []


class _Status(msgspec.Struct):
    online: bool
    ts: int | str | None = None


_one: Final = msgspec.json.Decoder(_Message)
_many: Final = msgspec.json.Decoder(list[_Message])
_status: Final = msgspec.json.Decoder(_Status)


def decode(topic: str, payload: bytes, at: int) -> list[Uplink]:  # noqa: ARG001 - every codec has this shape
    """One uplink per object; the device's grid, kind and id are the route's to read from the topic."""
    try:
        if payload.lstrip()[:1] != b"[":
            return [_uplink(_one.decode(payload))]
        messages = _many.decode(payload)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise refusal(error) from error
    if not messages:
        raise Undecodable("empty", "an array without a message")
    return [_uplink(message) for message in messages]


def decode_status(topic: str, payload: bytes, at: int) -> list[Uplink]:  # noqa: ARG001 - every codec has this shape
    """The retained status or last will of a device."""
    try:
        status = _status.decode(payload)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise refusal(error) from error
    return [Uplink(ts=epoch_ms(status.ts), flags=(ONLINE if status.online else OFFLINE,))]


def _uplink(message: _Message) -> Uplink:
    given = message.values
    if len(given) > MAX_METRICS:
        raise Undecodable("size", f"{len(given)} metrics in one message; at most {MAX_METRICS}")
    values: dict[str, float] = {}
    for key, value in given.items():
        if value is None:
            continue
        exact = float(value)
        values[checked_name(key)] = exact if -MAX_VALUE <= exact <= MAX_VALUE else number(exact, f"values.{key}")
    return Uplink(
        ts=message.ts if message.ts is None else epoch_ms(message.ts),
        seq=message.seq if message.seq is None else sequence(message.seq),
        values=values,
        flags=own_flags(message.flags) if message.flags else (),
    )


EXAMPLES: Final = (
    Example(
        topic="linli/v1/990101001001001/gas/gas-000001/telemetry",
        payload=b'[{"ts":"2026-11-22T09:40:36+08:00","seq":12,"values":{"ch4_lel":58.0,"alarm":true},"flags":["test"]}]',
        device="gas-000001",
        kind="gas",
        values={"ch4_lel": 58.0, "alarm": 1.0},
        quality={"ch4_lel": Quality.TEST, "alarm": Quality.TEST},
        flags=("test",),
        ts=1_795_311_636_000,
    ),
)

STATUS_EXAMPLES: Final = (
    Example(
        topic="linli/v1/990101001001001/gas/gas-000001/status",
        payload=b'{"online":true,"ts":1795311636000}',
        device="gas-000001",
        kind="gas",
        values={},
        flags=(ONLINE,),
        ts=1_795_311_636_000,
    ),
)
