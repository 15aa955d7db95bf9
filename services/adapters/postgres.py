"""Connections to PostgreSQL: one pool a process, and what its errors mean."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from streams.contracts import Unavailable

Pool = ConnectionPool[psycopg.Connection[tuple[object, ...]]]


def open_pool(url: str, *, name: str, size: int = 4) -> Pool:
    """A pool that connects lazily and checks a connection before lending it."""
    return ConnectionPool(
        url,
        min_size=1,
        max_size=size,
        open=True,
        check=ConnectionPool.check_connection,
        kwargs={"application_name": f"linli-{name}", "options": "-c timezone=UTC -c statement_timeout=60000"},
    )


@contextmanager
def translated() -> Iterator[None]:
    """Turn "the server is away" into :class:`Unavailable`; let real errors through."""
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as error:
        raise Unavailable(f"PostgreSQL: {error}") from error
