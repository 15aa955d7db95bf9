"""The reading store: one transaction a chunk, quarantine and adoption beside it."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

import psycopg

from services.adapters.postgres import Pool, translated
from services.history.domain import NewReading, Outcome, factor_of, is_misdated
from services.history.postgres import quarantine
from services.history.postgres.stage import Cursor, Series, SeriesKey, copy_in, stage_in
from streams.contracts import Device, Unavailable, Undecodable

_ADD_SERIES = """
INSERT INTO history.series (device, metric, kind, factor)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::float8[]) ORDER BY 1, 2
ON CONFLICT DO NOTHING
"""
_FIND_SERIES = """
SELECT s.device, s.metric, s.id, s.factor FROM history.series s
JOIN unnest(%s::text[], %s::text[]) AS k (device, metric) USING (device, metric)
"""
_ADD_MISDATED = """
WITH kept AS (
    INSERT INTO history.misdated (series, ts, value, quality, flags, at)
    SELECT * FROM unnest(%s::int[], %s::bigint[], %s::float8[], %s::smallint[], %s::smallint[], %s::bigint[])
    ORDER BY 1, 2
    ON CONFLICT DO NOTHING RETURNING 1)
SELECT count(*) FROM kept
"""
_MIRROR = """
INSERT INTO history.devices AS d (id, kind, area, period_s, version)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::int[], %s::int[]) ORDER BY 1
ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, area = excluded.area, period_s = excluded.period_s,
    version = excluded.version
WHERE excluded.version >= d.version
"""
_HEAR = "INSERT INTO history.heard SELECT * FROM unnest(%s::bigint[]) ON CONFLICT DO NOTHING"


class PostgresReadings:
    """:class:`services.history.ports.ReadingStore` over a pool of the schema's owner."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._series: dict[SeriesKey, Series] = {}
        self._doubtful = False
        """Whether the last chunk had a reading that is held: then the next is likely to have one too."""

    def store(self, readings: Sequence[NewReading], strangers: Sequence[NewReading]) -> Outcome:
        """See the port: all of it or none, each reading once."""
        if not self._doubtful:
            try:
                return self._store(readings, strangers, staged=False)
            except psycopg.errors.UniqueViolation:
                self._doubtful = True
        outcome = self._store(readings, strangers, staged=True)
        self._doubtful = outcome.duplicate > 0
        return outcome

    def _store(self, readings: Sequence[NewReading], strangers: Sequence[NewReading], *, staged: bool) -> Outcome:
        fresh: dict[SeriesKey, Series] = {}
        with self._transaction() as cursor:
            rows = list(readings)
            unknown: list[NewReading] = []
            if strangers:
                known, unknown = quarantine.sort_out(cursor, strangers)
                rows += known
            outcome = self._write(cursor, rows, fresh, staged=staged)
            if unknown:
                outcome = outcome._replace(quarantined=quarantine.keep(cursor, unknown))
        self._series.update(fresh)
        return outcome

    def hear(self, stretches: Collection[int]) -> None:
        """See the port: in order, so that two writers meet in the same one."""
        with self._transaction() as cursor:
            cursor.execute(_HEAR, (sorted(stretches),))

    def register(self, devices: Sequence[Device], gone: Sequence[str]) -> int:
        """See the port: mirror and adoption in one transaction."""
        fresh: dict[SeriesKey, Series] = {}
        with self._transaction() as cursor:
            quarantine.close_door(cursor)
            if gone:
                cursor.execute("DELETE FROM history.devices WHERE id = ANY(%s)", (list(gone),))
            cursor.execute(
                _MIRROR,
                (
                    [device.id for device in devices],
                    [device.kind for device in devices],
                    [device.area for device in devices],
                    [device.period_s for device in devices],
                    [device.version for device in devices],
                ),
            )
            adopted = quarantine.release(cursor, {device.id: device.kind for device in devices})
            self._write(cursor, adopted, fresh, staged=True)
        self._series.update(fresh)
        return len(adopted)

    @contextmanager
    def _transaction(self) -> Iterator[Cursor]:
        try:
            with translated(), self._pool.connection() as connection, connection.cursor() as cursor:
                yield cursor
        except Unavailable:
            # Whatever comes back may be another server, or this one after a restored backup.
            self._series.clear()
            raise
        except psycopg.DataError as error:
            raise Undecodable("storage", str(error)) from error

    def _write(
        self, cursor: Cursor, rows: Sequence[NewReading], fresh: dict[SeriesKey, Series], *, staged: bool
    ) -> Outcome:
        series = self._resolve(cursor, rows, fresh)
        dated = [row for row in rows if not is_misdated(row.ts, row.at)]
        new = (stage_in if staged else copy_in)(cursor, dated, series)
        if len(dated) == len(rows):
            return Outcome(new, len(rows) - new)
        misdated = _keep_misdated(cursor, [row for row in rows if is_misdated(row.ts, row.at)], series)
        return Outcome(new, len(rows) - new - misdated, misdated)

    def _resolve(
        self, cursor: Cursor, rows: Sequence[NewReading], fresh: dict[SeriesKey, Series]
    ) -> dict[SeriesKey, Series]:
        """The series of all rows, made where they are missing; ``fresh`` may be cached after commit."""
        cached = self._series
        missing = {(row.device, row.metric): row.kind for row in rows if (row.device, row.metric) not in cached}
        if not missing:
            return cached
        devices, metrics, kinds = [key[0] for key in missing], [key[1] for key in missing], list(missing.values())
        factors = [factor_of(kind, metric) for kind, metric in zip(kinds, metrics, strict=True)]
        cursor.execute(_ADD_SERIES, (devices, metrics, kinds, factors))
        for device, metric, number, factor in cursor.execute(_FIND_SERIES, (devices, metrics)):
            fresh[str(device), str(metric)] = (number, factor)  # type: ignore[assignment]
        return cached | fresh


def _keep_misdated(cursor: Cursor, rows: Sequence[NewReading], series: dict[SeriesKey, Series]) -> int:
    cursor.execute(
        _ADD_MISDATED,
        (
            [series[row.device, row.metric][0] for row in rows],
            [row.ts for row in rows],
            [row.value for row in rows],
            [row.quality for row in rows],
            [row.flags for row in rows],
            [row.at for row in rows],
        ),
    )
    answer = cursor.fetchone()
    return int(str(answer[0])) if answer else 0
