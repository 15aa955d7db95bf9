"""alarms.md rules 7, 8, 11 and 12: what hides an alarm, what ends that, and what an event tells."""

import msgspec
import pytest

from streams.contracts import (
    MOST_EVIDENCE,
    Action,
    ActionName,
    AlarmState,
    Cause,
    Level,
    Op,
    Page,
    Quality,
    Rule,
    Severity,
    TicketPolicy,
)
from streams.contracts.devices import DeviceState
from streams.rules import Reading, episode_id, new_slot, step
from tests.unit.streams.rule_table import CH4, GRID, HOUR, MIN, PLAIN, SILENT, T0, S, Table, gas

UNACK, ACK, NORMAL = AlarmState.ACTIVE_UNACK, AlarmState.ACTIVE_ACK, AlarmState.NORMAL
SHELVABLE = msgspec.structs.replace(PLAIN, max_shelve_ms=8 * HOUR)
GRAVE = msgspec.structs.replace(CH4, max_shelve_ms=HOUR, second_approver=True)
SHELVE = {"device": "g1", "rule": PLAIN.id, "episode": "-"}


def raised(table: Table, start: int = 0) -> None:
    table.send(start, 30)
    assert len(table.send(start + 30 * S, 30)) == 1


def test_11_a_shelved_alarm_says_so_and_shows_itself_when_the_shelving_ends() -> None:
    table = Table(rules=[SHELVABLE])
    raised(table)
    (hidden,) = table.do(ActionName.SHELVE, MIN, until=HOUR)
    assert (hidden.cause, hidden.shelved_until, hidden.by, hidden.why) == (Cause.HIDDEN, T0 + HOUR, "wang", "because")
    assert hidden.hidden
    (back,) = table.tick(2 * HOUR)
    assert (back.cause, back.at, back.hidden, back.page) == (Cause.SHOWN, T0 + HOUR, False, Page.NEW)
    assert (back.old, back.new, back.episode) == (UNACK, UNACK, hidden.episode)


def test_7_a_condition_that_became_true_while_shelved_fires_when_the_shelving_ends() -> None:
    table = Table(rules=[SHELVABLE])
    table.tick(0)
    assert table.do(ActionName.SHELVE, S, until=HOUR, **SHELVE) == []
    table.send(MIN, 30)
    (secret,) = table.send(2 * MIN, 30)
    assert (secret.new, secret.hidden, secret.page, secret.shelved_until) == (UNACK, True, None, T0 + HOUR)
    (shown,) = table.tick(HOUR)
    assert (shown.cause, shown.page, shown.episode) == (Cause.SHOWN, Page.NEW, secret.episode)


def test_7_nothing_fires_at_the_end_where_the_condition_has_gone() -> None:
    table = Table(rules=[SHELVABLE])
    table.tick(0)
    table.do(ActionName.SHELVE, S, until=HOUR, **SHELVE)
    raised(table, MIN)
    table.send(5 * MIN, 1)
    table.send(10 * MIN, 1)
    (shown,) = table.tick(2 * HOUR)
    assert (shown.cause, shown.old, shown.new, shown.page) == (
        Cause.SHOWN,
        AlarmState.RTN_UNACK,
        AlarmState.RTN_UNACK,
        None,
    )


def test_11_history_never_loses_what_was_hidden() -> None:
    table = Table(rules=[SHELVABLE])
    table.tick(0)
    table.do(ActionName.SHELVE, S, until=8 * HOUR, **SHELVE)
    raised(table, MIN)
    table.send(5 * MIN, 1)
    (returned,) = table.send(10 * MIN, 1)
    assert [event.hidden for event in table.events] == [True, True]
    assert returned.cause is Cause.RETURNED


def test_11_shelving_always_ends_at_the_rules_longest_at_the_latest() -> None:
    table = Table(rules=[SHELVABLE])
    raised(table)
    (hidden,) = table.do(ActionName.SHELVE, MIN, until=1_000 * HOUR)
    assert hidden.shelved_until == T0 + MIN + 8 * HOUR


