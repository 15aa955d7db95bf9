"""alarms.md rules 1, 3 and 8: how an alarm goes, and what people may do to it."""

import msgspec
import pytest

from streams.contracts import ActionName, AlarmState, Cause, Op, Quality, Severity
from tests.unit.streams.rule_table import CH4, HOUR, MIN, PLAIN, S, Table

UNACK, ACK, RTN, NORMAL = AlarmState.ACTIVE_UNACK, AlarmState.ACTIVE_ACK, AlarmState.RTN_UNACK, AlarmState.NORMAL


def raised(table: Table) -> None:
    table.send(0, 30)
    assert len(table.send(30 * S, 30)) == 1


def test_3_clearing_needs_the_value_beyond_the_deadband_for_off_delay() -> None:
    table = Table(rules=[PLAIN])
    raised(table)
    for minute in range(1, 30):
        assert table.send(minute * MIN, 21) == []
    assert table.send(30 * MIN, 19) == []
    assert table.send(34 * MIN, 19) == []
    (back,) = table.send(35 * MIN, 19)
    assert (back.old, back.new, back.cause) == (UNACK, RTN, Cause.RETURNED)
    assert back.normal_since is not None
    assert back.at - back.normal_since == 5 * MIN


def test_3_a_value_back_in_the_deadband_starts_the_off_delay_again() -> None:
    table = Table(rules=[PLAIN])
    raised(table)
    table.send(1 * MIN, 10)
    table.send(5 * MIN, 22)
    assert table.send(7 * MIN, 10) == []
    assert table.send(11 * MIN, 10) == []
    assert len(table.send(12 * MIN, 10)) == 1


def test_1_clearing_needs_a_good_sample_at_the_end_of_off_delay() -> None:
    table = Table(rules=[PLAIN])
    raised(table)
    table.send(1 * MIN, 3)
    assert table.tick(HOUR) == []
    assert table.send(HOUR, 3, quality=Quality.FAULT) == []
    assert len(table.send(HOUR + S, 3)) == 1


@pytest.mark.parametrize("quality", [q for q in Quality if q is not Quality.GOOD])
def test_1_a_sample_of_bad_quality_neither_fires_nor_clears(quality: Quality) -> None:
    table = Table(rules=[PLAIN])
    for second in range(0, 120, 10):
        assert table.send(second * S, 90, quality=quality) == []
    assert table.tick(HOUR) == []
    table.send(HOUR, 30)
    assert len(table.send(HOUR + 30 * S, 30)) == 1
    for minute in range(1, 30):
        assert table.send(HOUR + minute * MIN, 1, quality=quality) == []


@pytest.mark.parametrize("flag", ["test", "warmup"])
def test_1_a_test_or_warm_up_never_fires(flag: str) -> None:
    table = Table()
    for second in range(60):
        table.send(second * S, 90, flags=(flag,))
    assert table.tick(HOUR) == []


def test_1_bad_quality_holds_what_is_pending() -> None:
    table = Table(rules=[PLAIN])
    table.send(0, 30)
    table.send(10 * S, 1, quality=Quality.SENTINEL)
    assert len(table.send(30 * S, 30)) == 1


def test_1_a_value_slightly_below_zero_is_drift_and_clears_like_any_good_one() -> None:
    table = Table(rules=[PLAIN])
    raised(table)
    table.send(1 * MIN, -2)
    assert len(table.send(6 * MIN, -2)) == 1


def test_missing_data_never_clears() -> None:
    table = Table(rules=[PLAIN])
    raised(table)
    assert table.tick(100 * HOUR) == []


def test_an_acknowledged_alarm_returns_to_normal_at_once() -> None:
    table = Table(rules=[PLAIN])
    raised(table)
    table.do(ActionName.ACKNOWLEDGE, MIN)
    table.send(2 * MIN, 1)
    (back,) = table.send(7 * MIN, 1)
    assert (back.old, back.new) == (ACK, NORMAL)


def test_a_returned_alarm_waits_for_its_acknowledgement() -> None:
    table = Table(rules=[PLAIN])
    raised(table)
    table.send(2 * MIN, 1)
    table.send(7 * MIN, 1)
    (acked,) = table.do(ActionName.ACKNOWLEDGE, 8 * MIN)
    assert (acked.old, acked.new, acked.cause, acked.by) == (RTN, NORMAL, Cause.ACKNOWLEDGED, "wang")


def test_a_condition_that_comes_back_before_the_acknowledgement_is_the_same_episode() -> None:
    table = Table(rules=[PLAIN])
    raised(table)
    table.send(2 * MIN, 1)
    table.send(7 * MIN, 1)
    table.send(8 * MIN, 30)
    (again,) = table.send(9 * MIN, 30)
    assert (again.old, again.new, again.cause) == (RTN, UNACK, Cause.REALARM)
    assert again.episode == table.events[0].episode
    assert again.normal_since is None


