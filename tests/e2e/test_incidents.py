"""Many alarms, one incident, through MQTT: a blackout of three hundred lamps, a gas main under forty households."""

import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest

from sensors.kinds import KINDS
from services.stack.publish import publisher
from streams.contracts import Rule, Scope
from tests.e2e.conftest import Running
from tests.support import eventually

S = 1_000
LAMPS = 300
HOMES = 40
FEEDER, LAMP_OUT = (
    next(rule for rule in KINDS["light"].rules if rule.id == name) for name in ("light.feeder", "light.out")
)


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
def drill(running: Running, run: str) -> Iterator[tuple[Rule, Rule]]:
    """The shipped rules for a dark feeder and a dark lamp, for this test's lamps alone, with seconds for minutes.

    They are put in force as a supervisor would, and taken out again, the lamps' first: what the
    feeder hides must not come to light when its own alarm ends.
    """
    (level,), (lamp,) = FEEDER.levels, LAMP_OUT.levels
    only = Scope(attributes={"drill": run})
    feeder = msgspec.structs.replace(
        FEEDER, id=f"{FEEDER.id}.{run}", family=FEEDER.id, scope=only,
        levels=(msgspec.structs.replace(level, on_delay_ms=3 * S),),
    )  # fmt: skip
    out = msgspec.structs.replace(
        LAMP_OUT, id=f"{LAMP_OUT.id}.{run}", family=LAMP_OUT.id, scope=only, suppress_when=(feeder.id,),
        levels=(msgspec.structs.replace(lamp, on_delay_ms=S, repeat=2),),
    )  # fmt: skip
    kept = {rule.id: put_in_force(running, rule) for rule in (feeder, out)}
    yield feeder, out
    take_out(running, out.id, kept[out.id])
    eventually(lambda: not running.get("/alarms", rule=out.id, state="active")["items"], within_s=60, every_s=1)
    take_out(running, feeder.id, kept[feeder.id])


def put_in_force(running: Running, rule: Rule) -> int:
    draft = {name: value for name, value in msgspec.to_builtins(rule).items() if name != "version"}
    answer = running.post("/rules", {"rule": draft, "reason": "drill"}, "supervisor", rule.id)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["version"])


def take_out(running: Running, rule: str, version: int) -> None:
    answer = running.post(
        f"/rules/{rule}/disable", {"version": version, "reason": "drill over"}, "supervisor", f"{rule} off"
    )
    assert answer.status_code == 200, answer.text


def say(running: Running, kind: str, devices: Sequence[dict[str, Any]], values: dict[str, Any]) -> None:
    with publisher(running.platform.mqtt("demo")) as broker:
        for device in devices:
            stamp = time.time_ns() // 1_000_000
            broker.send(f"linli/v1/{device['area']}/{kind}/{device['id']}/telemetry", {"ts": stamp, "values": values})


def test_a_blackout_of_three_hundred_lamps_is_one_ticket(running: Running, grids: list[str]) -> None:
    """Every lamp has an alarm of its own, which its feeder hides: three hundred rows, one ticket."""
    run = uuid.uuid4().hex[:6]
    attributes = {"feeder": f"F-{run}", "nominal_w": "60", "drill": run}
    lamps = [
        {"id": f"lamp-{run}-{n:03d}", "kind": "light", "area": grids[n % len(grids)], "attributes": attributes}
        for n in range(LAMPS)
    ]
    register(running, lamps)
    dark = {"on": True, "dim_pct": 100, "power_w": 0.0}
    with drill(running, run) as (feeder, out):
        say(running, "light", lamps, {**dark, "power_w": 59.0})
        say(running, "light", lamps, dark)

        def raised() -> Any:
            return running.get("/alarms", rule=feeder.id)["items"]

        (alarm,) = eventually(raised, within_s=60, every_s=1, what="the feeder's alarm\n" + running.last_words())
        assert alarm["device"] == f"feeder:F-{run}"
        (ticket,) = eventually(
            lambda: running.get("/tickets", device=alarm["device"])["items"], within_s=30, every_s=0.5
        )
        assert ticket["episodes"] == [alarm["episode"]]

        def hidden() -> list[tuple[Any, ...]] | None:
            say(running, "light", lamps, dark)
            rows = running.query("alarms", "SELECT device, suppressed_by FROM alarms WHERE rule = %s", out.id)
            return rows if len(rows) == LAMPS else None

        rows = eventually(hidden, within_s=60, every_s=2, what="each lamp's own alarm\n" + running.last_words())
        assert {by for _, by in rows} == {alarm["episode"]}
        (shown,) = running.get("/alarms", rule=out.id, device=lamps[0]["id"])["items"]
        assert shown["state"] == "active_unack"
        assert shown["suppressed_by"] == alarm["episode"]
    opened = running.query(
        "tickets", "SELECT device FROM tickets WHERE device LIKE %s OR device = %s", f"lamp-{run}-%", alarm["device"]
    )
    assert opened == [(alarm["device"],)]