@pytest.mark.parametrize("until", [None, 0, 1 * MIN], ids=["no end", "in the past", "now"])
def test_11_a_shelving_without_an_end_has_no_effect(until: int | None) -> None:
    table = Table(rules=[SHELVABLE])
    raised(table)
    assert table.do(ActionName.SHELVE, MIN, until=until) == []


def test_11_a_rule_that_allows_no_shelving_is_not_shelved() -> None:
    table = Table(rules=[PLAIN])
    raised(table)
    assert table.do(ActionName.SHELVE, MIN, until=HOUR) == []


@pytest.mark.parametrize("second", ["", "wang"], ids=["nobody", "the same person"])
def test_11_a_critical_gas_rule_is_not_shelved_without_a_second_approver(second: str) -> None:
    table = Table(rules=[GRAVE])
    table.leak()
    assert table.do(ActionName.SHELVE, MIN, until=HOUR, second=second) == []
    (hidden,) = table.do(ActionName.SHELVE, 2 * MIN, until=HOUR, second="li")
    assert hidden.hidden


@pytest.mark.parametrize("second", ["", "wang"], ids=["nobody", "the same person"])
def test_11_a_critical_gas_rule_does_not_go_out_of_service_without_a_second_approver(second: str) -> None:
    table = Table(rules=[GRAVE])
    table.leak()
    assert table.do(ActionName.OUT_OF_SERVICE, MIN, second=second) == []
    (hidden,) = table.do(ActionName.OUT_OF_SERVICE, 2 * MIN, second="li")
    assert hidden.out_of_service
    assert table.do(ActionName.OUT_OF_SERVICE, 3 * MIN, second=second) == [], "what two agreed to, one does not undo"
    (shown,) = table.do(ActionName.IN_SERVICE, 4 * MIN)
    assert shown.cause is Cause.SHOWN


def test_shelving_ends_early_when_somebody_says_so() -> None:
    table = Table(rules=[SHELVABLE])
    raised(table)
    table.do(ActionName.SHELVE, MIN, until=HOUR)
    (shown,) = table.do(ActionName.UNSHELVE, 2 * MIN)
    assert (shown.cause, shown.page) == (Cause.SHOWN, Page.NEW)
    assert table.tick(2 * HOUR) == []
    assert table.do(ActionName.UNSHELVE, 3 * HOUR) == []


def test_a_shelf_outlives_a_restart_while_nothing_else_is_remembered() -> None:
    table = Table(rules=[SHELVABLE])
    table.tick(0)
    table.do(ActionName.SHELVE, S, until=HOUR, **SHELVE)
    table.restart()
    table.send(MIN, 30)
    (secret,) = table.send(2 * MIN, 30)
    assert secret.hidden
    assert [event.cause for event in table.tick(2 * HOUR)] == [Cause.SHOWN]


def test_out_of_service_hides_until_a_person_ends_it() -> None:
    table = Table(rules=[PLAIN])
    raised(table)
    (hidden,) = table.do(ActionName.OUT_OF_SERVICE, MIN)
    assert (hidden.cause, hidden.out_of_service) == (Cause.HIDDEN, True)
    assert table.do(ActionName.OUT_OF_SERVICE, 2 * MIN) == []
    assert table.tick(1_000 * HOUR) == []
    (shown,) = table.do(ActionName.IN_SERVICE, 1_001 * HOUR)
    assert (shown.cause, shown.page) == (Cause.SHOWN, Page.NEW)


def test_suppression_by_another_subject_names_it_and_ends_with_it() -> None:
    table = Table(rules=[PLAIN])
    table.tick(0)
    assert table.do(ActionName.SUPPRESS, S, by="outage-1", **SHELVE) == []
    raised(table, MIN)
    assert (table.events[-1].suppressed_by, table.events[-1].page) == ("outage-1", None)
    assert table.do(ActionName.SUPPRESS, 2 * MIN, by="outage-1") == []
    (other,) = table.do(ActionName.SUPPRESS, 3 * MIN, by="outage-2")
    assert other.cause is Cause.HIDDEN
    (less,) = table.do(ActionName.UNSUPPRESS, 4 * MIN, by="outage-1")
    assert (less.cause, less.suppressed_by) == (Cause.HIDDEN, "outage-2")
    (shown,) = table.do(ActionName.UNSUPPRESS, 5 * MIN, by="outage-2")
    assert (shown.cause, shown.suppressed_by) == (Cause.SHOWN, "")


