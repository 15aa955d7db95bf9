"""The audit chains in PostgreSQL: written in the caller's transaction, read and verified by anyone with the right.

Number, previous hash and hash are made by the schema's own trigger under an advisory lock that lasts
until the transaction ends, so entries are written last in it: nobody waits for the lock who holds
something that its holder still wants.
"""

from collections.abc import Callable, Iterator

import psycopg
from psycopg import sql

from services.adapters.postgres import Pool, translated
from services.audit import CHAINS, GENESIS, AuditFilter, Broken, Entry, Kept, every_broken, first_broken
from services.paging import Key, Page

_COLUMNS = "number, at, by, role, did, subject, detail, previous, hash"
BATCH = 2_000

_LIST = " UNION ALL ".join(
    f"SELECT '{chain}' AS chain, {_COLUMNS} FROM {chain}.audit"  # noqa: S608 - the module's own schema names
    for chain in CHAINS
)
_QUERY = f"""
    SELECT * FROM ({_LIST}) AS entries
    WHERE (%(by)s = '' OR by = %(by)s)
      AND (%(did)s = '' OR did = %(did)s)
      AND (%(subject)s = '' OR subject = %(subject)s)
      AND (%(since)s::bigint IS NULL OR at >= %(since)s)
      AND (%(until)s::bigint IS NULL OR at < %(until)s)
      AND (%(after_at)s::bigint IS NULL OR (at, chain, number) < (%(after_at)s, %(after_chain)s, %(after_number)s))
    ORDER BY at DESC, chain DESC, number DESC LIMIT %(limit)s""".encode()  # noqa: S608 - as above


def put(cursor: psycopg.Cursor[tuple[object, ...]], chain: str, entry: Entry) -> None:
    """Append ``entry`` to ``chain`` in the caller's transaction, as the last thing it does."""
    cursor.execute(
        sql.SQL("INSERT INTO {}.audit (at, by, role, did, subject, detail) VALUES (%s, %s, %s, %s, %s, %s)").format(
            sql.Identifier(chain)
        ),
        (entry.at, entry.by, entry.role, str(entry.did), entry.subject, entry.detail),
    )


class PostgresAudit:
    """:class:`services.audit.AuditLog`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def append(self, chain: str, entry: Entry) -> None:
        with translated(), self._pool.connection() as connection, connection.cursor() as cursor:
            put(cursor, chain, entry)

    def list_entries(self, filters: AuditFilter, *, limit: int, after: Key | None) -> Page[Kept]:
        after_at, after_chain, after_number = after or (None, None, None)
        values = {
            "by": filters.by, "did": filters.did, "subject": filters.subject, "since": filters.since,
            "until": filters.until, "after_at": after_at, "after_chain": after_chain, "after_number": after_number,
            "limit": limit + 1,
        }  # fmt: skip
        with translated(), self._pool.connection() as connection:
            rows = connection.execute(_QUERY, values).fetchall()
        items = tuple(_kept(str(row[0]), row[1:]) for row in rows[:limit])
        more = len(rows) > limit
        return Page(items, (items[-1].at, items[-1].chain, items[-1].number) if more else None)


def walk(
    pool: Pool, chain: str, *, number: int = 0, last: bytes = GENESIS, progress: Callable[[], None] = lambda: None
) -> tuple[tuple[Broken, ...], int, bytes]:
    """Walk ``chain`` behind entry ``number`` to its end: everything that is broken, and the end with its hash.

    ``progress`` is called after each batch: a long chain takes a while.
    """
    found: tuple[Broken, ...] = ()
    while True:
        with translated(), pool.connection() as connection:
            batch = list(_behind(connection, chain, number))
        broken, number, last = every_broken(batch, number=number, last=last)
        found += broken
        progress()
        if len(batch) < BATCH:
            return found, number, last


def verify(pool: Pool, chain: str, *, number: int = 0, last: bytes = GENESIS) -> tuple[Broken | None, int, bytes]:
    """Walk ``chain`` behind entry ``number``: the first broken entry, and the last sound one with its hash."""
    while True:
        with translated(), pool.connection() as connection:
            batch = list(_behind(connection, chain, number))
        broken, number, last = first_broken(batch, number=number, last=last)
        if broken is not None or len(batch) < BATCH:
            return broken, number, last


def hash_of(pool: Pool, chain: str, number: int) -> bytes | None:
    """The hash of one entry; None where the chain does not reach so far."""
    query = sql.SQL("SELECT hash FROM {}.audit WHERE number = %s").format(sql.Identifier(chain))
    with translated(), pool.connection() as connection:
        row = connection.execute(query, (number,)).fetchone()
    return _bytes(row[0]) if row else None


def _behind(connection: psycopg.Connection[tuple[object, ...]], chain: str, number: int) -> Iterator[Kept]:
    query = sql.SQL("SELECT {} FROM {}.audit WHERE number > %s ORDER BY number LIMIT %s").format(
        sql.SQL(_COLUMNS), sql.Identifier(chain)
    )
    for row in connection.execute(query, (number, BATCH)).fetchall():
        yield _kept(chain, row)


def _kept(chain: str, row: tuple[object, ...]) -> Kept:
    number, at, by, role, did, subject, detail, previous, hash_ = row
    return Kept(
        chain, int(str(number)), int(str(at)), str(by), str(role), str(did), str(subject), str(detail),
        _bytes(previous), _bytes(hash_),
    )  # fmt: skip


def _bytes(value: object) -> bytes:
    return bytes(value) if isinstance(value, bytes | bytearray | memoryview) else b""
