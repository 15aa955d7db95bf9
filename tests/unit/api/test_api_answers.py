from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from tests.fakes.api import HERE, NOW, THERE, MemoryPlatform

DOCS = Path(__file__).resolve().parents[3] / "docs"


@pytest.fixture(scope="module")
def shared() -> MemoryPlatform:
    return MemoryPlatform()


@pytest.fixture
def platform() -> MemoryPlatform:
    return MemoryPlatform()


def problem(response: httpx.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status
    assert body["remedy"], body
    assert "Traceback" not in response.text
    return body


def test_health_answers_anyone_and_nothing_else_does(shared: MemoryPlatform) -> None:
    assert shared.ask("GET", "/health").json() == {"status": "ok", "now": NOW}
    assert shared.ask("GET", "/api/v1/health").status_code == 200
    for method, path in (("GET", "/api/v1/devices"), ("GET", "/api/v1/no-such"), ("GET", "/api/v1/asyncapi.json")):
        body = problem(shared.ask(method, path), 401)
        assert "POST /api/v1/tokens" in body["remedy"]


def test_both_descriptions_are_served_as_they_stand_in_the_docs(shared: MemoryPlatform) -> None:
    operator = shared.as_("operator")
    for name in ("openapi.json", "asyncapi.json"):
        answer = operator.get(f"/api/v1/{name}")
        assert answer.text == (DOCS / name).read_text(encoding="utf-8"), name


def test_a_wrong_token_and_an_expired_one_are_401(platform: MemoryPlatform) -> None:
    problem(platform.ask("GET", "/api/v1/me", headers={"Authorization": "Bearer wrong"}), 401)
    problem(platform.ask("GET", "/api/v1/me", headers={"Authorization": "Basic b3A6b3A="}), 401)
    operator = platform.as_("operator")
    assert operator.get("/api/v1/me").json()["role"] == "operator"
    platform.clock.advance(365 * 86_400_000)
    problem(operator.get("/api/v1/me"), 401)


def test_a_wrong_password_is_401_and_names_the_field(shared: MemoryPlatform) -> None:
    for name in ("operator", "nobody-here"):
        body = problem(shared.ask("POST", "/api/v1/tokens", json={"name": name, "password": "no"}), 401)
        assert (body["field"], body["value"]) == ("name", name)


def test_a_foreign_role_is_403_and_says_who_may(shared: MemoryPlatform) -> None:
    body = problem(shared.as_("operator").get("/api/v1/dead-letters"), 403)
    assert body["value"] == "operator"
    assert body["allowed"] == ["administrator", "oncall"]
    problem(shared.as_("citizen").get("/api/v1/devices"), 403)


def test_a_foreign_area_is_403(shared: MemoryPlatform) -> None:
    manager = shared.as_("grid_manager")
    assert [item["id"] for item in manager.get("/api/v1/devices").json()["items"]] == ["gas-1"]
    assert manager.get("/api/v1/devices/gas-1").status_code == 200
    problem(manager.get("/api/v1/devices/gas-2"), 403)
    body = problem(manager.get("/api/v1/devices", area="990101002"), 403)
    assert (body["field"], body["value"]) == ("area", "990101002")
    assert len(manager.get("/api/v1/devices", area="990101").json()["items"]) == 1
    new = {"id": "gas-9", "kind": "gas", "area": THERE}
    problem(manager.post("/api/v1/devices", new), 403)


def test_an_unknown_field_is_422_with_field_value_and_remedy(shared: MemoryPlatform) -> None:
    administrator = shared.as_("administrator")
    body = problem(administrator.get("/api/v1/devices", colour="red"), 422)
    assert (body["field"], body["value"]) == ("colour", "red")
    assert "Leave colour out" in body["remedy"]
    body = problem(administrator.post("/api/v1/devices", {"id": "a", "kind": "gas", "area": HERE, "size": 3}), 422)
    assert (body["field"], body["value"]) == ("size", "3")
    body = problem(administrator.post("/api/v1/devices", {"id": "a", "kind": "bird", "area": HERE}), 422)
    assert (body["field"], body["value"]) == ("kind", "bird")
    assert "gas" in body["remedy"]


@pytest.mark.parametrize("limit", ["0", "5000", "many", "-1", "1.5"])
def test_a_wrong_limit_is_422(shared: MemoryPlatform, limit: str) -> None:
    assert problem(shared.as_("operator").get("/api/v1/devices", limit=limit), 422)["field"] == "limit"


@pytest.mark.parametrize("cursor", ["x", "WzFd", "W10", "bnVsbA", "é", "WyJnYXMtMSIsMV0", "WyJcdTAwMDAiXQ"])
def test_a_bad_cursor_is_400(shared: MemoryPlatform, cursor: str) -> None:
    body = problem(shared.as_("operator").get("/api/v1/devices", cursor=cursor), 400)
    assert body["code"] == "cursor"
    assert body["field"] == "cursor"


def test_a_list_is_read_page_by_page(shared: MemoryPlatform) -> None:
    operator = shared.as_("operator")
    first = operator.get("/api/v1/devices", limit=1).json()
    assert [item["id"] for item in first["items"]] == ["gas-1"]
    second = operator.get("/api/v1/devices", limit=1, cursor=first["next"]).json()
    assert [item["id"] for item in second["items"]] == ["gas-2"]
    assert second["next"] is None


def test_a_device_carries_its_last_values(shared: MemoryPlatform) -> None:
    (device,) = shared.as_("operator").get("/api/v1/devices", device="gas-1").json()["items"]
    values = {value["metric"]: value for value in device["last_values"]}
    assert values["ch4_lel"]["value"] == 3.5
    assert (values["ch4_lel"]["ts"], values["ch4_lel"]["quality"], values["ch4_lel"]["at"]) == (NOW - 1000, "good", NOW)


@pytest.mark.parametrize(
    ("moment", "count"),
    [
        (str(NOW), 0),
        (str(NOW - 1000), 2),
        ("2026-11-22T02:00:00Z", 0),
        ("2026-11-22T10:00:00+08:00", 0),
        ("2026-11-22T10:00:00 08:00", 0),
        ("2026-11-22T09:59:59+08:00", 2),
    ],
)
def test_moments_are_epoch_ms_or_iso_with_a_zone(shared: MemoryPlatform, moment: str, count: int) -> None:
    answer = shared.as_("operator").get("/api/v1/readings", device="gas-1", **{"from": moment})
    assert len(answer.json()["items"]) == count
    assert answer.json()["next"] is None


@pytest.mark.parametrize(
    "moment", ["yesterday", "2026-11-22T09:40:00", "-5", "99999999999999999999", "0001-01-01T00:00:00+14:00"]
)
def test_any_other_moment_is_422_and_shows_how(shared: MemoryPlatform, moment: str) -> None:
    body = problem(shared.as_("operator").get("/api/v1/readings", **{"from": moment}), 422)
    assert body["field"] == "from"


def test_a_wrong_method_is_405_and_a_large_body_413(shared: MemoryPlatform) -> None:
    operator = shared.as_("operator")
    answer = shared.ask("DELETE", "/api/v1/devices", headers=operator.headers)
    problem(answer, 405)
    assert "GET" in answer.headers["allow"]
    problem(shared.ask("POST", "/api/v1/tickets", content=b" " * 1_100_000, headers=operator.headers), 413)


def test_a_chunked_body_cannot_slip_past_the_limit(shared: MemoryPlatform) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield b" " * 50_000

    operator = shared.as_("operator")
    headers = {**operator.headers, "content-type": "application/json"}
    problem(shared.ask("POST", "/api/v1/tickets", content=chunks(), headers=headers), 413)


def test_broken_json_is_422_and_an_unknown_address_404(shared: MemoryPlatform) -> None:
    operator = shared.as_("operator")
    headers = {**operator.headers, "content-type": "application/json"}
    assert problem(shared.ask("POST", "/api/v1/tickets", content=b"{", headers=headers), 422)["field"] == "body"
    problem(operator.get("/api/v1/nothing"), 404)
    body = problem(operator.get("/api/v1/devices/no-such"), 404)
    assert body["value"] == "no-such"


def test_a_bug_is_a_problem_without_a_trace(platform: MemoryPlatform) -> None:
    operator = platform.as_("operator")
    platform.places.areas = None  # type: ignore[assignment] - the store breaks
    with capture_logs() as logs:
        body = problem(operator.get("/api/v1/areas"), 500)
    assert body["incident"] in body["remedy"]
    assert [entry["incident"] for entry in logs if entry["log_level"] == "error"] == [body["incident"]]
    assert "NoneType" not in str(body)


def test_every_answer_carries_the_security_headers(shared: MemoryPlatform) -> None:
    for path in ("/health", "/api/v1/me", "/api/v1/nothing"):
        headers = shared.ask("GET", path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"


def test_registering_a_device_twice_is_409_unless_the_key_is_the_same(platform: MemoryPlatform) -> None:
    administrator = platform.as_("administrator")
    body = {"id": "gas-9", "kind": "gas", "area": HERE, "place": "3栋"}
    made = administrator.post("/api/v1/devices", body, Idempotency_Key="k1")
    assert made.status_code == 201
    assert made.headers["location"] == "/api/v1/devices/gas-9"
    again = administrator.post("/api/v1/devices", body, Idempotency_Key="k1")
    assert (again.status_code, again.json()) == (201, made.json())
    assert problem(administrator.post("/api/v1/devices", body), 409)["code"] == "exists"
    assert problem(administrator.post("/api/v1/devices", {**body, "place": "4栋"}, Idempotency_Key="k1"), 409)


def test_a_device_changed_meanwhile_is_409_with_the_current_version(platform: MemoryPlatform) -> None:
    administrator = platform.as_("administrator")
    changed = administrator.patch("/api/v1/devices/gas-1", {"version": 1, "place": "5栋"})
    assert (changed.status_code, changed.json()["version"], changed.json()["place"]) == (200, 2, "5栋")
    body = problem(administrator.patch("/api/v1/devices/gas-1", {"version": 1, "state": "retired"}), 409)
    assert body["version"] == 2


def test_dead_letters_are_listed_shown_raw_and_replayed(platform: MemoryPlatform) -> None:
    engineer = platform.as_("oncall")
    (letter,) = engineer.get("/api/v1/dead-letters", reason="json").json()["items"]
    assert letter["payload"] == "{"
    raw = engineer.get(f"/api/v1/dead-letters/{letter['id']}/raw")
    assert (raw.content, raw.headers["content-type"]) == (b"{", "application/octet-stream")
    assert "attachment" in raw.headers["content-disposition"]
    replayed = engineer.post(f"/api/v1/dead-letters/{letter['id']}/replay")
    assert (replayed.status_code, replayed.json()["replays"]) == (202, 1)
    assert len(platform.history.outbox) == 1
    problem(engineer.post("/api/v1/dead-letters/none/replay"), 404)


def test_one_call_adopts_a_quarantined_device(platform: MemoryPlatform) -> None:
    administrator = platform.as_("administrator")
    (stranger,) = administrator.get("/api/v1/quarantine").json()["items"]
    assert (stranger["device"], stranger["danger"]) == ("nobody", None)
    made = administrator.post("/api/v1/quarantine/nobody/adopt", {"kind": "gas", "area": HERE})
    assert (made.status_code, made.json()["id"]) == (201, "nobody")
    assert platform.places.devices.get_device("nobody") is not None


def test_a_chart_needs_a_span(shared: MemoryPlatform) -> None:
    operator = shared.as_("operator")
    chart = operator.get("/api/v1/devices/gas-1/metrics/ch4_lel/chart").json()
    assert chart["points"][-1]["value"] == 3.5
    span = {"from": str(NOW), "to": str(NOW - 1)}
    problem(operator.get("/api/v1/devices/gas-1/metrics/ch4_lel/chart", **span), 422)
