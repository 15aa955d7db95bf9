"""What every codec makes of a message, and the checks that every message must pass."""

import datetime as dt
from functools import lru_cache
from math import isfinite
from typing import Any, Final

import msgspec

from streams.contracts import Flag, Undecodable

MAX_BYTES: Final = 256 * 1024
MAX_DEPTH: Final = 16
MAX_METRICS: Final = 256
MAX_NAME: Final = 128
MAX_VALUE: Final = 1e12
"""Beyond this a number cannot be stored as a scaled 64-bit integer, and measures nothing either."""
MAX_TIME: Final = 253_402_300_799_999
"""The last millisecond of the year 9999: what databases and calendars can hold."""


class Uplink(msgspec.Struct, frozen=True, omit_defaults=True):
    """One device's message, as far as its envelope tells.

    ``values`` are metrics already; ``fields`` are the vendor's own, which a model turns into metrics.
    An empty ``device`` or ``kind`` means that the route (or the registry) must tell. ``ts`` is epoch ms.
    """

    device: str = ""
    kind: str = ""
    model: str = ""
    ts: int | None = None
    seq: int | None = None
    values: dict[str, float] = {}
    fields: dict[str, Any] = {}
    flags: tuple[str, ...] = ()


def check_text(payload: bytes) -> None:
    """Refuse what is no text of an acceptable size; done once, before any codec sees a payload.

    Raises:
        Undecodable: ``empty``, ``size`` or ``utf-8``.
    """
    if not payload:
        raise Undecodable("empty", "the message has no payload")
    if len(payload) > MAX_BYTES:
        raise Undecodable("size", f"{len(payload)} bytes; at most {MAX_BYTES} are read")
    if not payload.isascii():
        try:
            payload.decode()
        except UnicodeDecodeError as error:
            raise Undecodable("utf-8", f"byte {error.start}: {error.reason}") from error


def refusal(error: Exception) -> Undecodable:
    """The one word and the sentence for what a JSON decoder found wrong."""
    if isinstance(error, RecursionError):
        return Undecodable("nesting", "nested too deeply")
    if isinstance(error, msgspec.ValidationError):
        reason = "number" if "out of range" in str(error) else "schema"
        return Undecodable(reason, str(error))
    return Undecodable("json", str(error))


def open_json(payload: bytes) -> Any:
    """Any JSON document that is not nested beyond reason.

    Raises:
        Undecodable: ``json``, ``nesting`` or ``number``.
    """
    try:
        document = msgspec.json.decode(payload)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise refusal(error) from error
    _check_depth(document, MAX_DEPTH)
    return document


def open_object(payload: bytes) -> dict[str, Any]:
    """One JSON object, else ``schema``."""
    return as_object(open_json(payload), "the message")


def as_object(document: Any, place: str) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise Undecodable("schema", f"{place}: expected an object, got {type(document).__name__}")
    return document


def _check_depth(document: Any, left: int) -> None:
    if left == 0:
        raise Undecodable("nesting", f"nested deeper than {MAX_DEPTH} levels")
    if isinstance(document, dict):
        for value in document.values():
            _check_depth(value, left - 1)
    elif isinstance(document, list):
        for value in document:
            _check_depth(value, left - 1)


def worded(value: Any, place: str) -> str:
    """A text that is there, else ``schema``."""
    if not isinstance(value, str) or not value:
        raise Undecodable("schema", f"{place}: expected a text")
    return value


@lru_cache(maxsize=65_536)
def checked_id(device: str) -> str:
    """A device id that can stand in a topic, a key and a log line; else ``id``."""
    if not device or len(device) > MAX_NAME or not device.isprintable() or any(mark in device for mark in "/+# "):
        raise Undecodable(
            "id", f"device id {device[:MAX_NAME]!r}: 1 to {MAX_NAME} printable characters, no / + # space"
        )
    return device


@lru_cache(maxsize=65_536)
def checked_name(metric: str) -> str:
    """A metric name of printable characters; else ``metric``."""
    if not metric or len(metric) > MAX_NAME or not metric.isprintable():
        raise Undecodable("metric", f"metric {metric[:MAX_NAME]!r}: 1 to {MAX_NAME} printable characters")
    return metric


def number(value: Any, place: str) -> float:
    """A finite value that can be stored; else ``schema`` or ``number``."""
    if not isinstance(value, int | float):
        raise Undecodable("schema", f"{place}: expected a number")
    try:
        result = float(value)
    except OverflowError as error:
        raise Undecodable("number", f"{place}: beyond what can be represented") from error
    if not isfinite(result) or abs(result) > MAX_VALUE:
        raise Undecodable("number", f"{place}: {result} cannot be stored")
    return result


def epoch_ms(stamp: object, place: str = "ts", *, utc_offset_min: int | None = None) -> int | None:
    """A time stamp (ms as an integer, or ISO 8601) as epoch ms; None stays None.

    A text without a zone is refused, unless the envelope says which zone it means.

    Raises:
        Undecodable: ``time``.
    """
    if stamp is None:
        return None
    if isinstance(stamp, str):
        return _in_range(_iso(stamp, place, utc_offset_min), place)
    if isinstance(stamp, int) and not isinstance(stamp, bool):
        return _in_range(stamp, place)
    raise Undecodable("time", f"{place}: neither milliseconds nor ISO 8601")


def _iso(stamp: str, place: str, utc_offset_min: int | None) -> int:
    try:
        moment = dt.datetime.fromisoformat(stamp)
        if moment.tzinfo is None:
            if utc_offset_min is None:
                raise Undecodable("time", f"{place}: {stamp!r} has no zone")
            moment = moment.replace(tzinfo=dt.timezone(dt.timedelta(minutes=utc_offset_min)))
        return round(moment.timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise Undecodable("time", f"{place}: {stamp[:64]!r} is not ISO 8601") from error


def _in_range(stamp: int, place: str) -> int:
    if not 0 <= stamp <= MAX_TIME:
        raise Undecodable("time", f"{place}: {stamp} lies outside 1970 to 9999")
    return stamp


def sequence(value: object, place: str = "seq") -> int | None:
    """A message counter, or None; negative ones mean that the device has none."""
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value > 2**53:
        raise Undecodable("schema", f"{place}: expected an integer")
    return value if value >= 0 else None


OWN_FLAGS: Final = frozenset({Flag.TEST, Flag.WARMUP, Flag.STARTUP})


def own_flags(flags: list[str]) -> tuple[str, ...]:
    """Flags that a device may raise about itself; any other word becomes ``note:<word>``.

    The flags on which the platform acts otherwise (``time:…``) are the gateway's alone: a device
    that could send them could blind its own alarms.
    """
    return tuple(
        flag if flag in OWN_FLAGS or flag.startswith("fault:") else f"note:{flag}"
        for flag in dict.fromkeys(map(_checked_flag, flags))
    )


def _checked_flag(flag: str) -> str:
    if not flag or len(flag) > MAX_NAME or not flag.isprintable():
        raise Undecodable("schema", f"flag {flag[:MAX_NAME]!r}: 1 to {MAX_NAME} printable characters")
    return flag
