"""What the API reads from history. Every query carries the caller's scope."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import sql
from psycopg.rows import TupleRow

from services.adapters.postgres import translated
from services.history.domain import (
    Chart,
    LastValue,
    Point,
    Reading,
    ReadingFilter,
    Step,
    Stranger,
    chart_step,
    danger_named,
    names_of_flags,
    quality_code,
    quality_name,
    windows,
    with_gaps,
)
from services.history.postgres.letters import PostgresLetters
from services.history.postgres.stage import EPOCH
from services.paging import Key, Page

_EARLIEST_MS: Final = -62_135_596_800_000
_LATEST_MS: Final = 253_402_214_400_000
DEFAULT_PERIOD_S: Final = 3_600

_READINGS: Final = """
SELECT r.device, r.metric, r.ts, r.value, r.quality, r.at, r.kind, r.flags FROM (
    SELECT s.device, s.metric, (extract(epoch FROM t.ts) * 1000)::bigint AS ts,
        coalesce(t.wide, t.value / s.factor) AS value, t.quality, (extract(epoch FROM t.at) * 1000)::bigint AS at,
        s.kind, t.flags
    FROM history.telemetry t JOIN history.series s ON s.id = t.series
    WHERE t.ts >= %(since)s AND t.ts < %(until)s
    UNION ALL
    SELECT s.device, s.metric, m.ts, m.value, m.quality, m.at, s.kind, m.flags
    FROM history.misdated m JOIN history.series s ON s.id = m.series
    WHERE m.ts >= %(since_ms)s AND m.ts < %(until_ms)s
) r LEFT JOIN history.devices d ON d.id = r.device
WHERE {where}
ORDER BY r.ts DESC, r.device COLLATE "C" DESC, r.metric COLLATE "C" DESC LIMIT %(limit)s
"""
_LAST_VALUES: Final = """
SELECT s.device, s.metric, (extract(epoch FROM l.ts) * 1000)::bigint, coalesce(l.wide, l.value / s.factor),
    l.quality, (extract(epoch FROM l.at) * 1000)::bigint
FROM history.last_values(ARRAY(SELECT id FROM history.series WHERE device = ANY(%(devices)s))) l
JOIN history.series s ON s.id = l.series LEFT JOIN history.devices d ON d.id = s.device
WHERE %(scope)s = '' OR starts_with(d.area, %(scope)s)
ORDER BY s.device COLLATE "C", s.metric COLLATE "C"
"""
_SERIES: Final = """
SELECT s.id, s.factor, coalesce(d.period_s, %(period)s) FROM history.series s
LEFT JOIN history.devices d ON d.id = s.device
WHERE s.device = %(device)s AND s.metric = %(metric)s AND (%(scope)s = '' OR starts_with(d.area, %(scope)s))
"""
_POINTS: Final = {
    Step.RAW: """
SELECT (extract(epoch FROM ts) * 1000)::bigint, coalesce(wide, value / %(factor)s::float8), NULL, NULL, 1
FROM history.telemetry
WHERE series = %(series)s AND ts >= %(since)s AND ts < %(until)s AND quality < 10 ORDER BY ts
""",
    Step.MINUTE: """
SELECT (extract(epoch FROM bucket) * 1000)::bigint, (total / n)::float8 / %(factor)s,
    low / %(factor)s::float8, high / %(factor)s::float8, n
FROM history.telemetry_1m
WHERE series = %(series)s AND bucket >= %(since)s AND bucket < %(until)s AND n > 0 ORDER BY bucket
""",
    Step.HOUR: """
SELECT (extract(epoch FROM bucket) * 1000)::bigint, (total / n)::float8 / %(factor)s,
    low / %(factor)s::float8, high / %(factor)s::float8, n
