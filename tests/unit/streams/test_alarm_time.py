"""alarms.md rules 6 and 7: event time, wrong clocks, order, restarts, rules that change."""

import msgspec
import pytest

from streams.contracts import ActionName, AlarmState, Batch, Cause, Level, Op, Rule, Scope, Severity
from streams.contracts.devices import DeviceState
from streams.rules import DEFAULT_CLOCK
from tests.unit.streams.rule_table import CH4, HOUR, MIN, OTHER_GRID, PLAIN, SILENT, T0, S, Table, gas


def rules_of(table: Table) -> list[str]:
    return [event.rule for event in table.events]


def test_6_an_older_sample_is_late_counted_and_changes_nothing() -> None:
    table = Table(rules=[PLAIN])
    table.send(60 * S, 3)
    table.send(61 * S, 90, ts=10 * S)
    assert table.last is not None
    assert table.last.late == 1
    assert table.tick(HOUR) == []


def test_a_duplicate_has_no_effect() -> None:
    table = Table()
    table.send(0, 60)
    assert table.send(11 * S, 60, ts=0) == []
    assert table.last is not None
    assert table.last.duplicates == 1
    table.send(12 * S, 3)
    assert table.tick(HOUR) == []


def test_two_messages_of_one_time_with_different_metrics_both_count() -> None:
    other = Rule("gas.co", 1, "gas", "co", Op.GE, (Level(Severity.MAJOR, 30),), "co", "一氧化碳", "CO")
    table = Table(rules=[PLAIN, other])
    table.send(0, 3)
    assert [event.rule for event in table.send(1, 50, ts=0, metric="co")] == ["gas.co"]


@pytest.mark.parametrize("offset", [51 * S, -10 * MIN, -3 * HOUR, 5 * HOUR], ids=["51 s ahead", "10 min", "3 h", "5 h"])
def test_6_a_steady_offset_never_blinds_the_detector(offset: int) -> None:
    table = Table()
    for step in range(6):
        table.send(step * 10 * S, 2, ts=step * 10 * S + offset)
    table.send(60 * S, 60, ts=60 * S + offset)
    raised = table.send(70 * S, 60, ts=70 * S + offset)
    (alarm,) = [event for event in raised if event.rule == CH4.id]
    assert (alarm.since, alarm.quality, alarm.backlog) == (T0 + 60 * S, "arrival_time", False)
    assert alarm.at == T0 + 70 * S


@pytest.mark.parametrize("offset", [51 * S, -10 * MIN, 5 * HOUR])
def test_6_the_very_first_samples_of_a_wrong_clock_alarm_in_time(offset: int) -> None:
    table = Table()
    table.send(0, 60, ts=offset)
    (alarm,) = table.send(10 * S, 60, ts=10 * S + offset)
    assert (alarm.at, alarm.backlog) == (T0 + 10 * S, False)


@pytest.mark.parametrize("offset", [51 * S, -10 * MIN])
def test_6_a_wrong_clock_that_falls_silent_still_fires_in_time(offset: int) -> None:
    table = Table()
    table.send(0, 60, ts=offset)
    (alarm,) = table.tick(2 * MIN)
    assert (alarm.cause, alarm.at) == (Cause.UNREFUTED, T0 + 90 * S)


def test_6_a_health_alarm_says_that_the_clock_is_wrong_and_when_it_is_right_again() -> None:
    table = Table()
    for step in range(5):
        table.send(step * 10 * S, 2, ts=step * 10 * S - 10 * MIN)
    (wrong,) = table.events
    assert (wrong.rule, wrong.severity, wrong.new, wrong.ticket) == (
        "device.clock",
        Severity.MINOR,
        AlarmState.ACTIVE_UNACK,
        None,
    )
    for step in range(6, 12):
        table.send(step * 10 * S, 2)
    assert table.story[-1][1:] == (AlarmState.RTN_UNACK, Cause.RETURNED)


def test_6_one_wild_time_stamp_does_not_make_what_follows_late() -> None:
    table = Table()
    table.send(0, 2)
    table.send(10 * S, 2, ts=5 * HOUR)
    table.send(20 * S, 60)
    assert len(table.send(30 * S, 60)) == 1


def test_6_a_clock_that_jumps_back_blinds_for_three_samples_at_most() -> None:
    table = Table()
    for step in range(5):
        table.send(step * 10 * S, 2)
    for step in range(5, 10):
        table.send(step * 10 * S, 60, ts=step * 10 * S - 10 * MIN)
    assert [event.at for event in table.events if event.rule == CH4.id] == [T0 + 80 * S]


