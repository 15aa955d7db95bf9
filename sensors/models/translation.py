"""The one interpreter of every device model."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from sensors.models.definition import Field, Mark, Model
from streams.contracts import Quality, Undecodable

MAX_LEAVES: Final = 256
MAX_NAME: Final = 128
MAX_VALUE: Final = 1e12


class Translation(NamedTuple):
    """Metrics, flags, and the metrics whose raw value was a sentinel."""

    values: dict[str, float]
    flags: tuple[str, ...]
    bad: dict[str, Quality]


def translate(model: Model | None, fields: Mapping[str, Any]) -> Translation:
    """Turn a vendor's fields into metrics.

    Numbers that the model does not name are kept under their own dotted path, as unlisted metrics.

    Raises:
        Undecodable: a number cannot be stored, a name is not printable, or there are too many.
    """
    leaves = dict(_leaves(fields, ""))
    if len(leaves) > MAX_LEAVES:
        raise Undecodable("size", f"{len(leaves)} fields in one message; at most {MAX_LEAVES}")
    values: dict[str, float] = {}
    bad: dict[str, Quality] = {}
    if model is None:
        return Translation({path: _storable(leaf, path) for path, leaf in leaves.items() if _numeric(leaf)}, (), {})
    for wanted in model.fields:
        _take(wanted, leaves, values, bad)
    named = {mark.path for mark in model.marks}
    flags = tuple(dict.fromkeys(flag for mark in model.marks for flag in _flags(mark, leaves, named)))
    known = {wanted.path for wanted in model.fields} | named | model.ignore
    for path, leaf in leaves.items():
        if _numeric(leaf) and not _covered(path, known):
            values.setdefault(path, _storable(leaf, path))
    return Translation(values, flags, bad)


def _leaves(document: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """Every leaf with its dotted path; lists count from 0."""
    items = document.items() if isinstance(document, Mapping) else enumerate(document)
    for key, value in items:
        path = f"{prefix}{key}"
        if len(path) > MAX_NAME or not path.isprintable():
            raise Undecodable("metric", f"field {path[:MAX_NAME]!r}: at most {MAX_NAME} printable characters")
        if isinstance(value, Mapping | list):
            yield from _leaves(value, f"{path}.")
        else:
            yield path, value


def _take(wanted: Field, leaves: Mapping[str, Any], values: dict[str, float], bad: dict[str, Quality]) -> None:
    raw = leaves.get(wanted.path)
    if raw is None:
        if wanted.absent is not None and _absence_holds(wanted, leaves):
            values.setdefault(wanted.metric, wanted.absent)
        return
    if wanted.words:
        word = wanted.words.get(str(raw).lower())
        if word is not None:
            values[wanted.metric] = word
        return
    value = _as_number(raw)
    if value is None:
        return
    values[wanted.metric] = _storable(round(value * wanted.scale + wanted.offset, 9), wanted.path)
    if value in wanted.sentinels:
        bad[wanted.metric] = wanted.sentinels[value]


def _absence_holds(wanted: Field, leaves: Mapping[str, Any]) -> bool:
    if wanted.absent_if is None:
        return True
    path, words = wanted.absent_if
    return str(leaves.get(path)).lower() in words


def _flags(mark: Mark, leaves: Mapping[str, Any], named: set[str]) -> Iterator[str]:
    if mark.prefix:
        for path, raw in leaves.items():
            if path.startswith(mark.path) and path not in named and _set(raw):
                yield mark.flag + path.removeprefix(mark.path).replace("_", "-").lower()
        return
    raw = leaves.get(mark.path)
    if (str(raw).lower() in mark.equals) if mark.equals else _set(raw):
        yield mark.flag


def _set(raw: Any) -> bool:
    return raw not in {None, 0, ""}


def _covered(path: str, known: frozenset[str] | set[str]) -> bool:
    return path in known or any(path[:end] in known for end, mark in enumerate(path) if mark == ".")


def _numeric(leaf: Any) -> bool:
    return isinstance(leaf, bool | int | float)


def _as_number(raw: Any) -> float | None:
    """A number, also where the vendor writes it as text."""
    try:
        return float(raw)
    except (TypeError, ValueError, OverflowError):
        return None


def _storable(value: float, path: str) -> float:
    try:
        result = float(value)
    except OverflowError:
        result = float("inf")
    if not -MAX_VALUE <= result <= MAX_VALUE:
        raise Undecodable("number", f"{path}: {str(result)[:32]} cannot be stored")
    return result
