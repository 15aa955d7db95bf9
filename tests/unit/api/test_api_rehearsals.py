"""Rehearsals through the JSON API, over runs that go as far as the test says."""

from typing import Any

import httpx
import pytest

from services.adapters.clock import RandomIds
from services.api.alarms.rehearsing import FORSAKEN_MS, MOST_EPISODES, MOST_KEPT, Rehearsals
from services.rehearsal.domain import (
    DAY_MS,
    KEPT_MS,
    Away,
    Change,
    Compared,
    Episode,
    Report,
    Scope,
    Sides,
    State,
    counted,
)
from streams.contracts import Members, Refused, Severity
from tests.fakes.api import HERE, NOW, THERE, MemoryPlatform, Person
from tests.fakes.registry import rule
from tests.fakes.rehearsals import MemoryRunner

AT = "/api/v1/rules/rehearsals"
ORDER: dict[str, Any] = {"rule": "gas.ch4", "from": NOW - 7 * DAY_MS, "to": NOW}

AWAY = Away(1, 600_000, 1)


def report(changed: int = 1, same: int = 2) -> Report:
    def episode(number: int) -> Episode:
        return Episode(f"e{number}", "gas-1", NOW - DAY_MS, NOW - DAY_MS + number, Severity.MAJOR, ticket=True)

    found = [Compared(Change.SAME, 0, episode(n), episode(n)) for n in range(same)]
    found += [Compared(Change.LATER, 5_000, episode(n), episode(n)) for n in range(changed)]
    total = changed + same
    sides = Sides(total, total)
    return Report(NOW - 7 * DAY_MS, NOW, 2, 99, AWAY, sides, Sides(total / 7, total / 7), counted(found), tuple(found))


def body(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
def platform() -> MemoryPlatform:
    return MemoryPlatform()


@pytest.fixture
def manager(platform: MemoryPlatform) -> Person:
    return platform.as_("grid_manager")


def test_a_rehearsal_is_begun_followed_and_read(platform: MemoryPlatform, manager: Person) -> None:
    answer = manager.post(AT, ORDER)
    begun = body(answer, 202)
    assert answer.headers["location"] == f"{AT}/{begun['id']}"
    assert (begun["state"], begun["progress"], begun["from"], begun["to"]) == ("running", 0.0, ORDER["from"], NOW)
    (run,) = platform.runs.runs
    assert run.order.scope == Scope(ORDER["from"], NOW, "990101001"), "without an area it is the caller's own"
    run.told.reached(0.5)
    run.told.reached(0.25)
    platform.rehearsals.turn()
    assert body(manager.get(answer.headers["location"]), 200)["progress"] == 0.5
    run.told.ended(report())
    done = body(manager.get(answer.headers["location"]), 200)
    assert (done["state"], done["progress"], done["ended"], done["expires"]) == ("done", 1.0, NOW, NOW + KEPT_MS)
    assert done["result"]["away"] == {"stretches": 1, "ms": 600_000, "noted_from": 1}
    assert done["result"]["changes"] == {"new": 0, "gone": 0, "earlier": 0, "later": 1, "same": 2}
    assert [each["change"] for each in done["result"]["episodes"]] == ["later", "same", "same"], "changes come first"
    assert done["result"]["episodes"][0]["rehearsed"]["device"] == "gas-1"


def test_a_draft_is_judged_before_anything_runs(platform: MemoryPlatform, manager: Person) -> None:
    change = {"id": "gas.ch4", "no_data_periods": 7}
    begun = body(manager.post(AT, {**ORDER, "rule": change}), 202)
    assert (begun["rule"], begun["version"], platform.runs.runs[0].order.rule.no_data_periods) == ("gas.ch4", 2, 7)
    wrong = body(manager.post(AT, {**ORDER, "rule": {"id": "gas.ch4", "levels": [], "metric": "co2"}}), 422)
    assert {"levels", "metric"} <= {each["field"] for each in wrong["errors"]}
    unread = body(manager.post(AT, {**ORDER, "rule": {"id": "gas.new", "kind": 3}}), 422)
    assert {"kind", "metric"} <= {each["field"] for each in unread["errors"]}
    assert len(platform.runs.runs) == 1


def test_a_rule_on_groups_is_begun_like_any_other(platform: MemoryPlatform, manager: Person) -> None:
    platform.rules.put_rule(rule("gas.group", measure=Members(), group=("main",)), by="seed", now=NOW)
    assert body(manager.post(AT, {**ORDER, "rule": "gas.group"}), 202)["rule"] == "gas.group"


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"rule": "gas.none"}, 404, "id"),
        ({"device": "gas-9"}, 404, "id"),
        ({"device": "gas-2"}, 403, "area"),
        ({"area": THERE}, 403, "area"),
        ({"from": NOW}, 422, "from"),
        ({"from": NOW - 93 * DAY_MS}, 422, "from"),
        ({"day": 3}, 422, "day"),
    ],
)
def test_what_cannot_be_rehearsed_is_refused(manager: Person, changes: dict[str, Any], status: int, field: str) -> None:
    refused = body(manager.post(AT, {**ORDER, **changes}), status)
    assert refused["field"] == field
    assert refused["remedy"]


