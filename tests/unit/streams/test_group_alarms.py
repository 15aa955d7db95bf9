"""A group's own alarm: a feeder by the share of its lamps, what it hides, and its way through both stages."""

from dataclasses import dataclass, field

import msgspec
import pytest

from sensors import kinds
from streams.contracts import (
    ActionName,
    AlarmEvent,
    AlarmState,
    Batch,
    Cause,
    Device,
    Input,
    Level,
    Page,
    Sample,
    Severity,
    Tick,
)
from streams.contracts.topics import PARTITIONS
from streams.groups import Chain
from streams.rules import Catalogue, partition_of
from tests.unit.streams.group_table import GroupTable
from tests.unit.streams.rule_table import GRID, HOUR, MIN, T0, S

RULES = {rule.id: rule for rule in kinds.default_rules()}
FEEDER = RULES["light.feeder"]
GROUP = "feeder:F1"
GRIDS = [f"990101001001{number:03d}" for number in range(1, 7)]


def lamps(number: int, **more: object) -> list[Device]:
    fields: dict[str, object] = {"attributes": {"nominal_w": "60", "feeder": "F1"}, "period_s": 60} | more
    return [Device(f"l{n:03d}", "light", GRIDS[n % 6], **fields) for n in range(number)]  # type: ignore[arg-type]


def feeder(number: int = 10, *, restart_every: int = 0) -> GroupTable:
    table = GroupTable([FEEDER, RULES["light.out"]], lamps(number), GROUP, restart_every)
    table.tick(0)
    return table


def dark(table: GroupTable, *numbers: int, after: int, holds: bool | None = True) -> None:
    for number in numbers:
        table.condition(f"l{number:03d}", after, holds=holds, rule=FEEDER.id, grid=GRIDS[number % 6])


def run(table: GroupTable, start: int, end: int, every: int = S) -> list[AlarmEvent]:
    return [event for after in range(start, end + 1, every) for event in table.tick(after)]


@pytest.mark.parametrize(
    ("total", "out", "fires"),
    [(10, 4, False), (10, 5, True), (20, 5, False), (20, 6, True), (3, 2, False), (3, 3, True), (100, 30, True)],
)
def test_a_feeder_is_out_at_three_tenths_and_at_least_five_or_all_of_its_lamps(
    total: int, out: int, fires: bool
) -> None:
    table = feeder(total)
    dark(table, *range(out), after=S)
    assert bool(run(table, 2 * S, 3 * MIN)) is fires


def test_it_fires_after_two_minutes_is_dated_by_the_lamp_that_met_the_limit_and_hides_its_lamps() -> None:
    table = feeder(restart_every=7)
    for number in range(6):
        dark(table, number, after=number * 10 * S + S)
    (raised,) = run(table, 52 * S, 3 * MIN)
    assert (raised.since - T0, raised.at - T0) == (41 * S, 161 * S)
    assert (raised.device, raised.group, raised.new) == (GROUP, GROUP, AlarmState.ACTIVE_UNACK)
    assert (raised.page, raised.value, raised.limit) == (Page.NEW, 60.0, 30.0)
    assert raised.grid == GRIDS[0]
    hidden = {(act.device, act.rule) for act in table.inputs}
    assert hidden == {(f"l{number:03d}", "light.out") for number in range(10)}
    assert {(act.action, act.by, act.why) for act in table.inputs} == {(ActionName.SUPPRESS, raised.episode, FEEDER.id)}


def test_it_returns_through_its_deadband_and_shows_what_it_hid() -> None:
    table = feeder()
    dark(table, *range(6), after=S)
    (raised,) = run(table, 2 * S, 3 * MIN)
    dark(table, *range(5), after=4 * MIN, holds=False)
    assert run(table, 4 * MIN + S, 13 * MIN) == []
    (back,) = run(table, 13 * MIN + S, 15 * MIN)
    assert (back.episode, back.new, back.cause) == (raised.episode, AlarmState.RTN_UNACK, Cause.RETURNED)
    shown = [act for act in table.inputs if act.action is ActionName.UNSUPPRESS]
    assert {(act.device, act.by) for act in shown} == {(f"l{n:03d}", raised.episode) for n in range(10)}
    assert len({act.id for act in table.inputs}) == len(table.inputs)


def test_lamps_that_come_back_in_time_raise_nothing() -> None:
    table = feeder()
    dark(table, *range(6), after=S)
    assert run(table, 2 * S, 90 * S) == []
    dark(table, *range(6), after=91 * S, holds=False)
    assert run(table, 92 * S, 10 * MIN) == []


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4, 5), (5, 3, 1, 4, 2, 0), (2, 5, 0, 1, 4, 3)])
def test_the_order_in_which_lamps_arrive_does_not_matter(order: tuple[int, ...]) -> None:
    table = feeder()
    for number in order:
        dark(table, number, after=(number + 1) * S)
    (raised,) = run(table, 10 * S, 3 * MIN)
    assert raised.since - T0 == 5 * S


def test_a_person_acknowledges_it_once_and_shelves_it_while_it_goes_on_hiding() -> None:
    table = feeder()
    dark(table, *range(6), after=S)
    (raised,) = run(table, 2 * S, 3 * MIN)
    (acknowledged,) = table.do(ActionName.ACKNOWLEDGE, 4 * MIN, FEEDER.id, raised.episode)
    assert (acknowledged.new, acknowledged.by) == (AlarmState.ACTIVE_ACK, "wang")
    assert table.do(ActionName.ACKNOWLEDGE, 4 * MIN, FEEDER.id, raised.episode) == []
    (shelved,) = table.do(ActionName.SHELVE, 5 * MIN, FEEDER.id, "", until=T0 + HOUR, why="works")
    assert shelved.hidden
    (shown,) = run(table, 59 * MIN, 61 * MIN)
    assert (shown.cause, shown.at - T0) == (Cause.SHOWN, HOUR)
    assert {act.action for act in table.inputs} == {ActionName.SUPPRESS}


