"""Alarms and tickets through the JSON API: the contract's fields, conflicts, and one person's view."""

import dataclasses
from typing import Any

import httpx
import pytest

from services.registry.domain import Role
from streams.contracts import Severity
from tests.fakes.alarm_events import raised
from tests.fakes.api import HERE, NOW, THERE, MemoryPlatform, Person

ALARM = {"id", "episode", "device", "rule", "severity", "state", "active_since", "ticket_id"}
TICKET = set(
    "id number state stage source incident episodes device area version deadline events".split()  # noqa: SIM905 - the contract, word by word
)


@pytest.fixture(scope="module")
def shared() -> MemoryPlatform:
    return MemoryPlatform()


@pytest.fixture
def platform() -> MemoryPlatform:
    return MemoryPlatform()


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["remedy"]
    return body


def the_ticket(person: Person) -> dict[str, Any]:
    (ticket,) = person.get("/api/v1/tickets", device="gas-1").json()["items"]
    return dict(ticket)


def test_an_alarm_and_its_ticket_carry_the_contracts_fields(shared: MemoryPlatform) -> None:
    operator = shared.as_("operator")
    (alarm,) = operator.get("/api/v1/alarms").json()["items"]
    assert set(alarm) >= ALARM
    assert (alarm["episode"], alarm["state"], alarm["active_since"]) == ("e1", "active_unack", NOW - 9000)
    ticket = operator.get(f"/api/v1/tickets/{alarm['ticket_id']}").json()
    assert set(ticket) >= TICKET
    assert the_ticket(operator) == ticket | {"events": []}  # a list carries no logs unless asked
    assert alarm["ticket_id"] == ticket["id"]
    assert (ticket["episodes"], ticket["state"], ticket["stage"]) == (["e1"], "dispatched", "dispatch")
    assert [event["action"] for event in ticket["events"]] == ["report", "accept", "classify", "dispatch"]
    for name in (ticket["id"], ticket["number"]):
        assert operator.get(f"/api/v1/tickets/{name}").json() == ticket


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"state": "active"}, 1),
        ({"state": "active_unack,rtn_unack"}, 1),
        ({"state": "normal"}, 0),
        ({"device": "gas-2"}, 0),
        ({"kind": "gas", "metric": "ch4_lel", "severity": "critical", "area": "990101001"}, 1),
        ({"from": str(NOW)}, 0),
        ({"to": "2026-11-22T10:00:00+08:00"}, 1),
    ],
)
def test_alarms_are_narrowed(shared: MemoryPlatform, query: dict[str, str], found: int) -> None:
    assert len(shared.as_("operator").get("/api/v1/alarms", **query).json()["items"]) == found


def test_unknown_states_are_422_and_list_the_known_ones(shared: MemoryPlatform) -> None:
    operator = shared.as_("operator")
    assert "active_unack" in problem(operator.get("/api/v1/alarms", state="loud"), 422)["remedy"]
    assert "signed" in problem(operator.get("/api/v1/tickets", state="signed,lost"), 422)["remedy"]


def test_an_acknowledgement_goes_to_the_engine_once_with_its_comment(platform: MemoryPlatform) -> None:
    manager = platform.as_("grid_manager")
    taken = manager.post("/api/v1/alarms/e1/ack", {"comment": "已通知"}, Idempotency_Key="k")
    assert (taken.status_code, taken.json()["action"]) == (202, "acknowledge")
    again = manager.post("/api/v1/alarms/e1/ack", {"comment": "已通知"}, Idempotency_Key="k")
    assert again.json()["command"] == taken.json()["command"]
    (action,) = platform.alarms.state.actions.values()
    assert (action.by, action.why, action.episode) == ("grid_manager", "已通知", "e1")
    problem(manager.post("/api/v1/alarms/e1/ack", {"note": "x"}), 422)
    body = problem(manager.post("/api/v1/alarms/e1/reset"), 409)
    assert "still stands" in body["detail"]
    problem(manager.post("/api/v1/alarms/nothing/ack"), 404)
    problem(manager.post("/api/v1/alarms/e1/close", {"comment": ""}), 422)


