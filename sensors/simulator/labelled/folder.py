"""A scenario as a folder, so that anybody's can be scored: three files of JSON lines.

- ``devices.jsonl``: ``{"id", "kind", "area", "attributes": {"period_s", …}}``
- ``messages.jsonl``, in order of arrival: ``{"at": epoch ms, "topic": "linli/v1/…/telemetry", "payload": {…}}``;
  a payload that is a JSON string stands for its bare text
- ``truth.jsonl``: ``{"devices": [ids], "cause": "gas-leak", "from": ms, "to": ms, "ticket": true|false}``
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from sensors.kinds import KINDS
from sensors.simulator.labelled.scene import Scene
from sensors.simulator.truth import Truth
from streams.contracts import Device, Undecodable

DEVICES: Final = "devices.jsonl"
MESSAGES: Final = "messages.jsonl"
TRUTH: Final = "truth.jsonl"
FALLBACK_PERIOD_S: Final = 3_600
_FIELDS: Final = ("building", "model", "dialect", "place")
"""Attributes on paper that a registered device has as fields of its own."""

T = TypeVar("T")


class _Listed(msgspec.Struct, omit_defaults=True):
    id: str
    kind: str
    area: str
    attributes: dict[str, Any] = {}


class _Arrived(msgspec.Struct):
    at: int
    topic: str
    payload: msgspec.Raw


_encode: Final = msgspec.json.Encoder().encode


def read_folder(folder: Path) -> Scene:
    """A scenario from its folder; the messages are read while they are walked.

    Raises:
        Undecodable: a line is not what the format says; names file, line and field.
        FileNotFoundError: one of the three files is missing.
    """
    listed = tuple(_registered(each) for each in _lines(folder / DEVICES, _Listed))
    truths = tuple(_lines(folder / TRUTH, Truth))
    known = {each.id for each in listed}
    for truth in truths:
        strange = sorted(set(truth.devices) - known)
        if strange or truth.end < truth.start:
            problem = f"no device {strange[0]!r} in {DEVICES}" if strange else '"to" lies before "from"'
            raise Undecodable("schema", f"{folder / TRUTH}: {truth.cause}: {problem}")
    if not (folder / MESSAGES).is_file():
        raise FileNotFoundError(folder / MESSAGES)
    return Scene(folder.name, listed, _arrivals(folder / MESSAGES), truths)


def write_folder(scene: Scene, folder: Path) -> None:
    """Write a scene, walking its messages."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / DEVICES, (_encode(_on_paper(each)) for each in scene.devices))
    _write(folder / TRUTH, (_encode(truth) for truth in scene.truths))
    _write(
        folder / MESSAGES,
        (_encode(_Arrived(at, topic, _payload(payload))) for at, topic, payload in scene.messages),
    )


def _write(path: Path, lines: Iterable[bytes]) -> None:
    with path.open("wb") as file:
        file.writelines(line + b"\n" for line in lines)


def _payload(payload: bytes) -> msgspec.Raw:
    """JSON as it is; rubbish as the string of its text, for the file must remain JSON lines."""
    try:
        value = msgspec.json.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        value = None
    if isinstance(value, dict | list):
        return msgspec.Raw(payload)
    return msgspec.Raw(_encode(payload.decode(errors="replace")))


def _arrivals(path: Path) -> Iterator[tuple[int, str, bytes]]:
    before = 0
    for number, arrived in enumerate(_lines(path, _Arrived), 1):
        if arrived.at < before:
            raise Undecodable("time", f'{path}:{number}: "at" {arrived.at} lies before the line above; sort by arrival')
        before = arrived.at
        payload = bytes(arrived.payload)
        yield (
            arrived.at,
            arrived.topic,
            msgspec.json.decode(payload, type=str).encode() if payload[:1] == b'"' else payload,
        )


def _lines(path: Path, kind: type[T]) -> Iterator[T]:
    decoder = msgspec.json.Decoder(kind)
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                try:
                    yield decoder.decode(line)
                except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                    raise Undecodable("schema", f"{path}:{number}: {error}") from error


def _registered(listed: _Listed) -> Device:
    attributes = {name: value for name, value in listed.attributes.items() if value is not None}
    kind = KINDS.get(listed.kind)
    period = attributes.pop("period_s", kind.period_s if kind else FALLBACK_PERIOD_S)
    try:
        period_s = max(1, round(float(period)))
    except (TypeError, ValueError, OverflowError):
        raise Undecodable("schema", f'{listed.id}: "period_s" {period!r} is not a number of seconds') from None
    own = {name: _text(attributes[name]) for name in _FIELDS if name in attributes}
    rest = {name: _text(value) for name, value in attributes.items() if name not in _FIELDS}
    return Device(listed.id, listed.kind, listed.area, attributes=rest, period_s=period_s, **_any(own))


def _any(fields: Mapping[Any, str]) -> dict[str, Any]:
    return {str(name): value for name, value in fields.items()}


def _text(value: object) -> str:
    """Attributes are words to the rules: ``60``, ``60.0`` and ``"60"`` are the same nominal power.

    What is no word (a position, a list) is kept as its JSON: no rule asks for it.
    """
    match value:
        case str():
            return value
        case int() | float() if not isinstance(value, bool):
            return f"{value:g}"
        case _:
            return _encode(value).decode()


def _on_paper(device: Device) -> _Listed:
    attributes: dict[str, str | bool | float | None] = {"period_s": device.period_s, **device.attributes}
    for name in _FIELDS:
        value = getattr(device, name)
        if value and (name, value) != ("dialect", "native"):
            attributes[name] = value
    return _Listed(device.id, device.kind, device.area, attributes)
