"""A time of day is read as it is written, and nothing else is taken for one."""

import pytest

from services.daytime import DAY_MINUTES, clock_of, minutes_of


@pytest.mark.parametrize("minutes", [0, 59, 510, 1_439, DAY_MINUTES])
def test_what_is_written_is_read_back(minutes: int) -> None:
    assert minutes_of(clock_of(minutes)) == minutes


@pytest.mark.parametrize("text", ["8:30", " 08:30 ", "08：30"])
def test_a_persons_way_of_writing_it_will_do(text: str) -> None:
    assert minutes_of(text) == 510


@pytest.mark.parametrize("text", ["", "8", "24:01", "08:60", "08:3", "-1:30", "٠٨:٣٠", "08:30:00"])
def test_what_is_no_time_of_day_is_none(text: str) -> None:
    assert minutes_of(text) is None
