"""Trend charts: what is beyond the limit, and what nobody knows."""

import re
from dataclasses import replace

from services.api.language.words import words
from services.api.pages.drawing.trends import Bar, Trend, drawn, sentence
from services.api.pages.formatting import DAY

ZH, EN = words("zh"), words("en")
START = 1_795_190_400_000


def trend(*values: float | None, target: float | None = 6, limit: float | None = 12) -> Trend:
    bars = [Bar(START + n * DAY, START + (n + 1) * DAY, value) for n, value in enumerate(values)]
    return Trend(bars, "新告警", "项", "k", target, limit)


def test_only_bars_beyond_the_limit_carry_colour() -> None:
    chart = drawn(trend(0, 6, 12, 13), ZH)
    assert (chart.count('class="ll-c-bar"'), chart.count('class="ll-c-over"')) == (3, 1)
    assert "目标 6" in chart
    assert "上限 12" in chart


def test_a_slot_without_data_is_hatched_and_no_bar_of_height_zero() -> None:
    chart = drawn(trend(None, 0, None), ZH)
    assert chart.count("url(#ll-hatch-k)") == 2
    assert chart.count('class="ll-c-bar"') == 1


def test_a_chart_says_in_words_what_it_shows() -> None:
    assert re.match(r"新告警，最新 2 项，最高 13 项（11-\d+），上限 12，1 段无数据", sentence(trend(None, 13, 2), ZH))
    assert sentence(trend(None, None), EN) == "新告警, no data"


def test_one_line_where_target_and_limit_are_the_same() -> None:
    chart = drawn(trend(1, target=None), ZH)
    assert chart.count('class="ll-c-bound"') == 1
    assert drawn(trend(1, target=12), ZH).count('class="ll-c-bound"') == 1


def test_a_chart_of_nothing_is_drawn() -> None:
    assert "无数据" in drawn(Trend([], "x", "项", "k"), ZH)


def test_a_slot_that_is_cut_short_has_no_label_to_touch_the_next() -> None:
    whole = trend(1, 2, 3)
    first = whole.bars[0]
    cut = replace(first, start=first.end - (first.end - first.start) // 5)
    chart = drawn(replace(whole, bars=(cut, *whole.bars[1:])), ZH)
    assert (chart.count('text-anchor="middle"'), drawn(whole, ZH).count('text-anchor="middle"')) == (2, 3)
