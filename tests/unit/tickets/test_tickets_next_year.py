"""The turn of a year that is not announced yet: tickets open, dates can be chosen, and what was assumed is mended."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tickets import domain
from services.tickets.domain import calendars, clocks
from services.tickets.domain.calendars import UnknownYear
from services.tickets.domain.numbers import SHANGHAI
from services.tickets.domain.policy import OFFICE
from services.tickets.domain.words import Card, Clock
from services.tickets.handlers import OpenTicket, Recount, Report
from tests.fakes.calendar import unannounced
from tests.fakes.clock import ManualClock
from tests.fakes.tickets import MemoryTicketStore

HOUR = 3_600_000
DAY = 24 * HOUR


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp() * 1000)


class _Ids:
    def new(self) -> str:
        return "t1"


def said(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000, UTC).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("start", "days", "ends"),
    [
        ("2025-12-30 09:00", 1, "2026-01-01 00:00"),
        ("2025-12-30 09:00", 2, "2026-01-03 00:00"),  # 1 January is a holiday whatever is announced
        ("2025-12-31 20:00", 5, "2026-01-09 00:00"),
        ("2026-04-30 09:00", 1, "2026-05-05 00:00"),  # 1 and 2 May, a Friday and a Saturday
        ("2026-09-30 09:00", 1, "2026-10-06 00:00"),
    ],
)
def test_a_year_that_is_not_announced_has_the_holidays_that_the_law_dates(start: str, days: int, ends: str) -> None:
    with unannounced(2026):
        assert said(calendars.after_days(at(start), days)) == ends


def test_a_ticket_opens_on_the_last_days_of_the_calendar_and_is_counted_again_once_it_goes_on() -> None:
    store, clock = MemoryTicketStore(), ManualClock(at("2026-02-12 10:00"))
    with unannounced(2026):
        opened = OpenTicket(store, clock, _Ids())
        report = Report(title="路灯不亮", area="990101001001001", place="三号楼")
        ticket = opened(report, who=domain.Actor("operator", domain.Role.OPERATOR), key="k", scope="")
        run = ticket.run(Clock.FINISH)
        assert run is not None
        assert (said(run.due), run.assumed) == ("2026-02-20 00:00", True)
        assert Recount(store, clock)() == 0, "nothing is announced yet"
    assert Recount(store, clock)() == 1
    assert Recount(store, clock)() == 0
    with store.transaction() as work:
        after, log = work.ticket(ticket.id), work.events(ticket.id)
    assert after is not None
    again = after.run(Clock.FINISH)
    assert again is not None
    assert (said(again.due), again.assumed) == ("2026-02-27 00:00", False), "the Spring Festival, and its Saturday"
    assert said(again.warn) == "2026-02-26 00:00"
    assert (str(log[-1].action), log[-1].evidence) == ("recount", {"recounted": ["finish"]})
    assert domain.replay(log) == after


@pytest.mark.parametrize("words", ["2wd", "5wd", "9wh", "40wh"])
@given(start=st.integers(at("2025-12-01 00:00"), at("2026-02-20 00:00")))
def test_what_was_assumed_ends_where_it_would_have_ended_had_the_year_been_known(words: str, start: int) -> None:
    with unannounced(2026):
        run = clocks.run_for(Clock.FINISH, words, start, OFFICE)
    [again] = clocks.recounted((run,), OFFICE)
    true = clocks.run_for(Clock.FINISH, words, start, OFFICE)
    if run.assumed:
        assert (again.due, again.warn, again.assumed) == (true.due, true.warn, False)
    elif datetime.fromtimestamp(start / 1000, SHANGHAI).year == 2025:
        assert (again, run.due) == (run, true.due)


def test_a_clock_that_was_paused_meanwhile_gets_what_it_had_left_and_a_paused_one_waits() -> None:
    start = at("2026-02-10 10:00")
    with unannounced(2026):
        run = clocks.run_for(Clock.FINISH, "5wd", start, OFFICE)
        paused = clocks.pause((run,), (Clock.FINISH,), at("2026-02-11 10:00"), OFFICE)
        [gone_on] = clocks.resume(paused, (Clock.FINISH,), at("2026-02-12 10:00"), OFFICE)
    assert paused[0].left == 4, "between today and the deadline"
    assert not clocks.to_recount(paused[0])
    [again] = clocks.recounted((gone_on,), OFFICE)
    assert said(again.due) == said(calendars.after_days(at("2026-02-12 10:00"), 4))
    [later] = clocks.resume(paused, (Clock.FINISH,), at("2026-02-12 10:00"), OFFICE)
    assert (later.due, later.assumed) == (again.due, False)


def test_a_red_card_that_the_calendar_proves_too_early_is_taken_back() -> None:
    with unannounced(2026):
        run = clocks.run_for(Clock.FINISH, "5wd", at("2026-02-12 10:00"), OFFICE)
    [again] = clocks.recounted(clocks.mark((run,), "finish", Card.RED), OFFICE)
    assert (again.card, again.next_card()) == (Card.NONE, (again.warn, Card.YELLOW))


def test_a_date_may_be_chosen_in_the_year_that_is_announced_next_and_not_behind_it() -> None:
    with unannounced(2026):
        calendars.require_foreseen(at("2026-01-05 17:00"))
        calendars.require_foreseen(at("2026-12-31 23:59"))
        with pytest.raises(UnknownYear) as refusal:
            calendars.require_foreseen(at("2027-01-01 00:00"))
    assert (refusal.value.extra["known_until"], refusal.value.extra["until"]) == ("2025-12-31", "2026-12-31")
