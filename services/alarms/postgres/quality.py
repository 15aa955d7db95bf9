"""Transitions for alarm quality, read by index and handed on as they come; the targets that people set."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from psycopg.types.json import Jsonb

from services.adapters.postgres import Pool, translated
from services.alarms.domain.quality_steps import Step
from services.alarms.domain.quality_targets import Targets
from services.alarms.ports import KeptTargets
from streams.contracts import AlarmState, Cause, Severity

# Two arms, each by an index of its own. `alarms_stood` finds the few alarms that stood at a moment,
# however long ago they began; `transitions_area` or `transitions_at`, whichever is narrower, the period.
# tests/contract/test_alarm_quality_store.py keeps the plan from falling back to a scan.
# An act of a person carries that person's server's time, so within an episode time may run back a little:
# its number is its order, and no step is earlier than the one before it.
STEPS: Final = """
    SELECT max(at) OVER (PARTITION BY episode ORDER BY number) AS moment, episode, number, device, rule, area, severity,
           old, new, cause, since, ts, normal_since, hidden
    FROM (
    SELECT t.at, t.episode, t.number, t.device, t.rule, t.area, t.severity, t.old, t.new, t.cause, t.since, t.ts,
           t.normal_since, t.hidden
    FROM alarms.transition t
    WHERE t.at < %(start)s AND t.episode IN (
        SELECT a.episode FROM alarms.alarm a
        WHERE int8range(a.raised_at, CASE WHEN a.state = 'normal' THEN greatest(a.raised_at, a.changed_at) END, '[]')
              @> %(start)s::bigint
          AND a.area ^@ %(area)s)
    UNION ALL
    SELECT t.at, t.episode, t.number, t.device, t.rule, t.area, t.severity, t.old, t.new, t.cause, t.since, t.ts,
           t.normal_since, t.hidden
    FROM alarms.transition t
    WHERE t.area >= %(area)s AND t.area < %(beyond)s AND t.at >= %(start)s AND t.at < %(end)s) AS wanted
    ORDER BY moment, episode, number"""
CHUNK: Final = 2_000
LAST: Final = chr(0x10FFFF)

_SEVERITIES: Final = {str(word): word for word in Severity}
_STATES: Final = {str(word): word for word in AlarmState}
_CAUSES: Final = {str(word): word for word in Cause}


class PostgresQuality:
    """:class:`services.alarms.ports.QualityReader` and ``TargetsStore``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def first(self) -> int | None:
        query = "SELECT at FROM alarms.transition ORDER BY at LIMIT 1"
        with translated(), self._pool.connection() as connection:
            row: tuple[Any, ...] | None = connection.execute(query).fetchone()
        return row[0] if row else None

    def steps(self, area: str, start: int, end: int) -> Iterator[Step]:
        values = bounds(area, start, end)
        with translated(), self._pool.connection() as connection, connection.cursor("quality") as cursor:
            cursor.itersize = CHUNK
            cursor.execute(STEPS, values)
            for row in cursor:
                yield _step(row)

    def targets(self) -> KeptTargets:
        query = "SELECT version, targets, by, at FROM alarms.quality_targets ORDER BY version DESC LIMIT 1"
        with translated(), self._pool.connection() as connection:
            row: tuple[Any, ...] | None = connection.execute(query).fetchone()
        return KeptTargets(row[0], msgspec.convert(row[1], Targets), row[2], row[3]) if row else KeptTargets()

    def keep_targets(self, kept: KeptTargets) -> bool:
        query = (
            "INSERT INTO alarms.quality_targets (version, targets, by, at) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT (version) DO NOTHING"
        )
        record = Jsonb(kept.targets, dumps=msgspec.json.encode)
        with translated(), self._pool.connection() as connection:
            return connection.execute(query, (kept.version, record, kept.by, kept.at)).rowcount == 1


def bounds(area: str, start: int, end: int) -> dict[str, object]:
    """The values of ``STEPS``; codes from ``area`` up to ``beyond`` are those that begin with it."""
    return {"area": area, "beyond": area + LAST, "start": start, "end": end}


def _step(row: tuple[Any, ...]) -> Step:
    at, episode, number, device, rule, area, severity, old, new, cause, *rest = row
    return Step(
        at, episode, number, device, rule, area, _SEVERITIES[severity], _STATES[old], _STATES[new], _CAUSES[cause],
        *rest,
    )  # fmt: skip
