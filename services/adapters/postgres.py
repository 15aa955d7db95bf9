"""Connections to PostgreSQL: one pool a process, and what its errors mean."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from streams.contracts import Unavailable

Connection = psycopg.Connection[tuple[object, ...]]
Pool = ConnectionPool[Connection]
Settings = Callable[[], Mapping[str, str]]


class _TellingPool(ConnectionPool[Connection]):
    """A pool whose every transaction is told something first, and which forgets it with the transaction."""

    def __init__(self, url: str, *, tell: Settings, size: int, kwargs: dict[str, str]) -> None:
        self._tell = tell
        super().__init__(
            url, min_size=1, max_size=size, open=True, check=ConnectionPool.check_connection, kwargs=kwargs
        )

    @contextmanager
    def connection(self, timeout: float | None = None) -> Iterator[Connection]:
        with super().connection(timeout) as connection:
            for name, value in self._tell().items():
                connection.execute("SELECT set_config(%s, %s, true)", (name, value))
            yield connection


def open_pool(url: str, *, name: str, size: int = 4, tell: Settings = dict) -> Pool:
    """A pool that connects lazily and checks a connection before lending it.

    ``tell`` is asked whenever one is lent; its settings hold until that transaction ends.
    """
    kwargs = {"application_name": f"linli-{name}", "options": "-c timezone=UTC -c statement_timeout=60000"}
    return _TellingPool(url, tell=tell, size=size, kwargs=kwargs)


@contextmanager
def translated() -> Iterator[None]:
    """Turn "the server is away" into :class:`Unavailable`; let real errors through."""
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as error:
        raise Unavailable(f"PostgreSQL: {error}") from error
