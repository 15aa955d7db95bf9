"""alarms.md rules 2, 4, 5 and the over-range part of rule 1: how an alarm comes to stand."""

import hashlib

import msgspec
import pytest

from streams.contracts import ActionName, AlarmState, Cause, Level, Op, Quality, Rule, Severity
from tests.unit.streams.rule_table import CH4, HOUR, MIN, PLAIN, SILENT, T0, S, Table, gas


def test_calm_values_raise_nothing() -> None:
    table = Table()
    for second in range(120):
        table.send(second * S, 3.0)
    assert table.events == []


def test_2_it_fires_when_the_condition_held_for_on_delay_and_in_repeat_samples() -> None:
    table = Table()
    assert table.send(0, 60) == []
    assert table.send(9 * S, 60) == []
    (raised,) = table.send(10 * S, 61)
    assert (raised.old, raised.new, raised.cause) == (AlarmState.NORMAL, AlarmState.ACTIVE_UNACK, Cause.CONFIRMED)
    assert raised.severity is Severity.CRITICAL
    assert (raised.since, raised.ts, raised.value, raised.limit) == (T0, T0 + 10 * S, 61, 50)


def test_2_one_wild_sample_does_not_fire() -> None:
    table = Table()
    table.send(0, 99)
    table.send(1 * S, 3)
    table.send(20 * S, 99)
    table.send(21 * S, 3)
    table.tick(HOUR)
    assert table.events == []


def test_2_a_detector_that_falls_silent_after_its_first_alarm_still_fires() -> None:
    table = Table()
    table.send(0, 60)
    assert table.tick(89 * S) == []
    (raised,) = table.tick(91 * S)
    assert (raised.cause, raised.at, raised.severity) == (Cause.UNREFUTED, T0 + 90 * S, Severity.CRITICAL)


def test_2_a_detector_that_reports_hourly_fires_by_what_nothing_refuted() -> None:
    table = Table()
    table.send(0, 30)
    (raised,) = table.send(HOUR, 30)
    assert (raised.cause, raised.at, raised.severity) == (Cause.UNREFUTED, T0 + 10 * MIN, Severity.MAJOR)


def test_2_a_refuted_condition_is_not_confirmed_by_time() -> None:
    table = Table()
    table.send(0, 60)
    table.send(60 * S, 3)
    assert table.tick(HOUR) == []


def test_2_a_level_without_unrefuted_never_fires_by_silence() -> None:
    table = Table()
    table.send(0, 12)
    assert table.tick(HOUR) == []


def test_a_due_timer_fires_before_the_record_that_passes_it() -> None:
    table = Table()
    table.send(0, 60)
    events = table.send(95 * S, 3)
    assert [(event.cause, event.at) for event in events] == [(Cause.UNREFUTED, T0 + 90 * S)]


def test_the_detectors_own_alarm_fires_on_its_second_message() -> None:
    rule = Rule(
        "gas.alarm", 1, "gas", "alarm", Op.TRUE, (Level(Severity.CRITICAL, repeat=2, unrefuted_ms=30 * S, latch=True),),
        "gas-leak", "报警", "Alarm",
    )  # fmt: skip
    table = Table(rules=[rule])
    assert table.send(0, 1.0, metric="alarm") == []
    (raised,) = table.send(S, 1.0, metric="alarm")
    assert raised.severity is Severity.CRITICAL
    assert raised.incident == "gas-leak:g1"


@pytest.mark.parametrize(
    ("op", "limit", "calm", "hazard"),
    [(Op.GE, 10, 9.9, 10), (Op.GT, 7, 7, 7.1), (Op.LE, 5, 5.1, 5), (Op.LT, 19.5, 19.5, 19.4), (Op.TRUE, 1, 0, 1)],
)
def test_each_operator_meets_its_limit(op: Op, limit: float, calm: float, hazard: float) -> None:
    rule = Rule("r", 1, "gas", "m", op, (Level(Severity.MAJOR, limit),), "c", "零", "r")
    table = Table(rules=[rule])
    assert table.send(0, calm, metric="m") == []
    assert len(table.send(S, hazard, metric="m")) == 1


def test_4_severity_rises_when_the_higher_limits_own_confirmation_is_met_and_withdraws_the_acknowledgement() -> None:
    table = Table()
    table.send(0, 30)
    (raised,) = table.send(30 * S, 30)
    assert raised.severity is Severity.MAJOR
    (acked,) = table.do(ActionName.ACKNOWLEDGE, 31 * S)
    assert acked.new is AlarmState.ACTIVE_ACK
    assert table.send(40 * S, 70) == []
    (risen,) = table.send(50 * S, 70)
    assert (risen.old, risen.new, risen.cause) == (AlarmState.ACTIVE_ACK, AlarmState.ACTIVE_UNACK, Cause.SEVERITY_UP)
    assert (risen.severity, risen.episode) == (Severity.CRITICAL, raised.episode)


