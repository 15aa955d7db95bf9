"""What the launcher's commands answer before anything runs: exit codes, and words that help."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from services.stack import addresses, hazards, keys
from services.stack.commands import app
from services.stack.layout import Layout
from services.stack.platform import Options, Platform
from services.stack.supervise import Manager
from services.stack.up import NotReady

USAGE = 2


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, arguments)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("token", "nobody"), "grid_manager"),
        (("simulate", "earthquake"), "blocked-fire-lane"),
        (("tour", "flood"), "gas-leak"),
        (("up", "--devices", "0"), "--devices"),
        (("up", "--pace", "slow"), "--pace"),
        (("dance",), "dance"),
        (("status", "--colour"), "--colour"),
    ],
)
def test_a_wrong_word_is_wrong_usage_and_names_what_would_be_right(arguments: tuple[str, ...], said: str) -> None:
    done = run(*arguments)
    assert done.exit_code == USAGE
    assert said in done.output


def test_status_for_programs_is_json_before_the_first_start(tmp_path: Path) -> None:
    done = run("status", "--json", "--data", str(tmp_path / "new"))
    assert done.exit_code == 0
    assert json.loads(done.output) == {"ready": False, "processes": [], "urls": {}}
    assert not (tmp_path / "new").exists()


def test_status_for_programs_has_every_address_while_nothing_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Manager, "answers", lambda _manager: False)  # no socket here
    layout = Layout(tmp_path)
    layout.make()
    keys.load_or_make(layout.secrets)
    with addresses.chosen(layout.ports):
        pass
    answer = json.loads(run("status", "--json", "--data", str(tmp_path)).output)
    assert not answer["ready"]
    assert set(answer["urls"]) == {"web", "mqtt", "kafka", "database", "prometheus", "alertmanager"}
    assert answer["urls"]["mqtt"].startswith("mqtt://demo:")


@pytest.mark.parametrize(
    "command", [("token", "operator"), ("simulate", "gas-leak"), ("tour", "gas-leak"), ("status",)]
)
def test_a_directory_that_never_ran_is_named_with_the_remedy(command: tuple[str, ...], tmp_path: Path) -> None:
    done = run(*command, "--data", str(tmp_path / "new"))
    assert isinstance(done.exception, NotReady)
    assert f"./linli up --data {tmp_path / 'new'}" in str(done.exception)


@pytest.fixture
def platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """A platform whose simulator answers and whose broker nobody may reach."""
    monkeypatch.setattr(hazards.condition, "metrics", lambda _port: {"linli_simulator_published_total": 1.0})
    secrets = keys.load_or_make(tmp_path / "secrets.json")
    return Platform(Layout(tmp_path), dict(addresses.USUAL), secrets, Options(devices=40))


@pytest.mark.parametrize(
    ("scenario", "device", "said"),
    [
        ("gas-leak", "no-such", "the district has no device 'no-such'"),
        ("feeder-blackout", "gas-000001", "feeder-blackout cannot strike 'gas-000001'"),
    ],
)
def test_an_order_that_the_simulator_would_refuse_is_refused_at_once(
    platform: Platform, scenario: str, device: str, said: str
) -> None:
    with pytest.raises(hazards.NothingToStrike, match=said):
        hazards.order(platform, scenario, device=device)


def test_without_a_simulator_an_order_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hazards.condition, "metrics", lambda _port: {})
    platform = Platform(
        Layout(tmp_path), dict(addresses.USUAL), keys.load_or_make(tmp_path / "secrets.json"), Options(simulator=False)
    )
    with pytest.raises(hazards.NothingToStrike, match="--no-simulator"):
        hazards.order(platform, "gas-leak")
