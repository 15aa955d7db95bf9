"""Prometheus instruments made from the one typed list in ``streams.contracts.metrics``."""

from functools import cache

from prometheus_client import Counter, Gauge, Histogram

from streams.contracts.metrics import Metric, instrument


@cache
def _make(metric: Metric) -> Counter | Gauge | Histogram:
    made: Counter | Gauge | Histogram = instrument(metric, counter=Counter, gauge=Gauge, histogram=Histogram)
    return made


def counter(metric: Metric, **labels: str) -> Counter:
    """The counter of ``metric``, with its labels filled in."""
    made = _make(metric)
    if not isinstance(made, Counter):
        raise TypeError(f"{metric.name} is a {metric.type}")
    return made.labels(**labels) if labels else made


def gauge(metric: Metric, **labels: str) -> Gauge:
    """The gauge of ``metric``, with its labels filled in."""
    made = _make(metric)
    if not isinstance(made, Gauge):
        raise TypeError(f"{metric.name} is a {metric.type}")
    return made.labels(**labels) if labels else made


def histogram(metric: Metric, **labels: str) -> Histogram:
    """The histogram of ``metric``, with its labels filled in."""
    made = _make(metric)
    if not isinstance(made, Histogram):
        raise TypeError(f"{metric.name} is a {metric.type}")
    return made.labels(**labels) if labels else made
