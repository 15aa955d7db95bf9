"""Acting on alarms through the JSON API: who may, until when, and what is too late."""

from typing import Any

import httpx
import pytest

from streams.contracts import AlarmState, Cause
from tests.fakes.api import HERE, NOW, MemoryPlatform
from tests.fakes.registry import rule

HOUR = 3_600_000


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    assert body["remedy"]
    return body


@pytest.fixture
def platform() -> MemoryPlatform:
    made = MemoryPlatform()
    made.rules.put_rule(rule(version=2, max_shelve_ms=2 * HOUR, second_approver=True), by="seed", now=NOW)
    return made


def test_critical_gas_is_shelved_by_two_people(platform: MemoryPlatform) -> None:
    manager, supervisor = platform.as_("grid_manager"), platform.as_("supervisor")
    asked = manager.post("/api/v1/alarms/e1/shelve", {"until": NOW + HOUR, "reason": "动火作业"})
    assert asked.status_code == 202, asked.text
    assert (asked.json()["hold"]["state"], asked.json()["alarm"]["episode"]) == ("waiting", "e1")
    assert not platform.alarms.state.sent
    own = problem(manager.post("/api/v1/alarms/e1/approve-shelving"), 409)
    assert own["code"] == "second"
    agreed = supervisor.post("/api/v1/alarms/e1/approve-shelving")
    assert (agreed.json()["hold"]["state"], agreed.json()["hold"]["second"]) == ("in_force", "supervisor")
    (hold,) = manager.get("/api/v1/holds").json()["items"]
    assert (hold["by"], hold["second"], hold["until"]) == ("grid_manager", "supervisor", NOW + HOUR)
    assert platform.alarms.state.sent[0].second == "supervisor"
    assert manager.post("/api/v1/alarms/e1/unshelve").json()["hold"]["state"] == "ended"
    problem(manager.post("/api/v1/alarms/e1/unshelve"), 409)


def test_a_shelving_without_end_or_reason_or_too_long_is_refused_by_field(platform: MemoryPlatform) -> None:
    manager = platform.as_("grid_manager")
    body = problem(manager.post("/api/v1/alarms/e1/shelve", {"reason": "动火"}), 422)
    assert body["field"] == "until"
    body = problem(manager.post("/api/v1/alarms/e1/shelve", {"until": NOW + HOUR, "reason": ""}), 422)
    assert body["field"] == "reason"
    body = problem(manager.post("/api/v1/alarms/e1/shelve", {"until": NOW + 3 * HOUR, "reason": "动火"}), 422)
    assert (body["field"], body["latest"]) == ("until", NOW + 2 * HOUR)


def test_out_of_service_and_back(platform: MemoryPlatform) -> None:
    manager = platform.as_("grid_manager")
    out = manager.post("/api/v1/alarms/e1/out-of-service", {"reason": "换探头"}, Idempotency_Key="k")
    again = manager.post("/api/v1/alarms/e1/out-of-service", {"reason": "换探头"}, Idempotency_Key="k")
    assert (out.json()["hold"]["kind"], out.json()) == ("out_of_service", again.json())
    assert out.json()["hold"]["state"] == "waiting", "its rule asks for two people"
    assert not platform.alarms.state.sent
    assert problem(manager.post("/api/v1/alarms/e1/approve-out-of-service"), 409)["code"] == "second"
    agreed = platform.as_("supervisor").post("/api/v1/alarms/e1/approve-out-of-service")
    assert (agreed.status_code, agreed.json()["hold"]["state"]) == (202, "in_force")
    assert len(platform.alarms.state.sent) == 1
    assert manager.post("/api/v1/alarms/e1/in-service").status_code == 202


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("reset", None),
        ("close", {"comment": "设备已更换"}),
        ("shelve", {"until": NOW + HOUR, "reason": "动火"}),
        ("approve-shelving", None),
        ("approve-out-of-service", None),
        ("unshelve", None),
        ("out-of-service", {"reason": "换探头"}),
        ("in-service", None),
    ],
)
def test_nobody_without_the_role_resets_closes_or_holds_an_alarm(
    platform: MemoryPlatform, action: str, body: dict[str, Any] | None
) -> None:
    refused = problem(platform.as_("grid_worker").post(f"/api/v1/alarms/e1/{action}", body), 403)
    assert refused["allowed"] == ["administrator", "grid_manager", "supervisor"]
    assert not platform.alarms.state.sent


def test_an_alarm_of_another_area_is_not_held(platform: MemoryPlatform) -> None:
    platform.leak("e2", "gas-2", "990101002001001")
    problem(platform.as_("grid_manager").post("/api/v1/alarms/e2/out-of-service", {"reason": "换探头"}), 403)
    problem(platform.as_("grid_manager").post("/api/v1/alarms/none/unshelve"), 404)


def test_closing_without_a_reason_names_the_field_that_takes_it(platform: MemoryPlatform) -> None:
    body = problem(platform.as_("grid_manager").post("/api/v1/alarms/e1/close", {"comment": " "}), 422)
    assert (body["field"], body["remedy"]) == ("comment", "Give the reason as comment.")


def test_an_alarm_that_has_just_cleared_cannot_be_acknowledged(platform: MemoryPlatform) -> None:
    platform.leak(
        "e1", "gas-1", HERE, number=2, old=AlarmState.ACTIVE_UNACK, new=AlarmState.NORMAL, cause=Cause.RETURNED,
        normal_since=NOW,
    )  # fmt: skip
    body = problem(platform.as_("grid_worker").post("/api/v1/alarms/e1/ack"), 409)
    assert (body["code"], body["state"], body["normal_since"]) == ("cleared", "normal", NOW)
