"""The platform as a newcomer meets it: up, look, the tour, and a call that becomes a ticket."""

import json
import uuid

import httpx

from tests.e2e.conftest import Running
from tests.support import eventually


def test_up_leaves_every_process_healthy_and_names_every_address(running: Running) -> None:
    done = running.linli("status", "--json")
    assert done.returncode == 0, done.stderr
    status = json.loads(done.stdout)
    assert status["ready"] is True
    names = {process["name"] for process in status["processes"]}
    assert names >= {
        "kafka", "postgres", "mosquitto", "prometheus", "alertmanager", "gateway", "streams", "registry",
        "history", "alarms", "tickets", "oncall", "notices", "api", "simulator",
    }  # fmt: skip
    assert {process["state"] for process in status["processes"]} == {"running"}
    assert set(status["urls"]) == {"web", "mqtt", "kafka", "database", "prometheus", "alertmanager"}


def test_a_second_up_says_that_it_already_runs(running: Running) -> None:
    before = {process.name: process.pid for process in running.status().processes}
    done = running.linli("up", "--detach")
    assert done.returncode == 0
    assert "已在运行" in done.stdout
    assert {process.name: process.pid for process in running.status().processes} == before


def test_nothing_but_health_static_files_and_sign_in_answers_without_a_token(running: Running) -> None:
    with httpx.Client(base_url=running.platform.web, trust_env=False, timeout=10) as stranger:
        assert stranger.get("/health").status_code == 200
        assert stranger.get("/api/v1/devices").status_code == 401
        page = stranger.get("/", headers={"Accept": "text/html"})
        assert page.is_redirect or page.status_code == 401


def test_the_district_reports_and_its_readings_can_be_read(running: Running) -> None:
    def kinds() -> bool:
        seen = {item["kind"] for item in running.get("/devices", limit=500)["items"] if item["last_values"]}
        return seen >= {"gas", "septic", "light", "parking"}

    eventually(kinds, within_s=60, every_s=0.5, what="every kind has reported")


def test_the_tour_of_a_gas_leak_runs_to_its_end_and_a_second_one_reopens_its_ticket(running: Running) -> None:
    for _ in range(2):
        done = running.linli("tour", "gas-leak", timeout=240)
        assert done.returncode == 0, done.stdout + done.stderr + running.last_words()
    (ticket,) = running.get("/tickets", device="TOUR-GAS-1", log="true")["items"]
    assert ticket["state"] == "closed"
    assert ticket["source"] == "sensor"
    actions = {event["action"] for event in ticket["events"]}
    assert actions >= {"report", "dispatch", "sign", "arrive", "normal", "finish", "check_ok", "realarm"}
    alarm = running.get("/alarms", device="TOUR-GAS-1", severity="critical")["items"][0]

    def ladder() -> set[str]:
        return {step["what"] for step in running.get(f"/alarms/{alarm['id']}/ladder")["steps"]}

    wanted = {"started", "fire_call", "acknowledged", "arrived", "cleared", "reopened"}
    eventually(lambda: ladder() >= wanted, within_s=30, every_s=0.5, what="the ladder's whole story")


def test_a_call_becomes_a_ticket_once_however_often_it_is_sent(running: Running) -> None:
    area = running.get("/devices", limit=1)["items"][0]["area"]
    body = {
        "title": "楼道堆放杂物",
        "text": "三楼到四楼堆满纸箱",
        "place": "纺织新村 12栋",
        "area": area,
        "caller": {"name": "王女士", "phone": "13800005621"},
    }
    key = str(uuid.uuid4())
    first = running.post("/tickets", body, "operator", key)
    again = running.post("/tickets", body, "operator", key)
    assert first.status_code == 201, first.text
    assert first.json()["id"] == again.json()["id"]
    seen = running.get(f"/tickets/{first.json()['id']}", role="grid_manager")
    assert "13800005621" not in str(seen)
