"""What the first stage hands to the second: candidates, members, ticks, and acts on a group's own alarm."""

import msgspec
import pytest

from streams.contracts import (
    Action,
    ActionName,
    Candidate,
    Condition,
    Device,
    Level,
    Member,
    Members,
    Nominal,
    Op,
    Rule,
    Schedule,
    Severity,
    Tick,
    decode_group,
    encode,
    group_key,
)
from streams.contracts.devices import DeviceState
from tests.unit.streams.rule_table import CH4, GRID, HOUR, MIN, PLAIN, T0, S, Table, gas

OUTAGE = Rule(
    "light.feeder", 1, "light", "power_w", Op.GE, (Level(Severity.MAJOR, 30.0),), "outage", "停电", "Outage",
    measure=Members(minimum=5, silent_periods=3, of=Nominal("nominal_w", "dim_pct"), op=Op.LT, limit=10.0),
    gate=(Condition("on"),), group=("feeder",),
)  # fmt: skip


def lamp(**more: object) -> Device:
    fields: dict[str, object] = {"attributes": {"nominal_w": "60", "feeder": "F1"}, "period_s": 300} | more
    return Device("l1", "light", GRID, **fields)  # type: ignore[arg-type]


def shine(table: Table, after: int, power: float, *, on: float = 1.0) -> None:
    assert table.say(after, {"power_w": power, "on": on, "dim_pct": 100.0}, device="l1") == []


def told(table: Table) -> list[tuple[int, bool | None]]:
    return [(record.at - T0, record.condition) for record in table.groups if isinstance(record, Member)]


def test_a_transition_of_a_rule_with_a_group_goes_to_the_group_and_nowhere_else() -> None:
    rule = msgspec.structs.replace(PLAIN, group=("main", "building"))
    table = Table(rules=[rule], devices=[gas(building="99010100100100100001", attributes={"main": "M7"})])
    table.send(0, 30)
    assert table.send(30 * S, 30) == []
    (candidate,) = table.groups
    assert isinstance(candidate, Candidate)
    assert (candidate.group, candidate.event.group, candidate.event.device) == ("main:M7", "main:M7", "g1")
    assert group_key(candidate) == "main:M7"
    assert decode_group(encode(candidate)) == candidate


@pytest.mark.parametrize(
    ("more", "group"),
    [({"building": "99010100100100100001"}, "building:99010100100100100001"), ({}, "")],
    ids=["its building", "by itself"],
)
def test_the_first_attribute_that_the_device_has_names_the_group(more: dict[str, str], group: str) -> None:
    rule = msgspec.structs.replace(PLAIN, group=("main", "building"))
    table = Table(rules=[rule], devices=[gas(**more)])
    table.send(0, 30)
    events = table.send(30 * S, 30)
    assert [event.group for event in events] == ([] if group else [""])
    assert [record.group for record in table.groups if isinstance(record, Candidate)] == ([group] if group else [])


def test_the_group_of_an_episode_is_fixed_when_it_opens() -> None:
    rule = msgspec.structs.replace(PLAIN, group=("main",))
    table = Table(rules=[rule], devices=[gas(attributes={"main": "M7"})])
    table.tick(0)
    table.send(S, 30)
    table.send(31 * S, 30)
    table.adopt(devices=[gas(attributes={"main": "M8"}, version=2)])
    table.tick(MIN)
    table.do(ActionName.ACKNOWLEDGE, 2 * MIN, device="g1", rule=rule.id, episode=_episode(table))
    assert [record.group for record in table.groups if isinstance(record, Candidate)] == ["main:M7", "main:M7"]


def _episode(table: Table) -> str:
    (record,) = table.groups
    assert isinstance(record, Candidate)
    return record.event.episode


def test_a_lamp_that_goes_dark_and_comes_back_tells_each_change_once() -> None:
    table = Table(rules=[OUTAGE], devices=[lamp()])
    table.tick(0)
    for minute in range(0, 20, 5):
        shine(table, minute * MIN + S, 60.0)
    for minute in range(20, 40, 5):
        shine(table, minute * MIN, 0.0)
    for minute in range(40, 60, 5):
        shine(table, minute * MIN, 59.0)
    assert told(table) == [(20 * MIN, True), (40 * MIN, False)]
    assert {record.group for record in table.groups if isinstance(record, Member)} == {"feeder:F1"}


def test_a_lamp_that_is_not_commanded_on_tells_nothing_either_way() -> None:
    table = Table(rules=[OUTAGE], devices=[lamp()])
    shine(table, 0, 0.0, on=0.0)
    shine(table, MIN, 0.0)
    shine(table, 2 * MIN, 0.3, on=0.0)
    assert told(table) == [(MIN, True)]


def test_a_silent_lamp_is_against_its_feeder_after_three_periods_and_a_message_takes_that_back() -> None:
    table = Table(rules=[OUTAGE], devices=[lamp()], restart_every=1)
    table.tick(0)
    shine(table, MIN, 60.0)
    table.tick(10 * MIN)
    table.tick(HOUR)
    shine(table, 2 * HOUR, 60.0)
    table.tick(3 * HOUR)
    assert told(table) == [(16 * MIN, True), (2 * HOUR, False), (2 * HOUR + 15 * MIN, True)]


def test_a_lamp_in_maintenance_may_be_silent_and_counts_again_once_it_is_back() -> None:
    """It is switched off, as a rule: three periods of that once held up the whole partition."""
    table = Table(rules=[OUTAGE], devices=[lamp()], restart_every=1)
    table.tick(0)
    shine(table, MIN, 60.0)
    table.adopt(devices=[lamp(state=DeviceState.MAINTENANCE, version=2)])
    for minute in range(2, 60, 7):
        table.tick(minute * MIN)
    assert told(table) == []
    table.adopt(devices=[lamp(version=3)])
    table.tick(HOUR)
    table.tick(HOUR + MIN)
    assert [condition for _, condition in told(table)] == [True]
    shine(table, HOUR + 2 * MIN, 60.0)
    assert [condition for _, condition in told(table)] == [True, False]


