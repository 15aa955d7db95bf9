"""One idempotent insert, two ways: COPY straight into the table, or by a temporary stage.

Nearly every chunk is new from end to end, so it is copied straight into the table, whose key then
is the proof; where the key objects, the caller goes by the stage, which leaves out what is held.
The COPY format is written by hand: every column has a fixed width, so a row is one ``struct``
call, several times quicker than adapting seven Python values.
"""

import struct
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import psycopg

from services.history.domain import NewReading

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE_MS: Final = 60_000
DAY_MINUTES: Final = 1_440
Cursor = psycopg.Cursor[tuple[object, ...]]
SeriesKey = tuple[str, str]
Series = tuple[int, float]
"""(id, factor) of a (device, metric)."""

_PG_EPOCH_MS: Final = 946_684_800_000  # timestamptz counts microseconds from 2000-01-01
_HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER: Final = b"\xff\xff"
# Seven fields, each after its length: series, ts, value, wide, quality, flags, at; -1 is NULL.
_EXACT: Final = struct.Struct(">hiiiqiqiihihiq").pack
_ROUNDED: Final = struct.Struct(">hiiiqiqidihihiq").pack
_HUGE: Final = struct.Struct(">hiiiqiidihihiq").pack
_INT4: Final = 23
"""PostgreSQL's number of the type integer."""
_MARKED_TOGETHER: Final = 400
"""Series in one mark: 1.6 kB, below the size at which PostgreSQL compresses a value or moves it out."""
_INTEGERS: Final = float(1 << 53)
"""Beyond this a double skips integers: such a value is kept as it came."""

MAKE_STAGE: Final = """
CREATE TEMP TABLE IF NOT EXISTS history_stage (
    series integer, ts timestamptz, value bigint, wide double precision, quality smallint, flags smallint,
    at timestamptz
) ON COMMIT DELETE ROWS
"""
_COPY_STAGE: Final = "COPY pg_temp.history_stage FROM STDIN (FORMAT BINARY)"
_COPY_TABLE: Final = "COPY history.telemetry (series, ts, value, wide, quality, flags, at) FROM STDIN (FORMAT BINARY)"
_COPY_MARKS: Final = "COPY history.dirty_1m (series, bucket) FROM STDIN (FORMAT BINARY)"
_MAKE_ROOM: Final = "SELECT history.make_room(day) FROM unnest(%s::timestamptz[]) AS day ORDER BY day"
INSERT: Final = """
WITH fresh AS (
    INSERT INTO history.telemetry (series, ts, value, wide, quality, flags, at)
    SELECT series, ts, value, wide, quality, flags, at FROM pg_temp.history_stage
    ON CONFLICT DO NOTHING
    RETURNING series, ts),
marks AS (
    INSERT INTO history.dirty_1m (series, bucket)
    SELECT array_agg(DISTINCT series), date_bin('1 minute', ts, timestamptz 'epoch') AS bucket
    FROM fresh GROUP BY bucket)
SELECT count(*) FROM fresh
"""


class Packed(NamedTuple):
    """Rows ready for COPY, in key order, and the minutes that they dirty."""

    rows: bytes
    minutes: Mapping[int, Collection[int]]
    """By minute since 1970 the series that have a row in it."""


def copy_in(cursor: Cursor, rows: Sequence[NewReading], series: Mapping[SeriesKey, Series]) -> int:
    """Insert rows that are all new and all different, in the caller's transaction; returns how many.

    Raises:
        psycopg.errors.UniqueViolation: they are not; the transaction is lost, repeat it by the stage.
    """
    if rows:
        packed = pack(rows, series)
        _make_room(cursor, packed.minutes)
        with cursor.copy(_COPY_TABLE) as copy:
            copy.write(packed.rows)
        with cursor.copy(_COPY_MARKS) as copy:
            copy.write(_marks(packed.minutes))
    return len(rows)


def stage_in(cursor: Cursor, rows: Sequence[NewReading], series: Mapping[SeriesKey, Series]) -> int:
    """Insert in the caller's transaction those rows that are not held yet; returns how many.

    Of several with one (device, metric, ts) the first counts.
    """
    if not rows:
        return 0
    distinct = {(row.device, row.metric, row.ts): row for row in reversed(rows)}
    packed = pack(distinct.values(), series)
    _make_room(cursor, packed.minutes)
    cursor.execute(MAKE_STAGE)
    with cursor.copy(_COPY_STAGE) as copy:
        copy.write(packed.rows)
    cursor.execute(INSERT)
    answer = cursor.fetchone()
    new = answer[0] if answer else 0
    if not isinstance(new, int):
        raise TypeError(f"count(*) gave {new!r}")
    return new


def pack(rows: Iterable[NewReading], series: Mapping[SeriesKey, Series]) -> Packed:
    """Rows as PostgreSQL's binary COPY wants them: this loop is most of what a reading costs Python."""
    packed: list[bytes] = []
    minutes: dict[int, set[int]] = {}
    before = arrived = -1  # what one message says has one time, so that is reckoned once
    stamp = arrival = (-1 - _PG_EPOCH_MS) * 1000
    marked = minutes.setdefault(-1, set())
    for device, metric, ts, _, at, value, quality, flags in rows:
        if ts != before:
            before, stamp = ts, (ts - _PG_EPOCH_MS) * 1000
            marked = minutes.setdefault(ts // MINUTE_MS, set())
        if at != arrived:
            arrived, arrival = at, (at - _PG_EPOCH_MS) * 1000
        number, factor = series[device, metric]
        marked.add(number)
        scaled = value * factor
        if not -_INTEGERS < scaled < _INTEGERS:
            packed.append(_HUGE(7, 4, number, 8, stamp, -1, 8, value, 2, quality, 2, flags, 8, arrival))
            continue
        stored = round(scaled)
        if stored / factor == value:
            packed.append(_EXACT(7, 4, number, 8, stamp, 8, stored, -1, 2, quality, 2, flags, 8, arrival))
        else:
            packed.append(_ROUNDED(7, 4, number, 8, stamp, 8, stored, 8, value, 2, quality, 2, flags, 8, arrival))
    # The bytes sort by (series, ts), so that two writers meet each other's rows in the same order.
    packed.sort()
    return Packed(b"".join((_HEADER, *packed, _TRAILER)), {minute: some for minute, some in minutes.items() if some})


def _make_room(cursor: Cursor, minutes: Iterable[int]) -> None:
    days = {minute // DAY_MINUTES for minute in minutes}
    cursor.execute(_MAKE_ROOM, ([EPOCH + timedelta(days=day) for day in days],))


def _marks(minutes: Mapping[int, Collection[int]]) -> bytes:
    """Rows of (series[], minute); each short enough to be stored in line."""
    parts = [_HEADER]
    for minute, marked in minutes.items():
        numbers = list(marked)
        stamp = (minute * MINUTE_MS - _PG_EPOCH_MS) * 1000
        for start in range(0, len(numbers), _MARKED_TOGETHER):
            some = numbers[start : start + _MARKED_TOGETHER]
            fields = [field for number in some for field in (4, number)]
            array = struct.pack(f">{5 + len(fields)}i", 1, 0, _INT4, len(some), 1, *fields)
            parts += (struct.pack(">hi", 2, len(array)), array, struct.pack(">iq", 8, stamp))
    parts.append(_TRAILER)
    return b"".join(parts)
