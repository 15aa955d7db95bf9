"""The project's labelled scenarios: one seed, the same folders; what is shipped is what is made, and is found."""

from pathlib import Path

import pytest

from bench.detection import markdown, row, score
from sensors.simulator.labelled import PLOTS, play, read_folder, write_folder

SHIPPED = Path(__file__).parents[2] / "data" / "scenarios"
SMALL = sorted(path.name for path in SHIPPED.iterdir())


def test_there_are_hazards_in_three_forms_and_faults_and_mixtures() -> None:
    assert len(PLOTS) >= 20
    for hazard in ("gas", "septic", "lane", "feeder", "lamp"):
        assert {f"{hazard}-mild", f"{hazard}-steep", f"{hazard}-intermittent"} <= set(PLOTS)
    assert sum(name.startswith("fault-") for name in PLOTS) >= 10
    assert len(PLOTS["quiet-month"].devices) == 1_000


@pytest.mark.parametrize("name", SMALL)
def test_what_is_shipped_is_what_the_seed_makes(name: str, tmp_path: Path) -> None:
    write_folder(play(PLOTS[name]), tmp_path / name)
    for file in sorted((SHIPPED / name).iterdir()):
        assert (tmp_path / name / file.name).read_bytes() == file.read_bytes(), file.name


@pytest.mark.parametrize("name", SMALL)
def test_every_hazard_of_a_shipped_scenario_is_found_once_and_nothing_else(name: str) -> None:
    verdict = score(read_folder(SHIPPED / name), read_folder(SHIPPED / name), restarts=3)
    assert not verdict.failed
    assert (verdict.score.found, verdict.score.false_tickets) == (verdict.score.hazards, 0)
    assert all(seconds < 1 for seconds in verdict.beyond)
    page = Path(__file__).parents[3] / "docs" / "detection.md"
    assert markdown(row(verdict)) in page.read_text().splitlines()


@pytest.mark.parametrize("name", ["gas-mild", "fault-garbage", "disorder-leak"])
def test_a_scenario_read_from_its_folder_is_the_one_that_was_written(name: str, tmp_path: Path) -> None:
    write_folder(play(PLOTS[name]), tmp_path / name)
    made, found = play(PLOTS[name]), read_folder(tmp_path / name)
    assert found.truths == made.truths
    assert [(each.id, each.area, each.period_s, each.attributes) for each in found.devices] == [
        (each.id, each.area, each.period_s, each.attributes) for each in made.devices
    ]
    messages = list(found.messages)
    assert [(at, topic) for at, topic, _ in messages] == [(at, topic) for at, topic, _ in made.messages]
    assert sorted(at for at, _, _ in messages) == [at for at, _, _ in messages]


@pytest.mark.parametrize("name", ["feeder-mild", "feeder-steep", "neighbours"])
def test_a_group_is_found_once_by_way_of_the_second_stage(name: str) -> None:
    verdict = score(play(PLOTS[name]), play(PLOTS[name]), restarts=2)
    assert (verdict.score.found, verdict.score.duplicate_tickets, verdict.score.false_tickets) == (1, 0, 0)
    assert not verdict.failed


def test_a_fault_deserves_no_ticket_and_a_hazard_one() -> None:
    for name, plot in PLOTS.items():
        hazards = [truth for truth in play(plot).truths if truth.ticket]
        none = name.startswith("fault-") or name in {"quiet-month", "lane-short-stops"}
        assert bool(hazards) != none, name
