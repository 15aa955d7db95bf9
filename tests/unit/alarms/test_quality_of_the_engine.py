"""The engine's own transitions in the light of alarm quality: no two ideas of what an alarm is."""

from services.alarms.domain.quality import measure
from services.alarms.domain.quality_figures import Period, Quality
from services.alarms.domain.quality_steps import step_of
from services.alarms.domain.quality_targets import HOUR, Targets
from streams.contracts import ActionName
from tests.unit.streams.rule_table import CH4, GRID, MIN, PLAIN, T0, S, Table


def quality(table: Table) -> Quality:
    steps = [step_of(event) for event in table.events]
    period = Period(T0, T0 + 6 * HOUR, (T0, T0 + 6 * HOUR))
    return measure(steps, period, Targets(), length=len(GRID), positions=[GRID])[GRID]


def leak(table: Table, start: int, value: float = 60.0) -> None:
    """Half a minute of gas, then clean air for longer than every off-delay."""
    for second in range(0, 40, 10):
        table.send(start + second * S, value)
    for minute in range(1, 13):
        table.send(start + minute * MIN, 0.0)


def test_a_latched_alarm_that_comes_back_is_a_new_alarm_in_an_old_episode() -> None:
    table = Table(rules=[CH4])
    leak(table, 0)
    leak(table, 30 * MIN)
    assert len({event.episode for event in table.events}) == 1
    found = quality(table)
    assert (found.alarms, found.returns.count, found.waiting) == (2, 2, 1)
    assert found.returns.worst == 60 * S


def test_an_alarm_that_clears_unseen_waits_and_an_answer_ends_the_waiting() -> None:
    table = Table(rules=[PLAIN])
    leak(table, 0, 30.0)
    assert (quality(table).alarms, quality(table).waiting) == (1, 1)
    table.do(ActionName.ACKNOWLEDGE, 20 * MIN)
    found = quality(table)
    assert (found.waiting, found.answers.count) == (0, 1)
    assert found.answers.mean == 20 * MIN - (table.events[0].at - T0)
