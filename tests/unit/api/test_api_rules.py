"""Rules through the JSON API: written by those who may, refused by field, compared and restored."""

import json
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from streams.contracts import Device
from tests.fakes.api import HERE, NOW, MemoryPlatform, Person
from tests.fakes.registry import rule

NEW: dict[str, Any] = {
    "id": "gas.kitchen", "kind": "gas", "metric": "ch4_lel", "op": "ge", "family": "gas.ch4",
    "levels": [{"severity": "major", "limit": 20.0, "deadband": 5.0, "on_delay_ms": 30_000, "repeat": 2}],
    "cause": "gas-leak", "name_zh": "厨房燃气", "name_en": "Kitchen gas", "max_shelve_ms": 3_600_000,
    "response_zh": "开窗", "response_en": "Open the window", "scope": {"area": "990101001"},
}  # fmt: skip


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    assert body["remedy"]
    return body


@pytest.fixture
def platform() -> MemoryPlatform:
    return MemoryPlatform()


@pytest.fixture
def author(platform: MemoryPlatform) -> Person:
    return platform.as_("supervisor")


def test_a_rule_is_created_changed_compared_and_restored(author: Person) -> None:
    made = author.post("/api/v1/rules", {"rule": NEW, "reason": "厨房限值更严"})
    assert made.status_code == 201, made.text
    assert made.headers["location"] == "/api/v1/rules/gas.kitchen"
    assert (made.json()["version"], made.json()["by"], made.json()["at"], made.json()["warnings"]) == (
        1, "supervisor", NOW, [],
    )  # fmt: skip
    levels = [{**NEW["levels"][0], "limit": 15.0}]
    body = {"version": 1, "rule": {"levels": levels}, "reason": "再严一点"}
    assert author.patch("/api/v1/rules/gas.kitchen", body).json()["version"] == 2
    diff = author.get("/api/v1/rules/gas.kitchen/diff", **{"from": 1}).json()
    assert diff == {
        "before": 1, "after": 2,
        "differences": [{"field": "levels[major].limit", "before": 20.0, "after": 15.0, "unit": "%LEL"}],
    }  # fmt: skip
    back = author.post("/api/v1/rules/gas.kitchen/restore", {"version": 2, "restore": 1, "reason": "误报太多"})
    assert (back.json()["version"], back.json()["levels"][0]["limit"]) == (3, 20.0)
    versions = author.get("/api/v1/rules/gas.kitchen/versions").json()["items"]
    assert [(each["version"], each["by"], each["why"]) for each in versions] == [
        (3, "supervisor", "误报太多"), (2, "supervisor", "再严一点"), (1, "supervisor", "厨房限值更严"),
    ]  # fmt: skip
    assert author.get("/api/v1/rules/gas.kitchen/versions/2").json() == versions[1]
    problem(author.get("/api/v1/rules/gas.kitchen/versions/9"), 404)
    problem(author.get("/api/v1/rules/gas.kitchen/diff", **{"from": 9}), 404)


def test_a_rule_is_switched_off_and_on(author: Person) -> None:
    off = author.post("/api/v1/rules/gas.ch4/disable", {"version": 1, "reason": "检修"})
    assert (off.json()["enabled"], off.json()["version"]) == (False, 2)
    stale = problem(author.post("/api/v1/rules/gas.ch4/enable", {"version": 1, "reason": "检修完"}), 409)
    assert (stale["code"], stale["current"]) == ("version", 2)
    assert author.post("/api/v1/rules/gas.ch4/enable", {"version": 2, "reason": "检修完"}).json()["enabled"]


def test_the_schema_is_served_and_describes_what_is_taken(author: Person) -> None:
    schema = author.get("/api/v1/rules/schema").json()
    jsonschema.validate({**NEW, "version": 1}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**NEW, "version": 1, "op": "=="}, schema)


def test_every_problem_of_a_rule_is_answered_at_once(author: Person) -> None:
    wrong = {**NEW, "metric": "ch9", "cause": "", "suppress_when": ["gas.kitchen"]}
    body = problem(author.post("/api/v1/rules", {"rule": wrong, "reason": "试"}), 422)
    assert {each["field"] for each in body["errors"]} == {"metric", "cause", "suppress_when"}
    assert all(each["remedy"] for each in body["errors"])
    assert body["field"] == body["errors"][0]["field"]
    body = problem(author.post("/api/v1/rules", {"rule": {**NEW, "metrik": 1}, "reason": "试"}), 422)
    assert (body["field"], body["value"]) == ("metrik", "1")
    problem(author.post("/api/v1/rules", {"rule": NEW, "reason": " "}), 422)
    problem(author.post("/api/v1/rules", {"rule": [], "reason": "试"}), 422)


