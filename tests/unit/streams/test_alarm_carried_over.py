"""alarms.md rule 7: what a new version of a rule takes over from the one before, level by level."""

import msgspec
import pytest

from streams.contracts import ActionName, AlarmState, Candidate, Cause, Level, Page, Rule, Severity
from streams.contracts.devices import DeviceState
from tests.unit.streams.rule_table import CH4, HOUR, MIN, PLAIN, SILENT, T0, S, Table, gas

UNLATCHED = msgspec.structs.replace(
    CH4, levels=tuple(msgspec.structs.replace(level, latch=False) for level in CH4.levels)
)


def changed(rule: Rule, *levels: Level, **more: object) -> Rule:
    return msgspec.structs.replace(rule, version=rule.version + 1, levels=levels or rule.levels, **more)


def test_7_an_alarm_stands_on_at_its_severity_under_a_new_version() -> None:
    table = Table(rules=[UNLATCHED])
    raised = table.leak()
    table.adopt(rules=[changed(UNLATCHED, name_en="Gas")])
    assert table.tick(MIN) == []
    for minute in (2, 7, 12):
        table.send(minute * MIN, 30.0)
    (fallen,) = table.events[1:]
    assert (fallen.cause, fallen.severity, fallen.rule_version) == (Cause.SEVERITY_DOWN, Severity.MAJOR, 2)
    assert fallen.episode == raised.episode


def test_7_a_level_is_matched_by_its_severity_though_its_place_has_changed() -> None:
    critical, major, warning = UNLATCHED.levels
    table = Table(rules=[changed(UNLATCHED, major, warning)])
    table.send(0, 30.0)
    table.send(30 * S, 30.0)
    table.adopt(rules=[msgspec.structs.replace(UNLATCHED, version=9, levels=(critical, major, warning))])
    assert table.tick(MIN) == []
    table.send(2 * MIN, 12.0)
    (fallen,) = table.send(7 * MIN, 12.0)
    assert (fallen.cause, fallen.severity) == (Cause.SEVERITY_DOWN, Severity.WARNING)


def test_7_a_severity_that_the_new_version_lacks_falls_to_what_still_stands() -> None:
    _, major, warning = UNLATCHED.levels
    table = Table(rules=[UNLATCHED])
    table.leak()
    table.adopt(rules=[changed(UNLATCHED, major, warning)])
    table.tick(MIN)
    table.send(2 * MIN, 1.0)
    table.send(7 * MIN, 1.0)
    assert table.events[-1].severity is Severity.WARNING
    (ended,) = table.send(12 * MIN, 1.0)
    assert ended.new is AlarmState.RTN_UNACK


def test_7_a_latch_is_carried_over_and_still_waits_for_its_reset() -> None:
    table = Table()
    table.leak()
    table.send(MIN, 1.0)
    table.send(12 * MIN, 1.0)
    table.adopt(rules=[changed(CH4, name_en="Gas")])
    assert table.tick(13 * MIN) == []
    assert table.send(30 * MIN, 1.0) == []
    (reset,) = table.do(ActionName.RESET, 31 * MIN)
    assert (reset.new, reset.latched) == (AlarmState.NORMAL, False)


def test_7_the_way_down_goes_on_under_a_new_version_with_the_same_limit() -> None:
    table = Table(rules=[PLAIN])
    table.send(0, 30.0)
    table.send(30 * S, 30.0)
    table.send(MIN, 1.0)
    table.adopt(rules=[changed(PLAIN, name_en="Gas")])
    table.tick(2 * MIN)
    (back,) = table.send(6 * MIN, 1.0)
    assert (back.cause, back.normal_since) == (Cause.RETURNED, T0 + MIN)


def test_7_what_is_pending_begins_anew_under_another_limit() -> None:
    lower = msgspec.structs.replace(PLAIN.levels[0], limit=20.0)
    table = Table(rules=[PLAIN])
    table.send(0, 30.0)
    table.send(20 * S, 28.0)
    table.adopt(rules=[changed(PLAIN, lower)])
    table.tick(25 * S)
    assert table.send(30 * S, 30.0) == []
    (raised,) = table.send(50 * S, 30.0)
    assert raised.since == T0 + 20 * S