def test_a_lamp_that_joins_or_leaves_the_feeder_is_hidden_or_shown() -> None:
    table = feeder()
    dark(table, *range(6), after=S)
    run(table, 2 * S, 3 * MIN)
    table.inputs.clear()
    table.adopt(devices=[*lamps(9), Device("new", "light", GRID, attributes={"nominal_w": "60", "feeder": "F1"})])
    table.tick(4 * MIN)
    told = {(act.action, act.device) for act in table.inputs}
    assert told == {(ActionName.UNSUPPRESS, "l009"), (ActionName.SUPPRESS, "new")}


def test_a_rule_that_is_withdrawn_or_disabled_ends_its_alarm_and_shows_everything() -> None:
    table = feeder()
    dark(table, *range(6), after=S)
    (raised,) = run(table, 2 * S, 3 * MIN)
    table.adopt(rules=[msgspec.structs.replace(FEEDER, enabled=False, version=2)])
    (ended,) = table.tick(4 * MIN)
    assert (ended.episode, ended.new, ended.cause) == (raised.episode, AlarmState.NORMAL, Cause.RULE)
    assert {act.action for act in table.inputs} == {ActionName.SUPPRESS, ActionName.UNSUPPRESS}
    assert run(table, 5 * MIN, 10 * MIN) == []


def test_a_bug_in_one_groups_rule_is_isolated_reported_and_lifted_by_a_new_version() -> None:
    broken = msgspec.structs.replace(FEEDER, levels=(Level(Severity.MAJOR, limit=None),))  # type: ignore[arg-type]
    table = GroupTable([broken], lamps(10), GROUP)
    table.tick(0)
    dark(table, *range(6), after=S)
    assert run(table, 2 * S, 5 * S) == []
    faults = [fault for outcome in table.outcomes for fault in outcome.faults]
    assert [(fault.device, fault.rule) for fault in faults] == [(GROUP, FEEDER.id)]
    table.adopt(rules=[msgspec.structs.replace(FEEDER, version=2)])
    assert len(run(table, 6 * S, 3 * MIN)) == 1


@dataclass
class Town:
    """Both stages on a table, all partitions, and the way back."""

    chain: Chain
    alarms: list[AlarmEvent] = field(default_factory=list)
    ends: dict[int, int] = field(default_factory=dict)

    def put(self, record: Input, partition: int) -> None:
        # Acts that come back take the offsets in between.
        self.ends[partition] = self.ends.get(partition, 0) + 10_000
        self.alarms += self.chain.apply(record, partition, self.ends[partition])

    def tick(self, after: int) -> None:
        for partition in range(PARTITIONS):
            self.put(Tick("gw", T0 + after), partition)


def test_a_blackout_of_three_hundred_lamps_in_six_grids_is_one_alarm_and_every_lamp_is_hidden_by_it() -> None:
    devices = lamps(300)
    town = Town(Chain(Catalogue.of(RULES.values(), devices)))
    for second in range(0, 40 * 60, 20):
        town.tick(second * S)
        if second % 60 == 0:
            power = 60.0 if second < 300 else 0.0
            for grid in GRIDS:
                mine = [device for device in devices if device.area == grid]
                at = T0 + second * S + 500
                values = {"on": 1.0, "dim_pct": 100.0, "power_w": power}
                said = tuple(Sample(device.id, "light", at, at, values) for device in mine)
                town.put(Batch("gw", grid, at, said), partition_of(grid))
    heard = [event for event in town.alarms if event.page]
    assert [(event.rule, event.device, event.page) for event in heard] == [(FEEDER.id, GROUP, Page.NEW)]
    lamps_out = [event for event in town.alarms if event.rule == "light.out"]
    assert len({event.device for event in lamps_out}) == 300
    assert {event.suppressed_by for event in lamps_out} == {heard[0].episode}


def test_a_gateway_that_is_down_is_one_alarm_and_its_silent_devices_are_suppressed() -> None:
    devices = [
        Device(
            f"g{n}", "gas", GRIDS[n % 3], attributes={"gateway": "G1"}, period_s=300, building=f"{GRIDS[n % 3]}00001"
        )
        for n in range(12)
    ]
    town = Town(Chain(Catalogue.of(RULES.values(), devices)))
    for second in range(0, 3 * 3600, 20):
        town.tick(second * S)
        if second % 300 == 0 and second <= 600:
            for device in devices:
                at = T0 + second * S + 500
                said = (Sample(device.id, "gas", at, at, {"ch4_lel": 0.2}),)
                town.put(Batch("gw", device.area, at, said), partition_of(device.area))
    heard = [event for event in town.alarms if event.page]
    assert [(event.rule, event.device) for event in heard] == [("gateway.down", "gateway:G1")]
    silent = [event for event in town.alarms if event.rule == "gas.silent"]
    assert len({event.device for event in silent}) == 12
    assert all(event.suppressed_by == heard[0].episode for event in silent)


def test_an_act_on_a_rule_of_single_devices_has_no_effect_on_the_group() -> None:
    table = feeder()
    assert table.do(ActionName.ACKNOWLEDGE, S, "light.out", "e") == []
