"""A record that stops the process is met again at the same offset; after the second time it is put aside."""

import hashlib
import json
from pathlib import Path

from streams.contracts import DeadLetter

TOLERATED = 2
MOST_PAYLOAD = 900_000


def letter_of(place: str, reason: str, detail: str, payload: bytes | None, *, trace: str, now: int) -> DeadLetter:
    """A record that a worker puts aside; the same record and reason are the same letter."""
    kept = (payload or b"")[:MOST_PAYLOAD]
    return DeadLetter(
        id=hashlib.sha256(f"streams\n{place}\n{detail}".encode() + kept).hexdigest()[:32],
        source="streams",
        origin=place,
        reason=reason,
        detail=detail[:2_000],
        payload=kept,
        at=now,
        truncated=len(kept) < len(payload or b""),
        trace=trace,
    )


class Poison:
    """Counts, in a file, how often each record has stopped this worker."""

    def __init__(self, directory: Path) -> None:
        self._file = directory / "poison.json"
        directory.mkdir(parents=True, exist_ok=True)
        try:
            self._counts: dict[str, int] = json.loads(self._file.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            self._counts = {}

    def lethal(self, place: str) -> bool:
        """Whether the record at ``topic/partition/offset`` has stopped the process twice."""
        return bool(self._counts) and self._counts.get(place, 0) >= TOLERATED

    def struck(self, place: str) -> None:
        """The record is about to stop the process; keep that before it does."""
        self._counts[place] = self._counts.get(place, 0) + 1
        self._save()

    def put_aside(self, place: str) -> None:
        """The record lies in the dead letters now."""
        self._counts.pop(place, None)
        self._save()

    def _save(self) -> None:
        partial = self._file.with_suffix(".part")
        partial.write_text(json.dumps(self._counts))
        partial.replace(self._file)
