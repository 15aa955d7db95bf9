"""alarms.md rule 7: what a new version of a rule takes over from the one before, level by level."""

import msgspec

from streams.contracts import ActionName, AlarmState, Cause, Level, Rule, Severity
from tests.unit.streams.rule_table import CH4, HOUR, MIN, PLAIN, T0, S, Table

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
