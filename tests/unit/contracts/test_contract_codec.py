"""Bytes to records and back, and what happens to bytes that are neither."""

import pytest

from streams.contracts import (
    Action,
    ActionName,
    Batch,
    Device,
    Flag,
    LinliError,
    Refused,
    Rule,
    Sample,
    Severity,
    Tick,
    Unavailable,
    Undecodable,
    decode,
    decode_input,
    encode,
    time_flag,
)
from streams.contracts.areas import ancestors, contains, is_grid, level_of
from streams.contracts.inputs import DAY_MS
from streams.contracts.metrics import METRICS, instrument
from streams.contracts.partition import murmur2, partition_of
from streams.contracts.topics import TOPICS

GRID = "990101001001001"
INPUTS = [
    Tick("gw", 5),
    Batch("gw", GRID, 9, (Sample("d", "gas", 1, 2, {"ch4_lel": 3.5}, flags=("test",), seq=7),)),
    Action("a", ActionName.ACKNOWLEDGE, GRID, "d", "gas.ch4", "e", "wang", 3, "seen"),
]


@pytest.mark.parametrize("record", INPUTS, ids=lambda record: type(record).__name__)
def test_an_input_survives_the_wire(record: Batch | Tick | Action) -> None:
    assert decode_input(encode(record)) == record
    assert encode(decode_input(encode(record))) == encode(record)


@pytest.mark.parametrize(
    ("data", "reason", "told"),
    [
        (b"", "json", "truncated"),
        (b"not json", "json", "malformed"),
        (b'{"type":"tick","gateway":"g","at":"noon"}', "schema", "$.at"),
        (b'{"type":"tick","gateway":"g"}', "schema", "at"),
        (b'{"type":"tock","at":1}', "schema", "tock"),
        (b'{"type":"batch","gateway":"g","grid":"x","at":1,"samples":[{"device":"d"}]}', "schema", "$.samples[0]"),
        (b'{"type":"tick","gateway":"\xff","at":1}', "json", "utf-8"),
        (b"[" * 10_000, "schema", "expected `object`"),
        (b'{"type":"tick","gateway":"g","at":1,"x":' + b"[" * 100_000, "depth", "nested"),
        (None, "empty", "no value"),
    ],
)
def test_bytes_that_are_no_record_are_undecodable_with_their_field(data: bytes | None, reason: str, told: str) -> None:
    with pytest.raises(Undecodable) as caught:
        decode_input(data)  # type: ignore[arg-type]
    assert caught.value.reason == reason
    assert told in caught.value.detail.lower()


def test_a_rule_of_an_unknown_operator_is_undecodable() -> None:
    with pytest.raises(Undecodable, match=r"\$\.op"):
        decode(b'{"id":"r","version":1,"kind":"g","metric":"m","op":"near","levels":[]}', Rule)


def test_fields_that_a_later_version_adds_are_ignored() -> None:
    assert decode(b'{"id":"d","kind":"gas","area":"990101001001001","colour":"red"}', Device) == Device(
        "d", "gas", GRID
    )


@pytest.mark.parametrize(
    ("ts", "flag"),
    [(0, None), (-DAY_MS, None), (-DAY_MS - 1, Flag.OLD), (DAY_MS, None), (DAY_MS + 1, Flag.FUTURE)],
)
def test_a_time_stamp_more_than_a_day_off_is_flagged(ts: int, flag: Flag | None) -> None:
    now = 1_790_000_000_000
    assert time_flag(now + ts, now) is flag
    sample = Sample("d", "gas", now + ts, now, {}, flags=() if flag is None else (flag,))
    assert sample.usable_time is (flag is None)


def test_severities_are_ordered() -> None:
    assert sorted(Severity, key=lambda severity: -severity.rank) == list(Severity)


def test_errors_have_one_root() -> None:
    assert all(issubclass(error, LinliError) for error in (Undecodable, Unavailable, Refused))
    assert Refused("stale", "too old", version=3).extra == {"version": 3}


def test_area_codes_are_prefixes() -> None:
    assert level_of(GRID) == "grid"
    assert is_grid(GRID)
    assert level_of("99x101") is None
    assert contains("990101", GRID)
    assert contains("", GRID)
    assert not contains("990102", GRID)
    assert ancestors(GRID) == ("990101", "990101001", "990101001001")


@pytest.mark.parametrize(
    ("key", "expected"),
    [(b"21", -973932308), (b"foobar", -790332482), (b"a-little-bit-long-string", -985981536), (b"abc", 479470107)],
)
def test_murmur2_is_kafkas_own(key: bytes, expected: int) -> None:
    """The values of Kafka's own unit test."""
    assert murmur2(key) == expected & 0xFFFFFFFF


def test_a_key_always_falls_into_the_same_partition() -> None:
    assert partition_of(GRID) == partition_of(GRID)
    assert {partition_of(f"99010100100{number:04d}") for number in range(200)} == set(range(12))


def test_every_topic_is_named_for_the_platform_and_kept_or_compacted() -> None:
    assert len({topic.name for topic in TOPICS}) == len(TOPICS)
    assert all(topic.name.startswith("linli.") and topic.partitions > 0 for topic in TOPICS)
    assert {topic.name for topic in TOPICS if topic.compacted} == {"linli.rules", "linli.devices"}


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_every_metric_makes_an_instrument_of_its_type(metric: object) -> None:
    made = instrument(
        metric,  # type: ignore[arg-type]
        counter=lambda *_: "counter",
        gauge=lambda *_: "gauge",
        histogram=lambda *_, buckets: "histogram" if buckets else "",
    )
    assert made == metric.type  # type: ignore[attr-defined]
