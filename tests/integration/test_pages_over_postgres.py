"""The pages over real PostgreSQL and Kafka: each shows what the services hold, for the right people."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.conftest import PostgresServer, fresh_database
from tests.integration.api_rig import Rig, running

PAGES = (
    ("/cockpit", "administrator"), ("/devices", "administrator"), ("/rules", "administrator"),
    ("/alarms", "administrator"), ("/alarms?state=all&kind=gas&severity=critical&area=990101", "administrator"),
    ("/alarms/page-episode", "administrator"), ("/alarms/quality", "administrator"),
    ("/alarms/quality?by=grid&days=30", "administrator"), ("/tickets", "operator"), ("/tickets/new", "operator"),
    ("/tasks", "administrator"), ("/oncall", "oncall"), ("/notices", "administrator"), ("/notices/box", "operator"),
    ("/notices/settings", "operator"),
    ("/dead-letters", "administrator"), ("/quarantine", "administrator"), ("/cockpit/areas", "administrator"),
    ("/cockpit/fleet", "administrator"), ("/cockpit/abnormal", "administrator"), ("/catalogue", "dispatcher"),
    ("/catalogue/import", "dispatcher"), ("/catalogue/history", "dispatcher"), ("/tickets/new/map", "operator"),
    ("/policies", "operator"), ("/policies/default", "supervisor"), ("/policies/beijing/next", "administrator"),
    ("/policies/default/copy?version=1", "supervisor"),
    ("/tickets/search/export?format=xlsx", "operator"),
)  # fmt: skip


@pytest.fixture(scope="module")
def rig(postgres_server: PostgresServer, kafka_servers: str) -> Iterator[Rig]:
    with contextmanager(fresh_database)(postgres_server) as database, running(database, kafka_servers) as rig:
        device = rig.device()
        rig.readings(device.id, "gas", [{"ch4_lel": 61.0 - n / 4, "battery_pct": 90.0} for n in range(200)])
        rig.leak("page-episode", device)
        rig.letter("page-letter", b"\xff{<script>")
        rig.readings("page-stranger", "gas", [{"ch4_lel": 80.0}], registered=False)
        yield rig


def visit(rig: Rig, path: str, role: str) -> httpx.Response:
    """A page as a browser of ``role`` would ask for it."""
    with rig.as_(role) as client:
        return client.get(f"{rig.base}{path}", headers={"Accept": "text/html"})


@pytest.mark.parametrize(("path", "role"), PAGES)
def test_the_page_answers(rig: Rig, path: str, role: str) -> None:
    answer = visit(rig, path, role)
    assert answer.status_code == 200, answer.text[-2000:]


def test_a_call_by_address_shows_who_is_responsible_and_the_alarms_ticket_then_joins_it(rig: Rig) -> None:
    """The whole way of the intake over the real database: address, preview, ticket, the catalogue's file."""
    building = next(area for area in rig.place.areas if area.code == rig.device().building)
    call = {"place": building.name_zh, "category": "gas-leak", "text": "楼道里煤气味很重", "phone": "13800001234"}
    with rig.as_("operator") as client:
        found = client.get(f"{rig.base}/places", params={"q": building.name_zh}).json()["items"]
        assert found[0]["code"] == building.code
        pane = client.post(f"{rig.base}/tickets/new/preview", data=call, headers={"Accept": "text/html"}).text
        assert "归谁管" in pane
        assert "可能是同一件事" in pane
        done = client.post(f"{rig.base}/tickets/new", data=call | {"key": "once", "step": "save"})
        assert done.status_code == 303, done.text
        ticket = client.get(f"/tickets/{done.headers['location'].split('/')[-1].split('?')[0]}").json()
    assert (ticket["building"], ticket["state"]) == (building.code, "merged")
    line = {"content": f"category,area,lead\nnoise,{building.code[:9]},district", "dry_run": False}
    with rig.as_("dispatcher") as client:
        written = [client.post("/catalogue/import", json=line).json() for _ in range(2)]
        assert [(each["added"], each["same"]) for each in written] == [(1, 0), (0, 1)]
        assert client.get("/catalogue/changes").json()["items"][0]["new"]["lead"] == "district"
        assert "district" in client.get("/catalogue/export", params={"format": "csv"}).text


def test_an_alarm_its_device_and_its_ticket_lead_to_each_other(rig: Rig) -> None:
    device = rig.device()
    cockpit = visit(rig, "/cockpit", "administrator").text
    assert device.place in cockpit
    ticket = re.search(r'href="(/tickets/[0-9a-f-]{36})"', cockpit)
    assert ticket is not None
    page = visit(rig, ticket[1], "dispatcher").text
    assert device.place in page
    assert 'class="ll-chart"' in page
    phone = visit(rig, ticket[1].replace("/tickets/", "/tasks/"), "administrator").text
    assert "到场安全步骤" in phone
    values = visit(rig, f"/devices/{device.id}", "administrator").text
    assert "61.0" in values
    assert "LY-" in values


def test_refused_bytes_are_shown_escaped_and_strangers_with_their_danger(rig: Rig) -> None:
    letters = visit(rig, "/dead-letters", "administrator").text
    assert "&lt;script&gt;" in letters
    assert "<script>" not in letters.replace('<script type="', "")
    assert "读数危险" in visit(rig, "/quarantine", "administrator").text


def test_a_worker_sees_the_tasks_of_the_own_street_only(rig: Rig) -> None:
    inside = rig.device().area.startswith(min(a.code for a in rig.place.areas if a.level == "street"))
    tasks = visit(rig, "/tasks", "grid_worker")
    assert tasks.status_code == 200
    assert (rig.device().place in tasks.text) == inside


def test_who_may_not_is_told_so_in_words(rig: Rig) -> None:
    answer = visit(rig, "/dead-letters", "operator")
    assert answer.status_code == 403
    assert "您的角色不能看这一页" in answer.text
    missing = visit(rig, "/tickets/00000000-0000-0000-0000-000000000000", "operator")
    assert missing.status_code == 404
    assert "没有这一页" in missing.text


def test_a_bad_cursor_is_a_page_and_not_a_trace(rig: Rig) -> None:
    answer = visit(rig, "/tickets?cursor=nonsense", "operator")
    assert answer.status_code == 400
    assert "Traceback" not in answer.text