def test_two_reasons_to_hide_must_both_end() -> None:
    table = Table(rules=[SHELVABLE])
    raised(table)
    table.do(ActionName.SHELVE, MIN, until=HOUR)
    table.do(ActionName.OUT_OF_SERVICE, 2 * MIN)
    (still,) = table.tick(2 * HOUR)
    assert (still.cause, still.hidden, still.shelved_until) == (Cause.HIDDEN, True, None)
    (shown,) = table.do(ActionName.IN_SERVICE, 3 * HOUR)
    assert shown.cause is Cause.SHOWN


def test_an_acknowledgement_outlives_what_hides_the_alarm() -> None:
    table = Table(rules=[SHELVABLE])
    raised(table)
    table.do(ActionName.ACKNOWLEDGE, MIN)
    table.do(ActionName.SHELVE, 2 * MIN, until=HOUR)
    (shown,) = table.tick(2 * HOUR)
    assert (shown.old, shown.new, shown.page) == (ACK, ACK, None)


CAUSE = Rule("a.cause", 1, "gas", "cause", Op.TRUE, (Level(Severity.MAJOR),), "cause", "因", "Cause")
EFFECT = msgspec.structs.replace(PLAIN, suppress_when=("a.cause", "z.other"))
FIRST = msgspec.structs.replace(CAUSE, id="z.other")


def test_an_alarm_is_hidden_while_another_of_its_device_stands() -> None:
    table = Table(rules=[CAUSE, EFFECT])
    (cause,) = table.send(0, 1.0, metric="cause")
    raised(table, S)
    effect = table.events[-1]
    assert (effect.suppressed_by, effect.hidden, effect.page) == (cause.episode, True, None)
    gone, shown = table.send(2 * MIN, 0.0, metric="cause")
    assert (gone.rule, shown.rule) == (CAUSE.id, EFFECT.id)
    assert (shown.cause, shown.suppressed_by, shown.page) == (Cause.SHOWN, "", Page.NEW)


def test_an_alarm_that_stands_is_hidden_as_soon_as_its_cause_is_known() -> None:
    table = Table(rules=[CAUSE, EFFECT])
    raised(table)
    cause, effect = table.send(MIN, 1.0, metric="cause")
    assert (effect.cause, effect.suppressed_by) == (Cause.HIDDEN, cause.episode)


@pytest.mark.parametrize("cause", [CAUSE, FIRST], ids=["sorts before", "sorts after"])
def test_the_cause_comes_first_though_one_message_brings_both(cause: Rule) -> None:
    effect = msgspec.structs.replace(EFFECT, levels=(Level(Severity.MAJOR, 25),))
    table = Table(rules=[cause, effect])
    first, second = table.say(0, {"ch4_lel": 30.0, "cause": 1.0})
    assert (first.rule, second.suppressed_by) == (cause.id, first.episode)


def test_a_circle_of_suppressions_stops_nothing() -> None:
    one = msgspec.structs.replace(CAUSE, suppress_when=(PLAIN.id,))
    two = msgspec.structs.replace(PLAIN, suppress_when=(CAUSE.id,), levels=(Level(Severity.MAJOR, 25),))
    table = Table(rules=[one, two])
    assert len(table.say(0, {"ch4_lel": 30.0, "cause": 1.0})) == 3


def test_11_maintenance_of_a_device_suppresses_its_alarms_and_shows_that_it_does() -> None:
    table = Table(rules=[PLAIN])
    table.tick(0)
    raised(table, S)
    table.adopt(devices=[gas(state=DeviceState.MAINTENANCE, version=2)])
    (hidden,) = table.tick(MIN)
    assert (hidden.cause, hidden.maintenance, hidden.hidden) == (Cause.HIDDEN, True, True)
    table.adopt(devices=[gas(version=3)])
    (shown,) = table.tick(2 * MIN)
    assert (shown.cause, shown.maintenance, shown.page) == (Cause.SHOWN, False, Page.NEW)