def test_an_action_moves_the_ticket_and_is_in_its_log(platform: MemoryPlatform) -> None:
    crew = platform.as_("unit_handler")
    ticket = the_ticket(crew)
    assert "sign" in [action["action"] for action in ticket["actions"]]
    signed = crew.post(f"/api/v1/tickets/{ticket['number']}/actions", {"action": "sign", "version": ticket["version"]})
    assert (signed.status_code, signed.json()["state"]) == (200, "signed")
    assert signed.json()["events"][-1] | {"id": "", "evidence": {}, "at": 0} == {
        "id": "", "version": ticket["version"] + 1, "action": "sign", "old": "dispatched", "new": "signed", "at": 0,
        "by": "unit_handler", "role": "unit_handler", "why": "", "evidence": {},
    }  # fmt: skip


def test_a_stale_version_is_409_with_the_current_one(platform: MemoryPlatform) -> None:
    crew = platform.as_("unit_handler")
    ticket = the_ticket(crew)
    body = problem(crew.post(f"/api/v1/tickets/{ticket['id']}/actions", {"action": "sign", "version": 1}), 409)
    assert (body["version"], body["current"], body["field"]) == (ticket["version"], ticket["version"], "version")


@pytest.mark.parametrize("action", ["explode", "archive", "check_ok", "realarm"])
def test_an_action_that_does_not_fit_is_409_with_the_allowed_ones(shared: MemoryPlatform, action: str) -> None:
    crew = shared.as_("unit_handler")
    ticket = the_ticket(crew)
    answer = crew.post(f"/api/v1/tickets/{ticket['id']}/actions", {"action": action, "version": ticket["version"]})
    if answer.status_code == 403:
        assert action == "realarm", "the table knows it here, for the system alone"
        return
    body = problem(answer, 409)
    assert "sign" in body["allowed"]
    assert "sign" in body["remedy"]


def test_an_action_of_another_role_is_403_and_another_units_ticket_is_not_there(platform: MemoryPlatform) -> None:
    ticket = the_ticket(platform.as_("operator"))
    wanted = {"action": "sign", "version": ticket["version"]}
    body = problem(platform.as_("operator").post(f"/api/v1/tickets/{ticket['id']}/actions", wanted), 403)
    assert "note" in body["allowed"]
    user, password = platform.people.users["unit_handler"]
    platform.people.users["unit_handler"] = (dataclasses.replace(user, unit="water-co"), password)
    stranger = platform.as_("unit_handler")
    assert stranger.get("/api/v1/tickets").json()["items"] == []
    problem(stranger.get(f"/api/v1/tickets/{ticket['id']}"), 404)
    problem(stranger.post(f"/api/v1/tickets/{ticket['id']}/actions", wanted), 404)


def test_missing_and_foreign_details_of_an_action_are_422(shared: MemoryPlatform) -> None:
    crew = shared.as_("unit_handler")
    ticket = the_ticket(crew)
    path, version = f"/api/v1/tickets/{ticket['id']}/actions", ticket["version"]
    assert problem(crew.post(path, {"action": "arrive", "version": version}), 422)["field"] == "position|place"
    body = problem(crew.post(path, {"action": "sign", "version": version, "outcome": "done"}), 422)
    assert body["field"] == "outcome"
    assert problem(crew.post(path, {"action": "sign"}), 422)["field"] == "version"
    assert problem(crew.post(path, {"action": "sign", "version": version, "mood": 1}), 422)["field"] == "mood"


def test_a_report_is_opened_once_per_key(platform: MemoryPlatform) -> None:
    operator = platform.as_("operator")
    body = {"title": "楼道有燃气味", "place": "12栋", "area": HERE, "caller": {"name": "王", "phone": "13800001234"}}
    made = operator.post("/api/v1/tickets", body, Idempotency_Key="call-1")
    assert (made.status_code, made.json()["state"], made.json()["source"]) == (201, "reported", "hotline")
    assert made.headers["location"] == f"/api/v1/tickets/{made.json()['id']}"
    assert operator.post("/api/v1/tickets", body, Idempotency_Key="call-1").json() == made.json()
    problem(operator.post("/api/v1/tickets", {**body, "title": "别的"}, Idempotency_Key="call-1"), 409)
    assert operator.post("/api/v1/tickets", body).json()["number"] != made.json()["number"]
    problem(operator.post("/api/v1/tickets", {"title": "x", "kind": "gas"}), 422)
    problem(operator.post("/api/v1/tickets", {"title": "x"}), 422)


