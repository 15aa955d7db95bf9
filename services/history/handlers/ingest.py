"""``linli.inputs`` into the store: batches in chunks, and of every record but an act that the log was alive then."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from services.adapters.metrics import counter, gauge, histogram
from services.history.domain import HEARD_MS, NewReading, Outcome, readings_of, unstorable
from services.history.ports import LetterStore, ReadingStore
from streams.contracts import Action, Batch, DeadLetter, Undecodable, decode_input
from streams.contracts.metrics import DEAD_LETTERS, HISTORY_BATCH_SECONDS, HISTORY_NEWEST, HISTORY_ROWS
from streams.contracts.topics import QUARANTINE_KEY

CHUNK: Final = 5_000
"""Readings in one transaction; more gained nothing in ``bench/history.py``."""
SOURCE: Final = "history"
_MOST_NOTED: Final = 1_000
_TIMES: Final = range(2**53)
"""What the table can hold: a gateway's nonsense must not stop history."""
_ACTION: Final = b'{"type":"action"'


@dataclass(frozen=True, slots=True)
class Raw:
    """A record as it stood in a topic; ``origin`` is ``topic/partition/offset``, ``at`` epoch ms."""

    origin: str
    value: bytes
    at: int


@dataclass(slots=True)
class _Load:
    """What one record asks the store to keep."""

    raw: Raw
    readings: list[NewReading] = field(default_factory=list)
    strangers: list[NewReading] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.readings) + len(self.strangers)


class Ingest:
    """Stores every reading of a list of records before it returns, so that the caller may commit."""

    def __init__(self, store: ReadingStore, letters: LetterStore, *, chunk: int = CHUNK) -> None:
        self._store = store
        self._letters = letters
        self._chunk = chunk
        self._heard: set[int] = set()
        self._noted: set[int] = set()

    def __call__(self, raws: Iterable[Raw]) -> None:
        """Take the records in, in order.

        Raises:
            Unavailable: the store is away; call again with the same records.
        """
        pending: list[_Load] = []
        size = 0
        for raw in raws:
            if raw.value.startswith(_ACTION):
                continue
            load = self._read(raw)
            if not load:
                continue
            if pending and size + len(load) > self._chunk:
                self._flush(pending)
                pending, size = [], 0
            pending.append(load)
            size += len(load)
        if pending:
            self._flush(pending)
        self._note()

    def _read(self, raw: Raw) -> _Load:
        load = _Load(raw)
        try:
            record = decode_input(raw.value)
        except Undecodable as error:
            self._bury(raw, error)
            return load
        if not isinstance(record, Action) and record.at in _TIMES:
            self._heard.add(record.at // HEARD_MS * HEARD_MS)
        if not isinstance(record, Batch):
            return load
        into = load.strangers if record.grid == QUARANTINE_KEY else load.readings
        for sample in record.samples:
            problem = unstorable(sample)
            if problem is None:
                into.extend(readings_of(sample))
            else:
                self._bury(raw, Undecodable("storage", problem))
        return load

    def _flush(self, loads: Sequence[_Load]) -> None:
        try:
            with histogram(HISTORY_BATCH_SECONDS).time():
                outcome = self._store.store(
                    [reading for load in loads for reading in load.readings],
                    [reading for load in loads for reading in load.strangers],
                )
        except Undecodable as error:
            if len(loads) == 1:
                self._bury(loads[0].raw, error)
                return
            # One record is at fault: the others must not share its grave.
            for load in loads:
                self._flush([load])
            return
        _count(outcome)
        gauge(HISTORY_NEWEST).set(
            max(reading.at for load in loads for reading in (load.readings or load.strangers)) / 1000
        )

    def _note(self) -> None:
        """What is forgotten here is noted once more and is there already."""
        fresh = self._heard - self._noted
        if fresh:
            self._store.hear(fresh)
            self._noted = self._noted | fresh if len(self._noted) < _MOST_NOTED else fresh
        self._heard.clear()

    def _bury(self, raw: Raw, error: Undecodable) -> None:
        digest = hashlib.sha256(b"\0".join((SOURCE.encode(), raw.origin.encode(), raw.value))).hexdigest()
        letter = DeadLetter(digest[:32], SOURCE, raw.origin, error.reason, error.detail, raw.value, raw.at)
        if self._letters.bury([letter]):
            counter(DEAD_LETTERS, source=SOURCE, reason=error.reason).inc()


def _count(outcome: Outcome) -> None:
    for name, number in outcome._asdict().items():
        if number:
            counter(HISTORY_ROWS, outcome=name).inc(number)