def test_7_a_condition_that_became_true_in_maintenance_fires_at_its_end() -> None:
    table = Table(rules=[PLAIN])
    table.tick(0)
    table.adopt(devices=[gas(state=DeviceState.MAINTENANCE, version=2)])
    table.tick(S)
    raised(table, 2 * S)
    assert (table.events[-1].maintenance, table.events[-1].page) == (True, None)
    table.restart()
    table.adopt(devices=[gas(version=3)])
    (shown,) = table.tick(2 * MIN)
    assert (shown.cause, shown.page) == (Cause.SHOWN, Page.NEW)


def test_a_planned_device_raises_nothing_until_it_is_in_service() -> None:
    table = Table(rules=[PLAIN], devices=[gas(state=DeviceState.PLANNED)])
    table.tick(0)
    for second in range(1, 100):
        assert table.send(second * S, 60) == []
    table.adopt(devices=[gas(version=2)])
    table.tick(101 * S)
    assert [event.cause for event in table.tick(HOUR)] == [Cause.UNREFUTED]


def test_what_stands_acknowledged_for_too_long_asks_again() -> None:
    table = Table(rules=[msgspec.structs.replace(PLAIN, realarm_after_ms=HOUR)])
    raised(table)
    table.do(ActionName.ACKNOWLEDGE, MIN)
    table.restart()
    (again,) = table.tick(2 * HOUR)
    assert (again.old, again.new, again.cause, again.at) == (ACK, UNACK, Cause.REALARM, T0 + HOUR + MIN)
    assert again.page is Page.AGAIN
    assert table.tick(100 * HOUR) == []
    table.do(ActionName.ACKNOWLEDGE, 101 * HOUR)
    table.send(102 * HOUR - MIN, 1)
    assert [event.at for event in table.send(103 * HOUR, 30)] == [T0 + 102 * HOUR]


def test_a_latched_alarm_whose_condition_has_gone_does_not_ask_again() -> None:
    table = Table(rules=[msgspec.structs.replace(CH4, realarm_after_ms=HOUR)])
    table.leak()
    table.do(ActionName.ACKNOWLEDGE, MIN)
    table.send(2 * MIN, 1)
    table.send(12 * MIN, 1)
    assert table.tick(9 * HOUR) == []


def test_12_an_event_names_the_samples_that_decided_with_their_offsets() -> None:
    table = Table(rules=[PLAIN])
    table.send(0, 3)
    table.send(S, 30)
    (up,) = table.send(31 * S, 31)
    assert [(sample.ts - T0, sample.value, sample.offset, sample.partition) for sample in up.samples] == [
        (S, 30.0, 1, 0),
        (31 * S, 31.0, 2, 0),
    ]
    table.send(MIN, 1)
    (down,) = table.send(6 * MIN, 2)
    assert [(sample.value, sample.offset) for sample in down.samples] == [(1.0, 3), (2.0, 4)]
    assert table.do(ActionName.ACKNOWLEDGE, 7 * MIN)[0].samples == ()


def test_12_the_first_and_the_newest_samples_are_kept() -> None:
    slow = msgspec.structs.replace(PLAIN, levels=(Level(Severity.MAJOR, 25, 5, HOUR, 2),))
    table = Table(rules=[slow])
    for minute in range(61):
        table.send(minute * MIN, 30.0 + minute)
    (up,) = table.events
    assert len(up.samples) == MOST_EVIDENCE
    assert [sample.value for sample in (up.samples[0], up.samples[1], up.samples[-1])] == [30.0, 84.0, 90.0]


def test_12_a_value_judged_again_from_state_has_no_offset() -> None:
    table = Table(rules=[])
    table.send(0, 60)
    table.adopt(rules=[msgspec.structs.replace(PLAIN, levels=(Level(Severity.MAJOR, 25),))])
    (up,) = table.tick(MIN)
    assert [(sample.value, sample.partition, sample.offset) for sample in up.samples] == [(60.0, -1, -1)]