def test_a_leaking_main_with_forty_household_alarms_is_one_incident_with_forty_members(
    running: Running, grids: list[str]
) -> None:
    """One ticket, one ladder: it calls for the first home, adds the others, and ends with one acknowledgement."""
    run = uuid.uuid4().hex[:6]
    homes = [
        {"id": f"home-{run}-{n:02d}", "kind": "gas", "area": grids[n % len(grids)], "attributes": {"main": f"M-{run}"}}
        for n in range(HOMES)
    ]
    register(running, homes)

    def incident_of() -> str | None:
        say(running, "gas", homes, {"alarm": True})
        first = running.get("/alarms", device=homes[0]["id"])["items"]
        return str(first[0]["incident"]) if first else None

    incident = eventually(incident_of, within_s=60, every_s=1, what="the first alarm\n" + running.last_words())
    assert incident.startswith(f"gas-leak:main:M-{run}:")

    def members() -> Any:
        found = running.get("/alarms", incident=incident, limit=100)["items"]
        return found if len(found) == HOMES else None

    found = eventually(members, within_s=60, every_s=1, what="forty alarms\n" + running.last_words())
    assert {alarm["device"] for alarm in found} == {home["id"] for home in homes}
    assert {(alarm["state"], alarm["severity"]) for alarm in found} == {("active_unack", "critical")}
    assert min(found, key=lambda alarm: (alarm["raised_at"], alarm["episode"]))["first_out"], "by time, not by arrival"

    def listed() -> Any:
        tickets = running.get("/tickets", incident=incident)["items"]
        return tickets if tickets and len(tickets[0]["episodes"]) == HOMES else None

    (ticket,) = eventually(listed, within_s=30, every_s=0.5, what="a ticket with forty members")
    assert set(ticket["episodes"]) == {alarm["episode"] for alarm in found}
    calls = running.query(
        "alarms",
        "SELECT event ->> 'page' FROM transitions WHERE event ->> 'incident' = %s AND event ? 'page'",
        incident,
    )
    assert sorted(page for (page,) in calls) == ["fifth", "new", "second", "tenth"]
    holds_one_ladder(running, [str(alarm["id"]) for alarm in found])


def holds_one_ladder(running: Running, alarms: list[str]) -> None:
    """What the API tells of the calls: the first home's people, 119 by a person's hand, each further home once."""
    first, last = (running.get(f"/alarms/{alarm}/ladder") for alarm in (alarms[0], alarms[-1]))
    assert first["incident"] == last["incident"]
    assert first["calling"]
    assert first["fire_why"] == "second_detector"
    steps = first["steps"]
    assert [step["what"] for step in steps].count("started") == 1
    (fire,) = [step for step in steps if step["what"] == "fire_call"]
    assert [(notice["office"], notice["task"]) for notice in fire["notices"]] == [("fire_caller", True)]
    assert "119" in fire["notices"][0]["zh"]
    joined = {step["why"] for step in steps if step["what"] == "joined"}
    assert len(joined) + sum(step["what"] == "called_again" for step in steps) == HOMES - 1
    residents = [n["to"] for step in steps for n in step["notices"] if n["office"] == "resident"]
    assert len(residents) >= 1
    answer = running.post(f"/alarms/{alarms[0]}/ack", {"comment": "drill"}, "grid_manager", f"ack {alarms[0]}")
    assert answer.status_code == 202, answer.text
    after = running.get(f"/alarms/{alarms[-1]}/ladder")
    assert not after["calling"], "one acknowledgement ends the call of the whole incident, in its own transaction"
    assert after["arrived_at"] is None, "and the wait for somebody on site goes on"
    assert "district" in after["due"]
