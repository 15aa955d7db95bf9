"""Prometheus and Alertmanager read what we render, and every process is scraped."""

import subprocess
from pathlib import Path

import pytest
import yaml

from services.stack.addresses import USUAL
from services.stack.servers import alerting

TEMPLATES = Path(__file__).resolve().parents[3] / "deploy"


@pytest.fixture
def rendered(tmp_path: Path) -> Path:
    alerting.prepare_prometheus(templates=TEMPLATES, home=tmp_path / "prometheus", ports=USUAL)
    alerting.prepare_alertmanager(templates=TEMPLATES, home=tmp_path / "alertmanager", ports=USUAL, token="a-token")
    return tmp_path


def run(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_promtool_reads_the_rendered_configuration(rendered: Path) -> None:
    assert "rule files found" in run("promtool", "check", "config", rendered / "prometheus/prometheus.yml")


def test_amtool_reads_the_rendered_configuration(rendered: Path) -> None:
    assert "1 receivers" in run("amtool", "check-config", rendered / "alertmanager/alertmanager.yml")


def test_the_watchdog_has_a_route_of_its_own(rendered: Path) -> None:
    (route,) = yaml.safe_load((rendered / "alertmanager/alertmanager.yml").read_text())["route"]["routes"]
    assert (route["matchers"], route["repeat_interval"]) == (['alertname = "Watchdog"'], "1m")


def test_every_process_is_scraped_at_its_own_port(rendered: Path) -> None:
    config = yaml.safe_load((rendered / "prometheus/prometheus.yml").read_text())
    targets = {
        static["labels"]["process"]: static["targets"]
        for job in config["scrape_configs"]
        for static in job["static_configs"]
    }
    processes = {
        "gateway", "streams", "registry", "history", "alarms", "tickets", "oncall", "notices", "api", "simulator",
        "prometheus", "alertmanager",
    }  # fmt: skip
    ports = {name: [USUAL[name]] for name in processes} | {"api": [USUAL["api"], USUAL["api-beside"]]}
    assert targets == {name: [f"127.0.0.1:{port}" for port in found] for name, found in ports.items()}


def test_the_webhook_token_is_readable_by_its_owner_only(rendered: Path) -> None:
    token = rendered / "alertmanager/webhook-token"
    assert token.read_text() == "a-token"
    assert token.stat().st_mode & 0o077 == 0
