"""The board in PostgreSQL: one row a version, inserted and never updated."""

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from services.adapters.postgres import Pool, translated
from services.tickets.domain.board import Noun, Posted
from services.transactions import Clash

_NEWEST = """
    SELECT noun, id, version, at, by, body FROM (
        SELECT DISTINCT ON (id) noun, id, version, at, by, body FROM tickets.board
        WHERE noun = %s ORDER BY id, version DESC
    ) AS newest ORDER BY at DESC, id LIMIT %s"""
_VERSIONS = "SELECT noun, id, version, at, by, body FROM tickets.board WHERE noun = %s AND id = %s ORDER BY version"
_POST = "INSERT INTO tickets.board (noun, id, version, at, by, body) VALUES (%s, %s, %s, %s, %s, %s)"


class PostgresBoard:
    """:class:`services.tickets.ports.Board`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def newest(self, noun: Noun, *, limit: int) -> tuple[Posted, ...]:
        with translated(), self._pool.connection() as connection:
            return tuple(map(_posted, connection.execute(_NEWEST, (noun, limit)).fetchall()))

    def versions(self, noun: Noun, named: str) -> tuple[Posted, ...]:
        with translated(), self._pool.connection() as connection:
            return tuple(map(_posted, connection.execute(_VERSIONS, (noun, named)).fetchall()))

    def post(self, posted: Posted) -> None:
        body = Jsonb(posted.body)
        values = (posted.noun, posted.id, posted.version, posted.at, posted.by, body)
        with translated(), self._pool.connection() as connection:
            try:
                connection.execute(_POST, values)
            except psycopg.errors.UniqueViolation as error:
                raise Clash(str(error)) from error


def _posted(row: tuple[object, ...]) -> Posted:
    return msgspec.convert(dict(zip(Posted.__struct_fields__, row, strict=True)), Posted)
