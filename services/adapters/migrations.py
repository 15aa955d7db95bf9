"""Migrations: plain SQL files, applied once, in order, under a lock, with checksums.

A file is ``NNNN_name.sql``. Its first comment lines may say

- ``-- requires: timescaledb`` / ``-- without: timescaledb``: run on that backend only;
- ``-- no-transaction``: each statement on its own (for statements that refuse a transaction).

The backend is chosen once, at the first migration of the schema, and remembered.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from typing import Final

import psycopg
from psycopg import sql

from streams.contracts import LinliError

TIMESCALE: Final = "timescaledb"
PLAIN: Final = "plain"


class MigrationError(LinliError):
    """A migration file and the database disagree; the message names the file and the remedy."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: its number and name, its text, and what its header asks for."""

    name: str
    text: str
    requires: frozenset[str]
    without: frozenset[str]
    transactional: bool

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    def fits(self, backend: str) -> bool:
        return self.requires <= {backend} and backend not in self.without


def parse(name: str, text: str) -> Migration:
    """Read one file's header."""
    requires, without, transactional = set(), set(), True
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        word, _, value = line.removeprefix("--").strip().partition(":")
        if word == "requires":
            requires.add(value.strip())
        elif word == "without":
            without.add(value.strip())
        elif word == "no-transaction":
            transactional = False
    return Migration(name, text, frozenset(requires), frozenset(without), transactional)


def load(package: str) -> list[Migration]:
    """The migrations of a package's ``migrations/`` folder, in order."""
    folder = resources.files(package).joinpath("migrations")
    files = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".sql")), key=lambda entry: entry.name)
    return [parse(entry.name, entry.read_text(encoding="utf-8")) for entry in files]


def apply(connection: psycopg.Connection[tuple[object, ...]], schema: str, migrations: list[Migration]) -> list[str]:
    """Bring ``schema`` up to date as its owner; returns the names applied now.

    ``connection`` is in autocommit mode. Whoever migrates the same schema meanwhile waits for the whole of it.

    Raises:
        MigrationError: a file that was applied has changed since, or has gone.
    """
    with _alone(connection, f"migrate {schema}"):
        return _apply_fresh(connection, schema, migrations)


@contextmanager
def _alone(connection: psycopg.Connection[tuple[object, ...]], name: str) -> Iterator[None]:
    """Hold a lock of the session: some migrations are no transaction, and all are several."""
    connection.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", (name,))
    try:
        yield
    finally:
        connection.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", (name,))


def _apply_fresh(
    connection: psycopg.Connection[tuple[object, ...]], schema: str, migrations: list[Migration]
) -> list[str]:
    with connection.transaction():
        if connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", (schema,)).fetchone() is None:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        _use(connection, schema)
        connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migrations ("
            "name text PRIMARY KEY, checksum text NOT NULL, backend text NOT NULL,"
            "applied_at timestamptz NOT NULL DEFAULT now())"
        )
        backend = _backend(connection)
        rows = connection.execute("SELECT name, checksum FROM schema_migrations").fetchall()
        done = {str(name): str(checksum) for name, checksum in rows}
    _check(schema, migrations, done)
    fresh = [migration for migration in migrations if migration.fits(backend) and migration.name not in done]
    for migration in fresh:
        _apply_one(connection, schema, migration, backend)
    return [migration.name for migration in fresh]


def _check(schema: str, migrations: list[Migration], done: dict[str, str]) -> None:
    known = {migration.name: migration for migration in migrations}
    for name, checksum in done.items():
        if name not in known:
            raise MigrationError(f"{schema}: {name} was applied but its file is gone; restore it")
        if known[name].checksum != checksum:
            raise MigrationError(f"{schema}: {name} has changed since it was applied; put changes in a new file")


def _apply_one(
    connection: psycopg.Connection[tuple[object, ...]], schema: str, migration: Migration, backend: str
) -> None:
    record = (
        "INSERT INTO schema_migrations (name, checksum, backend) VALUES (%s, %s, %s)",
        (migration.name, migration.checksum, backend),
    )
    if migration.transactional:
        with connection.transaction():
            _use(connection, schema)
            connection.execute(migration.text.encode())
            connection.execute(*record)
        return
    connection.execute(sql.SQL("SET search_path TO {}, public").format(sql.Identifier(schema)))
    for statement in migration.text.split(";\n"):
        if statement.strip():
            connection.execute(statement.encode())
    connection.execute(*record)


def _use(connection: psycopg.Connection[tuple[object, ...]], schema: str) -> None:
    connection.execute(sql.SQL("SET LOCAL search_path TO {}, public").format(sql.Identifier(schema)))


def _backend(connection: psycopg.Connection[tuple[object, ...]]) -> str:
    row = connection.execute("SELECT backend FROM schema_migrations LIMIT 1").fetchone()
    if row:
        return str(row[0])
    row = connection.execute("SELECT 1 FROM pg_extension WHERE extname = %s", (TIMESCALE,)).fetchone()
    return TIMESCALE if row else PLAIN
