"""When a daily window is open, by local days, holidays and make-up workdays."""

import datetime as dt

import pytest

from streams.contracts import Days, Schedule
from streams.rules.schedule import is_workday, next_open, open_at

SHANGHAI = dt.timezone(dt.timedelta(hours=8))


def at(text: str) -> int:
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp() * 1000)


@pytest.mark.parametrize(
    ("start", "end", "days", "moment", "opened"),
    [
        (540, 960, Days.ALL, "2026-09-21T08:59", False),
        (540, 960, Days.ALL, "2026-09-21T09:00", True),
        (540, 960, Days.ALL, "2026-09-21T15:59", True),
        (540, 960, Days.ALL, "2026-09-21T16:00", False),
        (1320, 360, Days.ALL, "2026-09-21T21:59", False),
        (1320, 360, Days.ALL, "2026-09-21T22:00", True),
        (1320, 360, Days.ALL, "2026-09-22T05:59", True),
        (1320, 360, Days.ALL, "2026-09-22T06:00", False),
        (0, 0, Days.ALL, "2026-09-21T12:00", True),
        (0, 1440, Days.WORKDAY, "2026-10-01T12:00", False),
        (0, 1440, Days.HOLIDAY, "2026-10-01T12:00", True),
        (0, 1440, Days.WORKDAY, "2026-10-10T12:00", True),
        (0, 1440, Days.HOLIDAY, "2026-10-11T12:00", True),
        (1320, 360, Days.WORKDAY, "2026-09-19T02:00", True),
        (1320, 360, Days.WORKDAY, "2026-09-19T22:30", False),
        (1320, 360, Days.WORKDAY, "2026-09-26T02:00", False),
        (1320, 360, Days.HOLIDAY, "2026-09-28T02:00", True),
    ],
)
def test_a_window_is_open_from_its_start_until_before_its_end(
    start: int, end: int, days: Days, moment: str, *, opened: bool
) -> None:
    assert open_at(Schedule(start, end, days), at(moment)) is opened


@pytest.mark.parametrize(
    ("start", "end", "days", "moment", "opens"),
    [
        (540, 960, Days.ALL, "2026-09-21T10:00", "2026-09-21T10:00"),
        (540, 960, Days.ALL, "2026-09-21T16:00", "2026-09-22T09:00"),
        (540, 960, Days.ALL, "2026-09-21T08:00", "2026-09-21T09:00"),
        (540, 960, Days.WORKDAY, "2026-09-30T16:00", "2026-10-08T09:00"),
        (1320, 360, Days.HOLIDAY, "2026-09-21T10:00", "2026-09-25T22:00"),
    ],
)
def test_the_next_opening_is_found(start: int, end: int, days: Days, moment: str, opens: str) -> None:
    assert next_open(Schedule(start, end, days), at(moment)) == at(opens)


def test_a_year_that_the_calendar_does_not_know_goes_by_the_week() -> None:
    assert is_workday(dt.date(2099, 1, 2))
    assert not is_workday(dt.date(2099, 1, 3))


def test_a_zone_of_its_own() -> None:
    assert open_at(Schedule(540, 960, zone="Asia/Urumqi"), at("2026-09-21T11:30"))
    assert not open_at(Schedule(540, 960, zone="Asia/Urumqi"), at("2026-09-21T10:30"))


def test_the_next_opening_is_on_the_day_of_the_rules_zone_not_of_the_machines() -> None:
    evening = Schedule(20 * 60, 21 * 60, zone="America/Los_Angeles")
    assert next_open(evening, at("2026-09-22T09:00")) == at("2026-09-22T11:00")