def test_7_an_acknowledgement_and_a_shelf_are_carried_over() -> None:
    shelvable = msgspec.structs.replace(PLAIN, max_shelve_ms=HOUR)
    table = Table(rules=[shelvable])
    table.send(0, 30.0)
    table.send(30 * S, 30.0)
    table.do(ActionName.ACKNOWLEDGE, MIN)
    table.do(ActionName.SHELVE, 2 * MIN, until=HOUR)
    table.adopt(rules=[changed(shelvable, name_en="Gas")])
    assert table.tick(3 * MIN) == []
    (shown,) = table.tick(2 * HOUR)
    assert (shown.at, shown.new, shown.cause) == (T0 + HOUR, AlarmState.ACTIVE_ACK, Cause.SHOWN)


def test_what_a_person_closes_has_been_normal_since_then_at_the_latest() -> None:
    table = Table()
    table.leak()
    (closed,) = table.do(ActionName.CLOSE, MIN)
    assert closed.normal_since == T0 + MIN
    again = Table()
    again.leak()
    again.send(MIN, 1.0)
    again.send(12 * MIN, 1.0)
    (closed,) = again.do(ActionName.CLOSE, 20 * MIN)
    assert closed.normal_since == T0 + MIN


def silence(severity: Severity, **more: object) -> Rule:
    return msgspec.structs.replace(SILENT, levels=(Level(severity),), **more)


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize(
    ("severity", "cause", "new"),
    [
        (Severity.MAJOR, Cause.RULE, AlarmState.ACTIVE_UNACK),
        (Severity.WARNING, Cause.SEVERITY_DOWN, AlarmState.ACTIVE_ACK),
    ],
)
def test_4_a_silence_that_is_rated_otherwise_rises_or_falls_as_it_is_rated(
    severity: Severity, cause: Cause, new: AlarmState, *, restarted: bool
) -> None:
    """A rise withdraws the acknowledgement like any other, and the silence stands on until the device speaks."""
    table = Table(rules=[SILENT])
    table.send(0, 3.0)
    (raised,) = table.tick(2 * HOUR)
    table.do(ActionName.ACKNOWLEDGE, 2 * HOUR + MIN)
    table.adopt(rules=[silence(severity, version=2)])
    if restarted:
        table.restart()
    (rated,) = table.tick(3 * HOUR)
    assert (rated.cause, rated.new, rated.severity, rated.at) == (cause, new, severity, T0 + 3 * HOUR)
    assert (rated.episode, rated.rule_version) == (raised.episode, 2)
    assert table.tick(5 * HOUR) == []
    (back,) = table.send(6 * HOUR, 3.0)
    assert (back.episode, back.cause, back.severity) == (raised.episode, Cause.RETURNED, severity)


def test_4_a_silence_that_stands_returns_though_its_rule_now_waits_longer() -> None:
    table = Table(rules=[SILENT])
    table.send(0, 3.0)
    (raised,) = table.tick(2 * HOUR)
    table.adopt(rules=[silence(Severity.CRITICAL, version=2, no_data_after_ms=48 * HOUR)])
    (risen,) = table.tick(3 * HOUR)
    assert (risen.cause, risen.severity) == (Cause.RULE, Severity.CRITICAL)
    (back,) = table.send(4 * HOUR, 3.0)
    assert (back.episode, back.cause) == (raised.episode, Cause.RETURNED)


@pytest.mark.parametrize(
    ("severity", "cause", "new"),
    [
        (Severity.CRITICAL, Cause.RULE, AlarmState.ACTIVE_UNACK),
        (Severity.WARNING, Cause.SEVERITY_DOWN, AlarmState.ACTIVE_ACK),
    ],
)
@pytest.mark.parametrize("heard", [False, True])
def test_4_an_alarm_of_the_same_limit_stands_on_at_the_severity_of_the_new_version(
    severity: Severity, cause: Cause, new: AlarmState, *, heard: bool
) -> None:
    """``heard``: the device speaks after a restart, before the tick that brings the new version to all."""
    table = Table(rules=[PLAIN])
    table.send(0, 30.0)
    (raised,) = table.send(30 * S, 30.0)
    table.do(ActionName.ACKNOWLEDGE, MIN)
    table.adopt(rules=[changed(PLAIN, msgspec.structs.replace(PLAIN.levels[0], severity=severity))])
    if heard:
        table.restart()
        table.send(2 * MIN, 30.0)
    table.tick(3 * MIN)
    (rated,) = table.events[2:]
    assert (rated.cause, rated.new, rated.severity, rated.episode) == (cause, new, severity, raised.episode)
    assert rated.page is (Page.SEVERITY if new is AlarmState.ACTIVE_UNACK else None)


