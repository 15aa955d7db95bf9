"""History's pure decisions: codes, dates, windows, charts, dangers, replays."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.kinds import KINDS
from services.history.domain import (
    Letter,
    NewReading,
    Point,
    Step,
    chart_step,
    danger_named,
    danger_of,
    danger_rank,
    factor_of,
    is_misdated,
    is_timely,
    names_of_flags,
    quality_code,
    quality_name,
    readings_of,
    record_of_replay,
    unstorable,
    windows,
    with_gaps,
)
from services.history.domain.readings import DAY_MS, FIRST_UNSOUND, MOST_LATE_MS, UNLISTED_FACTOR
from services.history.domain.windows import BEGINNING, END
from streams.contracts import Batch, Command, Flag, Quality, Refused, Sample, decode, encode
from streams.contracts.topics import COMMANDS, INPUTS

NOW = 1_795_311_636_000


def test_every_quality_has_a_code_of_its_own_and_a_way_back() -> None:
    codes = {quality_code(quality) for quality in Quality}

    assert len(codes) == len(Quality)
    assert [quality_name(quality_code(quality)) for quality in Quality] == [quality.value for quality in Quality]


def test_only_what_may_be_averaged_has_a_low_code() -> None:
    sound = {quality for quality in Quality if quality_code(quality) < FIRST_UNSOUND}

    assert sound == {Quality.GOOD, Quality.UNLISTED, Quality.OVER_RANGE}


def test_a_sample_becomes_a_row_for_each_metric() -> None:
    sample = Sample(
        "gas-1",
        "gas",
        NOW,
        NOW + 5,
        {"ch4_lel": 3.1, "alarm": 0.0},
        {"ch4_lel": Quality.TEST},
        (Flag.TEST, "fault:E2", "fault:E3", "new-fangled"),
    )

    rows = readings_of(sample)

    assert [(row.metric, row.value, row.quality) for row in rows] == [
        ("ch4_lel", 3.1, quality_code(Quality.TEST)),
        ("alarm", 0.0, 0),
    ]
    assert {row[2:5] for row in rows} == {(NOW, "gas", NOW + 5)}
    assert names_of_flags(rows[0].flags) == ("test", "fault")


@pytest.mark.parametrize("flag", list(Flag))
def test_every_flag_of_the_contract_comes_back(flag: Flag) -> None:
    (row,) = readings_of(Sample("d", "gas", NOW, NOW, {"m": 1.0}, flags=(flag,)))

    assert names_of_flags(row.flags) == (flag.value,)
    assert is_timely(row.flags) == (flag not in {Flag.OLD, Flag.FUTURE})


def test_the_factor_is_the_kinds_own_precision() -> None:
    for kind in KINDS.values():
        for metric in kind.metrics:
            assert factor_of(kind.key, metric.key) == metric.scale > 0
    assert factor_of("gas", "unheard_of") == factor_of("unheard", "of") == UNLISTED_FACTOR


@pytest.mark.parametrize(
    ("ts", "misdated"),
    [
        (NOW, False),
        (NOW - 2 * DAY_MS, False),
        (NOW - MOST_LATE_MS, False),
        (NOW - MOST_LATE_MS - 1, True),
        (NOW + DAY_MS, False),
        (NOW + DAY_MS + 1, True),
        (0, True),
        (4_070_908_800_000, True),
    ],
)
def test_a_date_is_nonsense_beyond_a_month_back_or_a_day_ahead(ts: int, misdated: bool) -> None:
    assert is_misdated(ts, NOW) is misdated


@pytest.mark.parametrize(
    "sample",
    [
        Sample("a\0b", "gas", NOW, NOW, {"m": 1.0}),
        Sample("", "gas", NOW, NOW, {"m": 1.0}),
        Sample("a", "gas", NOW, NOW, {"m" * 201: 1.0}),
        Sample("a", "gas", 1 << 63, NOW, {"m": 1.0}),
        Sample("a", "gas", NOW, -1, {"m": 1.0}),
    ],
)
def test_what_no_row_can_hold_is_told_with_a_reason(sample: Sample) -> None:
    assert unstorable(sample)


def test_an_ordinary_sample_is_storable() -> None:
    assert unstorable(Sample("燃气-1", "gas", NOW, NOW, {"ch4_lel": 1.0})) is None


@given(
    start=st.none() | st.integers(-(1 << 62), 1 << 62),
    end=st.none() | st.integers(-(1 << 62), 1 << 62),
)
def test_windows_join_from_the_newest_to_the_oldest_without_gap(start: int | None, end: int | None) -> None:
    low, high = BEGINNING if start is None else start, END if end is None else end
    found = list(windows(start=start, end=end, now=NOW))

    assert len(found) <= 10
    if high <= low:
        assert all(until <= since for since, until in found)
        return
    assert (found[0][1], found[-1][0]) == (high, low)
    assert all(newer[0] == older[1] for newer, older in itertools.pairwise(found))


@pytest.mark.parametrize(("hours", "step"), [(1, "raw"), (3, "raw"), (4, "1m"), (24, "1m"), (49, "1m"), (50, "1h")])
def test_a_chart_is_as_fine_as_its_span_allows(hours: int, step: str) -> None:
    assert chart_step(hours * 3_600_000) == Step(step)


def test_a_line_breaks_after_three_silent_periods() -> None:
    points = [Point(0, 1.0), Point(60_000, 2.0), Point(240_000, 3.0), Point(500_000, 4.0)]

    drawn = with_gaps(points, step=Step.RAW, period_ms=60_000)

    assert [point.value for point in drawn] == [1.0, 2.0, 3.0, None, 4.0]
    assert with_gaps([], step=Step.HOUR, period_ms=1) == ()


def stranger(metric: str, value: float, quality: int = 0, kind: str = "gas") -> NewReading:
    return NewReading("x", metric, NOW, kind, NOW, value, quality, 0)


@pytest.mark.parametrize(
    ("reading", "danger"),
    [
        (stranger("ch4_lel", 9.0), ""),
        (stranger("ch4_lel", 15.0), ""),
        (stranger("ch4_lel", 25.0), "major"),
        (stranger("ch4_lel", 50.0), "critical"),
        (stranger("ch4_lel", 120.0, quality_code(Quality.OVER_RANGE)), "critical"),
        (stranger("ch4_lel", 90.0, quality_code(Quality.TEST)), ""),
        (stranger("ch4_lel", 90.0, quality_code(Quality.SENTINEL)), ""),
        (stranger("alarm", 1.0), "critical"),
        (stranger("alarm", 0.0), ""),
        (stranger("occupied", 1.0, kind="parking"), ""),
        (stranger("ch4_lel", 90.0, kind="unknown"), ""),
    ],
)
def test_a_stranger_is_dangerous_by_the_rules_of_the_kind_it_claims(reading: NewReading, danger: str) -> None:
    assert danger_of(reading) == danger
    assert danger_named(danger_rank(danger)) == danger


def letter(source: str, payload: bytes, **changes: object) -> Letter:
    values = {"id": "l", "source": source, "origin": "topic/x", "reason": "json", "detail": "", "at": NOW, "size": 1}
    return Letter(payload=payload, **(values | changes))  # type: ignore[arg-type]


def test_a_gateways_letter_is_decoded_again_with_its_first_arrival() -> None:
    record = record_of_replay(letter("gateway", b"\xff{"), command_id="c", by="ops")

    command = decode(record.value, Command)
    assert (record.topic, record.key) == (COMMANDS, "l")
    assert (command.id, command.topic, command.payload, command.arrived) == ("c", "topic/x", b"\xff{", NOW)


def test_a_record_of_the_log_returns_to_its_grids_partition() -> None:
    batch = encode(Batch("gw", "990101001001001", NOW, ()))

    record = record_of_replay(letter("streams", batch), command_id="c", by="ops")

    assert (record.topic, record.key, record.value) == (INPUTS, "990101001001001", batch)


@pytest.mark.parametrize(
    "dead", [letter("streams", b"{"), letter("streams", b'{"type":"tick"}'), letter("gateway", b"x", truncated=True)]
)
def test_what_cannot_be_replayed_is_refused_with_the_reason(dead: Letter) -> None:
    with pytest.raises(Refused) as refused:
        record_of_replay(dead, command_id="c", by="ops")
    assert refused.value.code == "replay"