def test_a_group_of_ten_thousand_devices_is_answered_by_field(platform: MemoryPlatform, author: Person) -> None:
    crowd = [Device(f"gas-c{n}", "gas", HERE, attributes={"main": "m1"}) for n in range(10_000)]
    platform.places.add_devices(crowd, by="seed", now=NOW)
    body = problem(author.post("/api/v1/rules", {"rule": {**NEW, "group": ["main"]}, "reason": "试"}), 422)
    assert body["field"] == "group"
    assert "main:m1 has 10000 devices" in body["remedy"]


def test_a_dry_run_keeps_nothing_and_says_what_would_be(platform: MemoryPlatform, author: Person) -> None:
    found = author.post("/api/v1/rules/dry-run", {"rule": NEW}).json()
    assert (found["valid"], found["covered"], found["won"], found["devices"]) == (True, 1, 1, ["gas-1"])
    empty = author.post("/api/v1/rules/dry-run", {"rule": {**NEW, "scope": {"area": "990199"}}}).json()
    assert (empty["valid"], empty["covered"]) == (True, 0)
    assert [(each["field"], each["weight"]) for each in empty["problems"]] == [("scope", "warning")]
    bad = author.post("/api/v1/rules/dry-run", {"rule": {"id": "gas.ch4", "levels": []}}).json()
    assert (bad["valid"], bad["problems"][0]["field"]) == (False, "levels")
    assert platform.rules.get_rule("gas.kitchen") is None


def test_those_who_only_watch_read_rules_and_write_none(platform: MemoryPlatform) -> None:
    manager = platform.as_("grid_manager")
    assert manager.get("/api/v1/rules").json()["items"][0]["id"] == "gas.ch4"
    body = problem(manager.post("/api/v1/rules", {"rule": NEW, "reason": "试"}), 403)
    assert body["allowed"] == ["administrator", "supervisor"]
    problem(manager.patch("/api/v1/rules/gas.ch4", {"version": 1, "rule": {}, "reason": "试"}), 403)


def test_the_same_request_under_a_key_makes_one_version(platform: MemoryPlatform, author: Person) -> None:
    body = {"rule": NEW, "reason": "厨房限值更严"}
    first = author.post("/api/v1/rules", body, Idempotency_Key="k1")
    again = author.post("/api/v1/rules", body, Idempotency_Key="k1")
    assert (first.json(), again.headers["idempotent-replayed"]) == (again.json(), "true")
    assert len(platform.rules.list_versions("gas.kitchen")) == 1
    other = author.post("/api/v1/rules", {**body, "reason": "别的"}, Idempotency_Key="k1")
    assert problem(other, 409)["code"] == "idempotency"
    assert problem(author.post("/api/v1/rules", body), 409)["code"] == "exists"


def test_the_how_tos_rule_is_taken_as_it_stands(author: Person) -> None:
    page = (Path(__file__).parents[3] / "docs" / "howto" / "add-a-rule.md").read_text(encoding="utf-8")
    body = json.loads(page.split("```json\n")[1].split("```")[0])
    assert author.post("/api/v1/rules/dry-run", body).json()["valid"]
    assert author.post("/api/v1/rules", {**body, "reason": "照着做"}).status_code == 201


def test_a_device_is_told_its_rules_and_why(platform: MemoryPlatform, author: Person) -> None:
    platform.rules.put_rule(rule("gas.off", enabled=False), by="seed", now=NOW)
    author.post("/api/v1/rules", {"rule": NEW, "reason": "厨房限值更严"})
    listed = platform.as_("grid_manager").get("/api/v1/devices/gas-1/rules").json()["items"]
    assert [(each["rule"]["id"], each["standing"], each["about"]) for each in listed] == [
        ("gas.kitchen", "in_force", "kind=gas area=990101001"),
        ("gas.ch4", "beaten", "gas.kitchen"),
        ("gas.off", "disabled", ""),
    ]
    problem(platform.as_("grid_manager").get("/api/v1/devices/gas-2/rules"), 403)
    problem(author.get("/api/v1/devices/nobody/rules"), 404)
