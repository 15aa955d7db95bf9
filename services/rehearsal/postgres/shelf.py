"""Where the rehearsals of all front doors stand: one row each, in the schema of the alarms they are about."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from services.adapters.postgres import Pool, translated
from services.rehearsal.domain import (
    Order,
    Outcome,
    Rehearsal,
    Report,
    Running,
    Scope,
    Stopped,
    forsaken,
    place_for,
    state_of,
)
from streams.contracts import Refused, Rule

_REPORT: Final = msgspec.json.Decoder(Report)
_PROBLEM: Final = msgspec.json.Decoder(Stopped)
_ALONE: Final = "SELECT pg_advisory_xact_lock(hashtextextended('rehearsals', 0))"
_RUNNING: Final = "SELECT place, id, by FROM alarms.rehearsals WHERE state = 'running'"
_BEGIN: Final = """
INSERT INTO alarms.rehearsals (id, by, rule, since, until, area, device, began, progress, place, heard, state)
VALUES (%(id)s, %(by)s, %(rule)s, %(since)s, %(until)s, %(area)s, %(device)s, %(began)s, 0, %(place)s, %(began)s,
    'running')
"""
_GET: Final = """
SELECT id, rule, since, until, area, device, by, began, progress, ended, report::text, problem::text
FROM alarms.rehearsals WHERE id = %s AND by = %s
"""
_REACH: Final = """
UPDATE alarms.rehearsals SET progress = greatest(progress, least(%(progress)s, 1)), heard = %(now)s
WHERE id = %(id)s AND state = 'running'
"""
_END: Final = """
UPDATE alarms.rehearsals
SET state = %(state)s, ended = %(now)s, place = NULL, report = %(report)s, problem = %(problem)s,
    progress = CASE WHEN %(state)s = 'done' THEN 1 ELSE progress END
WHERE id = %(id)s AND state = 'running'
"""
_FORSAKE: Final = """
UPDATE alarms.rehearsals SET state = 'failed', ended = %(now)s, place = NULL, problem = %(problem)s
WHERE state = 'running' AND heard < %(before)s RETURNING id
"""
_FORGET: Final = """
DELETE FROM alarms.rehearsals WHERE ended < %(before)s
    OR id IN (SELECT id FROM alarms.rehearsals WHERE ended IS NOT NULL ORDER BY ended DESC, id DESC OFFSET %(most)s)
"""


class PostgresShelf:
    """:class:`services.rehearsal.ports.Shelf`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def begin(self, asked: Rehearsal, most: int) -> None:
        scope = asked.order.scope
        with translated(), self._pool.connection() as connection:
            connection.execute(_ALONE)
            rows: Sequence[tuple[Any, ...]] = connection.execute(_RUNNING).fetchall()
            place = place_for(asked.order.by, [Running(*row) for row in rows], most)
            connection.execute(
                _BEGIN,
                {
                    "id": asked.id, "by": asked.order.by, "rule": _text(asked.order.rule), "since": scope.start,
                    "until": scope.end, "area": scope.area, "device": scope.device, "began": asked.began,
                    "place": place,
                },
            )  # fmt: skip

    def get(self, name: str, by: str) -> Rehearsal | None:
        with translated(), self._pool.connection() as connection:
            row: tuple[Any, ...] | None = connection.execute(_GET, (name, by)).fetchone()
        if row is None:
            return None
        found, rule, *scope, asked_by, began, progress, ended, report, problem = row
        order = Order(msgspec.convert(rule, Rule), Scope(*scope), asked_by)
        return Rehearsal(found, order, began, progress, ended, _outcome(report, problem))

    def reach(self, name: str, progress: float, now: int) -> bool:
        return self._change(_REACH, {"id": name, "progress": progress, "now": now}) == 1

    def end(self, name: str, outcome: Outcome, now: int) -> bool:
        values = {
            "id": name, "state": str(state_of(outcome)), "now": now,
            "report": _text(outcome) if isinstance(outcome, Report) else None,
            "problem": _text(Stopped.of(outcome)) if isinstance(outcome, Refused) else None,
        }  # fmt: skip
        return self._change(_END, values) == 1

    def forsake(self, heard_before: int, now: int) -> Sequence[str]:
        values = {"before": heard_before, "now": now, "problem": _text(Stopped.of(forsaken()))}
        with translated(), self._pool.connection() as connection:
            rows: Sequence[tuple[Any, ...]] = connection.execute(_FORSAKE, values).fetchall()
        return [row[0] for row in rows]

    def forget(self, ended_before: int, most: int) -> None:
        self._change(_FORGET, {"before": ended_before, "most": most})

    def _change(self, statement: str, values: dict[str, Any]) -> int:
        with translated(), self._pool.connection() as connection:
            return connection.execute(statement, values).rowcount


def _text(value: Rule | Report | Stopped) -> str:
    return msgspec.json.encode(value).decode()


def _outcome(report: str | None, problem: str | None) -> Outcome:
    if problem is not None:
        return _PROBLEM.decode(problem).refused()
    return None if report is None else _REPORT.decode(report)
