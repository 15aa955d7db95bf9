"""What a device model is: the vendor's field names turned into metrics, units and flags, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sensors.kinds.definition import Example
from streams.contracts import Quality


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One vendor field.

    ``path`` is dotted (``concentration.ppm``; list items by number); the metric is ``value * scale + offset``,
    or ``words[value]`` where the vendor writes words (a word that is not listed leaves the metric out).
    ``sentinels`` are raw values that mean "no measurement". ``absent`` is the value where the field is left
    out, for envelopes that omit zeros, but only when ``absent_if`` (path, words) holds.
    """

    path: str
    metric: str
    scale: float = 1.0
    offset: float = 0.0
    words: Mapping[str, float] = field(default_factory=dict)
    sentinels: Mapping[float, Quality] = field(default_factory=dict)
    absent: float | None = None
    absent_if: tuple[str, frozenset[str]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A flag raised by a field: when it is one of ``equals``, or, without ``equals``, when it is there and not zero.

    With ``prefix`` every field whose path begins with ``path`` and that no other mark names raises ``flag``
    followed by the rest of its path.
    """

    path: str
    flag: str
    equals: frozenset[str] = frozenset()
    prefix: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One device model. ``ignore`` are paths (and all below them) that say nothing of the place measured."""

    key: str
    kind: str
    name: str
    fields: tuple[Field, ...]
    marks: tuple[Mark, ...] = ()
    ignore: frozenset[str] = frozenset()
    examples: tuple[Example, ...] = ()