@pytest.mark.parametrize("rule", [PLAIN, SILENT], ids=lambda rule: rule.id)
def test_7_an_alarm_whose_rule_was_deleted_while_nobody_worked_ends_at_the_next_tick(rule: Rule) -> None:
    table = Table(rules=[rule])
    table.send(0, 30.0)
    (raised,) = table.tick(2 * HOUR)
    table.catalogue = table.catalogue.with_changes({rule.id: None})
    table.restart()
    table.restart()
    (ended,) = table.tick(3 * HOUR)
    assert (ended.episode, ended.incident, ended.severity) == (raised.episode, raised.incident, raised.severity)
    assert (ended.new, ended.cause, ended.why) == (AlarmState.NORMAL, Cause.RULE, "rule withdrawn")
    assert (ended.at, ended.rule_version, ended.metric) == (T0 + 3 * HOUR, 1, rule.metric)
    assert table.last is not None
    assert table.last.faults == []
    table.restart()
    assert table.tick(4 * HOUR) == []


def test_7_maintenance_and_fewer_levels_at_once_are_no_bug() -> None:
    """Maintenance is told before the rule is looked at: under its present version all the same."""
    table = Table(rules=[UNLATCHED])
    table.send(0, 12.0)
    table.send(MIN, 12.0)
    critical, _, warning = UNLATCHED.levels
    table.adopt(rules=[changed(UNLATCHED, critical, warning)], devices=[gas(version=2, state=DeviceState.MAINTENANCE)])
    (hidden,) = table.tick(2 * MIN)
    assert (hidden.cause, hidden.severity) == (Cause.HIDDEN, Severity.WARNING)


def test_7_its_group_hears_of_the_end_of_an_alarm_whose_rule_was_deleted() -> None:
    rule = msgspec.structs.replace(PLAIN, group=("main",))
    table = Table(rules=[rule], devices=[gas(attributes={"main": "M7"})])
    table.send(0, 30.0)
    table.send(30 * S, 30.0)
    table.catalogue = table.catalogue.with_changes({rule.id: None})
    table.restart()
    table.tick(MIN)
    opened, ended = [record for record in table.groups if isinstance(record, Candidate)]
    assert (ended.group, ended.event.episode) == (opened.group, opened.event.episode)
    assert ended.event.new is AlarmState.NORMAL


def test_7_a_device_that_was_deleted_with_its_rule_leaves_no_alarm_behind() -> None:
    table = Table(rules=[PLAIN])
    table.send(0, 30.0)
    (raised,) = table.send(30 * S, 30.0)
    table.catalogue = table.catalogue.with_changes({PLAIN.id: None}, {"g1": None})
    table.restart()
    (ended,) = table.tick(MIN)
    assert (ended.episode, ended.cause, ended.new) == (raised.episode, Cause.DEVICE, AlarmState.NORMAL)


def test_7_an_alarm_ends_though_the_version_that_withdraws_its_rule_has_fewer_levels() -> None:
    table = Table(rules=[UNLATCHED])
    table.send(0, 12.0)
    (raised,) = table.send(MIN, 12.0)
    table.adopt(rules=[changed(UNLATCHED, UNLATCHED.levels[0], enabled=False)])
    (ended,) = table.tick(2 * MIN)
    assert (ended.rule, ended.episode, ended.new) == (raised.rule, raised.episode, AlarmState.NORMAL)
    assert table.last is not None
    assert table.last.faults == []


def test_4_a_sample_that_waits_to_be_put_in_order_hides_no_other_rating() -> None:
    ordered = msgspec.structs.replace(PLAIN, levels=(Level(Severity.MAJOR, 25),), reorder_wait_ms=MIN)
    table = Table(rules=[ordered])
    table.send(0, 30.0)
    (raised,) = table.tick(2 * MIN)
    table.catalogue = table.catalogue.with_changes({ordered.id: changed(ordered, Level(Severity.CRITICAL, 25))})
    table.restart()
    (risen,) = table.send(3 * MIN, 30.0)
    assert (risen.episode, risen.severity, risen.cause) == (raised.episode, Severity.CRITICAL, Cause.RULE)


def test_4_a_rise_that_a_new_version_brings_has_the_rule_as_its_cause() -> None:
    levels = (Level(Severity.CRITICAL, 50), Level(Severity.MAJOR, 25))
    table = Table(rules=[msgspec.structs.replace(PLAIN, levels=levels)])
    (raised,) = table.send(0, 30.0)
    table.adopt(rules=[changed(PLAIN, Level(Severity.CRITICAL, 28), levels[1])])
    (risen,) = table.tick(MIN)
    assert (raised.severity, risen.severity, risen.cause) == (Severity.MAJOR, Severity.CRITICAL, Cause.RULE)
