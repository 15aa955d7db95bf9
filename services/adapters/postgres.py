"""Connections to PostgreSQL: one pool a process, and what its errors mean."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from weakref import WeakKeyDictionary

import msgspec
import psycopg
import psycopg.types.json
from psycopg_pool import ConnectionPool, PoolTimeout

from streams.contracts import Unavailable

Connection = psycopg.Connection[tuple[object, ...]]
Pool = ConnectionPool[Connection]
Settings = Callable[[], Mapping[str, str]]
TRUSTED_S: Final = 1.0
"""How long a connection that answered is lent again unasked: a page asks its database many times in a moment."""
OPTIONS: Final = (
    "-c timezone=UTC -c statement_timeout=60000"
    " -c jit=off"  # compiling a statement takes longer than any of ours runs
    " -c plan_cache_mode=force_custom_plan"  # a street or the district, a rare word or a common one
    " -c max_parallel_workers_per_gather=0"  # many people ask at once: each question has one core
    " -c work_mem=16MB"
)
psycopg.types.json.set_json_loads(msgspec.json.decode)


def open_pool(url: str, *, name: str, size: int = 4, tell: Settings = dict) -> Pool:
    """A pool that connects lazily and checks a connection before lending it.

    ``tell`` is asked whenever one is lent; its settings hold until that transaction ends.
    """
    return _TellingPool(url, tell=tell, size=size, kwargs={"application_name": f"linli-{name}", "options": OPTIONS})


class _TellingPool(ConnectionPool[Connection]):
    """A pool whose every transaction is told something first, and which forgets it with the transaction."""

    def __init__(self, url: str, *, tell: Settings, size: int, kwargs: dict[str, str]) -> None:
        self._tell = tell
        super().__init__(url, min_size=1, max_size=size, open=True, check=_Checked(), kwargs=kwargs)

    @contextmanager
    def connection(self, timeout: float | None = None) -> Iterator[Connection]:
        with super().connection(timeout) as connection:
            for name, value in self._tell().items():
                connection.execute("SELECT set_config(%s, %s, true)", (name, value))
            yield connection


class _Checked:
    """Asks a connection whether its server is there, at most once in :data:`TRUSTED_S`."""

    def __init__(self) -> None:
        self._at: WeakKeyDictionary[psycopg.Connection[Any], float] = WeakKeyDictionary()

    def __call__(self, connection: psycopg.Connection[Any]) -> None:
        if time.monotonic() - self._at.get(connection, float("-inf")) > TRUSTED_S:
            ConnectionPool.check_connection(connection)
            self._at[connection] = time.monotonic()


@contextmanager
def translated() -> Iterator[None]:
    """Turn "the server is away" into :class:`Unavailable`; let real errors through."""
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as error:
        raise Unavailable(f"PostgreSQL: {error}") from error
