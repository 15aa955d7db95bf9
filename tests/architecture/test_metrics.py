"""The list of metrics is the only one, and everything on it is measured by somebody."""

import re
from pathlib import Path

import pytest

from streams.contracts import metrics

CHECKOUT = Path(__file__).resolve().parents[2]
LIST = CHECKOUT / "streams/contracts/metrics.py"
NAMES = {name for name, value in vars(metrics).items() if isinstance(value, metrics.Metric)}
CODE = {
    path: path.read_text(encoding="utf-8")
    for package in ("services", "sensors", "streams")
    for path in (CHECKOUT / package).rglob("*.py")
    if path != LIST
}


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_listed_metric_is_measured_by_a_process(name: str) -> None:
    assert [path for path, text in CODE.items() if re.search(rf"\b{name}\b", text)]


def test_no_process_measures_what_is_not_listed() -> None:
    made = re.compile(r"\b(?:Counter|Gauge|Histogram|Summary)\(\s*[\"']")
    assert [str(path) for path, text in CODE.items() if made.search(text)] == []
