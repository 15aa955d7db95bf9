"""docker-compose.yml without an engine: parsed by podman-compose, and every name in it exists."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboards.grafana import build
from services.stack.addresses import USUAL

CHECKOUT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
TEXT = (CHECKOUT / "docker-compose.yml").read_text(encoding="utf-8")
SECRETS = sorted(set(re.findall(r"\$\{(LINLI_[A-Z_]+):\?", TEXT)))
WORD = "0123456789abcdef0123456789abcdef"
PROCESSES = ("gateway", "streams", "registry", "history", "alarms", "tickets", "oncall", "notices", "api", "simulator")
OURS = (*PROCESSES, "provision")


def read(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / "podman-compose", "--dry-run", "-f", "docker-compose.yml", "--profile", "demo", "config"],
        cwd=CHECKOUT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@cache
def compose() -> dict[str, Any]:
    done = read(**dict.fromkeys(SECRETS, WORD))
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = yaml.safe_load(done.stdout)
    return document


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


def test_every_process_of_the_platform_is_there() -> None:
    assert set(OURS) <= set(services())
    assert {"kafka", "mosquitto", "postgres", "prometheus", "alertmanager", "grafana"} <= set(services())


def test_every_image_is_pinned() -> None:
    for name, service in services().items():
        tag = service["image"].partition(":")[2]
        assert re.search(r"\d+\.\d+", tag), f"{name}: {service['image']}"
        assert "latest" not in tag


def test_no_secret_has_a_default_and_without_them_nothing_starts() -> None:
    for name in re.findall(r"\$\{(LINLI_[A-Z_]+)[:?}-]", TEXT):
        assert name in SECRETS or not re.search("PASSWORD$|SECRET|TOKEN", name), name
    done = read(**dict.fromkeys(SECRETS[1:], WORD))
    assert done.returncode != 0
    assert f"set {SECRETS[0]}" in done.stderr


def test_the_script_makes_every_secret_and_keeps_those_there_are(tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    shutil.copy(CHECKOUT / "docker-compose.yml", tmp_path)
    shutil.copy(CHECKOUT / "deploy/make-secrets.sh", tmp_path / "deploy")
    subprocess.run([tmp_path / "deploy/make-secrets.sh"], check=True, capture_output=True)
    first = (tmp_path / ".env").read_text()
    made = dict(line.split("=", 1) for line in first.splitlines())
    assert sorted(made) == SECRETS
    assert len(set(made.values())) == len(SECRETS)
    assert all(re.fullmatch("[0-9a-f]{48}", word) for word in made.values())
    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0
    subprocess.run([tmp_path / "deploy/make-secrets.sh"], check=True, capture_output=True)
    assert (tmp_path / ".env").read_text() == first


@pytest.mark.parametrize("name", OURS)
def test_the_command_of_each_process_is_one_of_ours(name: str) -> None:
    scripts = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]["scripts"]
    (command,) = services()[name]["command"]
    assert command == f"linli-{name}"
    assert command in scripts


@pytest.mark.parametrize("name", OURS)
def test_each_process_accepts_exactly_its_environment_and_knows_every_variable(name: str) -> None:
    environment = {key: str(value) for key, value in services()[name]["environment"].items()}
    program = BIN / f"linli-{name}"
    done = subprocess.run(
        [program, "--print-config"], env=environment, capture_output=True, text=True, check=False, cwd="/"
    )
    assert done.returncode == 0, done.stderr
    assert WORD not in done.stdout
    known = {variable for field in json.loads(done.stdout) for variable in (field.upper(), f"LINLI_{field.upper()}")}
    assert set(environment) <= known


def test_every_mounted_file_and_every_volume_exists() -> None:
    for name, service in services().items():
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            if source.startswith("./"):
                assert (CHECKOUT / source).is_file(), f"{name}: {source}"
            else:
                assert source in compose()["volumes"], f"{name}: {source}"


def test_everything_that_stays_has_a_health_check_and_waits_for_provision() -> None:
    for name, service in services().items():
        if name != "provision":
            assert service["healthcheck"]["test"], name
        if name in PROCESSES:
            assert service["depends_on"]["provision"] == {"condition": "service_completed_successfully"}


def test_prometheus_scrapes_each_process_where_it_listens() -> None:
    config = yaml.safe_load((CHECKOUT / "deploy/prometheus/compose.yml").read_text())
    targets = {
        static["labels"]["process"]: static["targets"]
        for job in config["scrape_configs"]
        for static in job["static_configs"]
    }
    for name in PROCESSES:
        environment = services()[name]["environment"]
        ports = [
            environment["LINLI_METRICS_PORT"],
            *filter(None, environment.get("LINLI_HTTP_COMPANIONS", "").split(",")),
        ]
        assert targets[name] == [f"{name}:{port}" for port in ports]
        assert int(environment["LINLI_METRICS_PORT"]) == USUAL[name]
        assert environment["LINLI_METRICS_HOST"] == "0.0.0.0"  # noqa: S104 - inside its container


def test_addresses_name_services_and_their_ports() -> None:
    listening = {"kafka": "9092", "postgres": "5432", "mosquitto": "1883"}
    for name in OURS:
        for value in services()[name]["environment"].values():
            for host, port in re.findall(r"(?:@|^)([a-z]+):(\d+)", str(value)):
                assert listening[host] == port, f"{name}: {value}"


def test_alertmanager_calls_the_webhook_where_it_listens() -> None:
    config = yaml.safe_load((CHECKOUT / "deploy/alertmanager/compose.yml").read_text())
    (hook,) = config["receivers"][0]["webhook_configs"]
    port = services()["oncall"]["environment"]["LINLI_WEBHOOK_PORT"]
    assert hook["url"] == f"http://oncall:{port}/alertmanager"
    assert hook["http_config"]["authorization"]["credentials_file"] == "/run/secrets/webhook_token"
    assert services()["alertmanager"]["secrets"] == ["webhook_token"]
    assert compose()["secrets"]["webhook_token"] == {"environment": "LINLI_WEBHOOK_TOKEN"}


def test_rendered_files_are_in_step_with_their_templates(tmp_path: Path) -> None:
    shutil.copytree(CHECKOUT / "deploy", tmp_path / "deploy")
    subprocess.run([tmp_path / "deploy/render.sh"], check=True)
    for file in ("prometheus/compose.yml", "alertmanager/compose.yml"):
        assert (tmp_path / "deploy" / file).read_text() == (CHECKOUT / "deploy" / file).read_text(), (
            "run deploy/render.sh"
        )
        assert "${" not in (CHECKOUT / "deploy" / file).read_text()


def test_grafanas_dashboard_is_in_step_with_the_metrics() -> None:
    assert build.FILE.read_text(encoding="utf-8") == build.text(), "run python -m dashboards.grafana.build"


def test_the_images_lock_is_part_of_the_lock() -> None:
    def pinned(file: Path) -> dict[str, tuple[str, frozenset[str]]]:
        entries = re.split(r"^(?=[a-z0-9])", file.read_text(), flags=re.MULTILINE)
        found = {}
        for entry in entries:
            if match := re.match(r"([a-z0-9._-]+)==(\S+)", entry):
                found[match[1]] = (match[2], frozenset(re.findall(r"sha256:[0-9a-f]+", entry)))
        return found

    whole, part = pinned(CHECKOUT / "requirements.lock"), pinned(CHECKOUT / "deploy/requirements.lock")
    assert part.items() <= whole.items()
    assert "pytest" not in part
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    named = {re.split(r"[^a-z0-9-]", line.lower())[0] for line in project["dependencies"]}
    assert named <= part.keys(), "lock deploy/requirements.lock anew: the image would lack these"


def test_what_the_image_copies_exists_and_is_not_ignored() -> None:
    allowed = {line[1:] for line in (CHECKOUT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    dockerfile = (CHECKOUT / "deploy/Dockerfile").read_text()
    assert re.search(r"^USER linli$", dockerfile, flags=re.MULTILINE)
    for line in re.findall(r"^COPY (?!--from)(.*)$", dockerfile, flags=re.MULTILINE):
        for source in [part for part in line.split() if not part.startswith("--")][:-1]:
            assert (CHECKOUT / source).exists(), source
            assert any(source == path or source.startswith(f"{path}/") for path in allowed), source
