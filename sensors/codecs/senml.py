"""SenML (RFC 8428) packs in JSON: records with base values, grouped by device and time.

With a base name the device is the base name and the metric the record's name; a lone name is the
device, and the metric is named after the unit. Times below 2^28 are relative to now.
"""

from typing import Any, Final

from sensors.codecs.uplink import Uplink, as_object, epoch_ms, number, open_json, worded
from sensors.kinds.definition import Example
from streams.contracts import Quality, Undecodable

VERSION: Final = 10
ABSOLUTE: Final = 2**28
UNITS: Final = {
    "Cel": "temp_c",
    "%RH": "humidity_pct",
    "%EL": "battery_pct",
    "V": "voltage_v",
    "A": "current_a",
    "W": "power_w",
    "kWh": "energy_kwh",
    "lx": "lux",
    "ppm": "ppm",
    "cm": "level_cm",
}
_BASES: Final = ("bn", "bt", "bu", "bv", "bs", "bver")
_KNOWN: Final = frozenset({*_BASES, "n", "u", "v", "vs", "vb", "vd", "s", "t", "ut"})


def decode(topic: str, payload: bytes, at: int) -> list[Uplink]:  # noqa: ARG001 - every codec has this shape
    """One uplink per device and time of the pack."""
    document = open_json(payload)
    if not isinstance(document, list):
        raise Undecodable("schema", "a SenML pack is an array")
    if not document:
        raise Undecodable("empty", "a SenML pack without a record")
    base: dict[str, Any] = {}
    groups: dict[tuple[str, int | None], dict[str, Any]] = {}
    for index, item in enumerate(document):
        record = as_object(item, f"record {index}")
        _check(record, index)
        base.update({key: record[key] for key in _BASES if key in record})
        device, metric = _names(base, record, index)
        fields = groups.setdefault((device, _time(base, record, at)), {})
        value = _value(base, record, index)
        if value is not None:
            fields[metric] = value
    return [Uplink(device=device, ts=ts, fields=fields) for (device, ts), fields in groups.items()]


def _check(record: dict[str, Any], index: int) -> None:
    version = record.get("bver", VERSION)
    if not isinstance(version, int) or version > VERSION:
        raise Undecodable("schema", f"record {index}: SenML version {version!r}; {VERSION} is read")
    for key in record:
        if key.endswith("_") and key not in _KNOWN:
            raise Undecodable("schema", f"record {index}: {key[:32]!r} must be understood and is not")


def _names(base: dict[str, Any], record: dict[str, Any], index: int) -> tuple[str, str]:
    prefix, name = base.get("bn", ""), record.get("n", "")
    unit = record.get("u", base.get("bu", ""))
    for text in (prefix, name, unit):
        if not isinstance(text, str):
            raise Undecodable("schema", f"record {index}: names and units are texts")
    by_unit = UNITS.get(unit, unit or "value")
    if not prefix:
        return worded(name, f"record {index}: n"), by_unit
    return prefix.rstrip(":/_.-") or worded(name, f"record {index}: n"), name or by_unit


def _time(base: dict[str, Any], record: dict[str, Any], at: int) -> int | None:
    seconds = number(base.get("bt", 0), "bt") + number(record.get("t", 0), "t")
    if seconds == 0:
        return None
    return epoch_ms(round(seconds * 1000) if seconds >= ABSOLUTE else at + round(seconds * 1000), "t")


def _value(base: dict[str, Any], record: dict[str, Any], index: int) -> float | bool | None:
    if "v" in record:
        return number(record["v"], f"record {index}: v") + number(base.get("bv", 0), "bv")
    flag = record.get("vb")
    if flag is None or isinstance(flag, bool):
        return flag
    raise Undecodable("schema", f"record {index}: vb is true or false")


EXAMPLES: Final = (
    Example(
        topic="senml/up",
        payload=b'[{"bn":"urn:dev:ow:10e2073a01080063:","bt":1795311683,"n":"level_cm","u":"cm","v":84},'
        b'{"n":"cover_open","vb":false},{"n":"ph","v":7.1}]',
        device="urn:dev:ow:10e2073a01080063",
        kind="unknown",
        values={"level_cm": 84.0, "cover_open": 0.0, "ph": 7.1},
        quality=dict.fromkeys(("level_cm", "cover_open", "ph"), Quality.UNLISTED),
        ts=1_795_311_683_000,
    ),
)
