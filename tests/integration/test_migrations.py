"""The migration runner on a real server: once, in order, unchanged, and by the backend chosen first."""

import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from services.adapters.migrations import Migration, MigrationError, apply, parse

Connection = psycopg.Connection[tuple[object, ...]]
SCHEMA = "tickets"
FIRST = parse("0001_first.sql", "CREATE TABLE first (id integer)")
SECOND = parse("0002_second.sql", "CREATE TABLE second (id integer)")


def connect(database: Any) -> Connection:
    return psycopg.connect(database.admin_url, autocommit=True)


@pytest.fixture
def connection(database: Any) -> Iterator[Connection]:
    with connect(database) as opened:
        yield opened


def tables(connection: Connection) -> set[str]:
    rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", (SCHEMA,)).fetchall()
    return {str(row[0]) for row in rows} - {"schema_migrations"}


def test_what_is_new_is_applied_and_nothing_twice(connection: Connection) -> None:
    assert apply(connection, SCHEMA, [FIRST]) == ["0001_first.sql"]
    assert apply(connection, SCHEMA, [FIRST, SECOND]) == ["0002_second.sql"]
    assert apply(connection, SCHEMA, [FIRST, SECOND]) == []
    assert tables(connection) == {"first", "second"}


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([parse("0001_first.sql", "CREATE TABLE first (id bigint)")], "0001_first.sql has changed since"),
        ([SECOND], "0001_first.sql was applied but its file is gone"),
    ],
)
def test_an_applied_file_that_changed_or_went_is_refused(
    connection: Connection, files: list[Migration], words: str
) -> None:
    apply(connection, SCHEMA, [FIRST])
    with pytest.raises(MigrationError, match=words):
        apply(connection, SCHEMA, [*files, SECOND])
    assert tables(connection) == {"first"}


def test_a_migration_that_fails_leaves_nothing_of_itself(connection: Connection) -> None:
    broken = parse("0002_broken.sql", "CREATE TABLE half (id integer); CREATE TABLE half (id integer)")
    with pytest.raises(psycopg.errors.DuplicateTable):
        apply(connection, SCHEMA, [FIRST, broken])
    assert tables(connection) == {"first"}
    assert apply(connection, SCHEMA, [FIRST, SECOND]) == ["0002_second.sql"]


@pytest.mark.parametrize(("backend", "taken"), [("plain", "0002_plain.sql"), ("timescaledb", "0003_timescale.sql")])
def test_the_backend_of_the_first_migration_decides_for_ever(connection: Connection, backend: str, taken: str) -> None:
    apply(connection, SCHEMA, [FIRST])
    # A schema that began on this backend, whatever the server has to offer by now.
    connection.execute("UPDATE tickets.schema_migrations SET backend = %s", (backend,))
    plain = parse("0002_plain.sql", "-- without: timescaledb\nCREATE TABLE plain (id integer)")
    timescale = parse("0003_timescale.sql", "-- requires: timescaledb\nCREATE TABLE hyper (id integer)")
    assert apply(connection, SCHEMA, [FIRST, plain, timescale]) == [taken]


def test_runs_that_meet_apply_each_migration_once(database: Any) -> None:
    files = [parse(f"{number:04d}_t.sql", f"CREATE TABLE t{number} (id integer)") for number in range(1, 9)]
    loose = [parse("0009_t.sql", "-- no-transaction\nCREATE TABLE t9 (id integer);\nCREATE TABLE t10 (id integer)")]
    together = threading.Barrier(4)
    applied: list[str] = []

    def run() -> None:
        with connect(database) as mine:
            together.wait()
            applied.extend(apply(mine, SCHEMA, [*files, *loose]))

    runs = [threading.Thread(target=run) for _ in range(4)]
    for thread in runs:
        thread.start()
    for thread in runs:
        thread.join()
    assert applied == [file.name for file in (*files, *loose)]
