"""What the scorer calls found, missed, duplicate, false and upkeep, on scenarios written by hand."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bench.detection import folders, score
from bench.detection_chain import Chain, Opened
from bench.detection_score import Verdict, matches, pair, percentile
from sensors.simulator.labelled import read_folder
from sensors.simulator.truth import Truth
from streams.contracts import AlarmEvent, AlarmState, Cause, Severity, Source, Undecodable

CHECKOUT = Path(__file__).parents[3]
GRID = "990101001001001"
START = 1_773_108_000_000
Line = dict[str, Any]


def detector(name: str, period_s: int = 15, **attributes: Any) -> Line:
    return {"id": name, "kind": "gas", "area": GRID, "attributes": {"period_s": period_s, **attributes}}


def said(second: float, device: str, lel: float, **more: Any) -> Line:
    at = START + int(second * 1000)
    topic = f"linli/v1/{GRID}/gas/{device}/telemetry"
    return {"at": at, "topic": topic, "payload": {"ts": at, "values": {"ch4_lel": lel}, **more}}


def event(
    devices: Sequence[str], start_s: float, end_s: float, *, ticket: bool = True, cause: str = "gas-leak"
) -> Line:
    span = {"from": START + int(start_s * 1000), "to": START + int(end_s * 1000)}
    return {"devices": tuple(devices), "cause": cause, **span, "ticket": ticket}


def course(device: str, leak: range | None, *, until: int = 1_200, lel: float = 40.0) -> list[Line]:
    return [said(t, device, lel if leak and t in leak else 1.0) for t in range(0, until, 15)]


def folder(home: Path, devices: Sequence[Line], messages: Sequence[Line], truths: Sequence[Line]) -> Path:
    home.mkdir(parents=True, exist_ok=True)
    messages = sorted(messages, key=lambda line: line["at"])
    for name, lines in (("devices", devices), ("messages", messages), ("truth", truths)):
        (home / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return home


def judged(home: Path, restarts: int = 1) -> Verdict:
    return score(read_folder(home), read_folder(home), restarts=restarts)


LEAK = range(300, 600, 15)


def test_a_hazard_with_its_ticket_is_found_and_its_delay_is_told(tmp_path: Path) -> None:
    verdict = judged(folder(tmp_path / "one", [detector("a")], course("a", LEAK), [event("a", 290, 600)]))
    line = verdict.score
    assert (line.scenario, line.hazards, line.found, line.missed) == ("one", 1, 1, ())
    assert (line.false_tickets, line.duplicate_tickets, verdict.failed) == (0, 0, False)
    # The rule asks for 30 s; the batch lingers for 30 ms.
    assert (line.delay_p50_s, line.delay_p95_s, verdict.beyond) == (30.03, 30.03, (0.03,))
    assert line.device_days == round(1_185 / 86_400, 3)


def test_a_hazard_without_a_ticket_is_missed_and_named(tmp_path: Path) -> None:
    truth = event("a", 290, 600)
    verdict = judged(folder(tmp_path, [detector("a")], course("a", LEAK, lel=24.0), [truth]))
    assert (verdict.score.found, msgspec.to_builtins(verdict.score)["missed"], verdict.failed) == (0, (truth,), True)
    assert verdict.score.delay_p50_s is None


def test_a_ticket_without_a_hazard_is_false(tmp_path: Path) -> None:
    verdict = judged(folder(tmp_path, [detector("a")], course("a", LEAK), []))
    assert (verdict.score.hazards, verdict.score.false_tickets, verdict.failed) == (0, 1, False)


def test_a_ticket_on_an_event_that_deserves_none_is_false(tmp_path: Path) -> None:
    truth = event("a", 290, 600, ticket=False, cause="noisy")
    verdict = judged(folder(tmp_path, [detector("a")], course("a", LEAK), [truth]))
    assert (verdict.score.hazards, verdict.score.false_tickets) == (0, 1)


def test_a_hazard_under_a_fault_is_found_all_the_same(tmp_path: Path) -> None:
    truths = [event("a", 0, 1_200, ticket=False, cause="noisy"), event("a", 290, 600)]
    verdict = judged(folder(tmp_path, [detector("a")], course("a", LEAK), truths))
    assert (verdict.score.found, verdict.score.false_tickets) == (1, 0)


def test_a_second_ticket_for_one_event_is_a_duplicate(tmp_path: Path) -> None:
    devices, messages = [detector("a"), detector("b")], [*course("a", LEAK), *course("b", LEAK)]
    verdict = judged(folder(tmp_path, devices, messages, [event("ab", 290, 600)]))
    assert (verdict.score.found, verdict.score.duplicate_tickets, verdict.score.false_tickets) == (1, 1, 0)
    assert verdict.failed


def test_two_events_deserve_two_tickets(tmp_path: Path) -> None:
    devices, messages = [detector("a"), detector("b")], [*course("a", LEAK), *course("b", LEAK)]
    truths = [event("a", 290, 600), event("ab", 290, 600)]
    verdict = judged(folder(tmp_path, devices, messages, truths))
    assert (verdict.score.found, verdict.score.duplicate_tickets) == (2, 0)


def test_a_ticket_long_after_the_event_does_not_stand_for_it(tmp_path: Path) -> None:
    messages = course("a", range(900, 1_200, 15))
    verdict = judged(folder(tmp_path, [detector("a")], messages, [event("a", 100, 200)]))
    assert (verdict.score.found, verdict.score.false_tickets) == (0, 1)


def test_upkeep_is_counted_apart_and_stands_for_no_hazard(tmp_path: Path) -> None:
    """A detector that falls silent in a leak below every limit: its upkeep ticket does not find the leak."""
    devices = [detector("a"), detector("b")]
    messages = [*course("a", None, until=300), *course("b", None, until=7_200)]
    verdict = judged(folder(tmp_path, devices, messages, [event("a", 290, 7_000)]))
    assert (verdict.score.found, verdict.score.false_tickets, verdict.maintenance) == (0, 0, 1)


def test_upkeep_that_the_truth_asks_for_is_found(tmp_path: Path) -> None:
    devices = [detector("a"), detector("b")]
    messages = [*course("a", None, until=300), *course("b", None, until=7_200)]
    verdict = judged(folder(tmp_path, devices, messages, [event("a", 290, 7_000, cause="silent")]))
    assert (verdict.score.found, verdict.maintenance) == (1, 0)


def test_a_detector_that_says_one_thing_and_dies_is_found_after_the_last_message(tmp_path: Path) -> None:
    messages = [*course("a", None, until=300), said(300, "a", 60.0)]
    verdict = judged(folder(tmp_path, [detector("a")], messages, [event("a", 290, 300)]))
    assert (verdict.score.found, verdict.afterwards) == (1, 0)


@pytest.mark.parametrize("restarts", [0, 1, 7])
def test_restarts_of_the_engine_change_nothing(tmp_path: Path, restarts: int) -> None:
    verdict = judged(folder(tmp_path, [detector("a")], course("a", LEAK), [event("a", 290, 600)]), restarts)
    assert (verdict.score.found, verdict.score.delay_p50_s) == (1, 30.03)


def opened(at_s: float, *devices: str, health: bool = False, cause: str = "gas-leak") -> Opened:
    told = AlarmEvent(
        id="e-1", episode="e", incident="i", rule="r", rule_version=1, cause_of_alarm=cause, device=devices[0],
        kind="gas", metric="m", grid=GRID, severity=Severity.MAJOR, old=AlarmState.NORMAL, new=AlarmState.ACTIVE_UNACK,
        cause=Cause.CONFIRMED, at=0, since=0, source=Source(0, 0), health=health,
    )  # fmt: skip
    return Opened(int(at_s * 1000), told, set(devices))


@pytest.mark.parametrize(
    ("ticket", "fits"),
    [
        (opened(40.0, "a"), True),
        (opened(39.999, "a"), False),
        (opened(1_800.0, "a"), True),
        (opened(1_800.001, "a"), False),
        (opened(500.0, "b"), False),
        (opened(500.0, "b", "a"), True),
        (opened(500.0, "a", health=True, cause="silent"), False),
    ],
)
def test_a_ticket_matches_by_a_shared_device_and_its_time(ticket: Opened, fits: bool) -> None:
    truth = Truth(("a",), "gas-leak", 100_000, 1_200_000, ticket=True)
    assert matches(ticket, truth) is fits


def test_pairs_are_as_many_as_can_be() -> None:
    """The first ticket fits both events, the second only the first: each event still gets one."""
    both = Truth(("a", "b"), "gas-leak", 0, 1_000, ticket=True)
    only_b = Truth(("b",), "gas-leak", 0, 1_000, ticket=True)
    assert pair([opened(1, "a", "b"), opened(2, "a")], [both, only_b]) == {0: 1, 1: 0}


def test_percentiles_are_values_that_occurred() -> None:
    assert percentile([], 95) is None
    assert percentile([3.0, 1.0, 2.0], 50) == 2.0
    assert percentile([float(each) for each in range(1, 101)], 95) == 95.0


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = CHECKOUT / "bench" / "detection.py"
    return subprocess.run([sys.executable, program, *arguments], capture_output=True, text=True, check=False)


def test_the_command_prints_one_object_a_scenario_and_fails_loudly(tmp_path: Path) -> None:
    folder(tmp_path / "all" / "good", [detector("a")], course("a", LEAK), [event("a", 290, 600)])
    folder(tmp_path / "all" / "worse", [detector("a")], course("a", None), [event("a", 290, 600)])
    done = run(str(tmp_path / "all"), "--json")
    good, worse = map(json.loads, done.stdout.splitlines())
    assert list(good) == [
        "scenario", "hazards", "found", "missed", "false_tickets", "duplicate_tickets", "device_days",
        "delay_p50_s", "delay_p95_s",
    ]  # fmt: skip
    assert (good["scenario"], good["found"], worse["scenario"], worse["found"]) == ("good", 1, "worse", 0)
    assert "worse: missed gas-leak on a" in done.stderr
    assert done.returncode == 1
    assert run(str(tmp_path / "all" / "good")).returncode == 0


def test_the_command_says_which_line_is_wrong(tmp_path: Path) -> None:
    home = folder(tmp_path / "bad", [detector("a")], [said(0, "a", 1.0)], [event("z", 0, 1)])
    done = run(str(home))
    assert done.returncode == 2
    assert "truth.jsonl: gas-leak: no device 'z'" in done.stderr
    assert run(str(tmp_path / "nothing")).returncode == 2


def test_messages_out_of_order_of_arrival_are_refused(tmp_path: Path) -> None:
    home = folder(tmp_path, [detector("a")], [said(1, "a", 1.0)], [])
    (home / "messages.jsonl").write_text(json.dumps(said(9, "a", 1.0)) + "\n" + json.dumps(said(8, "a", 1.0)) + "\n")
    with pytest.raises(Undecodable, match=r"messages.jsonl:2"):
        judged(home)


def test_a_device_on_paper_is_the_registered_one_with_words_for_numbers(tmp_path: Path) -> None:
    lamp = {"id": "l", "kind": "light", "area": GRID, "attributes": {"nominal_w": 60.0, "feeder": "F1", "x": None}}
    home = folder(tmp_path, [lamp, detector("a", building=f"{GRID}00012")], [], [])
    found = {each.id: each for each in read_folder(home).devices}
    assert (found["l"].attributes, found["l"].period_s) == ({"nominal_w": "60", "feeder": "F1"}, 300)
    assert (found["a"].building, found["a"].attributes, found["a"].period_s) == (f"{GRID}00012", {}, 15)


def test_an_attribute_that_no_rule_can_ask_for_keeps_no_scenario_from_being_scored(tmp_path: Path) -> None:
    paper = {"period_s": 15, "position": {"lon": 116.4}, "tags": ["a"], "indoors": True, "floor": 3}
    home = folder(tmp_path, [{**detector("a"), "attributes": paper}], course("a", LEAK), [event("a", 290, 600)])
    (found,) = read_folder(home).devices
    assert found.attributes == {"position": '{"lon":116.4}', "tags": '["a"]', "indoors": "true", "floor": "3"}
    assert judged(home).score.found == 1
    for wrong in ([15], {"s": 15}, "soon"):
        home = folder(tmp_path, [{**detector("a"), "attributes": {"period_s": wrong}}], [], [])
        with pytest.raises(Undecodable, match="period_s"):
            read_folder(home)


def test_a_payload_that_is_a_text_stands_for_its_bare_bytes(tmp_path: Path) -> None:
    lines = [said(0, "a", 1.0), {**said(1, "a", 1.0), "payload": "not json"}]
    played = Chain(read_folder(folder(tmp_path, [detector("a")], lines, [])), restarts=0).run()
    assert (played.messages, played.refused) == (2, 1)


def test_folders_are_found_one_level_below(tmp_path: Path) -> None:
    home = folder(tmp_path / "set" / "a", [detector("a")], [], [])
    assert folders([tmp_path / "set"]) == folders([home]) == [home]
    with pytest.raises(FileNotFoundError, match="no scenario here"):
        folders([tmp_path])
