"""An alarm's row as its transitions leave it, and what people may ask of it."""

import pytest

from services.alarms.domain import Alarm, apply, check
from streams.contracts import ActionName, AlarmEvent, AlarmState, Cause, Refused, Severity
from tests.fakes.alarm_events import T0, acknowledged, raised, returned


def after(*events: AlarmEvent) -> Alarm:
    alarm: Alarm | None = None
    for event in events:
        alarm = apply(alarm, event, new_id="a1") or alarm
    assert alarm is not None
    return alarm


def test_a_row_starts_with_its_first_transition() -> None:
    alarm = after(raised())
    assert (alarm.id, alarm.state, alarm.active_since, alarm.raised_at) == ("a1", "active_unack", T0 - 10_000, T0)
    assert (alarm.area, alarm.limit, alarm.latched, alarm.active) == ("990101001001001", 50.0, True, True)


def test_an_older_or_repeated_transition_is_no_news() -> None:
    alarm = after(raised(), returned(number=3))
    assert apply(alarm, acknowledged(number=2), new_id="x") is None
    assert apply(alarm, returned(number=3), new_id="x") is None


def test_an_acknowledgement_is_kept_with_its_author_and_comment() -> None:
    alarm = after(raised(), acknowledged(why="已通知"), returned())
    assert (alarm.acknowledged_by, alarm.acknowledged_at, alarm.comment) == ("duty", T0 + 30_000, "已通知")
    assert (alarm.state, alarm.normal_since) == (AlarmState.NORMAL, T0 + 300_000)


def test_a_rise_withdraws_the_acknowledgement() -> None:
    major = raised(severity=Severity.MAJOR)
    up = raised(number=3, old=AlarmState.ACTIVE_ACK, cause=Cause.SEVERITY_UP)
    alarm = after(major, acknowledged(severity=Severity.MAJOR), up)
    assert (alarm.acknowledged_by, alarm.acknowledged_at, alarm.comment) == ("", None, "")


def test_the_worst_severity_stays_known_after_a_fall() -> None:
    down = raised(number=2, severity=Severity.WARNING, cause=Cause.SEVERITY_DOWN)
    alarm = after(raised(), down)
    assert (alarm.severity, alarm.worst) == (Severity.WARNING, Severity.CRITICAL)


def refusal(alarm: Alarm, action: ActionName, *, by: str = "ann", why: str = "") -> str:
    with pytest.raises(Refused) as caught:
        check(alarm, action, by=by, why=why)
    return caught.value.code


def test_what_cannot_make_sense_is_refused_with_its_reason() -> None:
    standing, normal = after(raised()), after(raised(), returned())
    taken, unlatched = after(raised(), acknowledged()), after(raised(latched=False))
    assert refusal(normal, ActionName.ACKNOWLEDGE) == "cleared"
    assert refusal(normal, ActionName.RESET) == "cleared"
    assert refusal(taken, ActionName.ACKNOWLEDGE) == "state"
    assert refusal(standing, ActionName.RESET) == "standing"
    assert refusal(unlatched, ActionName.RESET) == "state"
    assert refusal(standing, ActionName.CLOSE) == "fields"
    assert refusal(standing, ActionName.ACKNOWLEDGE, by="") == "fields"


def test_what_makes_sense_is_let_through() -> None:
    gone = after(raised(), returned(number=2, new=AlarmState.ACTIVE_ACK, latched=True))
    check(after(raised()), ActionName.ACKNOWLEDGE, by="ann", why="")
    check(after(raised(), returned(new=AlarmState.RTN_UNACK)), ActionName.ACKNOWLEDGE, by="ann", why="")
    check(gone, ActionName.RESET, by="ann", why="")
    check(after(raised()), ActionName.CLOSE, by="ann", why="换新探头")