def test_a_silence_during_an_open_safety_alarm_joins_it() -> None:
    table = Table(rules=[CH4, SILENT])
    table.tick(0)
    leak = table.leak(S)
    (quiet,) = [event for event in table.tick(3 * HOUR) if event.rule == SILENT.id]
    assert (quiet.joins, quiet.page) == (leak.episode, None)
    alone = Table(rules=[CH4, SILENT])
    alone.tick(0)
    (quiet,) = alone.tick(3 * HOUR)
    assert quiet.joins == ""


def test_a_silence_ended_by_a_person_is_not_told_again_before_another_message() -> None:
    table = Table(rules=[SILENT])
    table.tick(0)
    table.tick(2 * HOUR)
    (closed,) = table.do(ActionName.CLOSE, 2 * HOUR + S)
    table.restart()
    assert table.tick(50 * HOUR) == []
    table.send(51 * HOUR, 2)
    (anew,) = table.tick(60 * HOUR)
    assert anew.episode != closed.episode


@pytest.mark.parametrize(
    ("severity", "ticket", "page"),
    [(Severity.MAJOR, TicketPolicy("gas", 1), Page.NEW), (Severity.WARNING, None, None)],
)
def test_a_warning_calls_nobody(severity: Severity, ticket: TicketPolicy | None, page: Page | None) -> None:
    table = Table(rules=[msgspec.structs.replace(PLAIN, levels=(Level(severity, 25, ticket=ticket),))])
    (up,) = table.send(0, 30)
    assert up.page is page


def test_a_rise_pages_again_and_so_does_a_return_before_the_acknowledgement() -> None:
    table = Table()
    table.send(0, 30)
    table.send(30 * S, 30)
    table.send(40 * S, 70)
    table.send(50 * S, 70)
    assert [event.page for event in table.events] == [Page.NEW, Page.SEVERITY]
    plain = Table(rules=[PLAIN])
    raised(plain)
    plain.send(MIN, 1)
    plain.send(6 * MIN, 1)
    plain.send(7 * MIN, 30)
    plain.send(8 * MIN, 30)
    assert [event.page for event in plain.events] == [Page.NEW, None, Page.AGAIN]


def test_bad_quality_never_ends_what_hides() -> None:
    table = Table(rules=[SHELVABLE])
    raised(table)
    table.do(ActionName.SHELVE, MIN, until=HOUR)
    assert table.send(2 * MIN, 1, quality=Quality.FAULT) == []
    assert [event.at for event in table.tick(HOUR)] == [T0 + HOUR]


def test_a_reset_ends_a_latched_alarm_though_it_is_hidden() -> None:
    table = Table(rules=[GRAVE])
    table.leak()
    table.do(ActionName.OUT_OF_SERVICE, MIN, second="li")
    table.send(2 * MIN, 1)
    table.send(13 * MIN, 1)
    (reset,) = table.do(ActionName.RESET, 14 * MIN)
    assert (reset.new, reset.hidden) == (NORMAL, True)


def test_one_slot_steps_by_a_sample_by_an_act_and_by_time_alone() -> None:
    slot, made = step(new_slot(PLAIN), Reading(T0, T0, 30.0), PLAIN, "g1", T0)
    assert made == []
    slot, made = step(slot, None, PLAIN, "g1", T0 + HOUR)
    assert [(transition.at, transition.cause) for transition in made] == [(T0 + 10 * MIN, Cause.UNREFUTED)]
    assert made[0].episode == episode_id("g1", PLAIN.id, T0)
    act = Action("a", ActionName.ACKNOWLEDGE, GRID, "g1", PLAIN.id, slot.episode, "wang", T0 + HOUR)
    acknowledged, made = step(slot, act, PLAIN, "g1", T0 + HOUR)
    assert [transition.new for transition in made] == [ACK]
    assert slot.state is UNACK, "a step never changes the slot that it is given"
    assert step(acknowledged, act, PLAIN, "g1", T0 + HOUR)[1] == []
