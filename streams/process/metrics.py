"""The instruments of a process, each made once from the one list of metrics."""

from functools import cache
from typing import Any

from prometheus_client import Counter, Gauge, Histogram

from streams.contracts.metrics import Metric, instrument


@cache
def made(metric: Metric) -> Any:
    """The one instrument of ``metric`` in this process."""
    return instrument(metric, counter=Counter, gauge=Gauge, histogram=Histogram)