def test_an_area_within_ones_own_narrows_it(platform: MemoryPlatform, manager: Person) -> None:
    body(manager.post(AT, {**ORDER, "area": HERE, "device": "gas-1"}), 202)
    assert (platform.runs.runs[0].order.scope.area, platform.runs.runs[0].order.scope.device) == (HERE, "gas-1")


def test_a_person_runs_one_and_all_run_two(platform: MemoryPlatform, manager: Person) -> None:
    first = body(manager.post(AT, ORDER), 202)
    second = body(manager.post(AT, ORDER), 409)
    assert (second["code"], second["rehearsal"]) == ("running", first["id"])
    assert f"DELETE {AT}/{first['id']}" in second["remedy"]
    body(platform.as_("supervisor").post(AT, ORDER), 202)
    crowded = body(platform.as_("operator").post(AT, ORDER), 429)
    assert crowded["code"] == "crowded"
    platform.runs.runs[0].told.ended(report())
    body(platform.as_("operator").post(AT, ORDER), 202)


def test_a_rehearsal_is_its_askers_alone(platform: MemoryPlatform, manager: Person) -> None:
    begun = body(manager.post(AT, ORDER), 202)
    other = platform.as_("administrator")
    body(other.get(f"{AT}/{begun['id']}"), 404)
    body(other.delete(f"{AT}/{begun['id']}"), 404)
    assert platform.runs.runs[0].stopped == 0
    body(platform.as_("citizen").post(AT, ORDER), 403)


def test_a_cancelled_rehearsal_is_stopped_and_makes_room(platform: MemoryPlatform, manager: Person) -> None:
    begun = body(manager.post(AT, ORDER), 202)
    (run,) = platform.runs.runs
    assert body(manager.delete(f"{AT}/{begun['id']}"), 200)["state"] == "cancelled"
    assert run.stopped == 1
    run.told.ended(Refused("failed", "killed"))
    run.told.reached(0.9)
    still = body(manager.delete(f"{AT}/{begun['id']}"), 200)
    assert (still["state"], still["progress"], still["problem"], run.stopped) == ("cancelled", 0.0, None, 1)
    body(manager.post(AT, ORDER), 202)


def test_a_failure_says_why_and_what_to_do(platform: MemoryPlatform, manager: Person) -> None:
    begun = body(manager.post(AT, ORDER), 202)
    platform.runs.runs[0].told.ended(Refused("invalid", "more than 5,000 devices; narrow it", field="scope"))
    failed = body(manager.get(f"{AT}/{begun['id']}"), 200)
    assert (failed["state"], failed["result"]) == ("failed", None)
    assert failed["problem"]["field"] == "scope"
    assert failed["problem"]["remedy"]


