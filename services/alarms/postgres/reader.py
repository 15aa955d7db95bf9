"""Lists of alarms for people, with the tickets that the ticket loop's view names."""

from collections.abc import Mapping
from typing import Any

import msgspec

from services.adapters.postgres import Pool, translated
from services.alarms.domain import AlarmFilters, Hold
from services.alarms.ports import Listed
from services.alarms.postgres.rows import FIELDS, HOLDS, alarm_of, counted, hold_of, id_of
from services.paging import Key, Page
from streams.contracts import AlarmEvent, Severity

_SELECT = f"""
    SELECT t.ticket_id, 1, {", ".join(f'a."{field}"' for field in FIELDS)}
    FROM alarms.alarm a LEFT JOIN tickets.ticket_of_episode t ON t.episode = a.episode
    WHERE a.area ^@ %(scope)s"""  # noqa: S608 - the record's own field names

MOST_HOLDS = 1_000

# The newest alarm of an incident stands for those that are not critical; a scope sees its own part of it.
_REST = """
    FROM alarms.alarm b
    WHERE b.incident = a.incident AND b.severity <> 'critical' AND b.area ^@ %(scope)s
      AND (%(states)s::text[] IS NULL OR b.state = ANY (%(states)s))"""
_COLLAPSED = f"""
    AND (a.severity = 'critical' OR a."group" = ''
         OR a.episode = (SELECT b.episode {_REST} ORDER BY b.active_since DESC, b.episode DESC LIMIT 1))"""
_TOGETHER = f"""CASE WHEN a.severity = 'critical' OR a."group" = '' THEN 1 ELSE (SELECT count(*) {_REST}) END"""

_FILTERS = """
    AND a.area ^@ %(area)s
    AND (%(states)s::text[] IS NULL OR a.state = ANY (%(states)s))
    AND (%(active)s::boolean IS NULL OR (a.state IN ('active_unack', 'active_ack')) = %(active)s)
    AND (%(shelved)s::boolean IS NULL OR (a.shelved_until IS NOT NULL) = %(shelved)s)
    AND (%(severity)s = '' OR a.severity = %(severity)s)
    AND (%(device)s = '' OR a.device = %(device)s)
    AND (%(kind)s = '' OR a.kind = %(kind)s)
    AND (%(rule)s = '' OR a.rule = %(rule)s)
    AND (%(metric)s = '' OR a.metric = %(metric)s)
    AND (%(incident)s = '' OR a.incident = %(incident)s)
    AND (%(suppressed_by)s = '' OR a.suppressed_by = %(suppressed_by)s)
    AND (%(since)s::bigint IS NULL OR a.active_since >= %(since)s)
    AND (%(until)s::bigint IS NULL OR a.active_since < %(until)s)
    AND (%(after_at)s::bigint IS NULL OR (a.active_since, a.episode) < (%(after_at)s, %(after_episode)s))
    ORDER BY a.active_since DESC, a.episode DESC LIMIT %(limit)s"""


class PostgresAlarmReader:
    """:class:`services.alarms.ports.AlarmReader`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def list_alarms(self, filters: AlarmFilters, *, scope: str, limit: int, after: Key | None) -> Page[Listed]:
        after_at, after_episode = after or (None, None)
        values: dict[str, Any] = {
            "scope": scope, "area": filters.area, "states": list(filters.states) or None, "active": filters.active,
            "shelved": filters.shelved,
            "severity": filters.severity, "device": filters.device, "kind": filters.kind, "rule": filters.rule,
            "metric": filters.metric, "suppressed_by": filters.suppressed_by,
            "incident": filters.incident, "since": filters.since, "until": filters.until, "after_at": after_at,
            "after_episode": after_episode, "limit": limit + 1,
        }  # fmt: skip
        with translated(), self._pool.connection() as connection:
            rows = connection.execute(_listing(filters).encode(), values).fetchall()
        items = tuple(_listed(row) for row in rows[:limit])
        last = items[-1].alarm if items else None
        return Page(items, (last.active_since, last.episode) if last and len(rows) > limit else None)

    def get_alarm(self, alarm: str, *, scope: str) -> tuple[Listed, tuple[AlarmEvent, ...]] | None:
        query = f"{_SELECT} AND (a.id = %(id)s OR a.episode = %(name)s)"
        with translated(), self._pool.connection() as connection:
            row = connection.execute(query.encode(), {"scope": scope, "name": alarm, "id": id_of(alarm)}).fetchone()
            if row is None:
                return None
            found = _listed(row)
            events = connection.execute(
                "SELECT event FROM alarms.transition WHERE episode = %s ORDER BY number", (found.alarm.episode,)
            ).fetchall()
        return found, tuple(msgspec.convert(event[0], AlarmEvent) for event in events)

    def came(self, *, scope: str, since: int) -> tuple[int, ...]:
        query = """
            SELECT at FROM alarms.transition
            WHERE at >= %s AND area ^@ %s AND NOT hidden AND number = 1 AND new = 'active_unack' ORDER BY at, id"""
        with translated(), self._pool.connection() as connection:
            rows: list[tuple[Any, ...]] = connection.execute(query, (since, scope)).fetchall()
        return tuple(int(at) for (at,) in rows)

    def count_by_severity(self, *, scope: str) -> Mapping[Severity, int]:
        query = (
            "SELECT severity, count(*) FROM alarms.alarm WHERE state IN ('active_unack', 'active_ack') "
            "AND area ^@ %s GROUP BY severity"
        )
        with translated(), self._pool.connection() as connection:
            rows: list[tuple[Any, ...]] = connection.execute(query, (scope,)).fetchall()
        return counted(rows)

    def count_by_rule(self, *, scope: str, since: int) -> Mapping[str, int]:
        query = "SELECT rule, count(*) FROM alarms.alarm WHERE active_since >= %s AND area ^@ %s GROUP BY rule"
        with translated(), self._pool.connection() as connection:
            rows: list[tuple[Any, ...]] = connection.execute(query, (since, scope)).fetchall()
        return {rule: int(count) for rule, count in rows}

    def list_holds(self, *, scope: str, now: int, rule: str = "", device: str = "") -> tuple[Hold, ...]:
        query = f"""{HOLDS}
            WHERE ended_at IS NULL AND (until IS NULL OR until > %(now)s) AND area ^@ %(scope)s
              AND (%(rule)s = '' OR rule = %(rule)s) AND (%(device)s = '' OR device = %(device)s)
            ORDER BY at DESC, id LIMIT {MOST_HOLDS}"""
        values = {"scope": scope, "now": now, "rule": rule, "device": device}
        with translated(), self._pool.connection() as connection:
            rows = connection.execute(query.encode(), values).fetchall()
        return tuple(hold_of(row) for row in rows)


def _listing(filters: AlarmFilters) -> str:
    if not filters.collapsed:
        return _SELECT + _FILTERS
    return _SELECT.replace("t.ticket_id, 1,", f"t.ticket_id, {_TOGETHER},") + _COLLAPSED + _FILTERS


def _listed(row: tuple[Any, ...]) -> Listed:
    return Listed(alarm_of(row[2:]), row[0], row[1])
