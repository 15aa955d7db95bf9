"""Makes the database: roles, schemas and each service's migrations, applied as that service.

Every service owns the schema of its name and nothing else. Roles exist before any migration
runs, so a migration may grant to another service's role; migrations run in the order of
``SERVICES``, so one may also read what an earlier service published.
"""

from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Final

import psycopg
from psycopg import sql

from services.adapters import migrations
from services.adapters.postgres import translated
from streams.contracts import LinliError

SERVICES: Final = ("registry", "history", "alarms", "tickets", "oncall", "notices")
ROLES: Final = (*(f"linli_{service}" for service in SERVICES), "linli_api")
LOOP: Final = "linli_loop"
"""Who a ticket use case works as, for one transaction: nobody signs in as it, and nobody has its rights unasked."""
AT_WORK: Final = ("linli_tickets", "linli_api")
"""Whose processes run the loop's use cases."""
DATABASE: Final = "linli"

Connection = psycopg.Connection[tuple[object, ...]]


class ProvisionError(LinliError):
    """The server cannot be prepared as asked; the message says what to change."""


def prepare(
    admin_url: str, passwords: Mapping[str, str], services: Sequence[str] = SERVICES, *, database: str = DATABASE
) -> dict[str, list[str]]:
    """Bring roles, ``database`` and the schemas of ``services`` up to date.

    ``admin_url`` names a superuser (or a role that may create roles and databases) and any
    database of the server; ``passwords`` has one password for every name in ``ROLES``. Returns
    the migrations that were applied now, by service.

    Raises:
        ProvisionError: a password is missing, or the administrator may not do what is needed.
        services.adapters.migrations.MigrationError: an applied migration file has changed.
        Unavailable: the server does not answer.
    """
    missing = [role for role in ROLES if not passwords.get(role)]
    if missing:
        raise ProvisionError(f"no password for {', '.join(missing)}")
    try:
        with translated():
            with psycopg.connect(admin_url, autocommit=True, application_name="linli-provision") as connection:
                _make_roles(connection, passwords)
                _make_database(connection, database)
            target = psycopg.conninfo.make_conninfo(admin_url, dbname=database)
            with psycopg.connect(target, autocommit=True, application_name="linli-provision") as connection:
                _make_schemas(connection, database)
            return {service: _migrate(target, service) for service in services}
    except psycopg.errors.InsufficientPrivilege as error:
        raise ProvisionError(f"the administrator of LINLI_ADMIN_DATABASE_URL lacks a right: {error}") from error


def _make_roles(connection: Connection, passwords: Mapping[str, str]) -> None:
    """Create the roles and set their passwords; only their hashes leave this process."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('linli roles', 0))")
        rows = connection.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", (list(ROLES),)).fetchall()
        present = {str(row[0]) for row in rows}
        for role in ROLES:
            name = sql.Identifier(role)
            if role not in present:
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name))
            if not _is_superuser(connection):
                connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(name))
            hashed = connection.pgconn.encrypt_password(passwords[role].encode(), role.encode(), b"scram-sha-256")
            connection.execute(sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(name, sql.Literal(hashed.decode())))
        _make_loop(connection)


def _make_loop(connection: Connection) -> None:
    """The role of the loop's use cases. Its members inherit nothing: a policy for it holds for who has taken it."""
    loop = sql.Identifier(LOOP)
    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (LOOP,)).fetchone():
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(loop))
    for role in AT_WORK:
        connection.execute(sql.SQL("ALTER ROLE {} NOINHERIT").format(sql.Identifier(role)))
        connection.execute(sql.SQL("GRANT {} TO {}").format(loop, sql.Identifier(role)))


def _make_database(connection: Connection, database: str) -> None:
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchone():
        return
    try:
        connection.execute(
            sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(sql.Identifier(database))
        )
    except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
        return  # another run was quicker


def _make_schemas(connection: Connection, database: str) -> None:
    name = sql.Identifier(database)
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('linli schemas', 0))")
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
        connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        for role in ROLES:
            connection.execute(
                sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(name, sql.Identifier(role))
            )
        for service in SERVICES:
            connection.execute(
                sql.SQL("CREATE SCHEMA IF NOT EXISTS {} AUTHORIZATION {}").format(
                    sql.Identifier(service), sql.Identifier(f"linli_{service}")
                )
            )
        connection.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")
        if _is_superuser(connection):  # else a refused row stands whole in the server's log, with whom it is about
            connection.execute(sql.SQL("ALTER DATABASE {} SET log_error_verbosity TO terse").format(name))
    if _wants_timescale(connection):
        connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")


def _wants_timescale(connection: Connection) -> bool:
    row = connection.execute(
        "SELECT 1 FROM pg_available_extensions WHERE name = %s AND installed_version IS NULL",
        (migrations.TIMESCALE,),
    ).fetchone()
    return row is not None


def _migrate(url: str, service: str) -> list[str]:
    """Apply one service's migrations as its owner; a service without any needs nothing."""
    package = f"services.{service}"
    if not resources.files(package).joinpath("migrations").is_dir():
        return []
    with psycopg.connect(url, autocommit=True, application_name="linli-provision") as connection:
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(f"linli_{service}")))
        return migrations.apply(connection, service, migrations.load(package))


def _is_superuser(connection: Connection) -> bool:
    row = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    return row is not None and bool(row[0])