def test_a_callers_number_is_masked_for_whoever_does_not_call_back(platform: MemoryPlatform) -> None:
    body = {"title": "燃气味", "place": "12栋", "area": HERE, "caller": {"name": "王", "phone": "13800001234"}}
    number = platform.as_("operator").post("/api/v1/tickets", body).json()["number"]
    for role in (Role.GRID_WORKER, Role.OPERATOR):
        text = platform.as_(role).get(f"/api/v1/tickets/{number}").text
        assert ("13800001234" in text) is (role is Role.OPERATOR), role
        assert ("138****1234" in text) is (role is not Role.OPERATOR), role


def test_a_citizen_sees_only_their_own_reports(platform: MemoryPlatform) -> None:
    citizen = platform.as_("citizen")
    others = the_ticket(platform.as_("operator"))
    assert citizen.get("/api/v1/tickets").json()["items"] == []
    problem(citizen.get(f"/api/v1/tickets/{others['id']}"), 404)
    mine = citizen.post("/api/v1/tickets", {"title": "路灯不亮", "place": "3栋"}).json()
    assert [ticket["id"] for ticket in citizen.get("/api/v1/tickets").json()["items"]] == [mine["id"]]


def test_another_areas_alarm_is_403_and_its_ticket_not_there(platform: MemoryPlatform) -> None:
    platform.leak("e2", "gas-2", THERE)
    manager = platform.as_("grid_manager")
    assert [alarm["episode"] for alarm in manager.get("/api/v1/alarms").json()["items"]] == ["e1"]
    problem(manager.get("/api/v1/alarms/e2"), 403)
    problem(manager.post("/api/v1/alarms/e2/ack"), 403)
    ticket = platform.tickets_of["e2"]
    problem(manager.get(f"/api/v1/tickets/{ticket}"), 404)
    assert len(manager.get("/api/v1/tickets").json()["items"]) == 1


def test_an_engineer_takes_a_notification_on(platform: MemoryPlatform) -> None:
    engineer = platform.as_("oncall")
    (notice,) = engineer.get("/api/v1/oncall/notifications", open=True).json()["items"]
    taken = engineer.post(f"/api/v1/oncall/notifications/{notice['id']}/ack", {"comment": "在看"}).json()
    assert (taken["state"], taken["acknowledged_by"], taken["comment"]) == ("acknowledged", "oncall", "在看")
    assert [event["what"] for event in taken["events"]] == ["received", "acknowledged"]
    problem(engineer.post(f"/api/v1/oncall/notifications/{notice['id']}/ack"), 409)


def test_a_ladder_says_who_was_told_what_and_what_comes_next(platform: MemoryPlatform) -> None:
    worker = platform.as_("grid_worker")
    ladder = worker.get("/api/v1/alarms/e1/ladder").json()
    assert [step["what"] for step in ladder["steps"]] == ["started", "fire_call"]
    assert [each["office"] for each in ladder["steps"][0]["notices"]] == [
        "resident", "property", "gas_company", "grid_worker",
    ]  # fmt: skip
    assert all("No doorbell" in each["en"] for step in ladder["steps"] for each in step["notices"])
    assert ladder["calling"]
    assert ladder["due"] == {"second": NOW + 60_000, "leader": NOW + 180_000, "district": NOW + 1_800_000}
    worker.post("/api/v1/alarms/e1/ack")
    after = worker.get("/api/v1/alarms/e1/ladder").json()
    assert (after["calling"], after["ended_by"], after["steps"][-1]["what"]) == (False, "grid_worker", "acknowledged")
    assert after["due"] == {"district": NOW + 1_800_000}


def test_an_alarm_that_calls_nobody_and_one_elsewhere_have_no_ladder_to_show(platform: MemoryPlatform) -> None:
    platform.record(raised("e5", device="gas-1", severity=Severity.MAJOR, incident="other:gas-1", grid=HERE))
    body = problem(platform.as_("operator").get("/api/v1/alarms/e5/ladder"), 404)
    assert "critical gas" in body["remedy"]
    platform.leak("e6", "gas-2", THERE)
    problem(platform.as_("grid_worker").get("/api/v1/alarms/e6/ladder"), 403)
    problem(platform.as_("operator").get("/api/v1/alarms/none/ladder"), 404)