@pytest.mark.parametrize("ts", [-48 * HOUR, 48 * HOUR, -T0 + 1])
def test_a_time_that_is_no_time_changes_nothing_live(ts: int) -> None:
    table = Table()
    for second in range(0, 60, 10):
        assert table.send(second * S, 90, ts=ts + second * S) == []
    assert table.tick(HOUR) == []


def test_6_data_that_arrives_late_but_is_news_stays_live_up_to_a_day_flagged() -> None:
    table = Table()
    table.send(0, 2)
    table.send(HOUR, 60, ts=10 * MIN)
    (raised,) = table.send(HOUR, 60, ts=10 * MIN + 10 * S)
    assert (raised.backlog, raised.since) == (True, T0 + 10 * MIN)


def test_6_a_leak_wholly_inside_a_backlog_pages_nobody_as_if_it_were_now() -> None:
    table = Table(rules=[PLAIN])
    table.send(0, 2)
    for minute in range(10, 30):
        table.send(2 * HOUR, 30 if minute < 15 else 2, ts=minute * MIN)
    assert [(event.new, event.backlog) for event in table.events] == [
        (AlarmState.ACTIVE_UNACK, True),
        (AlarmState.RTN_UNACK, True),
    ]


def test_6_a_leak_that_a_backlog_began_and_a_live_sample_confirms_is_now() -> None:
    table = Table(rules=[PLAIN])
    table.send(0, 2)
    table.send(HOUR, 30, ts=10 * MIN)
    table.send(HOUR, 30, ts=11 * MIN)
    (live,) = table.send(HOUR + S, 30)
    assert (live.old, live.new, live.cause, live.backlog) == (
        AlarmState.ACTIVE_UNACK,
        AlarmState.ACTIVE_UNACK,
        Cause.CONFIRMED,
        False,
    )
    assert live.episode == table.events[0].episode


def test_6_a_backlog_of_a_device_never_heard_before_is_seen_to_drain() -> None:
    table = Table(rules=[PLAIN])
    for step in range(10):
        table.send(2 * HOUR + step, 30, ts=step * 10 * S)
    assert [event.backlog for event in table.events] == [True]


def test_6_reorder_wait_puts_samples_in_order_first() -> None:
    rule = msgspec.structs.replace(PLAIN, reorder_wait_ms=20 * S)
    table = Table(rules=[rule])
    table.send(40 * S, 30, ts=30 * S)
    table.send(41 * S, 30, ts=0)
    table.send(42 * S, 2, ts=20 * S)
    assert table.tick(70 * S) == []
    table.send(80 * S, 30, ts=60 * S)
    (raised,) = table.tick(101 * S)
    assert (raised.since, raised.at) == (T0 + 30 * S, T0 + 100 * S)


def test_7_a_pending_timer_resumes_with_the_time_that_has_passed() -> None:
    table = Table()
    table.send(0, 60)
    table.restart()
    assert [event.at for event in table.tick(HOUR)] == [T0 + 90 * S]


def test_7_records_at_or_below_the_stored_offset_are_skipped() -> None:
    table = Table()
    table.send(0, 60)
    table.restart()
    table.offset -= 1
    assert table.send(11 * S, 60) == []
    assert len(table.send(12 * S, 60)) == 1


def test_7_a_new_rule_judges_the_last_value_of_every_device() -> None:
    table = Table(rules=[])
    table.send(0, 60)
    table.adopt(rules=[CH4])
    assert table.send(MIN, None) == []
    (raised,) = table.tick(2 * MIN)
    assert (raised.cause, raised.severity) == (Cause.RULE, Severity.CRITICAL)


def test_7_a_changed_rule_comes_into_force_at_the_next_tick() -> None:
    table = Table(rules=[PLAIN])
    table.tick(0)
    table.adopt(rules=[msgspec.structs.replace(PLAIN, version=2, levels=(Level(Severity.MAJOR, 5),))])
    assert table.send(10 * S, 6) == []
    (raised,) = table.tick(11 * S)
    assert (raised.cause, raised.rule_version, raised.at, raised.since) == (Cause.RULE, 2, T0 + 11 * S, T0 + 10 * S)


def test_7_a_new_version_keeps_what_stands_and_what_is_pending_under_the_same_limit() -> None:
    table = Table()
    table.send(0, 60)
    table.adopt(rules=[msgspec.structs.replace(CH4, version=2, name_en="Gas")])
    assert table.tick(5 * S) == []
    (raised,) = table.send(10 * S, 60)
    assert (raised.rule_version, raised.since) == (2, T0)


