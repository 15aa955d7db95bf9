"""The dispatch catalogue in PostgreSQL; every change leaves its entry in the same transaction."""

import msgspec
from psycopg import errors
from psycopg.types.json import Jsonb

from services.adapters import audit
from services.adapters.postgres import Pool, translated
from services.tickets.domain.catalogue import Line, changed
from services.tickets.postgres.directory import PostgresDirectory
from services.transactions import Clash

_PUT = """
    INSERT INTO tickets.catalogue (id, category, area, urgency, lead, assisting, policy)
    VALUES (%(id)s, %(category)s, %(area)s, %(urgency)s, %(lead)s, %(assisting)s, %(policy)s)
    ON CONFLICT (id) DO UPDATE
    SET lead = excluded.lead, assisting = excluded.assisting, policy = excluded.policy"""
_OLD = "SELECT to_jsonb(catalogue) FROM tickets.catalogue WHERE id = %s FOR UPDATE"
_CHANGE = "INSERT INTO tickets.catalogue_changes (at, by, line, old, new) VALUES (%s, %s, %s, %s, %s)"


class PostgresCatalogue:
    """:class:`services.tickets.ports.Catalogue`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._directory = PostgresDirectory(pool)

    def lines(self, area: str = "") -> tuple[Line, ...]:
        return self._directory.lines(area)

    def has_area(self, area: str) -> bool:
        with translated(), self._pool.connection() as connection:
            return connection.execute("SELECT 1 FROM registry.area WHERE code = %s", (area,)).fetchone() is not None

    def unit_area(self, unit: str) -> str | None:
        with translated(), self._pool.connection() as connection:
            row = connection.execute("SELECT area FROM registry.unit WHERE id = %s", (unit,)).fetchone()
        return str(row[0]) if row else None

    def put(self, line: Line, *, by: str, now: int) -> None:
        values = msgspec.structs.asdict(line) | {"assisting": list(line.assisting)}
        with translated(), self._pool.connection() as connection, connection.transaction():
            old = connection.execute(_OLD, (line.id,)).fetchone()
            try:
                connection.execute(_PUT, values)
            except errors.UniqueViolation as error:
                raise Clash(str(error)) from error
            new = Jsonb(line, dumps=msgspec.json.encode)
            connection.execute(_CHANGE, (now, by, line.id, Jsonb(old[0]) if old else None, new))
            audit.put(connection.cursor(), "tickets", changed("replaced" if old else "added", line, by=by, now=now))

    def remove(self, line: str, *, by: str, now: int) -> None:
        with translated(), self._pool.connection() as connection, connection.transaction():
            old = connection.execute(_OLD, (line,)).fetchone()
            if old is not None and isinstance(old[0], dict):
                connection.execute("DELETE FROM tickets.catalogue WHERE id = %s", (line,))
                connection.execute(_CHANGE, (now, by, line, Jsonb(old[0]), None))
                gone = msgspec.convert({**old[0], "own": False}, Line)
                audit.put(connection.cursor(), "tickets", changed("removed", gone, by=by, now=now))
