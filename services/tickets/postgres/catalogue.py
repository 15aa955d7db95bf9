"""The dispatch catalogue in PostgreSQL; every change leaves its entry and its audit in the same transaction."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
import psycopg
from psycopg import errors
from psycopg.types.json import Jsonb

from services.adapters import audit
from services.adapters.postgres import Pool, translated
from services.audit import Did, Entry, said
from services.paging import Key, Page
from services.tickets.domain.catalogue import Line
from services.tickets.domain.catalogue.exchange import UnitFact
from services.tickets.ports import Changed
from services.tickets.postgres.directory import LINES, PostgresDirectory, line_of
from services.transactions import Clash

_PUT = """
    INSERT INTO tickets.catalogue (id, category, area, urgency, lead, assisting, policy)
    VALUES (%(id)s, %(category)s, %(area)s, %(urgency)s, %(lead)s, %(assisting)s, %(policy)s)
    ON CONFLICT (id) DO UPDATE
    SET lead = excluded.lead, assisting = excluded.assisting, policy = excluded.policy"""
_OLD = "SELECT id, to_jsonb(catalogue) FROM tickets.catalogue WHERE id = ANY (%s) FOR UPDATE"
_CHANGE = "INSERT INTO tickets.catalogue_changes (at, by, line, old, new) VALUES (%s, %s, %s, %s, %s)"
_ALONE = "SELECT pg_advisory_xact_lock(hashtextextended('catalogue', 0))"
_CHANGES = """
    SELECT number, at, by, line, old, new FROM tickets.catalogue_changes
    WHERE (%(line)s = '' OR line = %(line)s) AND (%(after)s::bigint IS NULL OR number < %(after)s)
      AND (coalesce(new, old) ->> 'area' ^@ %(scope)s OR %(scope)s ^@ (coalesce(new, old) ->> 'area'))
    ORDER BY number DESC LIMIT %(limit)s"""
_Cursor = psycopg.Cursor[tuple[object, ...]]


class PostgresCatalogue:
    """:class:`services.tickets.ports.Catalogue`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._directory = PostgresDirectory(pool)

    def lines(self, area: str = "") -> tuple[Line, ...]:
        return self._directory.lines(area)

    def has_area(self, area: str) -> bool:
        return bool(self.areas_of((area,)))

    def areas_of(self, codes: Collection[str]) -> frozenset[str]:
        query = "SELECT code FROM registry.area WHERE code = ANY (%s)"
        with translated(), self._pool.connection() as connection:
            return frozenset(str(row[0]) for row in connection.execute(query, (list(codes),)).fetchall())

    def units(self) -> tuple[UnitFact, ...]:
        with translated(), self._pool.connection() as connection:
            rows = connection.execute("SELECT id, area, name_zh, name_en FROM registry.unit ORDER BY id").fetchall()
        return tuple(UnitFact(str(name), str(area), (str(zh), str(en))) for name, area, zh, en in rows)

    def unit_area(self, unit: str) -> str | None:
        with translated(), self._pool.connection() as connection:
            row = connection.execute("SELECT area FROM registry.unit WHERE id = %s", (unit,)).fetchone()
        return str(row[0]) if row else None

    def put(self, line: Line, *, by: str, role: str, now: int) -> None:
        with self._changing() as cursor:
            [old] = self._write(cursor, [line], by, now)
            detail = said(line=_plain(line), was=old) if old else said(line=_plain(line))
            audit.put(cursor, "tickets", Entry(now, by, Did.CATALOGUE, f"line {line.id}", detail, role))

    def put_all(
        self,
        lines: Sequence[Line],
        *,
        by: str,
        role: str,
        now: int,
        judge: Callable[[tuple[Line, ...]], None],
    ) -> None:
        with self._changing() as cursor:
            judge(tuple(line_of(row) for row in cursor.execute(LINES, {"area": ""}).fetchall()))
            before = self._write(cursor, lines, by, now)
            changed = sum(old is not None for old in before)
            detail = said(added=len(lines) - changed, changed=changed)
            audit.put(cursor, "tickets", Entry(now, by, Did.CATALOGUE, "import", detail, role))

    def remove(self, line: str, *, by: str, role: str, now: int) -> None:
        with self._changing() as cursor:
            old = cursor.execute(_OLD, ([line],)).fetchone()
            if old is None:
                return
            cursor.execute("DELETE FROM tickets.catalogue WHERE id = %s", (line,))
            cursor.execute(_CHANGE, (now, by, line, Jsonb(old[1]), None))
            audit.put(cursor, "tickets", Entry(now, by, Did.CATALOGUE, f"line {line}", said(was=old[1]), role))

    def changes(self, *, scope: str, line: str, limit: int, after: Key | None) -> Page[Changed]:
        values = {"line": line, "after": after[0] if after else None, "scope": scope, "limit": limit + 1}
        with translated(), self._pool.connection() as connection:
            rows = connection.execute(_CHANGES, values).fetchall()
        items = tuple(
            Changed(int(str(number)), int(str(at)), str(by), str(name), _line(old), _line(new))
            for number, at, by, name, old, new in rows[:limit]
        )
        return Page(items, (items[-1].number,) if len(rows) > limit else None)

    @contextmanager
    def _changing(self) -> Iterator[_Cursor]:
        """One writer at a time, so that whoever judges the whole catalogue judges what stands."""
        with translated(), self._pool.connection() as connection, connection.cursor() as cursor:
            cursor.execute(_ALONE)
            try:
                yield cursor
            except errors.UniqueViolation as error:
                raise Clash(str(error)) from error

    @staticmethod
    def _write(cursor: _Cursor, lines: Sequence[Line], by: str, now: int) -> list[object]:
        """Writes them; returns each as it was, None where it is new."""
        rows = cursor.execute(_OLD, ([line.id for line in lines],)).fetchall()
        old = {str(name): record for name, record in rows}
        cursor.executemany(_PUT, [msgspec.structs.asdict(line) | {"assisting": list(line.assisting)} for line in lines])
        cursor.executemany(
            _CHANGE, [(now, by, line.id, Jsonb(old[line.id]) if line.id in old else None, Jsonb(_plain(line)))
                      for line in lines],
        )  # fmt: skip
        return [old.get(line.id) for line in lines]


def _plain(line: Line) -> Any:
    return msgspec.to_builtins(line)


def _line(record: object) -> Line | None:
    return msgspec.convert(record, Line) if record is not None else None
