"""Dead letters in PostgreSQL; works for the owner and for the API's role."""

from collections.abc import Sequence
from typing import Any, Final

from psycopg import sql
from psycopg.rows import class_row

from services.adapters.outbox import put
from services.adapters.postgres import Pool, translated
from services.history.domain import Letter, LetterFilter, Replay
from services.history.domain.letters import PREVIEW
from services.paging import Key, Page
from streams.contracts import DeadLetter

_BURY: Final = """
WITH kept AS (
    INSERT INTO history.dead_letters (id, source, origin, reason, detail, payload, at, truncated, trace)
    SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bytea[], %s::bigint[],
        %s::boolean[], %s::text[])
    ORDER BY 1
    ON CONFLICT DO NOTHING RETURNING 1)
SELECT count(*) FROM kept
"""
_COLUMNS: Final = sql.SQL(
    "id, source, origin, reason, detail, at, octet_length(payload) AS size, truncated, trace,"
    " replayed_at, replayed_by, replays"
)
_IN_SCOPE: Final = sql.SQL("(%(scope)s = '' OR starts_with(origin, 'linli/v1/' || %(scope)s))")
"""A native topic names its grid; what came from elsewhere is for the whole district to see."""


class PostgresLetters:
    """:class:`services.history.ports.LetterStore`, and the letters' part of the reader."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def bury(self, letters: Sequence[DeadLetter]) -> int:
        """See the port: each id once."""
        columns: list[list[Any]] = [
            [letter.id for letter in letters],
            [letter.source for letter in letters],
            [_text(letter.origin) for letter in letters],
            [letter.reason for letter in letters],
            [_text(letter.detail) for letter in letters],
            [letter.payload for letter in letters],
            [letter.at for letter in letters],
            [letter.truncated for letter in letters],
            [_text(letter.trace) for letter in letters],
        ]
        with translated(), self._pool.connection() as connection:
            row = connection.execute(_BURY, columns).fetchone()
        return int(str(row[0])) if row else 0

    def get_letter(self, letter_id: str, *, scope: str = "") -> Letter | None:
        """One letter, whole."""
        query = sql.SQL("SELECT {columns}, payload FROM history.dead_letters WHERE id = %(id)s AND {scope}").format(
            columns=_COLUMNS, scope=_IN_SCOPE
        )
        with translated(), self._pool.connection() as connection, connection.cursor(row_factory=class_row(Letter)) as c:
            return c.execute(query, {"id": letter_id, "scope": scope}).fetchone()

    def list_letters(self, filters: LetterFilter, *, scope: str, limit: int, after: Key | None) -> Page[Letter]:
        """Newest first, with previews of the payloads."""
        conditions = [_IN_SCOPE]
        values: dict[str, Any] = {"scope": scope, "limit": limit + 1, "preview": PREVIEW}
        for name, condition, value in (
            ("source", "source = %(source)s", filters.source),
            ("reason", "reason = %(reason)s", filters.reason),
            ("replayed", "(replays > 0) = %(replayed)s", filters.replayed),
            ("start", "at >= %(start)s", filters.start),
            ("end", "at < %(end)s", filters.end),
        ):
            if value is not None:
                conditions.append(sql.SQL(condition))
                values[name] = value
        if after is not None:
            conditions.append(sql.SQL("(at, id) < (%(after_at)s, %(after_id)s)"))
            values |= {"after_at": after[0], "after_id": after[1]}
        query = sql.SQL(
            "SELECT {columns}, substring(payload FOR %(preview)s) AS payload FROM history.dead_letters"
            " WHERE {where} ORDER BY at DESC, id DESC LIMIT %(limit)s"
        ).format(columns=_COLUMNS, where=sql.SQL(" AND ").join(conditions))
        with translated(), self._pool.connection() as connection, connection.cursor(row_factory=class_row(Letter)) as c:
            rows = c.execute(query, values).fetchall()
        return Page(tuple(rows[:limit]), rows[limit - 1].key if len(rows) > limit else None)

    def replay(self, letter_id: str, record: Replay, *, by: str, at: int) -> None:
        """See the port: the note and the record in one transaction."""
        with translated(), self._pool.connection() as connection, connection.cursor() as cursor:
            cursor.execute(
                "UPDATE history.dead_letters SET replays = replays + 1, replayed_at = %s, replayed_by = %s"
                " WHERE id = %s",
                (at, by, letter_id),
            )
            put(cursor, "history", [(record.topic, record.key, record.value)])


def _text(value: str) -> str:
    """Text as PostgreSQL can hold it: NUL is written out."""
    return value.replace("\0", "\\0")
