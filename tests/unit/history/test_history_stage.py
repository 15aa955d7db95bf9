"""The stage's binary rows, read back with PostgreSQL's own documented layout."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from services.history.domain import NewReading
from services.history.postgres.stage import pack

NOW = 1_795_311_636_000
SERIES = {("gas-1", "ch4_lel"): (7, 100.0), ("gas-2", "ch4_lel"): (3, 100.0)}


def unpacked(data: bytes) -> list[tuple[bytes | None, ...]]:
    assert data.startswith(b"PGCOPY\n\xff\r\n\0")
    at, rows = 19, []
    while True:
        (fields,) = struct.unpack_from(">h", data, at)
        at += 2
        if fields == -1:
            assert at == len(data)
            return rows
        row: list[bytes | None] = []
        for _ in range(fields):
            (length,) = struct.unpack_from(">i", data, at)
            at += 4
            row.append(None if length < 0 else data[at : at + length])
            at += max(length, 0)
        rows.append(tuple(row))


def reading(value: float, ts: int = NOW, device: str = "gas-1") -> NewReading:
    return NewReading(device, "ch4_lel", ts, "gas", NOW, value, 2, 8)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_value_can_be_read_back_exactly(value: float) -> None:
    (row,) = unpacked(pack([reading(value)], SERIES).rows)

    series, ts, stored, wide, quality, flags, at = row
    assert len(row) == 7
    assert (series, quality, flags) == (struct.pack(">i", 7), struct.pack(">h", 2), struct.pack(">h", 8))
    assert ts == at == struct.pack(">q", (NOW - 946_684_800_000) * 1000)
    if wide is not None:
        assert struct.unpack(">d", wide) == (value,)
    else:
        assert stored is not None
        assert struct.unpack(">q", stored)[0] / 100.0 == value


def test_what_the_scale_can_hold_takes_no_wide_value() -> None:
    (row,) = unpacked(pack([reading(3.14)], SERIES).rows)

    assert (row[2], row[3]) == (struct.pack(">q", 314), None)


def test_rows_are_in_key_order_and_every_minute_is_marked() -> None:
    rows = [reading(1.0, NOW + 5), reading(2.0, device="gas-2"), reading(3.0), reading(4.0, NOW + 60_000)]

    packed = pack(rows, SERIES)

    assert [struct.unpack(">iq", row[0] + row[2]) for row in unpacked(packed.rows) if row[0] and row[2]] == [
        (3, 200),
        (7, 300),
        (7, 100),
        (7, 400),
    ]
    assert packed.minutes == {NOW // 60_000: {3, 7}, NOW // 60_000 + 1: {7}}
