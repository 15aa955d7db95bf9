"""Write ``linli.json``: one panel a metric, in the order of the list. ``python -m dashboards.grafana.build``."""

import json
from pathlib import Path
from typing import Any, Final

from streams.contracts.metrics import METRICS, Metric

FILE: Final = Path(__file__).with_name("linli.json")
WIDTH: Final = 8
HEIGHT: Final = 7
COLUMNS: Final = 3
SOURCE: Final = {"type": "prometheus", "uid": "prometheus"}


def query(metric: Metric) -> tuple[str, str]:
    """Expression and legend: counters as rates, histograms as p95, gauges as they are."""
    labels = ("process", *metric.labels)
    legend = " ".join(f"{{{{{label}}}}}" for label in labels)
    by = ", ".join(labels)
    if metric.type == "counter":
        return f"sum by ({by}) (rate({metric.name}[$__rate_interval]))", legend
    if metric.type == "histogram":
        inner = f"sum by (le, {by}) (rate({metric.name}_bucket[$__rate_interval]))"
        return f"histogram_quantile(0.95, {inner})", f"p95 {legend}"
    if metric.name.endswith("_timestamp_seconds"):
        return f"time() - {metric.name}", legend
    return metric.name, legend


def unit(metric: Metric) -> str:
    """Grafana's name of what the panel's numbers are."""
    if metric.name.endswith("_bytes"):
        return "bytes"
    if metric.name.endswith("_seconds"):
        return "s"
    if metric.name.endswith("_share"):
        return "percentunit"
    return "cps" if metric.type == "counter" else "short"


def dashboard() -> dict[str, Any]:
    """The whole document, the same for the same list."""
    panels = []
    for number, metric in enumerate(METRICS):
        expression, legend = query(metric)
        age = metric.name.endswith("_timestamp_seconds")
        panels.append(
            {
                "id": number + 1,
                "type": "timeseries",
                "title": metric.name.removeprefix("linli_"),
                "description": f"{metric.help} Shown as its age." if age else metric.help,
                "datasource": SOURCE,
                "gridPos": {
                    "h": HEIGHT,
                    "w": WIDTH,
                    "x": number % COLUMNS * WIDTH,
                    "y": number // COLUMNS * HEIGHT,
                },
                "fieldConfig": {"defaults": {"unit": unit(metric)}, "overrides": []},
                "targets": [{"refId": "A", "datasource": SOURCE, "expr": expression, "legendFormat": legend}],
            }
        )
    return {
        "uid": "linli",
        "title": "Linli 邻里",
        "schemaVersion": 41,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "panels": panels,
    }


def text() -> str:
    """The file as it is committed."""
    return json.dumps(dashboard(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
