"""Charts: what is drawn, what is never drawn, and what they say to who cannot see them."""

import random
import re
import xml.etree.ElementTree as ET

from hypothesis import example, given
from hypothesis import strategies as st

from services.api.language.words import words
from services.api.pages.drawing import charts, scales
from services.api.pages.formatting import HOUR, MINUTE

ZH = words("zh")
NOW = 1_795_311_683_000
START = NOW - 15 * MINUTE


def picture(points: list[tuple[int, float]], **more: object) -> str:
    fields: dict[str, object] = {
        "points": points, "start": START, "end": NOW, "unit": "%LEL", "name": "甲烷", "gap": 60_000,
        "limits": [charts.Limit("critical", 50, "紧急 ≥50"), charts.Limit("major", 25, "重要 ≥25")],
    }  # fmt: skip
    return str(charts.evidence(charts.Evidence(**{**fields, **more}), ZH))  # type: ignore[arg-type]


RISING = [(START + n * 10_000, 2.0 + n * 0.6) for n in range(90)]


def test_it_is_well_formed_and_carries_no_style_and_no_script() -> None:
    svg = picture(RISING, marks=[charts.Mark(NOW - 47_000, "触发")], severity="critical")
    ET.fromstring(svg)  # noqa: S314 - our own chart
    assert "style=" not in svg
    assert "<script" not in svg


def test_it_says_what_it_shows() -> None:
    label = re.search('aria-label="([^"]*)"', picture(RISING))
    assert label is not None
    assert label[1] == "甲烷 09:26 至 09:41，最高 55.4 %LEL，最新 55.4 %LEL，紧急 ≥50，重要 ≥25"


def test_a_gap_breaks_the_line_and_is_hatched_with_a_word() -> None:
    holed = [p for p in RISING if not START + 3 * MINUTE < p[0] < START + 8 * MINUTE]
    svg = picture(holed)
    line = re.search('class="ll-c-value" d="([^"]*)"', svg)
    assert line is not None
    assert line[1].count("M") == 2
    assert "无数据" in svg
    assert "09:29 至 09:34 无数据" in svg


def test_no_data_at_all_is_said_and_nothing_is_drawn_as_zero() -> None:
    svg = picture([])
    assert "ll-c-value" not in svg
    assert "，无数据" in svg


def test_text_from_outside_is_escaped() -> None:
    svg = picture(RISING, name='<img src=x onerror="1">', unit="<b>")
    assert "<img" not in svg
    assert "<b>" not in svg
    ET.fromstring(svg)  # noqa: S314 - our own chart


def test_bars_above_the_limit_alone_carry_colour() -> None:
    first = NOW - NOW % HOUR - 23 * HOUR
    counts = [(first + n * HOUR, 13 if n == 7 else 3) for n in range(24)]
    svg = str(charts.hourly(counts, 12, ZH))
    assert svg.count("ll-c-over") == 1
    assert svg.count("ll-c-bar") == 23


@given(st.integers(), st.integers(0, 499))
def test_thinning_keeps_a_spike_of_one_sample(seed: int, where: int) -> None:
    rng = random.Random(seed)
    values = [rng.uniform(0, 100) for _ in range(600)]
    values[where] = 1_000.0
    points = [(START + n * 1_000, value) for n, value in enumerate(values)]
    thin = scales.thinned(points, START, START + len(values) * 1_000, 60)
    assert max(value for _, value in thin) == 1_000.0
    assert len(thin) <= 3 * 61
    assert thin == sorted(thin)


@example([0.0], [5e-324])
@given(st.lists(st.floats(-50, 500), min_size=1, max_size=30), st.lists(st.floats(0, 100), max_size=4))
def test_every_value_and_limit_has_room_on_the_axis(values: list[float], limits: list[float]) -> None:
    low, high = scales.bounds(values, limits)
    assert low < high
    assert all(low - 1e-6 <= value <= high + 1e-6 for value in [*values, *limits])
    assert 2 <= len(scales.value_ticks(low, high)) <= 8


def test_time_ticks_stand_on_round_clock_times() -> None:
    ticks = scales.time_ticks(NOW - 24 * HOUR, NOW, 8)
    assert [tick % HOUR for tick in ticks] == [0] * len(ticks)
    assert len(ticks) == 8
