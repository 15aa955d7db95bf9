"""Connections to PostgreSQL: one pool a process, and what its errors mean."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from weakref import WeakKeyDictionary

import msgspec
import psycopg
import psycopg.types.json
from psycopg_pool import ConnectionPool, PoolTimeout

from streams.contracts import Unavailable

Pool = ConnectionPool[psycopg.Connection[tuple[object, ...]]]
TRUSTED_S: Final = 1.0
"""How long a connection that answered is lent again unasked: a page asks its database many times in a moment."""
OPTIONS: Final = (
    "-c timezone=UTC -c statement_timeout=60000"
    " -c jit=off"  # compiling a statement takes longer than any of ours runs
    " -c plan_cache_mode=force_custom_plan"  # a street or the district, a rare word or a common one
)
psycopg.types.json.set_json_loads(msgspec.json.decode)


def open_pool(url: str, *, name: str, size: int = 4) -> Pool:
    """A pool that connects lazily and checks a connection before lending it."""
    return ConnectionPool(
        url,
        min_size=1,
        max_size=size,
        open=True,
        check=_Checked(),
        kwargs={"application_name": f"linli-{name}", "options": OPTIONS},
    )


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
