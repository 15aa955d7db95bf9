"""The instruments of a service by their types, with their labels filled in."""

from prometheus_client import Counter, Gauge, Histogram

from streams.contracts.metrics import Metric
from streams.process.metrics import made


def counter(metric: Metric, **labels: str) -> Counter:
    """The counter of ``metric``, with its labels filled in."""
    found = made(metric)
    if not isinstance(found, Counter):
        raise TypeError(f"{metric.name} is a {metric.type}")
    return found.labels(**labels) if labels else found


def gauge(metric: Metric, **labels: str) -> Gauge:
    """The gauge of ``metric``, with its labels filled in."""
    found = made(metric)
    if not isinstance(found, Gauge):
        raise TypeError(f"{metric.name} is a {metric.type}")
    return found.labels(**labels) if labels else found


def histogram(metric: Metric, **labels: str) -> Histogram:
    """The histogram of ``metric``, with its labels filled in."""
    found = made(metric)
    if not isinstance(found, Histogram):
        raise TypeError(f"{metric.name} is a {metric.type}")
    return found.labels(**labels) if labels else found
