"""Many alarms, one incident, through MQTT: a blackout of three hundred lamps, a gas main under forty households."""

import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest
from kafka import KafkaProducer

from sensors.kinds import KINDS
from services.stack.publish import publisher
from streams.contracts import Rule, Scope, encode
from streams.contracts.topics import RULES
from tests.e2e.conftest import Running
from tests.support import eventually

S = 1_000
LAMPS = 300
HOMES = 40
FEEDER = next(rule for rule in KINDS["light"].rules if rule.id == "light.feeder")


@pytest.fixture(scope="module")
def grids(running: Running) -> list[str]:
    """Six grids of one street: more than one partition of every topic."""
    found = sorted({str(device["area"]) for device in running.get("/devices", limit=500)["items"]})
    return [grid for grid in found if grid[:9] == found[0][:9]][:6]


def register(running: Running, devices: Sequence[dict[str, Any]]) -> None:
    with running.api("administrator") as client:
        for device in devices:
            answer = client.post("/devices", json=device, headers={"Idempotency-Key": str(device["id"])})
            assert answer.status_code == 201, answer.text


@contextmanager
def drill(running: Running, run: str) -> Iterator[Rule]:
    """The feeder's rule for this test's lamps alone, with ten seconds in the place of two minutes."""
    (level,) = FEEDER.levels
    rule = msgspec.structs.replace(
        FEEDER, id=f"light.feeder.{run}", family=FEEDER.id, scope=Scope(attributes={"drill": run}),
        levels=(msgspec.structs.replace(level, on_delay_ms=10 * S),),
    )  # fmt: skip
    producer = KafkaProducer(bootstrap_servers=running.platform.kafka)
    try:
        producer.send(RULES.name, key=rule.id.encode(), value=encode(rule)).get(10)
        yield rule
        producer.send(RULES.name, key=rule.id.encode(), value=None).get(10)
    finally:
        producer.close()


def say(running: Running, kind: str, devices: Sequence[dict[str, Any]], values: dict[str, Any]) -> None:
    with publisher(running.platform.mqtt("demo")) as broker:
        for device in devices:
            stamp = time.time_ns() // 1_000_000
            broker.send(f"linli/v1/{device['area']}/{kind}/{device['id']}/telemetry", {"ts": stamp, "values": values})


def test_a_blackout_of_three_hundred_lamps_is_one_ticket(running: Running, grids: list[str]) -> None:
    run = uuid.uuid4().hex[:6]
    attributes = {"feeder": f"F-{run}", "nominal_w": "60", "drill": run}
    lamps = [
        {"id": f"lamp-{run}-{n:03d}", "kind": "light", "area": grids[n % len(grids)], "attributes": attributes}
        for n in range(LAMPS)
    ]
    register(running, lamps)
    dark = {"on": True, "dim_pct": 100, "power_w": 0.0}
    with drill(running, run) as rule:
        say(running, "light", lamps, {**dark, "power_w": 59.0})
        say(running, "light", lamps, dark)

        def raised() -> Any:
            return running.get("/alarms", rule=rule.id)["items"]

        (alarm,) = eventually(raised, within_s=50, every_s=1, what="the feeder's alarm\n" + running.last_words())
        assert alarm["device"] == f"feeder:F-{run}"
        assert alarm["value"] == 100.0
        (ticket,) = eventually(
            lambda: running.get("/tickets", device=alarm["device"])["items"], within_s=20, every_s=0.5
        )
        assert ticket["episodes"] == [alarm["episode"]]
    single = running.query("alarms", "SELECT count(*) FROM alarms WHERE device LIKE %s", f"lamp-{run}-%")
    assert single == [(0,)]


def test_a_leaking_main_with_forty_household_alarms_is_one_incident_with_forty_members(
    running: Running, grids: list[str]
) -> None:
    run = uuid.uuid4().hex[:6]
    homes = [
        {"id": f"home-{run}-{n:02d}", "kind": "gas", "area": grids[n % len(grids)], "attributes": {"main": f"M-{run}"}}
        for n in range(HOMES)
    ]
    register(running, homes)

    def alarming() -> Any:
        say(running, "gas", homes, {"alarm": True})
        return len(found := members()) == HOMES and found

    def members() -> list[tuple[Any, ...]]:
        return running.query(
            "alarms", "SELECT episode, incident, state FROM alarms WHERE device LIKE %s", f"home-{run}-%"
        )

    found = eventually(alarming, within_s=50, every_s=1, what="forty alarms\n" + running.last_words())
    (incident,) = {name for _, name, _ in found}
    assert incident.startswith(f"gas-leak:main:M-{run}:")
    assert {state for _, _, state in found} == {"active_unack"}

    def listed() -> Any:
        tickets = running.get("/tickets", incident=incident)["items"]
        return tickets if tickets and len(tickets[0]["episodes"]) == HOMES else None

    (ticket,) = eventually(listed, within_s=20, every_s=0.5, what="a ticket with forty members")
    assert set(ticket["episodes"]) == {episode for episode, _, _ in found}
    calls = running.query(
        "alarms",
        "SELECT event ->> 'page' FROM transitions WHERE event ->> 'incident' = %s AND event ? 'page'",
        incident,
    )
    assert sorted(page for (page,) in calls) == ["fifth", "new", "second", "tenth"]
