"""What several processes need from the outside world, as Protocols."""

from collections.abc import Sequence
from typing import Protocol

from streams.contracts import DeadLetter


class Clock(Protocol):
    """Where a process reads the time: epoch milliseconds, UTC."""

    def now(self) -> int: ...


class Ids(Protocol):
    """Where new identifiers come from (UUIDs as text)."""

    def new(self) -> str: ...


class Stop(Protocol):
    """A request to end, shared by every loop of a process (``threading.Event`` fits)."""

    def is_set(self) -> bool: ...

    def wait(self, timeout: float | None = None) -> bool: ...


class DeadLetterOffice(Protocol):
    """Where refused input goes. Returns only when it is safe there."""

    def bury(self, letters: Sequence[DeadLetter]) -> None: ...
