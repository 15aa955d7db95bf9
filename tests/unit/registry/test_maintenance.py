"""A device in maintenance hides its alarms: who began it, when and why is kept, and the longest is counted."""

import json
from pathlib import Path

import msgspec
import pytest
from prometheus_client import REGISTRY

from services.audit import Did
from services.registry.domain import Area, Role, User
from services.registry.domain.maintenance import LONG_MS, Maintenance, dangerous, reason, turns
from services.registry.handlers import change_device, register_device
from services.registry.maintenance import look
from streams.contracts import Device, DeviceState, Refused, Severity
from streams.contracts.metrics import MAINTENANCE_DEVICES, MAINTENANCE_OLDEST
from tests.fakes.registry import MemoryDevices, MemoryPlaces, MemoryRules, rule

GRID = "990101001001001"
ANN, BOB = (User(name, name, Role.GRID_MANAGER, scope="990101001") for name in ("ann", "bob"))
GAS, LAMP = Device("gas-1", "gas", GRID), Device("light-1", "light", GRID)


@pytest.fixture
def devices() -> MemoryDevices:
    places = MemoryPlaces()
    places.add_areas([Area(GRID, "grid", "网格", "Grid")])
    for device in (GAS, LAMP):
        register_device(places.devices, device, user=ANN, now=0)
    return places.devices


def put(devices: MemoryDevices, state: str, version: int, *, now: int, why: str = "", user: User = ANN) -> Device:
    return change_device(devices, "gas-1", {"state": state}, version, user=user, now=now, why=why)


def one(devices: MemoryDevices) -> Maintenance:
    (found,) = devices.in_maintenance(scope="", limit=9)
    return found


def test_who_began_it_when_and_why_is_kept_until_it_ends(devices: MemoryDevices) -> None:
    assert devices.in_maintenance(scope="", limit=9) == ()
    put(devices, "maintenance", 1, now=10, why="  换\t传感器 ")
    change_device(devices, "gas-1", {"name": "厨房"}, 2, user=BOB, now=20)
    assert (one(devices).since, one(devices).by, one(devices).why) == (10, "ann", "换 传感器")
    put(devices, "active", 3, now=30, user=BOB)
    assert devices.in_maintenance(scope="", limit=9) == ()
    put(devices, "maintenance", 4, now=40, user=BOB)
    assert (one(devices).since, one(devices).by, one(devices).why) == (40, "bob", ""), "an earlier reason is over"


def test_its_beginning_and_end_are_in_the_audit_log_and_no_other_change_is(devices: MemoryDevices) -> None:
    put(devices, "maintenance", 1, now=10, why="换传感器")
    change_device(devices, "gas-1", {"name": "厨房"}, 2, user=BOB, now=20, why="改名")
    put(devices, "retired", 3, now=30, user=BOB)
    told = [(e.did, e.subject, e.by, e.at, json.loads(e.detail)) for e in devices.chain.entries]
    assert told == [
        (Did.MAINTENANCE, "device gas-1", "ann", 10, {"old": "active", "new": "maintenance", "why": "换传感器"}),
        (Did.MAINTENANCE, "device gas-1", "bob", 30, {"old": "maintenance", "new": "retired", "why": ""}),
    ]


def test_a_change_that_came_too_late_leaves_nothing_in_the_log(devices: MemoryDevices) -> None:
    put(devices, "maintenance", 1, now=10)
    with pytest.raises(Refused, match="has changed since"):
        put(devices, "active", 1, now=20)
    assert len(devices.chain.entries) == 1


@pytest.mark.parametrize("why", ["修", "修" * 201])
def test_a_reason_that_explains_nothing_is_refused_and_none_is_allowed(why: str) -> None:
    with pytest.raises(Refused) as caught:
        reason(why)
    assert (caught.value.code, caught.value.extra["field"]) == ("invalid", "why")
    assert reason("  ") == ""


def test_only_what_hides_alarms_or_shows_them_again_is_a_turn() -> None:
    states = (DeviceState.MAINTENANCE, DeviceState.PLANNED)
    absent, planned = (msgspec.structs.replace(GAS, state=state) for state in states)
    assert turns(GAS, absent)
    assert turns(absent, planned)
    assert not turns(GAS, planned)
    assert not turns(absent, absent)


def test_a_week_is_long() -> None:
    assert not Maintenance(GAS, 0, "ann").long(LONG_MS)
    assert Maintenance(GAS, 0, "ann").long(LONG_MS + 1)


def test_prometheus_calls_as_long_what_the_pages_do() -> None:
    rules = (Path(__file__).resolve().parents[3] / "deploy/prometheus/rules.yml").read_text(encoding="utf-8")
    assert f"max(linli_maintenance_oldest_seconds) > {LONG_MS // 86_400_000} * 86400\n" in rules


def test_a_device_is_dangerous_by_the_rules_in_force_for_it() -> None:
    critical = rule("gas.ch4")
    assert critical.levels[0].severity is Severity.CRITICAL
    mild = rule("gas.ch4", levels=(msgspec.structs.replace(critical.levels[0], severity=Severity.MAJOR),))
    assert dangerous([GAS, LAMP], [critical]) == [GAS]
    assert dangerous([GAS], [mild]) == []
    assert dangerous([GAS], [msgspec.structs.replace(critical, enabled=False)]) == []


def test_the_longest_with_a_critical_rule_is_told_to_prometheus(devices: MemoryDevices) -> None:
    rules = MemoryRules()
    rules.put_rule(rule("gas.ch4"), by="seed", now=0)

    def told(now: int) -> tuple[float | None, ...]:
        look(devices, rules, now)
        count = MAINTENANCE_DEVICES.name
        return (
            REGISTRY.get_sample_value(count, {"critical": "true"}),
            REGISTRY.get_sample_value(count, {"critical": "false"}),
            REGISTRY.get_sample_value(MAINTENANCE_OLDEST.name),
        )

    change_device(devices, "light-1", {"state": "maintenance"}, 1, user=ANN, now=1_000)
    assert told(61_000) == (0, 1, 0)
    put(devices, "maintenance", 1, now=31_000)
    assert told(61_000) == (1, 1, 30)
    put(devices, "active", 2, now=61_000)
    assert told(61_000) == (0, 1, 0)
