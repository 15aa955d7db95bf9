"""The worker's command line, its settings, and what it answers to a scrape."""

import json
from pathlib import Path

import pytest

from streams import app
from streams.agents.poison import Poison
from streams.process.health import Progress


def test_help_lists_every_variable(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        app.load(["--help"])
    assert left.value.code == 0
    told = capsys.readouterr().out
    for variable in ("KAFKA_BOOTSTRAP_SERVERS", "LINLI_METRICS_PORT", "LINLI_STATE_DIR", "LINLI_WORKER_ID"):
        assert variable in told


def test_print_config_shows_the_settings_in_force(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "kafka:1")
    with pytest.raises(SystemExit) as left:
        app.load(["--print-config"])
    assert left.value.code == 0
    assert json.loads(capsys.readouterr().out)["kafka_bootstrap_servers"] == "kafka:1"


def test_a_setting_that_does_not_fit_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINLI_METRICS_PORT", "many")
    with pytest.raises(SystemExit) as left:
        app.load([])
    assert left.value.code == 2
    assert capsys.readouterr().err.startswith("linli-streams: LINLI_METRICS_PORT: ")


def test_what_struck_twice_is_known_after_a_restart(tmp_path: Path) -> None:
    place = "linli.inputs/3/14"
    Poison(tmp_path).struck(place)
    assert not Poison(tmp_path).lethal(place)
    Poison(tmp_path).struck(place)
    assert Poison(tmp_path).lethal(place)
    Poison(tmp_path).put_aside(place)
    assert not Poison(tmp_path).lethal(place)


def test_a_half_written_count_of_poison_starts_afresh(tmp_path: Path) -> None:
    (tmp_path / "poison.json").write_text('{"linli')
    assert not Poison(tmp_path).lethal("linli.inputs/0/0")


def test_progress_tells_each_agents_age() -> None:
    now = 100.0
    progress = Progress(clock=lambda: now)
    progress.beat("inputs")
    now = 107.25
    assert progress.report() == {"healthy": True, "loops": {"inputs": 7.2}}
