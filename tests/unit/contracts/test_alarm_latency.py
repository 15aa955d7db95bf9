"""Latency is told from a sample that decided at once, never from somebody's waiting."""

import pytest

from streams.contracts import AlarmEvent, Cause
from tests.fakes.alarm_events import raised

AT_ONCE = {Cause.CONFIRMED, Cause.SEVERITY_UP, Cause.REALARM}


@pytest.mark.parametrize("cause", list(Cause))
def test_only_a_sample_that_decided_is_measured_from(cause: Cause) -> None:
    event: AlarmEvent = raised("e", cause=cause, ts=1_000)
    assert event.timed_from == (1_000 if cause in AT_ONCE else None)


def test_a_backlog_and_an_alarm_without_a_sample_are_not_measured() -> None:
    assert raised("e", cause=Cause.CONFIRMED, ts=1_000, backlog=True).timed_from is None
    assert raised("e", cause=Cause.CONFIRMED, ts=None).timed_from is None
