"""PURE. Bytes from any device to samples: one file per envelope, chosen by a table of routes.

What a gateway calls::

    reception = read(ROUTES, topic, payload, at=arrival_ms, lookup=registered.get)
    for routed in reception.samples:
        routed.grid     # the key on linli.inputs: Device.area, or "quarantine" for an unknown device
        routed.sample   # streams.contracts.Sample, judged: quality per metric, flags for the message
    reception.codec     # label for counters
    ROUTES.filters      # what to subscribe to

``lookup(device_id) -> Device | None`` is the registry's mirror. The registered kind, area and model win
over what the topic says. One message may hold many samples, or none (network chatter such as ``txack``).
Whatever cannot be understood raises :class:`~streams.contracts.Undecodable` and nothing else, with one of
:data:`REASONS` as its reason: dead-letter the raw bytes. The same bytes, topic, arrival and registry always
give the same answer, so that a dead letter can be replayed with its original arrival time.

Flags of a sample: ``test``, ``warmup``, ``startup``, ``fault:<code>`` (the device's own), ``note:<word>``
(other words of the device), ``time:none|old|future`` (the arrival's judgement; with ``time:none`` the arrival
time stands in for ``ts``), ``online`` / ``offline`` / ``event:<name>``. A **status** message is a sample
without values and with the flag ``online`` or ``offline``: ``online`` is a sign of life for the rules of
silence, ``offline`` (a last will) is none. For counters use the part of a flag before its colon.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from sensors import models
from sensors.codecs import chirpstack, native, ngsi, senml, shelly, tasmota, tts
from sensors.codecs.routes import Origin, Route, RouteTable
from sensors.codecs.uplink import Uplink, check_text, checked_id
from sensors.kinds import KINDS, UNKNOWN_KIND, Example, judge
from streams.contracts import Device, Flag, Quality, Sample, Undecodable, time_flag
from streams.contracts.topics import QUARANTINE_KEY

REASONS: Final = (
    "empty",
    "size",
    "utf-8",
    "json",
    "schema",
    "number",
    "nesting",
    "metric",
    "id",
    "time",
    "grid",
    "kind",
    "route",
    "payload",
)

_NO_TS: Final = Flag.NO_TS
"""Looked up once: a lookup in an enumeration is a call, and this one would come with every message."""

Decode = Callable[[str, bytes, int], list[Uplink]]
Lookup = Callable[[str], Device | None]


class Codec(NamedTuple):
    """``decode(topic, payload, at)`` and the examples that prove it."""

    decode: Decode
    examples: tuple[Example, ...]


CODECS: Final[dict[str, Codec]] = {
    "native": Codec(native.decode, native.EXAMPLES),
    "native-status": Codec(native.decode_status, native.STATUS_EXAMPLES),
    "tts": Codec(tts.decode, tts.EXAMPLES),
    "chirpstack": Codec(chirpstack.decode, chirpstack.EXAMPLES),
    "senml": Codec(senml.decode, senml.EXAMPLES),
    "ngsi": Codec(ngsi.decode, ngsi.EXAMPLES),
    "tasmota": Codec(tasmota.decode, tasmota.EXAMPLES),
    "tasmota-will": Codec(tasmota.decode_will, tasmota.WILL_EXAMPLES),
    "shelly": Codec(shelly.decode, shelly.EXAMPLES),
    "shelly-word": Codec(shelly.decode_word, shelly.WORD_EXAMPLES),
}

ROUTES: Final = RouteTable(
    (
        Route(filter="linli/v1/+/+/+/telemetry", codec="native", grid=2, kind=3, device=4),
        Route(filter="linli/v1/+/+/+/status", codec="native-status", grid=2, kind=3, device=4),
        Route(filter="v3/+/devices/+/up", codec="tts", device=3),
        Route(filter="application/+/device/+/event/+", codec="chirpstack", device=3),
        Route(filter="tele/+/SENSOR", codec="tasmota", device=1, model="tasmota-lamp"),
        Route(filter="tele/+/STATE", codec="tasmota", device=1, model="tasmota-lamp"),
        Route(filter="tele/+/LWT", codec="tasmota-will", device=1, fixed_kind="light"),
        Route(filter="shellies/+/info", codec="shelly", device=1, model="shelly-gas"),
        Route(filter="shellies/+/sensor/+", codec="shelly-word", device=1, model="shelly-gas"),
        Route(filter="senml/#", codec="senml"),
        Route(filter="ngsi/#", codec="ngsi"),
    )
)


class Routed(NamedTuple):
    grid: str
    sample: Sample


class Reception(NamedTuple):
    codec: str
    samples: tuple[Routed, ...]


def read(routes: RouteTable, topic: str, payload: bytes, *, at: int, lookup: Lookup) -> Reception:
    """Make samples of one MQTT message that arrived at ``at`` (epoch ms).

    Raises:
        Undecodable: see :data:`REASONS`.
    """
    origin = routes.origin(topic)
    name = origin.route.codec
    if name not in CODECS:
        raise Undecodable("route", f"no codec for topic {topic[:200]!r}")
    check_text(payload)
    uplinks = CODECS[name].decode(topic, payload, at)
    return Reception(name, tuple([_routed(uplink, origin, at, lookup) for uplink in uplinks]))


def _routed(uplink: Uplink, origin: Origin, at: int, lookup: Lookup) -> Routed:
    device_id = _device_id(uplink.device, origin.device)
    device = lookup(device_id)
    values, flags = uplink.values, uplink.flags
    bad: Mapping[str, Quality] | None = None
    kind = device.kind if device is not None else uplink.kind or origin.kind
    if uplink.fields:
        model = models.find(device.model if device else "", uplink.model, origin.route.model)
        values, told, bad = models.translate(model, uplink.fields)
        values = {**uplink.values, **values}
        flags += told
        kind = kind or (model.kind if model else "")
    if kind not in KINDS:
        kind = UNKNOWN_KIND
    ts = uplink.ts
    stamp = _NO_TS if ts is None else time_flag(ts, at)
    quality = judge(kind, values, flags)
    if bad:
        quality = _worse(quality, bad)
    sample = Sample(
        device=device_id,
        kind=kind,
        ts=at if ts is None else ts,
        at=at,
        values=values,
        quality=quality,
        flags=flags if stamp is None else (*flags, stamp),
        seq=uplink.seq,
    )
    return Routed(device.area if device else QUARANTINE_KEY, sample)


def _device_id(told: str, named: str) -> str:
    """The id that the message tells or its topic names; where both do they must agree."""
    if not told:
        return named or checked_id("")
    if named and named.lower() != checked_id(told).lower():
        raise Undecodable("id", f"the topic names {named!r}, the message {told!r}")
    return checked_id(told)


def _worse(judged: dict[str, Quality], told: Mapping[str, Quality]) -> dict[str, Quality]:
    """What the model knows of a value (a sentinel in the vendor's unit), unless a test or warm-up covers it."""
    covering = {Quality.TEST, Quality.WARMUP}
    return judged | {key: quality for key, quality in told.items() if judged.get(key) not in covering}


__all__ = [
    "CODECS",
    "REASONS",
    "ROUTES",
    "Codec",
    "Lookup",
    "Reception",
    "Route",
    "RouteTable",
    "Routed",
    "Uplink",
    "read",
]
