"""What must happen to bad requests, at the front door of the running platform."""

import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import Running


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """A problem of this status, as people and programs can read it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["remedy"]
    assert "Traceback" not in answer.text
    return body


@pytest.fixture(scope="module")
def call(running: Running) -> dict[str, Any]:
    """A caller's ticket, just reported."""
    area = running.get("/devices", limit=1)["items"][0]["area"]
    report = {"title": "井盖松动", "place": "纺织新村 3栋", "area": area}
    answer = running.post("/tickets", report, "operator", str(uuid.uuid4()))
    assert answer.status_code == 201, answer.text
    ticket: dict[str, Any] = answer.json()
    return ticket


Act = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture
def refused(running: Running, call: dict[str, Any]) -> Act:
    """Ask for an action on the call that must be a conflict."""

    def ask(body: dict[str, Any]) -> dict[str, Any]:
        return problem(running.post(f"/tickets/{call['id']}/actions", body, "operator"), 409)

    return ask


def test_a_wrong_token_is_401(running: Running) -> None:
    wrong = {"Authorization": "Bearer not-a-token"}
    problem(httpx.get(f"{running.platform.web}/api/v1/devices", headers=wrong, trust_env=False, timeout=10), 401)


def test_a_foreign_role_is_403(running: Running) -> None:
    with running.api("operator") as client:
        body = problem(client.get("/dead-letters"), 403)
    assert "administrator" in body["allowed"]


def test_an_unknown_field_is_422_with_the_field(running: Running) -> None:
    body = problem(running.post("/tickets", {"title": "x", "place": "y", "colour": "red"}, "operator"), 422)
    assert (body["field"], body["value"]) == ("colour", "red")


def test_a_bad_cursor_is_400(running: Running) -> None:
    with running.api("operator") as client:
        assert problem(client.get("/devices", params={"cursor": "nonsense"}), 400)["field"] == "cursor"


def test_a_stale_version_is_409_with_the_current_one(call: dict[str, Any], refused: Act) -> None:
    body = refused({"action": "accept", "version": call["version"] + 7})
    assert body["current"] == call["version"]


def test_an_unknown_action_is_409_with_the_allowed_ones(call: dict[str, Any], refused: Act) -> None:
    body = refused({"action": "explode", "version": call["version"]})
    assert "accept" in body["allowed"]
