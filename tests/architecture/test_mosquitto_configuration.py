"""The broker's two configurations say the same, and its access list knows every dialect."""

import os
import subprocess
from pathlib import Path
from string import Template

import pytest
import yaml

from sensors.codecs import ROUTES
from sensors.codecs.routes import matches

FOLDER = Path(__file__).resolve().parents[2] / "deploy/mosquitto"


def settings(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def writable_by(user: str) -> list[str]:
    sections = (FOLDER / "acl").read_text().split("\nuser ")
    (section,) = [part for part in sections if part.startswith(f"{user}\n")]
    return [line.split()[-1] for line in section.splitlines() if line.startswith(("topic write", "topic readwrite"))]


def test_the_container_runs_the_same_broker() -> None:
    rendered = Template((FOLDER / "mosquitto.conf").read_text()).substitute(
        port=1883, data_dir="/mosquitto/data", config_dir="/mosquitto/config", user="mosquitto"
    )
    expected = [line.removesuffix(" 127.0.0.1") for line in settings(rendered)]
    assert settings((FOLDER / "container.conf").read_text()) == expected


def test_a_restarted_container_keeps_the_devices_accounts_and_takes_new_secrets(tmp_path: Path) -> None:
    script = yaml.safe_load((FOLDER.parents[1] / "docker-compose.yml").read_text())["services"]["mosquitto"]["command"][
        2
    ]
    for folder in ("config", "data"):
        (tmp_path / folder).mkdir()
    script = script.replace("$$", "$").replace("/mosquitto/", f"{tmp_path}/").replace("exec mosquitto ", "true ")
    script = script.replace("chown mosquitto", f"chown {os.getuid()}")

    def start(password: str) -> dict[str, str]:
        words = {f"{name}_PASSWORD": password for name in ("GATEWAY", "SIMULATOR", "DEMO")}
        environment = {"PATH": os.environ["PATH"], **words}
        subprocess.run(["sh", "-ec", script], env=environment, check=True, capture_output=True)
        lines = (tmp_path / "config/passwords").read_text().splitlines()
        return dict(line.split(":", 1) for line in lines)

    before = start("first")
    assert before.keys() == {"gateway", "simulator", "demo"}
    subprocess.run(
        ["mosquitto_passwd", "-b", tmp_path / "data/passwords", "gas-1", "own"], check=True, capture_output=True
    )
    after = start("second")
    assert after.keys() == {*before, "gas-1"}
    assert all(after[name] != before[name] for name in before)
    assert (tmp_path / "data/passwords").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("user", ["demo", "simulator"])
@pytest.mark.parametrize("route", ROUTES.filters)
def test_every_dialect_may_be_spoken(user: str, route: str) -> None:
    """Each route's filter, taken as a topic, is among those that the account may write."""
    topic = route.replace("+", "x").replace("#", "x").split("/")
    assert any(matches(tuple(allowed.split("/")), topic) for allowed in writable_by(user))


def test_only_the_gateway_commands_devices() -> None:
    command = ["linli", "v1", "990101001001001", "gas", "x", "command"]
    for user in ("demo", "simulator"):
        assert not any(matches(tuple(allowed.split("/")), command) for allowed in writable_by(user))
    assert any(matches(tuple(allowed.split("/")), command) for allowed in writable_by("gateway"))
