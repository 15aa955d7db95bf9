"""Numbers, ages and times as people read them."""

import pytest

from services.api.language.words import words
from services.api.pages import formatting as fmt

ZH, EN = words("zh"), words("en")
NOW = 1_795_311_683_000
"""2026-11-22 09:41:23 in Shanghai."""


@pytest.mark.parametrize(
    ("value", "precision", "text"),
    [(58.04, 1, "58.0"), (1.819, 2, "1.82"), (41284, 0, "41,284"), (-0.04, 1, "0.0"), (0, 0, "0"), (-3.26, 1, "-3.3")],
)
def test_a_number_has_its_metrics_precision_and_commas(value: float, precision: int, text: str) -> None:
    assert fmt.number(value, precision) == text


@pytest.mark.parametrize(
    ("length", "zh", "en"),
    [
        (47_000, "47 秒", "47 s"),
        (12 * fmt.MINUTE, "12 分", "12 min"),
        (192 * fmt.MINUTE, "3 时 12 分", "3 h 12 min"),
        (65 * fmt.MINUTE, "1 时 05 分", "1 h 05 min"),
        (2 * fmt.HOUR, "2 时", "2 h"),
        (28 * fmt.HOUR, "1 天 4 时", "1 d 4 h"),
        (-5, "0 秒", "0 s"),
    ],
)
def test_a_duration_has_its_two_largest_units(length: int, zh: str, en: str) -> None:
    assert fmt.span(length, ZH) == zh
    assert fmt.span(length, EN) == en


def test_a_moment_says_as_much_as_is_needed() -> None:
    assert fmt.moment(NOW - fmt.HOUR, NOW, ZH) == "08:41"
    assert fmt.moment(NOW, NOW, ZH, seconds=True) == "09:41:23"
    assert fmt.moment(NOW - 3 * fmt.DAY, NOW, ZH) == "11月19日 09:41"
    assert fmt.moment(NOW - 3 * fmt.DAY, NOW, EN) == "19 Nov 09:41"
    assert fmt.moment(NOW - 400 * fmt.DAY, NOW, ZH) == "2025-10-18 09:41"


def test_seconds_are_shown_within_an_hour() -> None:
    assert fmt.near(NOW - 47_000, NOW, ZH) == "09:40:36"
    assert fmt.near(NOW - 2 * fmt.HOUR, NOW, ZH) == "07:41"


def test_the_day_is_shanghais_whatever_the_machine_thinks() -> None:
    just_after_midnight = NOW - 9 * fmt.HOUR - 30 * fmt.MINUTE
    assert fmt.moment(just_after_midnight, NOW, ZH) == "00:11"
    assert fmt.day(NOW, ZH) == "11月22日 周日"
    assert fmt.day(NOW, EN) == "Sun 22 Nov"
    assert fmt.iso(NOW) == "2026-11-22T09:41:23+08:00"


@pytest.mark.parametrize(
    ("left", "zh"),
    [
        (253_000, "4:13"),
        (96 * fmt.MINUTE, "1 时 36 分"),
        (7 * fmt.HOUR + 18 * fmt.MINUTE + 37_000, "今天 17:00"),
        (24 * fmt.HOUR, "明天 09:41"),
        (72 * fmt.HOUR, "11月25日 09:41"),
        (-80 * fmt.MINUTE, "超时 1 时 20 分"),
    ],
)
def test_time_left_gets_coarser_with_distance(left: int, zh: str) -> None:
    assert fmt.remaining(NOW + left, NOW, ZH) == zh


def test_only_the_last_hour_counts_down_by_itself() -> None:
    assert fmt.counts_down(NOW + 1_000, NOW)
    assert not fmt.counts_down(NOW + 2 * fmt.HOUR, NOW)
    assert not fmt.counts_down(NOW - 1, NOW)


def test_an_age_beyond_a_day_becomes_the_moment() -> None:
    assert fmt.ago(NOW - 12 * fmt.MINUTE, NOW, ZH) == "12 分前"
    assert fmt.ago(NOW - 12 * fmt.MINUTE, NOW, EN) == "12 min ago"
    assert fmt.ago(NOW - 2 * fmt.DAY, NOW, ZH) == "11月20日 09:41"
    assert fmt.age(NOW - 3 * fmt.DAY, NOW, ZH) == "11月19日 09:41"


def test_a_deadline_tomorrow_says_so() -> None:
    assert fmt.due(NOW + fmt.DAY, NOW, ZH) == "明天 09:41"
    assert fmt.due(NOW + 5 * fmt.MINUTE, NOW, ZH) == "09:46"


def test_a_deadline_that_ends_with_a_day_names_that_day() -> None:
    midnight = NOW - NOW % fmt.DAY + 16 * fmt.HOUR
    assert fmt.hour_minute(midnight) == "00:00"
    assert fmt.due(midnight, NOW, ZH) == "24:00"
    assert fmt.due(midnight + fmt.DAY, NOW, ZH) == "明天 24:00"
    assert fmt.due(midnight + 5 * fmt.DAY, NOW, ZH) == "11月27日 24:00"
    assert fmt.due(midnight + 5 * fmt.DAY, NOW, EN) == "27 Nov 24:00"
    assert fmt.remaining(midnight, NOW, ZH) == "今天 24:00"
    assert fmt.remaining(midnight + fmt.DAY, NOW, ZH) == "明天 24:00"


def test_sizes_are_read_in_kilobytes() -> None:
    assert fmt.length(900) == "900 B"
    assert fmt.length(2_048) == "2.0 kB"
