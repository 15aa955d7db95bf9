"""Working days and hours: across holidays, make-up workdays and year ends, whatever the arithmetic is asked."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tickets.domain import calendars, limits
from services.tickets.domain.calendars import UnknownYear
from services.tickets.domain.limits import FREE, Kind, Limit, limit_of
from services.tickets.domain.numbers import SHANGHAI
from services.tickets.domain.policy import OFFICE

HOUR = 3_600_000
MINUTE = 60_000


def at(text: str) -> int:
    """A local time as epoch ms."""
    return round(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp() * 1000)


def said(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000, UTC).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


# What the State Council announced


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2025-01-26", True),  # a Sunday worked for the Spring Festival
        ("2025-01-28", False),
        ("2025-02-08", True),  # a Saturday worked
        ("2025-05-05", False),  # a Monday in the Labour Day holiday
        ("2025-09-28", True),  # a Sunday worked for the National Day
        ("2025-10-08", False),
        ("2026-01-01", False),
        ("2026-01-04", True),  # a Sunday worked for the New Year
        ("2026-11-22", False),  # an ordinary Sunday
        ("2026-11-23", True),
    ],
)
def test_holidays_and_make_up_workdays_are_known(day: str, works: bool) -> None:
    assert calendars.is_workday(date.fromisoformat(day)) is works


def test_an_unknown_year_is_a_clear_error() -> None:
    with pytest.raises(UnknownYear) as refusal:
        calendars.is_workday(date(calendars.known_until().year + 1, 1, 4))
    assert refusal.value.code == "calendar"
    assert refusal.value.extra["known_until"] == calendars.known_until().isoformat()
    assert "chinesecalendar" in refusal.value.detail


def test_arithmetic_goes_on_in_plain_weeks_where_nothing_is_announced() -> None:
    friday = date(2099, 1, 2)
    start = at(f"{friday} 10:00")
    assert not calendars.known(start)
    assert said(calendars.after_days(start, 1)) == "2099-01-06 00:00"


# Working days


@pytest.mark.parametrize(
    ("start", "days", "ends"),
    [
        ("2026-11-23 09:00", 1, "2026-11-25 00:00"),  # Monday: all of Tuesday
        ("2026-11-23 23:59", 1, "2026-11-25 00:00"),  # the hour of the day does not matter
        ("2026-11-27 09:00", 1, "2026-12-01 00:00"),  # Friday: all of Monday
        ("2026-11-28 09:00", 1, "2026-12-01 00:00"),  # Saturday: all of Monday
        ("2026-11-23 09:00", 5, "2026-12-01 00:00"),
        ("2025-01-24 09:00", 1, "2025-01-27 00:00"),  # a make-up Sunday counts
        ("2025-01-27 09:00", 1, "2025-02-06 00:00"),  # across the whole Spring Festival
        ("2025-12-31 09:00", 1, "2026-01-05 00:00"),  # across the year, to a make-up Sunday
        ("2025-09-30 09:00", 2, "2025-10-11 00:00"),  # across the National Day
    ],
)
def test_a_working_day_deadline_ends_with_its_last_day(start: str, days: int, ends: str) -> None:
    assert said(calendars.after_days(at(start), days)) == ends


def test_the_yellow_card_comes_when_one_working_day_is_left() -> None:
    start, limit = at("2026-11-23 09:00"), limit_of("5wd")
    due = limits.due_after(start, limit, OFFICE)
    assert said(limits.warn_at(start, due, limit.kind, OFFICE)) == "2026-11-30 00:00", "after a weekend"


def test_a_deadline_of_one_working_day_warns_when_that_day_begins() -> None:
    start = at("2026-11-27 09:00")
    due = limits.due_after(start, limit_of("1wd"), OFFICE)
    assert said(limits.warn_at(start, due, Kind.WORKING_DAYS, OFFICE)) == "2026-11-30 00:00"


# Working hours


@pytest.mark.parametrize(
    ("start", "hours", "ends"),
    [
        ("2026-11-23 09:00", 2, "2026-11-23 11:00"),
        ("2026-11-23 11:00", 2, "2026-11-23 14:00"),  # over the noon hour
        ("2026-11-23 16:30", 2, "2026-11-24 09:30"),  # over night
        ("2026-11-27 16:30", 4, "2026-11-30 11:30"),  # over a weekend
        ("2026-11-22 12:00", 4, "2026-11-23 13:30"),  # from a Sunday
        ("2026-11-23 09:00", 8, "2026-11-24 09:00"),
        ("2025-01-26 16:00", 4, "2025-01-27 11:00"),  # a make-up Sunday is worked
    ],
)
def test_a_working_hour_deadline_counts_office_hours_only(start: str, hours: int, ends: str) -> None:
    assert said(calendars.after_hours(at(start), hours * HOUR, OFFICE)) == ends


# What holds for every time and every limit

_moments = st.integers(at("2023-11-01 00:00"), at("2026-12-15 00:00"))
_days = st.integers(0, 30)
_spans = st.integers(1, 60 * 60).map(lambda minutes: minutes * MINUTE)
_words = st.one_of(
    st.integers(1, 90).map(lambda n: f"{n}m"),
    st.integers(1, 72).map(lambda n: f"{n}h"),
    st.integers(1, 40).map(lambda n: f"{n}wh"),
    st.integers(1, 20).map(lambda n: f"{n}wd"),
)


def _worked(start: int, due: int) -> int:
    """Workdays strictly between the day of ``start`` and ``due``, counted one by one."""
    day, count = calendars.date_of(start) + timedelta(days=1), 0
    while day < calendars.date_of(due):
        count += calendars.is_workday(day)
        day += timedelta(days=1)
    return count


@given(_moments, st.integers(1, 25))
def test_as_many_working_days_lie_before_a_deadline_as_it_grants(start: int, days: int) -> None:
    if start > at("2026-11-10 00:00"):
        start -= 90 * 24 * HOUR  # the year after next has no holidays yet to compare with
    due = calendars.after_days(start, days)
    assert _worked(start, due) == days
    assert calendars.is_workday(calendars.date_of(due - 1)), "it ends with a working day"


@given(_moments, _days, _days)
def test_later_grants_never_end_earlier(start: int, few: int, more: int) -> None:
    if few <= more:
        assert calendars.after_days(start, few) <= calendars.after_days(start, more)
    assert calendars.after_days(start, few) <= calendars.after_days(start + HOUR, few)


@given(_moments, st.integers(1, 20), st.integers(1, 20))
def test_working_days_add_up(start: int, some: int, more: int) -> None:
    middle = calendars.after_days(start, some)
    assert calendars.after_days(middle - 1, more) == calendars.after_days(start, some + more)


@given(_moments, st.integers(1, 20), st.integers(0, 20 * 24))
def test_what_is_left_of_working_days_leads_back_to_the_same_deadline(start: int, days: int, hours: int) -> None:
    due = calendars.after_days(start, days)
    now = start + hours * HOUR
    left = calendars.days_left(now, due)
    assert (left == -1) is (now >= due)
    if left > 0 or (left == 0 and calendars.is_workday(calendars.date_of(now))):
        assert calendars.after_days(now, left) == due


@given(_moments, _spans, _spans)
def test_working_hours_add_up(start: int, some: int, more: int) -> None:
    middle = calendars.after_hours(start, some, OFFICE)
    assert calendars.after_hours(middle, more, OFFICE) == calendars.after_hours(start, some + more, OFFICE)


@given(_moments, _spans)
def test_as_much_working_time_passes_as_was_granted_and_it_ends_while_people_work(start: int, span: int) -> None:
    due = calendars.after_hours(start, span, OFFICE)
    assert calendars.hours_between(start, due, OFFICE) == span
    local = datetime.fromtimestamp(due / 1000, SHANGHAI)
    minute = local.hour * 60 + local.minute
    assert any(begin < minute <= end or (begin <= minute and local.second) for begin, end in OFFICE)


@given(_moments, _words)
def test_a_deadline_lies_ahead_and_its_warning_before_it(start: int, words: str) -> None:
    limit = limit_of(words)
    due = limits.due_after(start, limit, OFFICE)
    warn = limits.warn_at(start, due, limit.kind, OFFICE)
    assert start <= warn < due


@given(_moments, _words, st.integers(0, 30 * 24))
def test_a_pause_takes_nothing_away_and_an_expired_one_stays_expired(start: int, words: str, hours: int) -> None:
    limit = limit_of(words)
    due = limits.due_after(start, limit, OFFICE)
    paused = start + hours * HOUR
    left = limits.left_of(paused, due, limit.kind, OFFICE)
    for away in (0, 5 * HOUR, 24 * HOUR, 20 * 24 * HOUR):
        again = limits.due_again(paused + away, left, limit.kind, OFFICE)
        assert again >= min(due, paused + away)
        if paused >= due:
            assert again == paused + away, "expired before, expired after"


# The words


@pytest.mark.parametrize(
    ("words", "limit"),
    [
        ("5m", Limit(Kind.CONTINUOUS, 5 * MINUTE)),
        ("24h", Limit(Kind.CONTINUOUS, 24 * HOUR)),
        ("7d", Limit(Kind.CONTINUOUS, 7 * 24 * HOUR)),
        ("4wh", Limit(Kind.WORKING_HOURS, 4 * HOUR)),
        ("5wd", Limit(Kind.WORKING_DAYS, 5)),
        ("", FREE),
    ],
)
def test_a_limit_says_which_time_it_counts(words: str, limit: Limit) -> None:
    assert limit_of(words) == limit


@pytest.mark.parametrize("words", ["5", "wd", "0h", "-1h", "5 wd", "5wdx", "1.5h", "99999h"])
def test_what_is_no_limit_says_how_to_write_one(words: str) -> None:
    with pytest.raises(ValueError, match="30m, 24h, 7d, 4wh"):
        limit_of(words)