def test_a_condition_that_comes_back_after_the_acknowledgement_is_a_new_episode() -> None:
    table = Table(rules=[PLAIN])
    raised(table)
    table.do(ActionName.ACKNOWLEDGE, MIN)
    table.send(2 * MIN, 1)
    table.send(7 * MIN, 1)
    table.send(8 * MIN, 30)
    (again,) = table.send(9 * MIN, 30)
    assert (again.old, again.new, again.cause) == (NORMAL, UNACK, Cause.CONFIRMED)
    assert again.episode != table.events[0].episode


def test_3_a_latched_alarm_stays_until_a_named_persons_reset() -> None:
    table = Table()
    table.leak()
    table.send(MIN, 1)
    (gone,) = table.send(12 * MIN, 1)
    assert (gone.old, gone.new, gone.cause, gone.latched) == (UNACK, UNACK, Cause.RETURNED, True)
    assert gone.normal_since is not None
    (reset,) = table.do(ActionName.RESET, 13 * MIN)
    assert (reset.new, reset.cause, reset.by, reset.latched) == (NORMAL, Cause.RESET, "wang", False)


def test_3_a_reset_while_the_condition_stands_has_no_effect() -> None:
    table = Table()
    table.leak()
    assert table.do(ActionName.RESET, MIN) == []


def test_3_a_latched_alarm_whose_condition_comes_back_says_so_and_keeps_its_acknowledgement() -> None:
    table = Table()
    table.leak()
    table.do(ActionName.ACKNOWLEDGE, 20 * S)
    table.send(MIN, 1)
    table.send(12 * MIN, 1)
    table.send(13 * MIN, 60)
    (again,) = table.send(13 * MIN + 10 * S, 60)
    assert (again.old, again.new, again.cause, again.normal_since) == (ACK, ACK, Cause.REALARM, None)
    assert table.do(ActionName.RESET, 14 * MIN) == []


def test_a_reset_leaves_a_milder_level_that_still_stands() -> None:
    table = Table()
    table.leak()
    table.send(MIN, 30)
    assert table.send(7 * MIN, 30) == []
    (fallen,) = table.do(ActionName.RESET, 8 * MIN)
    assert (fallen.cause, fallen.severity, fallen.new) == (Cause.RESET, Severity.MAJOR, UNACK)


def test_8_a_clear_beats_an_acknowledgement_that_races_with_it() -> None:
    table = Table(rules=[PLAIN])
    raised(table)
    table.send(2 * MIN, 1)
    table.send(7 * MIN, 1)
    table.do(ActionName.ACKNOWLEDGE, 7 * MIN)
    assert [new for _, new, _ in table.story] == [UNACK, RTN, NORMAL]


def test_acting_twice_or_on_another_episode_has_no_effect() -> None:
    table = Table(rules=[PLAIN])
    raised(table)
    table.do(ActionName.ACKNOWLEDGE, MIN)
    assert table.do(ActionName.ACKNOWLEDGE, MIN) == []
    assert table.do(ActionName.CLOSE, MIN, episode="another") == []
    assert table.do(ActionName.ACKNOWLEDGE, MIN, device="nobody") == []
    assert table.do(ActionName.ACKNOWLEDGE, MIN, rule="none") == []


def test_a_named_person_closes_an_alarm_with_a_reason() -> None:
    table = Table()
    table.leak()
    (closed,) = table.do(ActionName.CLOSE, MIN)
    assert (closed.new, closed.cause, closed.by, closed.why) == (NORMAL, Cause.CLOSED, "wang", "because")
    table.send(2 * MIN, 60)
    (again,) = table.send(3 * MIN, 60)
    assert again.episode != closed.episode


def test_a_limit_from_below_clears_above_its_deadband() -> None:
    level = msgspec.structs.replace(PLAIN.levels[0], limit=19.5, deadband=0.3)
    table = Table(rules=[msgspec.structs.replace(PLAIN, op=Op.LT, levels=(level,))])
    table.send(0, 19.0)
    table.send(30 * S, 19.0)
    table.send(MIN, 19.7)
    assert table.send(7 * MIN, 19.7) == []
    table.send(8 * MIN, 19.9)
    assert len(table.send(13 * MIN, 19.9)) == 1


def test_a_value_that_is_not_a_number_changes_nothing() -> None:
    table = Table()
    table.send(0, 60)
    table.send(5 * S, float("nan"))
    assert len(table.send(10 * S, 60)) == 1


def test_every_transition_has_an_id_of_its_own() -> None:
    table = Table()
    table.leak()
    table.do(ActionName.ACKNOWLEDGE, MIN)
    table.send(2 * MIN, 1)
    table.send(12 * MIN, 1)
    table.do(ActionName.RESET, 13 * MIN)
    assert [event.id.rpartition("-")[2] for event in table.events] == ["1", "2", "3", "4"]
    assert {event.rule for event in table.events} == {CH4.id}