FROM history.telemetry_1h
WHERE series = %(series)s AND bucket >= %(since)s AND bucket < %(until)s AND n > 0 ORDER BY bucket
""",
}
_STRANGERS: Final = """
SELECT device, kind, readings, first_seen, last_seen, danger, last_values FROM history.quarantine_devices
WHERE %(first)s OR (danger, last_seen, device COLLATE "C") < (%(danger)s, %(seen)s, %(device)s)
ORDER BY danger DESC, last_seen DESC, device COLLATE "C" DESC LIMIT %(limit)s
"""


class PostgresHistoryReader(PostgresLetters):
    """:class:`services.history.ports.HistoryReader`, for the API's role or the owner."""

    def list_readings(
        self, filters: ReadingFilter, *, scope: str, limit: int, after: Key | None, now: int
    ) -> Page[Reading]:
        """Newest first, window by window until the page is full."""
        conditions, values = _conditions(filters, scope, after)
        query = sql.SQL(_READINGS).format(where=sql.SQL(" AND ").join(conditions))
        end = filters.end
        if after is not None:
            end = min(int(after[0]) + 1, end) if end is not None else int(after[0]) + 1
        found: list[Reading] = []
        with translated(), self._pool.connection() as connection:
            for since, until in windows(start=filters.start, end=end, now=now):
                values |= {
                    "since": moment(since),
                    "until": moment(until),
                    "since_ms": since,
                    "until_ms": until,
                    "limit": limit + 1 - len(found),
                }
                found += [_reading(row) for row in connection.execute(query, values)]
                if len(found) > limit:
                    break
        return Page(tuple(found[:limit]), found[limit - 1].key if len(found) > limit else None)

    def last_values(self, devices: Sequence[str], *, scope: str) -> list[LastValue]:
        """See the port."""
        with translated(), self._pool.connection() as connection:
            rows: Sequence[TupleRow] = connection.execute(
                _LAST_VALUES, {"devices": list(devices), "scope": scope}
            ).fetchall()
        return [LastValue(row[0], row[1], row[2], row[3], quality_name(row[4]), row[5]) for row in rows]

    def chart(self, device: str, metric: str, start: int, end: int, *, scope: str) -> Chart:
        """See the port; a device outside the scope has an empty chart."""
        step = chart_step(end - start)
        names = {"device": device, "metric": metric, "scope": scope, "period": DEFAULT_PERIOD_S}
        with translated(), self._pool.connection() as connection:
            series: TupleRow | None = connection.execute(_SERIES, names).fetchone()
            if series is None:
                return Chart(device, metric, step, ())
            values = {"series": series[0], "factor": series[1], "since": moment(start), "until": moment(end)}
            rows: Sequence[TupleRow] = connection.execute(_POINTS[step], values).fetchall()
        points = [Point(*row) for row in rows]
        return Chart(device, metric, step, with_gaps(points, step=step, period_ms=series[2] * 1000))

    def list_quarantine(self, *, scope: str, limit: int, after: Key | None) -> Page[Stranger]:
        """See the port."""
        if scope:
            return Page(())
        danger, seen, device = after or (0, 0, "")
        values = {"first": after is None, "danger": danger, "seen": seen, "device": device, "limit": limit + 1}
        with translated(), self._pool.connection() as connection:
            rows = [_stranger(row) for row in connection.execute(_STRANGERS, values)]
        return Page(tuple(rows[:limit]), rows[limit - 1].key if len(rows) > limit else None)


def moment(ms: int) -> datetime:
    """Epoch ms as PostgreSQL's time, held within what both sides can say."""
    return EPOCH + timedelta(milliseconds=min(max(ms, _EARLIEST_MS), _LATEST_MS))


def _conditions(filters: ReadingFilter, scope: str, after: Key | None) -> tuple[list[sql.SQL], dict[str, Any]]:
    conditions = [sql.SQL("(%(scope)s = '' OR starts_with(d.area, %(scope)s))")]
    values: dict[str, Any] = {"scope": scope}
    for name, condition, value in (
        ("device", "r.device = %(device)s", filters.device),
        ("metric", "r.metric = %(metric)s", filters.metric),
        ("kind", "coalesce(d.kind, r.kind) = %(kind)s", filters.kind),
        ("area", "starts_with(d.area, %(area)s)", filters.area),
        ("quality", "r.quality = %(quality)s", None if filters.quality is None else quality_code(filters.quality)),
    ):
        if value is not None:
            conditions.append(sql.SQL(condition))
            values[name] = value
    if after is not None:
        conditions.append(
            sql.SQL(
                '(r.ts, r.device COLLATE "C", r.metric COLLATE "C")'
                " < (%(after_ts)s::bigint, %(after_device)s::text, %(after_metric)s::text)"
            )
        )
        values |= {"after_ts": after[0], "after_device": after[1], "after_metric": after[2]}
    return conditions, values


def _reading(row: TupleRow) -> Reading:
    device, metric, ts, value, quality, at, kind, flags = row
    return Reading(device, metric, ts, value, quality_name(quality), at, kind, names_of_flags(flags))


def _stranger(row: TupleRow) -> Stranger:
    device, kind, readings, first_seen, last_seen, danger, last = row
    values = tuple(
        LastValue(device, metric, ts, value, quality_name(quality), at)
        for metric, (ts, value, quality, at) in sorted(last.items())
    )
    return Stranger(device, kind, readings, first_seen, last_seen, danger_named(danger), values)
