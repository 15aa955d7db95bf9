"""The alert rules: tested by promtool, in step with the list of metrics, each with its runbook."""

import re
import subprocess
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from streams.contracts.metrics import METRICS

CHECKOUT = Path(__file__).resolve().parents[3]
PROMETHEUS = CHECKOUT / "deploy/prometheus"
SUFFIXES = {"counter": ("",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
OURS = {metric.name + suffix: metric for metric in METRICS for suffix in SUFFIXES[metric.type]}
FOREIGN = {"alertmanager_notifications_failed_total"}
SEVERITIES = {"critical", "warning", "none"}


def rules() -> list[dict[str, Any]]:
    document = yaml.safe_load((PROMETHEUS / "rules.yml").read_text(encoding="utf-8"))
    return [rule for group in document["groups"] for rule in group["rules"]]


def expressions() -> dict[str, str]:
    return {rule["alert"]: cast("str", rule["expr"]) for rule in rules()}


def test_promtool_proves_when_each_alert_speaks_and_when_it_is_silent() -> None:
    done = subprocess.run(
        ["promtool", "test", "rules", PROMETHEUS / "tests/rules.yml"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_has_a_test_that_sees_it_fire() -> None:
    document = yaml.safe_load((PROMETHEUS / "tests/rules.yml").read_text(encoding="utf-8"))
    seen = {
        check["alertname"] for case in document["tests"] for check in case["alert_rule_test"] if check["exp_alerts"]
    }
    assert seen == set(expressions())


@pytest.mark.parametrize(("alert", "expression"), expressions().items(), ids=list(expressions()))
def test_every_metric_of_a_rule_is_one_that_a_process_has(alert: str, expression: str) -> None:
    names = set(re.findall(r"\b(?:linli|alertmanager)_[a-z_]+", expression))
    assert names <= set(OURS) | FOREIGN
    assert names or alert in ("ProcessDown", "Watchdog")


@pytest.mark.parametrize(("alert", "expression"), expressions().items(), ids=list(expressions()))
def test_every_label_of_a_rule_is_one_that_its_metric_has(alert: str, expression: str) -> None:
    names = [name for name in re.findall(r"linli_[a-z_]+", expression) if name in OURS]
    known = {label for name in names for label in OURS[name].labels} | {"process", "job", "le", "integration"}
    used = set(re.findall(r"[{,]\s*([a-z]+)=", expression))
    for listed in re.findall(r"(?:by|on)\s*\(([a-z, ]+)\)", expression):
        used |= {label.strip() for label in listed.split(",")}
    assert used <= known


@pytest.mark.parametrize("rule", rules(), ids=[rule["alert"] for rule in rules()])
def test_every_alert_says_what_it_is_in_two_languages_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in SEVERITIES
    assert re.search(r"[\u4e00-\u9fff]", rule["annotations"]["summary"])
    assert rule["annotations"]["summary_en"].isascii()
    runbook = CHECKOUT / rule["annotations"]["runbook"]
    text = runbook.read_text(encoding="utf-8")
    assert rule["alert"] in text or "Watchdog" in text
    assert "**Means**" in text
    assert "**Over when**" in text


def test_the_list_of_runbooks_is_whole() -> None:
    folder = CHECKOUT / "docs/runbooks"
    listed = set(re.findall(r"\(([a-z-]+\.md)\)", (folder / "README.md").read_text(encoding="utf-8")))
    assert listed == {page.name for page in folder.glob("*.md")} - {"README.md"}
    wanted = {Path(rule["annotations"]["runbook"]).name for rule in rules()}
    assert wanted == listed
