"""Alarm quality through the front door."""

from typing import Any

import httpx
import pytest

from tests.fakes.api import NOW, THERE, MemoryPlatform, Person

ADDRESS = "/api/v1/alarm-quality"
HOUR, DAY = 3_600_000, 86_400_000


@pytest.fixture
def platform() -> MemoryPlatform:
    """Besides the leak of everybody's platform: a storm in the other street, and an hour has passed."""
    made = MemoryPlatform()
    for number in range(12):
        made.leak(f"s{number}", f"gas-{number + 10}", THERE, at=NOW + number * 1_000)
    made.clock.advance(HOUR)
    return made


def only(body: dict[str, Any]) -> dict[str, Any]:
    (position,) = body["positions"]
    return position


def test_the_callers_area_is_one_position_unless_they_ask_for_a_level(platform: MemoryPlatform) -> None:
    mine = only(platform.as_("grid_manager").get(ADDRESS).json())
    assert (mine["position"], mine["alarms"], mine["in_flood"], mine["waiting"]) == ("990101001", 1, False, 1)
    body = platform.as_("administrator").get(ADDRESS, position="street").json()
    assert {p["position"]: p["alarms"] for p in body["positions"]} == {"990101001": 1, "990101002": 12}
    assert (body["known_from"], body["known_to"], body["slot_ms"]) == (NOW, NOW + HOUR, DAY)


def test_a_flood_names_the_rule_and_a_share_of_few_alarms_is_not_judged(platform: MemoryPlatform) -> None:
    there = only(platform.as_("administrator").get(ADDRESS, area="990101002").json())
    found = {finding["measure"]: finding for finding in there["findings"]}
    assert (there["floods"], found["flood_share"]["verdict"]) == (1, "poor")
    assert found["flood_share"]["causes"] == [{"device": "", "rule": "gas.ch4", "number": 12}]
    assert (found["top_share"]["verdict"], found["per_day"]["verdict"]) == ("few", "none")
    assert (found["per_hour"]["value"], found["per_hour"]["verdict"]) == (12, "fair")


def test_what_is_not_known_is_null(platform: MemoryPlatform) -> None:
    body = platform.as_("administrator").get(ADDRESS, **{"from": NOW - 9 * DAY, "to": NOW - DAY}).json()
    before = only(body)
    assert (body["known_from"], before["alarms"], before["stale_count"], before["waiting"]) == (None, None, None, None)
    assert {finding["verdict"] for finding in before["findings"]} == {"none"}
    assert {point["alarms"] for point in before["trend"]} == {None}


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ({"area": "990101002"}, 403, "area"),
        ({"position": "building"}, 422, "position"),
        ({"position": "county"}, 422, "position"),
        ({"from": NOW, "to": NOW}, 422, "from"),
        ({"from": NOW - 500 * DAY}, 422, "from"),
        ({"level": "grid"}, 422, "level"),
    ],
)
def test_what_cannot_be_measured_is_refused(
    platform: MemoryPlatform, query: dict[str, Any], status: int, field: str
) -> None:
    answer = platform.as_("grid_manager").get(ADDRESS, **query)
    assert (answer.status_code, answer.json()["field"]) == (status, field)
    assert answer.json()["remedy"]


def test_targets_are_set_by_those_who_may_and_by_version(platform: MemoryPlatform) -> None:
    administrator, manager = platform.as_("administrator"), platform.as_("grid_manager")
    kept = manager.get(f"{ADDRESS}/targets").json()
    assert (kept["version"], kept["targets"]["per_day"]) == (0, {"target": 150, "limit": 300})
    wanted = {"version": 0, "targets": {**kept["targets"], "per_hour": {"target": 12, "limit": 24}}}

    def put(who: Person, body: dict[str, Any]) -> httpx.Response:
        return platform.ask("PUT", f"{ADDRESS}/targets", json=body, headers=who.headers)

    refused = put(manager, wanted)
    assert (refused.status_code, refused.json()["allowed"]) == (403, ["administrator", "supervisor"])
    assert put(administrator, wanted).json()["version"] == 1
    stale = put(administrator, {**wanted, "targets": kept["targets"]})
    assert (stale.status_code, stale.json()["current"]) == (409, 1)
    wrong = put(administrator, {"version": 1, "targets": {**kept["targets"], "flood_leave": 11}})
    assert (wrong.status_code, wrong.json()["field"], wrong.json()["value"]) == (422, "flood_leave", "11")
    there = only(administrator.get(ADDRESS, area=THERE).json())
    assert {f["measure"]: f["verdict"] for f in there["findings"]}["per_hour"] == "good"
