"""One field of a rule's form as text and back: a number, a duration in the unit that fits, a check, words. Pure."""

import math
from collections.abc import Mapping
from typing import Any, Final

UNITS: Final = {"s": 1_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
OPTIONAL: Final = frozenset({"unrefuted_ms", "realarm_after_ms"})


def shown(name: str, kind: str, value: Any) -> dict[str, str]:
    """The form's fields for a value; a check that is off is absent."""
    if kind == "check":
        return {name: "1"} if value else {}
    if value is None:
        return {name: ""}
    if kind == "duration":
        unit = next((u for u, size in reversed(UNITS.items()) if value >= size and value % size == 0), "s")
        return {name: number(value / UNITS[unit]), f"{name}.unit": unit}
    return {name: number(value) if kind == "number" else str(value)}


def read(values: Mapping[str, str], name: str, kind: str) -> Any:
    """The value in a form's field; what cannot be read stays as it was typed, to be refused there."""
    text = values.get(name, "").strip()
    if kind == "check":
        return text != ""
    if kind == "text":
        return text
    if not text:
        return None if name.rpartition(".")[2] in OPTIONAL else text
    try:
        value = float(text)
    except ValueError:
        return text
    if kind == "duration":
        value *= UNITS.get(values.get(f"{name}.unit", "s"), 1_000)
    return int(value) if math.isfinite(value) and value == int(value) else value


def number(value: float) -> str:
    """Without needless zeros."""
    return f"{value:.10g}"
