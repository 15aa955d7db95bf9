"""PURE. The kinds of sensors, one file each, as data; to add one write a file and list it here.

``KINDS`` maps a kind's key to its :class:`Kind`. ``metric_of`` finds a metric, ``judge`` names what
must not be believed in a message, ``default_rules`` is what a fresh platform is seeded with.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from sensors.kinds import gas, judgement, light, parking, septic
from sensors.kinds.categories import CATEGORIES, Category
from sensors.kinds.definition import Example, Kind, Metric, Moment, Rng
from sensors.kinds.upkeep import gateway_down
from streams.contracts import Quality, Rule

KINDS: Final[dict[str, Kind]] = {
    kind.key: kind
    for kind in (
        gas.KIND,
        septic.KIND,
        light.KIND,
        parking.KIND,
    )
}

UNKNOWN_KIND: Final = "unknown"
"""The kind of a sample whose device nobody registered and whose message does not tell."""

_METRICS: Final[dict[str, dict[str, Metric]]] = {
    kind.key: {metric.key: metric for metric in kind.metrics} for kind in KINDS.values()
}
_NOTHING: Final[dict[str, Metric]] = {}


def metric_of(kind: str, metric: str) -> Metric | None:
    """The metric of a kind, or None where the kind does not list it."""
    return _METRICS.get(kind, _NOTHING).get(metric)


def judge(kind: str, values: Mapping[str, float], flags: Iterable[str] = ()) -> dict[str, Quality]:
    """The metrics of a message that must not be believed; one that is absent is good.

    Every metric of an unknown kind is ``unlisted``: kept, counted and shown, never acted on.
    """
    return judgement.judge(KINDS.get(kind), _METRICS.get(kind, _NOTHING), values, flags)


def default_rules() -> tuple[Rule, ...]:
    """Every kind's default rules, and those for devices of every kind, at their real pace."""
    return (*(rule for kind in KINDS.values() for rule in kind.rules), gateway_down())


def ranges() -> dict[str, dict[str, tuple[float, float]]]:
    """Kind -> metric -> the lowest and the highest value that can be believed: what rules are checked against."""
    return {kind.key: {metric.key: (metric.low, metric.high) for metric in kind.metrics} for kind in KINDS.values()}


__all__ = [
    "CATEGORIES",
    "KINDS",
    "UNKNOWN_KIND",
    "Category",
    "Example",
    "Kind",
    "Metric",
    "Moment",
    "Rng",
    "default_rules",
    "judge",
    "metric_of",
    "ranges",
]
