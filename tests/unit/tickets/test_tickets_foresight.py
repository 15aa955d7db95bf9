"""What a draft of the deadlines would give: dates over holidays, how long a limit may be, and that nothing is kept."""

from datetime import UTC, date, datetime

import msgspec
import pytest

from services.tickets.domain import Actor, Clock, Policy, Role, calendars, foresight
from services.tickets.domain.policy import Enforced, Published
from services.tickets.domain.profiles import BEIJING, DEFAULT
from services.tickets.handlers import KeepPolicies
from streams.contracts import Refused
from tests.fakes.alarm_events import T0
from tests.fakes.clock import ManualClock
from tests.fakes.tickets import MemoryTicketStore

ADMIN = Actor("admin", Role.ADMINISTRATOR)
WHY = "市里 2026 年的决定"
EVE = int(datetime(2026, 9, 30, 2, tzinfo=UTC).timestamp() * 1000)
"""Ten in the morning before National Day, which is free from the 1st to the 7th."""


def shanghai(at: int | None) -> str:
    assert at is not None
    return datetime.fromtimestamp(at / 1000, calendars.SHANGHAI).strftime("%m-%d %H:%M")


def changed(**changes: str) -> Policy:
    limits = {urgency: {**row, **(changes if urgency == 0 else {})} for urgency, row in DEFAULT.limits.items()}
    return msgspec.convert({**msgspec.structs.asdict(DEFAULT), "version": 2, "limits": limits}, Policy)


def test_the_dates_of_each_urgency_step_over_the_holidays() -> None:
    critical, major, ordinary = foresight.foreseen(DEFAULT, EVE)
    assert [each.urgency for each in (critical, major, ordinary)] == [2, 1, 0]
    assert shanghai(critical.runs[Clock.ON_SITE].due) == "09-30 10:30"
    assert shanghai(ordinary.runs[Clock.SIGN].due) == "09-30 15:00", "four working hours, without the noon"
    assert shanghai(ordinary.runs[Clock.CONTACT].due) == "10-09 00:00", "the 8th is the next working day"
    assert shanghai(ordinary.runs[Clock.FINISH].due) == "10-14 00:00", "8, 9, Saturday the 10th, 12, 13"
    assert shanghai(ordinary.return_until) == "10-10 00:00"
    assert shanghai(ordinary.extended_until) == "10-28 00:00", "ten more working days"
    assert (critical.return_until, critical.extended_until) == (None, None)


def test_what_runs_day_and_night_asks_no_calendar() -> None:
    ordinary = foresight.foreseen(BEIJING, EVE)[-1]
    assert shanghai(ordinary.runs[Clock.FINISH].due) == "10-07 10:00"


def test_holidays_and_the_days_worked_for_them_are_named() -> None:
    found = foresight.unusual(EVE, EVE + 14 * 86_400_000)
    free = [each.day.day for each in found if not each.works]
    assert free == [1, 2, 3, 4, 5, 6, 7]
    assert [(each.day, each.zh) for each in found if each.works] == [(date(2026, 10, 10), "国庆节")]
    assert foresight.unusual(EVE - 86_400_000, EVE) == ()


def test_a_year_that_is_not_announced_is_marked() -> None:
    last = calendars.known_until_ms() - 86_400_000
    ordinary = foresight.foreseen(DEFAULT, last)[-1]
    assert ordinary.runs[Clock.FINISH].assumed
    assert not ordinary.runs[Clock.ACCEPT].assumed
    assert foresight.unusual(last + 2 * 86_400_000, last + 5 * 86_400_000) == ()


@pytest.mark.parametrize("words", ["400d", "9999wd", "9999wh", "300wd"])
def test_no_limit_is_longer_than_a_year(words: str) -> None:
    store = MemoryTicketStore()
    with pytest.raises(Refused) as refusal:
        KeepPolicies(store, ManualClock(T0)).enforce(changed(finish=words), who=ADMIN, reason=WHY)
    extra = refusal.value.extra
    assert (refusal.value.code, extra["field"], extra["value"]) == ("policy", "limits.0.finish", words)
    assert extra["remedy"] == "Give less than a year."
    assert store.state.enforced == []


def test_a_preview_holds_the_draft_against_what_is_in_force_and_keeps_nothing() -> None:
    store = MemoryTicketStore()
    keep = KeepPolicies(store, ManualClock(EVE))
    seen = keep.preview(changed(finish="3wd"), who=ADMIN)
    assert seen.opens_at == EVE
    assert shanghai(seen.in_force[-1].runs[Clock.FINISH].due) == "10-14 00:00"
    assert shanghai(seen.drafted[-1].runs[Clock.FINISH].due) == "10-11 00:00"
    assert seen.days[0].zh == "国庆节"
    later = keep.preview(changed(finish="3wd"), who=ADMIN, opens_at=EVE + 20 * 86_400_000)
    assert later.opens_at == EVE + 20 * 86_400_000
    assert (store.state.policies, store.state.audit.entries) == ({}, [])


def test_what_was_put_in_force_before_there_was_a_bound_is_still_held_against_a_draft() -> None:
    store = MemoryTicketStore()
    with store.transaction() as work:
        work.publish(Published(changed(finish="400d"), "admin", T0, WHY))
        work.enforce(Enforced("default", 2, "admin", T0, WHY))
    seen = KeepPolicies(store, ManualClock(EVE)).preview(DEFAULT, who=ADMIN)
    assert seen.in_force[-1].runs[Clock.FINISH].due == EVE + 400 * 86_400_000


def test_a_moment_that_no_calendar_foresees_is_refused() -> None:
    keep = KeepPolicies(MemoryTicketStore(), ManualClock(T0))
    with pytest.raises(Refused) as refusal:
        keep.preview(DEFAULT, who=ADMIN, opens_at=T0 + 4 * 366 * 86_400_000)
    assert refusal.value.code == "calendar"


def test_who_may_not_change_deadlines_tries_none() -> None:
    with pytest.raises(Refused) as refusal:
        KeepPolicies(MemoryTicketStore(), ManualClock(T0)).preview(DEFAULT, who=Actor("o", Role.OPERATOR))
    assert refusal.value.code == "forbidden"
