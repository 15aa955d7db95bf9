"""The filters that people keep, in PostgreSQL."""

from typing import Final

import msgspec
from psycopg.types.json import Jsonb

from services.adapters.postgres import Pool, translated
from services.tickets.domain.saved import SavedFilter

_FIELDS: Final = ("owner", "name", "query", "at")


class PostgresSavedFilters:
    """:class:`services.tickets.ports.SavedFilters`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def of(self, owner: str) -> tuple[SavedFilter, ...]:
        query = 'SELECT owner, name, query, at FROM tickets.saved_filters WHERE owner = %s ORDER BY name COLLATE "C"'
        with translated(), self._pool.connection() as connection:
            rows = connection.execute(query, (owner,)).fetchall()
        return tuple(msgspec.convert(dict(zip(_FIELDS, row, strict=True)), SavedFilter) for row in rows)

    def put(self, kept: SavedFilter, *, most: int) -> bool:
        query = """
            INSERT INTO tickets.saved_filters (owner, name, query, at)
            SELECT %(owner)s, %(name)s, %(query)s, %(at)s
            WHERE (SELECT count(*) FROM tickets.saved_filters WHERE owner = %(owner)s AND name <> %(name)s) < %(most)s
            ON CONFLICT (owner, name) DO UPDATE SET query = excluded.query, at = excluded.at"""
        values = {"owner": kept.owner, "name": kept.name, "query": Jsonb(kept.query), "at": kept.at, "most": most}
        with translated(), self._pool.connection() as connection:
            connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"filters {kept.owner}",))
            return connection.execute(query, values).rowcount == 1

    def drop(self, owner: str, name: str) -> bool:
        query = "DELETE FROM tickets.saved_filters WHERE owner = %s AND name = %s"
        with translated(), self._pool.connection() as connection:
            return connection.execute(query, (owner, name)).rowcount == 1