def test_results_are_bounded_and_gone_after_a_day(platform: MemoryPlatform, manager: Person) -> None:
    names = []
    for _ in range(MOST_KEPT + 2):  # room is made when one begins
        names.append(body(manager.post(AT, ORDER), 202)["id"])
        platform.clock.advance(1)
        platform.runs.runs[-1].told.ended(report(changed=1, same=MOST_EPISODES))
    body(manager.get(f"{AT}/{names[0]}"), 404)
    newest = body(manager.get(f"{AT}/{names[-1]}"), 200)["result"]
    assert (len(newest["episodes"]), newest["changes"]["same"]) == (MOST_EPISODES, MOST_EPISODES)
    platform.clock.advance(KEPT_MS)
    body(platform.as_("grid_manager").get(f"{AT}/{names[-1]}"), 404)


def test_the_end_of_the_process_ends_every_run(platform: MemoryPlatform, manager: Person) -> None:
    body(manager.post(AT, ORDER), 202)
    platform.rehearsals.close()
    assert platform.runs.runs[0].stopped == 1
    body(manager.post(AT, ORDER), 503)


def test_another_front_door_shows_and_cancels_what_this_one_runs(platform: MemoryPlatform, manager: Person) -> None:
    name = body(manager.post(AT, ORDER), 202)["id"]
    run = platform.runs.runs[0]
    other = Rehearsals(platform.shelf, MemoryRunner(), platform.clock, RandomIds())
    run.told.reached(0.5)
    platform.rehearsals.turn()
    seen = other.get(name, run.order.by)
    assert seen is not None
    assert (seen.state, seen.progress) == (State.RUNNING, 0.5)
    assert other.cancel(name, run.order.by) is not None
    assert run.stopped == 0, "this front door learns of it at its next turn"
    platform.rehearsals.turn()
    assert run.stopped == 1
    run.told.ended(report())
    assert body(manager.get(f"{AT}/{name}"), 200)["state"] == "cancelled"


def test_what_a_lost_front_door_ran_is_given_up_and_makes_room(platform: MemoryPlatform, manager: Person) -> None:
    name = body(manager.post(AT, ORDER), 202)["id"]
    platform.rehearsals = Rehearsals(platform.shelf, MemoryRunner(), platform.clock, RandomIds())
    platform.clock.advance(FORSAKEN_MS)
    platform.rehearsals.turn()
    assert body(manager.get(f"{AT}/{name}"), 200)["state"] == "running"
    platform.clock.advance(1)
    platform.rehearsals.turn()
    failed = body(manager.get(f"{AT}/{name}"), 200)
    assert (failed["state"], failed["problem"]["code"]) == ("failed", "interrupted")
    assert failed["problem"]["remedy"]
    body(manager.post(AT, ORDER), 202)


def test_a_result_waits_for_a_database_that_is_away(platform: MemoryPlatform, manager: Person) -> None:
    name = body(manager.post(AT, ORDER), 202)["id"]
    platform.shelf.away = True
    platform.runs.runs[0].told.ended(report())
    body(manager.get(f"{AT}/{name}"), 503)
    platform.shelf.away = False
    platform.rehearsals.turn()
    assert body(manager.get(f"{AT}/{name}"), 200)["state"] == "done"


def test_the_end_of_the_process_ends_its_runs_without_a_database_too(platform: MemoryPlatform, manager: Person) -> None:
    body(manager.post(AT, ORDER), 202)
    platform.shelf.away = True
    platform.rehearsals.close()
    assert platform.runs.runs[0].stopped == 1


def test_a_run_that_cannot_begin_takes_no_place(platform: MemoryPlatform, manager: Person) -> None:
    platform.runs.away = True
    body(manager.post(AT, ORDER), 503)
    platform.runs.away = False
    body(manager.post(AT, ORDER), 202)