def test_4_severity_rises_by_silence_too() -> None:
    table = Table()
    table.send(0, 30)
    table.send(30 * S, 30)
    table.send(40 * S, 70)
    (risen,) = table.tick(HOUR)
    assert (risen.cause, risen.severity, risen.at) == (Cause.SEVERITY_UP, Severity.CRITICAL, T0 + 130 * S)


def test_4_severity_falls_only_through_the_deadband_and_off_delay_of_the_higher_limit() -> None:
    rule = _unlatched()
    table = Table(rules=[rule])
    table.leak(0)
    table.send(20 * S, 48)
    table.send(10 * MIN, 48)
    assert len(table.events) == 1
    table.send(11 * MIN, 30)
    (fallen,) = table.send(16 * MIN, 30)
    assert (fallen.cause, fallen.severity) == (Cause.SEVERITY_DOWN, Severity.MAJOR)
    assert fallen.old is fallen.new is AlarmState.ACTIVE_UNACK


def test_5_the_episode_is_the_hash_of_subject_rule_and_first_sample() -> None:
    raised = Table().leak(0)
    assert raised.episode == hashlib.sha256(f"g1\ngas.ch4\n{T0}".encode()).hexdigest()[:32]
    assert raised.id == f"{raised.episode}-1"


def test_1_over_range_is_the_top_limit_latched() -> None:
    table = Table(rules=[_unlatched()])
    table.send(0, 100, quality=Quality.OVER_RANGE)
    (raised,) = table.send(S, 100, quality=Quality.OVER_RANGE)
    assert (raised.severity, raised.quality, raised.latched) == (Severity.CRITICAL, "over_range", True)
    table.send(MIN, 2)
    (gone,) = table.send(20 * MIN, 2)
    assert (gone.new, gone.latched) == (AlarmState.ACTIVE_UNACK, True)


def test_1_over_range_means_nothing_to_a_rule_that_does_not_ask_for_it() -> None:
    table = Table(rules=[PLAIN])
    for second in range(5):
        table.send(second * S, 100, quality=Quality.OVER_RANGE)
    assert table.tick(HOUR) == []


def test_silent_fires_after_the_longer_of_periods_and_floor() -> None:
    table = Table(rules=[SILENT], devices=[gas(period_s=3600)])
    table.tick(0)
    table.send(10 * S, 3)
    assert table.tick(3 * HOUR) == []
    (raised,) = table.tick(3 * HOUR + 11 * S)
    assert (raised.at, raised.since, raised.severity) == (T0 + 3 * HOUR + 10 * S, T0 + 10 * S, Severity.MINOR)
    (back,) = table.send(4 * HOUR, 3)
    assert (back.new, back.cause, back.normal_since) == (AlarmState.RTN_UNACK, Cause.RETURNED, T0 + 4 * HOUR)


def test_silent_watches_a_device_that_never_spoke() -> None:
    table = Table(rules=[SILENT])
    table.tick(0)
    (raised,) = table.tick(HOUR + S)
    assert (raised.device, raised.at) == ("g1", T0 + HOUR)


@pytest.mark.parametrize("message", ["bad", "test", "old", "empty", "online"])
def test_any_message_of_any_quality_refutes_silence(message: str) -> None:
    table = Table(rules=[SILENT])
    table.tick(0)
    half = HOUR // 2
    if message == "bad":
        table.send(half, 3, quality=Quality.FAULT)
    elif message == "test":
        table.send(half, 3, flags=("test",))
    elif message == "old":
        table.send(half, 3, ts=half - 48 * HOUR)
    elif message == "online":
        table.send(half, flags=("online",))
    else:
        table.send(half)
    assert table.tick(HOUR + S) == []
    assert len(table.tick(half + HOUR + S)) == 1


def test_a_last_will_is_no_sign_of_life() -> None:
    table = Table(rules=[SILENT])
    table.tick(0)
    assert table.send(HOUR // 2, flags=("offline",)) == []
    (raised,) = table.tick(HOUR + S)
    assert (raised.at, raised.since) == (T0 + HOUR, T0)
    assert table.send(HOUR + 2 * S, flags=("offline",)) == []


def _unlatched() -> Rule:
    levels = tuple(msgspec.structs.replace(level, latch=False) for level in CH4.levels)
    return msgspec.structs.replace(CH4, levels=levels)