@pytest.mark.parametrize("disabled", [True, False], ids=["disabled", "deleted"])
def test_a_withdrawn_rule_ends_its_alarms(disabled: bool) -> None:
    table = Table()
    raised = table.leak()
    table.adopt(rules=[msgspec.structs.replace(CH4, version=2, enabled=False)] if disabled else [])
    (ended,) = table.tick(MIN)
    assert (ended.new, ended.cause, ended.episode) == (AlarmState.NORMAL, Cause.RULE, raised.episode)


@pytest.mark.parametrize("how", ["retired", "moved", "deleted"])
def test_a_device_that_leaves_ends_its_alarms(how: str) -> None:
    table = Table()
    table.tick(0)
    table.leak(S)
    left = {
        "retired": [gas(state=DeviceState.RETIRED)],
        "moved": [gas(area=OTHER_GRID)],
        "deleted": [],
    }[how]
    table.adopt(devices=left)
    (ended,) = table.tick(MIN)
    assert (ended.new, ended.cause) == (AlarmState.NORMAL, Cause.DEVICE)
    assert table.send(2 * MIN, 90) == []


def test_a_rule_for_some_devices_watches_only_those() -> None:
    rule = msgspec.structs.replace(PLAIN, scope=Scope(attributes={"zone": "kitchen"}))
    table = Table(rules=[rule], devices=[gas("g1"), gas("g2", attributes={"zone": "kitchen"})])
    for device in ("g1", "g2"):
        table.send(0, 30, device=device)
        table.send(30 * S, 30, device=device)
    assert [event.device for event in table.events] == ["g2"]


def test_a_device_that_nobody_registered_raises_nothing() -> None:
    table = Table()
    table.send(0, 90, device="stranger")
    assert table.last is not None
    assert table.last.strangers == 1


def test_an_outage_of_the_platform_is_nobodys_silence() -> None:
    table = Table(rules=[SILENT], policy=DEFAULT_CLOCK)
    for minute in range(3):
        table.tick(minute * MIN)
    table.restart()
    for minute in range(600, 660):
        assert table.tick(minute * MIN) == []
    assert [event.at for event in table.tick(660 * MIN)] == [T0 + 660 * MIN]


def test_a_period_that_a_device_was_given_anew_counts_from_its_last_message() -> None:
    table = Table(rules=[SILENT], devices=[gas(period_s=36_000)])
    table.tick(0)
    table.send(S, 2)
    table.adopt(devices=[gas(period_s=600)])
    table.tick(2 * S)
    assert [event.at for event in table.tick(2 * HOUR)] == [T0 + HOUR + S]


def test_samples_that_come_before_we_know_their_device_wait_for_the_next_tick() -> None:
    table = Table(devices=[])
    table.tick(0)
    table.send(S, 60)
    table.adopt(devices=[gas()])
    table.send(11 * S, 60)
    (raised,) = table.tick(12 * S)
    assert (raised.since, raised.at) == (T0 + S, T0 + 11 * S)
    table.send(13 * S, 60, device="stranger")
    table.tick(14 * S)
    assert table.last is not None
    assert table.last.strangers == 0


def test_readings_in_quarantine_are_not_stepped() -> None:
    table = Table()
    table.feed(Batch("gw", "quarantine", T0, ()))
    assert table.shard.grids == {}


def test_silence_is_measured_again_after_a_person_closed_it() -> None:
    table = Table(rules=[SILENT])
    table.tick(0)
    table.tick(2 * HOUR)
    table.do(ActionName.CLOSE, 2 * HOUR + S)
    table.send(3 * HOUR, 2)
    assert table.tick(3 * HOUR + 30 * MIN) == []
    assert len(table.tick(5 * HOUR)) == 1


def test_a_device_whose_period_nobody_registered_is_silent_by_its_own_pace() -> None:
    """The 95th percentile of its last twenty gaps, three times; one long pause among them is no pace."""
    quick = msgspec.structs.replace(SILENT, no_data_after_ms=MIN)
    table = Table(rules=[quick], devices=[gas(period_s=0)], restart_every=3)
    table.tick(0)
    at = 0
    for gap in (*[10 * MIN] * 12, 50 * MIN, *[10 * MIN] * 8):
        at += gap
        table.send(at, 2.0)
    assert [event.cause for event in table.events] == [Cause.CONFIRMED, Cause.RETURNED], "the long pause itself"
    (quiet,) = table.tick(at + HOUR)
    assert quiet.at == T0 + at + 30 * MIN
