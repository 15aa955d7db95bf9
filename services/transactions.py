"""Use cases that lost a race: the database said so, the transaction is tried afresh."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from streams.contracts import LinliError, Unavailable

W = TypeVar("W")
W_co = TypeVar("W_co", covariant=True)
T = TypeVar("T")
TRIES = 8


class Clash(LinliError):
    """Another transaction was quicker: the same version, episode, incident, command or key."""


class Transactional(Protocol[W_co]):
    """A store whose unit of work is one transaction."""

    def transaction(self) -> AbstractContextManager[W_co]:
        """Commits where its body ends well. Raises: Clash, another transaction was quicker."""


def in_transaction(store: Transactional[W], attempt: Callable[[W], T]) -> T:
    """Run ``attempt`` in a transaction of its own, afresh after each clash.

    Raises:
        Unavailable: it clashed every time, which only an overloaded server explains.
    """
    for _ in range(TRIES):
        try:
            with store.transaction() as work:
                return attempt(work)
        except Clash as clash:
            last = clash
    raise Unavailable(f"a transaction clashed {TRIES} times: {last}")
