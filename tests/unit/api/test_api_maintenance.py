"""Maintenance through the JSON API: a reason may be given, and who began it, when and why is read with the device."""

from typing import Any

import httpx
import pytest

from tests.fakes.api import NOW, MemoryPlatform, Person

AT = "/api/v1/devices/gas-1"


@pytest.fixture
def platform() -> MemoryPlatform:
    return MemoryPlatform()


@pytest.fixture
def manager(platform: MemoryPlatform) -> Person:
    return platform.as_("grid_manager")


def body(answer: httpx.Response, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_device_says_since_when_by_whom_and_why(platform: MemoryPlatform, manager: Person) -> None:
    assert body(manager.get(AT))["maintenance"] is None
    begun = body(manager.patch(AT, {"version": 1, "state": "maintenance", "why": "换传感器"}))
    expected = {"since": NOW, "by": "grid_manager", "why": "换传感器"}
    assert (begun["maintenance"], body(manager.get(AT))["maintenance"]) == (expected, expected)
    platform.clock.advance(60_000)
    later = body(manager.patch(AT, {"version": 2, "why": "等配件"}))
    assert later["maintenance"] == expected | {"why": "等配件"}, "a reason may be given anew"
    (listed,) = body(manager.get("/api/v1/devices?state=maintenance"))["items"]
    assert listed["maintenance"] == later["maintenance"]
    assert body(manager.patch(AT, {"version": 3, "state": "active"}))["maintenance"] is None


def test_without_a_reason_it_is_taken_as_before_and_a_senseless_one_is_refused(manager: Person) -> None:
    refused = body(manager.patch(AT, {"version": 1, "state": "maintenance", "why": "修"}), 422)
    assert (refused["code"], refused["field"], refused["value"]) == ("invalid", "why", "修")
    assert refused["remedy"]
    begun = body(manager.patch(AT, {"version": 1, "state": "maintenance"}))
    assert begun["maintenance"] == {"since": NOW, "by": "grid_manager", "why": ""}
