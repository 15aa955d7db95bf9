"""What really happened: the ground truth that detection is judged by, one line an event.

``{"devices": [ids], "cause": "gas-leak", "from": ms, "to": ms, "ticket": true}``: an event deserves one
ticket or, where ``ticket`` is false (a fault, a hazard too short to be one), none.
"""

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

_encode: Final = msgspec.json.Encoder().encode


class Truth(msgspec.Struct, frozen=True):
    """One event. ``start`` and ``end`` (epoch ms) are ``from`` and ``to`` on paper."""

    devices: tuple[str, ...]
    cause: str
    start: int = msgspec.field(name="from")
    end: int = msgspec.field(name="to")
    ticket: bool


class Chronicle:
    """Appends to a file; every line is whole once :meth:`write` returns."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def write(self, truths: Iterable[Truth]) -> None:
        """Book events that are over."""
        lines = b"".join(_encode(truth) + b"\n" for truth in truths)
        if lines:
            self._file.write(lines)
            self._file.flush()
