"""What history needs from a store, and what it offers the front door to read."""

from collections.abc import Collection, Sequence
from typing import Protocol

from services.history.domain import (
    Chart,
    LastValue,
    Letter,
    LetterFilter,
    NewReading,
    Outcome,
    Reading,
    ReadingFilter,
    Replay,
    Stranger,
)
from services.paging import Key, Page
from streams.contracts import DeadLetter, Device


class ReadingStore(Protocol):
    """Takes readings in, each once by (device, metric, ts)."""

    def store(self, readings: Sequence[NewReading], strangers: Sequence[NewReading]) -> Outcome:
        """Keep all of them or none. ``strangers`` are of devices that the gateway did not know.

        Raises:
            Undecodable: ``storage``, a value in the chunk can never be stored.
            Unavailable: the server is away; call again.
        """

    def hear(self, stretches: Collection[int]) -> None:
        """Note, each once, stretches of ``HEARD_MS`` in which the log had a record; by their beginning, epoch ms.

        Raises:
            Unavailable: the server is away; call again.
        """

    def register(self, devices: Sequence[Device], gone: Sequence[str]) -> int:
        """Mirror the registry's changes and adopt quarantined readings; returns how many moved."""


class LetterStore(Protocol):
    """Keeps dead letters and sends them on their way again."""

    def bury(self, letters: Sequence[DeadLetter]) -> int:
        """Keep letters, each id once; returns how many are new."""

    def get_letter(self, letter_id: str, *, scope: str = "") -> Letter | None: ...

    def replay(self, letter_id: str, record: Replay, *, by: str, at: int) -> None:
        """Note the replay and put its record into the outbox, together."""


class HistoryReader(Protocol):
    """What the API reads. ``scope`` is an area-code prefix and always applies; '' sees everything."""

    def list_readings(
        self, filters: ReadingFilter, *, scope: str, limit: int, after: Key | None, now: int
    ) -> Page[Reading]:
        """Newest first; the key is (ts, device, metric)."""

    def last_values(self, devices: Sequence[str], *, scope: str) -> list[LastValue]:
        """Every metric's newest believable value, by device and metric."""

    def chart(self, device: str, metric: str, start: int, end: int, *, scope: str) -> Chart:
        """One metric from ``start`` to ``end`` (excluded), as fine as the span allows, with gaps."""

    def list_letters(self, filters: LetterFilter, *, scope: str, limit: int, after: Key | None) -> Page[Letter]:
        """Newest first; the key is (at, id). A scope sees letters of its own topics only."""

    def get_letter(self, letter_id: str, *, scope: str = "") -> Letter | None: ...

    def list_quarantine(self, *, scope: str, limit: int, after: Key | None) -> Page[Stranger]:
        """Dangerous first, then the newest; the key is (rank, last_seen, device).

        A stranger has no area, so only the whole district's scope sees any.
        """
