"""An alarm that was told and not stored, and whose rule or device went before a worker was back (ADR 67)."""

from typing import Any

import msgspec
import pytest

from streams.contracts import Action, ActionName, AlarmEvent, AlarmState, Candidate, Cause, Device, Source
from streams.contracts.devices import DeviceState
from streams.rules.closing import ended
from tests.unit.streams.group_table import MAIN, GroupTable, alarm, returned
from tests.unit.streams.rule_table import CH4, GRID, HOUR, MIN, T0, S, Table, gas
from tests.unit.streams.stored_life import FEEDER


def killed(rule: Any = CH4, **change: Any) -> tuple[Table, AlarmEvent]:
    """A table whose worker told of an alarm, was killed before it stored it, and came back to another catalogue."""
    table = Table(rules=[rule], devices=[gas("g1", attributes={"main": "M7"})])
    table.tick(0)
    stored = {code: table.shard.pack(code) for code in table.shard.codes}
    offset = table.offset
    table.send(S, 60.0)
    table.send(11 * S, 60.0)
    (told,) = [*table.events, *(one.event for one in table.groups if isinstance(one, Candidate))]
    table.catalogue = table.catalogue.with_changes(**change)
    table.events, table.groups, table.offset = [], [], offset
    table.shard = table._make(stored)
    table.tick(0)
    table.send(S, 60.0)
    table.send(11 * S, 60.0)
    table.tick(20 * S)
    assert (table.events, table.groups) == ([], []), "nobody remembers it"
    return table, told


GONE = [
    {"rules": {CH4.id: msgspec.structs.replace(CH4, enabled=False)}},
    {"rules": {CH4.id: None}},
    {"devices": {"g1": gas("g1", state=DeviceState.RETIRED)}},
    {"devices": {"g1": gas("g1", area="990103001001002")}},
]


@pytest.mark.parametrize("change", GONE)
def test_who_closes_a_forgotten_alarm_with_a_reason_ends_it(change: dict[str, Any]) -> None:
    table, told = killed(**change)
    (ended,) = table.do(ActionName.CLOSE, MIN, device="g1", rule=CH4.id, episode=told.episode, told=told)
    assert (ended.id, ended.old, ended.new) == (f"{told.episode}-2", AlarmState.ACTIVE_UNACK, AlarmState.NORMAL)
    assert (ended.cause, ended.by, ended.why, ended.at) == (Cause.CLOSED, "wang", "because", T0 + MIN)
    assert (ended.normal_since, ended.page, ended.samples, ended.latched) == (T0 + MIN, None, (), False)
    assert (ended.source.offset, ended.incident, ended.severity) == (table.offset, told.incident, told.severity)


def test_only_closing_ends_it_and_only_with_what_was_told_of_that_episode() -> None:
    table, told = killed(**GONE[0])
    address: dict[str, Any] = {"device": "g1", "rule": CH4.id, "episode": told.episode}
    assert table.do(ActionName.ACKNOWLEDGE, MIN, told=told, **address) == []
    assert table.do(ActionName.RESET, MIN, told=told, **address) == []
    assert table.do(ActionName.CLOSE, MIN, **address) == []
    assert table.do(ActionName.CLOSE, MIN, told=msgspec.structs.replace(told, episode="another"), **address) == []


def test_an_alarm_that_the_engine_knows_ends_as_ever_and_one_that_is_over_is_told_a_second_time_only() -> None:
    table = Table()
    told = table.leak()
    (closed,) = table.do(ActionName.CLOSE, MIN, device="g1", told=msgspec.structs.replace(told, incident="wrong"))
    assert (closed.cause, closed.incident) == (Cause.CLOSED, told.incident)
    (again,) = table.do(ActionName.CLOSE, 2 * MIN, device="g1", episode=told.episode, told=told)
    assert again.id == closed.id


def test_a_grid_that_nobody_has_begun_yet_ends_it_too() -> None:
    told = Table().leak()
    (ended,) = Table(devices=[]).do(ActionName.CLOSE, MIN, device="g1", rule=CH4.id, episode=told.episode, told=told)
    assert ended.new is AlarmState.NORMAL


def test_a_forgotten_member_of_an_incident_ends_by_way_of_its_group() -> None:
    rule = msgspec.structs.replace(CH4, group=("main",))
    table, told = killed(rule, rules={rule.id: msgspec.structs.replace(rule, enabled=False)})
    table.do(ActionName.CLOSE, MIN, device="g1", rule=rule.id, episode=told.episode, told=told)
    (candidate,) = table.groups
    assert isinstance(candidate, Candidate)
    assert (candidate.group, candidate.event.id) == (told.group, f"{told.episode}-2")


def closed(opened: AlarmEvent, after: int) -> AlarmEvent:
    return returned(opened, after, cause=Cause.CLOSED, id=f"{opened.episode}-9")


def test_a_group_that_knows_the_member_lets_it_leave_and_one_that_does_not_tells_what_was_told() -> None:
    table = GroupTable([], [], MAIN)
    table.tick(0)
    first, second = alarm("h1", S), alarm("h2", 2 * S)
    table.send(first, second)
    (left,) = table.send(closed(first, MIN))
    assert left.members == 1
    stranger = msgspec.structs.replace(closed(alarm("h3", 3 * S), MIN), incident="gas-leak:as-it-was", members=7)
    assert table.send(stranger) == [stranger]
    assert len(table.incidents()) == 2
    (joined,) = table.send(alarm("h4", 2 * MIN))
    assert joined.members == 2


def test_a_groups_own_forgotten_alarm_is_closed() -> None:
    lamps = [Device(f"l{n}", "light", GRID, attributes={"feeder": "F1", "main": "M7"}, period_s=60) for n in range(6)]
    rule = msgspec.structs.replace(FEEDER, group=("main",))
    table = GroupTable([rule], lamps, MAIN)
    table.tick(0)
    for number in range(6):
        table.condition(f"l{number}", S, rule=rule.id)
    table.tick(S)
    told = table.tick(3 * MIN)[0]
    again = GroupTable([msgspec.structs.replace(rule, enabled=False)], lamps, MAIN)
    again.tick(HOUR)
    for _ in range(2):
        again.do(ActionName.CLOSE, HOUR + S, rule.id, told.episode, told=told)
    (ended,) = again.events
    assert (ended.id, ended.new, ended.cause) == (f"{told.episode}-2", AlarmState.NORMAL, Cause.CLOSED)


def test_the_end_has_the_next_number_and_calls_nobody_in_a_flood() -> None:
    told = alarm("h1", S, number=12, flood=True, latched=True)
    asked = Action("act", ActionName.CLOSE, GRID, "h1", told.rule, told.episode, "wang", T0 + MIN, told=told)
    end = ended(told, asked, Source(3, 4))
    assert (told.episode, end.id) == ("h1-episode-0000", "h1-episode-0000-13")
    assert (end.flood, end.page, end.latched, end.source) == (False, None, False, Source(3, 4))
