"""Rules, devices and readings from PostgreSQL, in the API's role: it may read all three and change none."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from psycopg import Connection

from services.adapters.postgres import Pool, translated
from services.rehearsal.domain import Outages, Stored, Window
from streams.contracts import Device, Flag, Rule

STRETCH_MS: Final = 3_600_000
"""Device time read by one query: sorted in memory by the server, whatever the period is."""
TOGETHER: Final = 10_000
"""Rows fetched at once."""
BITS: Final = {1: Flag.TEST, 2: Flag.WARMUP, 4: Flag.NO_TS, 8: Flag.OLD, 16: Flag.FUTURE, 32: Flag.STARTUP}
"""How history keeps flags; what it keeps of a fault is only that there was one."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DEVICES: Final = """
SELECT id, kind, area, model, dialect, name, place, building, lon, lat, attributes, period_s, state
FROM registry.device
WHERE (%(kind)s IN ('', '*') OR kind = %(kind)s) AND starts_with(area, %(area)s) AND %(device)s IN ('', id)
ORDER BY id LIMIT %(most)s
"""
_READINGS: Final = """
SELECT (extract(epoch FROM t.at) * 1000)::bigint AS arrival, s.device, (extract(epoch FROM t.ts) * 1000)::bigint,
    s.metric, coalesce(t.wide, t.value / s.factor), q.name, t.flags
FROM history.telemetry t JOIN history.series s ON s.id = t.series JOIN history.qualities q ON q.code = t.quality
WHERE t.series = ANY(%(series)s) AND t.ts >= %(since)s AND t.ts < %(until)s
ORDER BY arrival, s.device COLLATE "C", t.ts, s.metric COLLATE "C"
"""
_SERIES: Final = """
SELECT id FROM history.series
WHERE device = ANY(%(devices)s) AND (%(metrics)s::text[] IS NULL OR metric = ANY(%(metrics)s))
"""
_OUTAGES: Final = """
SELECT greatest(since, %(start)s), least(until, %(end)s) FROM history.outages(%(start)s, %(end)s, %(least)s)
"""
_NOTED_FROM: Final = "SELECT min(at) FROM history.heard"
_FLAGS: dict[int, tuple[str, ...]] = {}


class PostgresArchive:
    """:class:`services.rehearsal.ports.Archive`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def rules(self) -> Mapping[str, Rule]:
        with translated(), self._pool.connection() as connection:
            rows: Sequence[tuple[Any, ...]] = connection.execute("SELECT id, record FROM registry.rules").fetchall()
        return {row[0]: msgspec.convert(row[1], Rule) for row in rows}

    def devices(self, kind: str, area: str, device: str, most: int) -> Sequence[Device]:
        values = {"kind": kind, "area": area, "device": device, "most": most}
        with translated(), self._pool.connection() as connection:
            cursor = connection.execute(_DEVICES, values)
            names = [column.name for column in cursor.description or ()]
            rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
        return [msgspec.convert(dict(zip(names, row, strict=True)), Device) for row in rows]

    def windows(self, devices: Sequence[str], metrics: frozenset[str] | None, start: int, end: int) -> Iterator[Window]:
        wanted = {"devices": list(devices), "metrics": None if metrics is None else sorted(metrics)}
        with translated(), self._pool.connection() as connection:
            found: Sequence[tuple[Any, ...]] = connection.execute(_SERIES, wanted).fetchall()
            series = [row[0] for row in found]
            for since in range(start, end, STRETCH_MS):
                until = min(since + STRETCH_MS, end)
                yield until, _stretch(connection, series, since, until)

    def outages(self, start: int, end: int, least: int) -> Outages:
        values = {"start": start, "end": end, "least": least}
        with translated(), self._pool.connection() as connection:
            found: Sequence[tuple[Any, ...]] = connection.execute(_OUTAGES, values).fetchall()
            noted: Sequence[tuple[Any, ...]] = connection.execute(_NOTED_FROM).fetchall()
        return Outages(tuple((since, until) for since, until in found), noted[0][0])


def _stretch(connection: Connection[Any], series: list[int], since: int, until: int) -> Iterator[Stored]:
    values = {"series": series, "since": _moment(since), "until": _moment(until)}
    with connection.cursor(name="rehearsal") as cursor:
        cursor.itersize = TOGETHER
        cursor.execute(_READINGS, values)
        for at, device, ts, metric, value, quality, flags in cursor:
            yield Stored(at, device, ts, metric, value, quality, flags_of(flags))


def flags_of(bits: int) -> tuple[str, ...]:
    """Flags by name; made once for each mixture."""
    known = _FLAGS.get(bits)
    if known is None:
        known = _FLAGS[bits] = tuple(name.value for bit, name in BITS.items() if bits & bit)
    return known


def _moment(at: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=at)