def test_a_lamp_in_maintenance_from_its_first_day_holds_nothing_up() -> None:
    table = Table(rules=[OUTAGE], devices=[lamp(state=DeviceState.MAINTENANCE)])
    table.tick(0)
    table.tick(HOUR)
    shine(table, HOUR + MIN, 0.0)
    table.tick(3 * HOUR)
    assert told(table) == []


def test_a_lamp_that_comes_back_dark_stays_against_its_feeder() -> None:
    table = Table(rules=[OUTAGE], devices=[lamp()])
    table.tick(0)
    shine(table, MIN, 0.0)
    table.tick(HOUR)
    shine(table, HOUR + MIN, 0.0)
    shine(table, HOUR + 6 * MIN, 60.0)
    conditions = [condition for _, condition in told(table)]
    assert (conditions[0], conditions[-1], len(conditions)) == (True, False, 2)


@pytest.mark.parametrize(
    "device",
    [
        None,
        lamp(state=DeviceState.MAINTENANCE, version=2),
        lamp(state=DeviceState.RETIRED, version=2),
        lamp(attributes={"nominal_w": "60"}, version=2),
        lamp(attributes={"nominal_w": "60", "feeder": "F2"}, version=2),
    ],
    ids=["deleted", "maintenance", "retired", "no feeder", "another feeder"],
)
def test_a_member_that_leaves_says_so(device: Device | None) -> None:
    table = Table(rules=[OUTAGE], devices=[lamp()])
    table.tick(0)
    shine(table, MIN, 0.0)
    table.adopt(devices=[device] if device else [])
    table.tick(2 * MIN)
    first, left = told(table)[:2]
    assert (first, left) == ((MIN, True), (2 * MIN, None))


def test_a_gateway_counts_the_silence_of_devices_of_every_kind() -> None:
    down = Rule(
        "gateway.down", 1, "*", "", Op.GE, (Level(Severity.MAJOR, 80.0),), "gateway", "网关", "Gateway",
        measure=Members(minimum=3, silent_periods=3), group=("gateway",),
    )  # fmt: skip
    devices = [gas(attributes={"gateway": "G1"}), lamp(attributes={"gateway": "G1"})]
    table = Table(rules=[down], devices=devices)
    table.tick(0)
    table.tick(HOUR)
    said = [(record.device, record.at - T0) for record in table.groups if isinstance(record, Member)]
    assert said == [("l1", 15 * MIN), ("g1", 30 * MIN)]


def test_every_tick_is_passed_on() -> None:
    table = Table(rules=[CH4])
    table.tick(S)
    assert table.last is not None
    assert table.last.groups == [Tick("gw", T0 + S)]


def test_an_act_on_a_groups_own_alarm_is_passed_on_to_it() -> None:
    table = Table(rules=[OUTAGE], devices=[lamp()])
    table.tick(0)
    table.do(ActionName.ACKNOWLEDGE, S, device="feeder:F1", rule=OUTAGE.id, episode="e")
    (act,) = table.groups
    assert isinstance(act, Action)
    assert group_key(act) == "feeder:F1"


def test_a_member_that_stays_says_nothing_when_other_things_change() -> None:
    table = Table(rules=[OUTAGE], devices=[lamp()])
    table.tick(0)
    shine(table, MIN, 0.0)
    table.adopt(rules=[OUTAGE, CH4], devices=[lamp(version=2, name="Lamp at the gate")])
    table.tick(2 * MIN)
    table.adopt(rules=[msgspec.structs.replace(OUTAGE, version=2)], devices=[lamp(version=3)])
    table.tick(3 * MIN)
    shine(table, 4 * MIN, 60.0)
    assert told(table) == [(MIN, True), (4 * MIN, False)]


def test_each_record_of_a_member_names_its_rule_its_group_and_its_source() -> None:
    table = Table(rules=[OUTAGE], devices=[lamp(building="99010100100100100001")])
    table.tick(0)
    shine(table, MIN, 0.0)
    table.adopt(devices=[])
    table.tick(2 * MIN)
    assert [
        (record.rule, record.group, record.device, record.grid, record.building, record.source.offset)
        for record in table.groups
        if isinstance(record, Member)
    ] == [
        (OUTAGE.id, "feeder:F1", "l1", GRID, "99010100100100100001", 1),
        (OUTAGE.id, "feeder:F1", "l1", GRID, "99010100100100100001", 2),
    ]


def test_a_new_rule_on_groups_judges_the_last_value_now() -> None:
    table = Table(rules=[CH4], devices=[lamp()])
    table.tick(0)
    shine(table, MIN, 0.0)
    table.adopt(rules=[OUTAGE])
    table.tick(5 * MIN)
    assert told(table) == [(5 * MIN, True)]


def test_a_member_is_judged_only_while_the_schedule_is_open() -> None:
    never_now = msgspec.structs.replace(OUTAGE, schedule=Schedule(start=10 * 60, end=11 * 60))
    table = Table(rules=[never_now], devices=[lamp()])
    shine(table, MIN, 0.0)
    assert told(table) == []


def test_a_device_without_the_attribute_is_in_no_group() -> None:
    table = Table(rules=[OUTAGE], devices=[lamp(attributes={"nominal_w": "60"})])
    table.tick(0)
    shine(table, MIN, 0.0)
    table.tick(5 * HOUR)
    assert told(table) == []
