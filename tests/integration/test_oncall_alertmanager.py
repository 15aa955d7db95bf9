"""Alertmanager itself calls the desk: an alert goes in at one end and stands in the database at the other."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from services.adapters.postgres import open_pool
from services.adapters.process import Runtime
from services.oncall import alertmanager, main
from services.oncall.domain import NotificationFilter, State
from services.oncall.handlers import acknowledge
from services.oncall.postgres import PostgresNotifications
from services.oncall.settings import OncallSettings
from services.stack import addresses, program
from services.stack.servers import alerting
from tests.support import eventually

TOKEN = "a-token-of-some-length"
TEMPLATES = Path(__file__).resolve().parents[2] / "deploy"


@pytest.fixture
def desk(database: Any) -> Iterator[tuple[PostgresNotifications, int]]:
    """The running process (its loops) and its webhook's port."""
    database.migrate("oncall")
    port = addresses.any_free(set(addresses.USUAL.values()))
    settings = OncallSettings(
        database_url=database.url("linli_oncall"), webhook_port=port, webhook_token=TOKEN, rota="first:60"
    )
    runtime = Runtime()
    with runtime.resources:
        loops = main.compose(settings, runtime)
        threads = [threading.Thread(target=loop, args=(runtime.stop,)) for loop in loops.values()]
        for thread in threads:
            thread.start()
        with open_pool(database.url("linli_oncall"), name="test", size=1) as pool:
            yield PostgresNotifications(pool), port
        runtime.stop.set()
        for thread in threads:
            thread.join(timeout=20)


def post(url: str, body: bytes, token: str = "") -> tuple[int, bytes]:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    answer = httpx.post(url, content=body, headers=headers, timeout=10)
    return answer.status_code, answer.content


def names(store: PostgresNotifications, state: str) -> list[str]:
    page = store.list_notifications(NotificationFilter(state=state), limit=10, after=None)
    return [one.name for one in page.items]


def test_a_call_is_kept_once_however_often_it_comes(desk: tuple[PostgresNotifications, int]) -> None:
    store, port = desk
    url = f"http://127.0.0.1:{port}/alertmanager"
    answers = [post(url, alertmanager.EXAMPLE, TOKEN) for _ in range(3)]
    assert [(status, json.loads(body)) for status, body in answers] == [
        (200, {"changed": 1}),
        (200, {"changed": 0}),
        (200, {"changed": 0}),
    ]
    assert names(store, "firing") == ["ProcessDown"]


@pytest.mark.parametrize(
    ("body", "token", "status"),
    [
        (alertmanager.EXAMPLE, "", 401),
        (alertmanager.EXAMPLE, "another-token", 401),
        (b"not json", TOKEN, 422),
        (b"x" * 1_100_000, TOKEN, 413),
    ],
)
def test_a_call_that_does_not_fit_is_refused_as_a_problem(
    desk: tuple[PostgresNotifications, int], body: bytes, token: str, status: int
) -> None:
    store, port = desk
    got, answer = post(f"http://127.0.0.1:{port}/alertmanager", body, token)
    assert (got, json.loads(answer)["status"]) == (status, status)
    assert names(store, "firing") == []


def test_alertmanager_delivers_an_alert_its_end_and_its_heartbeat(
    desk: tuple[PostgresNotifications, int], server_directory: Path, database: Any
) -> None:
    store, port = desk
    ports = {
        "alertmanager": addresses.any_free(set(addresses.USUAL.values()) | {port}),
        "oncall-webhook": port,
    }
    home = server_directory / f"alertmanager-{port}"
    prepared = alerting.prepare_alertmanager(templates=TEMPLATES, home=home, ports=ports, token=TOKEN)
    process = program.spawn(prepared, home / "log")
    try:
        program.wait_for(
            "alertmanager", lambda: program.listening(ports["alertmanager"]), alive=lambda: process.poll() is None
        )
        url = f"http://127.0.0.1:{ports['alertmanager']}/api/v2/alerts"
        labels = {"alertname": "ProcessDown", "severity": "critical", "process": "history"}
        down = {"labels": labels, "startsAt": "2026-01-01T00:00:00Z"}
        assert post(url, json.dumps([down, {"labels": {"alertname": "Watchdog"}}]).encode())[0] == 200
        eventually(lambda: names(store, "firing") == ["ProcessDown"])
        eventually(lambda: store.heartbeat() is not None)
        (kept,) = store.list_notifications(NotificationFilter(), limit=10, after=None).items
        assert kept.responsible == "first"
        with open_pool(database.url("linli_api"), name="test", size=1) as pool:
            taken = acknowledge(PostgresNotifications(pool), kept.id, by="oncall", comment="在看", now=kept.received)
        assert taken.state is State.ACKNOWLEDGED
        over = {**down, "endsAt": "2026-01-01T00:00:01Z"}
        assert post(url, json.dumps([over]).encode())[0] == 200
        eventually(lambda: names(store, "resolved") == ["ProcessDown"])
        assert store.list_events(kept.id)[-1].what == "resolved"
    finally:
        process.terminate()
        process.wait(timeout=20)


def test_the_front_door_cannot_change_the_rota(desk: tuple[PostgresNotifications, int], database: Any) -> None:
    with psycopg.connect(database.url("linli_api")) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("DELETE FROM oncall.rota")
