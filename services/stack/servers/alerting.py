"""Prometheus and Alertmanager from the distribution, with our rules and targets."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from string import Template

from services.stack.addresses import HOST
from services.stack.program import Program
from streams.contracts import LinliError


class AlertingNotPrepared(LinliError):
    """A program of the distribution is missing; the message has the remedy."""


def _program(name: str, package: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise AlertingNotPrepared(f"{name} is not installed; apt-get install {package}")
    return path


def prepare_prometheus(*, templates: Path, home: Path, ports: Mapping[str, int]) -> Program:
    """Render targets from the ports of every process; the rules are used as they stand."""
    home.mkdir(parents=True, exist_ok=True)
    values = {name.replace("-", "_"): f"{HOST}:{port}" for name, port in ports.items()}
    values["rules"] = str(templates / "prometheus/rules.yml")
    config = home / "prometheus.yml"
    config.write_text(Template((templates / "prometheus/prometheus.yml").read_text()).substitute(values))
    return Program(
        name="prometheus",
        argv=(
            _program("prometheus", "prometheus"),
            f"--config.file={config}",
            f"--storage.tsdb.path={home / 'data'}",
            "--storage.tsdb.retention.time=15d",
            "--storage.tsdb.retention.size=1GB",
            f"--web.listen-address={HOST}:{ports['prometheus']}",
            "--log.level=warn",
        ),
        order=70,
        port=ports["prometheus"],
        health="/-/ready",
    )


def prepare_alertmanager(*, templates: Path, home: Path, ports: Mapping[str, int], token: str) -> Program:
    """Render the one receiver: our on-call webhook, with its token in a file of its own."""
    home.mkdir(parents=True, exist_ok=True)
    secret = home / "webhook-token"
    secret.touch(mode=0o600)
    secret.write_text(token)
    values = {"oncall_webhook": f"{HOST}:{ports['oncall-webhook']}", "token_file": str(secret)}
    config = home / "alertmanager.yml"
    config.write_text(Template((templates / "alertmanager/alertmanager.yml").read_text()).substitute(values))
    return Program(
        name="alertmanager",
        argv=(
            _program("prometheus-alertmanager", "prometheus-alertmanager"),
            f"--config.file={config}",
            f"--storage.path={home / 'data'}",
            f"--web.listen-address={HOST}:{ports['alertmanager']}",
            "--cluster.listen-address=",
            "--log.level=warn",
        ),
        order=70,
        port=ports["alertmanager"],
        health="/-/ready",
    )
