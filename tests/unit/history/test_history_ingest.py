"""Taking inputs in, over the store's twin: chunks, poison, and what the caller may commit."""

from collections.abc import Collection, Sequence

import pytest

from services.history.domain import HEARD_MS, LetterFilter, NewReading, Outcome, Replay
from services.history.handlers import FollowRegistry, Ingest, KeepLetters, Raw, replay_letter
from services.history.handlers.ingest import SOURCE
from streams.contracts import (
    Action,
    ActionName,
    Batch,
    DeadLetter,
    Device,
    Refused,
    Sample,
    Tick,
    Unavailable,
    Undecodable,
    encode,
)
from streams.contracts.topics import QUARANTINE_KEY
from tests.fakes.history import MemoryHistory

NOW = 1_795_311_636_000
GRID = "990101001001001"


class Chunks(MemoryHistory):
    """Remembers the size of each chunk and refuses what a poisoned device says."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []
        self.notes: list[list[int]] = []
        self.down = 0

    def store(self, readings: Sequence[NewReading], strangers: Sequence[NewReading]) -> Outcome:
        if self.down:
            self.down -= 1
            raise Unavailable("away")
        if any(row.device == "poison" for row in readings):
            raise Undecodable("storage", "no row can hold it")
        self.sizes.append(len(readings) + len(strangers))
        return super().store(readings, strangers)

    def hear(self, stretches: Collection[int]) -> None:
        if self.down:
            self.down -= 1
            raise Unavailable("away")
        self.notes.append(sorted(stretches))
        super().hear(stretches)


def raw(offset: int, *devices: str, grid: str = GRID, count: int = 1) -> Raw:
    samples = tuple(
        Sample(d, "gas", NOW + offset * 100 + n, NOW, {"ch4_lel": 1.0}) for d in devices for n in range(count)
    )
    return Raw(f"linli.inputs/0/{offset}", encode(Batch("gw", grid, NOW, samples)), NOW)


def tick(at: int) -> Raw:
    return Raw("o", encode(Tick("gw", at)), NOW)


def test_ticks_and_actions_are_passed_over() -> None:
    store = Chunks()
    action = Raw("o", encode(Action("a", ActionName.RESET, GRID, "d", "r", "e", "me", NOW + HEARD_MS)), NOW)

    Ingest(store, store)([tick(NOW), raw(1, "gas-1"), action, raw(2)])

    assert (store.sizes, store.letters) == ([1], {})
    assert store.heard == {NOW // HEARD_MS * HEARD_MS}, "an act is no sign of a gateway"


def test_every_ten_seconds_of_the_log_are_noted_once() -> None:
    store, begin = Chunks(), NOW // HEARD_MS * HEARD_MS
    ingest = Ingest(store, store)

    ingest([tick(begin + 9_999), tick(begin + 1), tick(begin + 2 * HEARD_MS)])
    ingest([tick(begin + 2), tick(begin + HEARD_MS)])
    ingest([tick(begin)])

    assert store.notes == [[begin, begin + 2 * HEARD_MS], [begin + HEARD_MS]]


def test_a_nonsensical_clock_notes_nothing() -> None:
    store = Chunks()

    Ingest(store, store)([tick(-1), tick(2**70)])

    assert (store.heard, store.letters) == (set(), {})


def test_what_could_not_be_noted_is_noted_with_the_next_records() -> None:
    store, begin = Chunks(), NOW // HEARD_MS * HEARD_MS
    ingest = Ingest(store, store)
    store.down = 1

    with pytest.raises(Unavailable):
        ingest([tick(begin)])
    ingest([tick(begin + HEARD_MS)])

    assert store.heard == {begin, begin + HEARD_MS}


def test_records_are_stored_in_chunks_of_whole_records() -> None:
    store = Chunks()

    Ingest(store, store, chunk=10)([raw(n, "gas-1", count=4) for n in range(6)] + [raw(9, "gas-2", count=25)])

    assert store.sizes == [8, 8, 8, 25]


def test_quarantined_batches_go_to_quarantine() -> None:
    store = Chunks()

    Ingest(store, store)([raw(1, "new-1", grid=QUARANTINE_KEY), raw(2, "gas-1")])

    assert (list(store.strangers), len(store.readings)) == (["new-1"], 1)


def test_an_unreadable_record_is_buried_once_and_the_rest_goes_on() -> None:
    store = Chunks()
    broken = Raw("linli.inputs/3/7", b'{"type":"batch"}', NOW)

    Ingest(store, store)([broken, raw(1, "gas-1")])
    Ingest(store, store)([broken])

    (letter,) = store.letters.values()
    assert (letter.source, letter.origin, letter.reason, letter.payload) == (
        SOURCE,
        broken.origin,
        "schema",
        broken.value,
    )
    assert len(store.readings) == 1


def test_an_unstorable_sample_is_buried_and_its_neighbours_are_kept() -> None:
    store = Chunks()

    Ingest(store, store)([raw(1, "gas-1", "nul\0", "gas-2")])

    assert {key[0] for key in store.readings} == {"gas-1", "gas-2"}
    assert [letter.reason for letter in store.letters.values()] == ["storage"]


def test_one_record_that_the_store_refuses_does_not_take_others_with_it() -> None:
    store = Chunks()

    Ingest(store, store)([raw(1, "gas-1"), raw(2, "poison"), raw(3, "gas-3")])

    assert {key[0] for key in store.readings} == {"gas-1", "gas-3"}
    assert [letter.origin for letter in store.letters.values()] == ["linli.inputs/0/2"]


def test_a_store_that_is_away_is_the_callers_to_wait_for() -> None:
    store = Chunks()
    store.down = 1
    ingest = Ingest(store, store)

    with pytest.raises(Unavailable):
        ingest([raw(1, "gas-1")])
    assert store.readings == {}
    ingest([raw(1, "gas-1")])
    assert len(store.readings) == 1


def test_letters_are_kept_and_an_unreadable_letter_is_one_itself() -> None:
    store = MemoryHistory()
    letter = DeadLetter("l-1", "gateway", "topic", "json", "", b"x", NOW)

    KeepLetters(store)([Raw("o/0/1", encode(letter), NOW), Raw("o/0/2", b"?", NOW)])

    found = store.list_letters(LetterFilter(), scope="", limit=9, after=None).items
    assert {(found_one.id, found_one.source) for found_one in found} == {("l-1", "gateway"), ("o/0/2", SOURCE)}


class At:
    def now(self) -> int:
        return NOW


class Ids:
    def new(self) -> str:
        return "c-1"


def test_a_replay_goes_through_the_outbox_and_only_within_scope() -> None:
    store = MemoryHistory()
    store.bury([DeadLetter("l-1", "gateway", f"linli/v1/{GRID}/gas/g/telemetry", "json", "", b"x", NOW)])

    with pytest.raises(Refused) as refused:
        replay_letter(store, "l-1", by="ops", scope="990101002", clock=At(), ids=Ids())
    assert refused.value.code == "unknown"
    replay_letter(store, "l-1", by="ops", scope="990101001", clock=At(), ids=Ids())

    (record,) = store.outbox
    assert isinstance(record, Replay)
    assert (record.key, store.letters["l-1"].replayed_by) == ("l-1", "ops")


def test_the_newest_change_of_a_device_counts_and_nonsense_is_passed_over() -> None:
    store = MemoryHistory()
    follow = FollowRegistry(store)
    store.store([], [NewReading("gas-1", "ch4_lel", NOW, "gas", NOW, 1.0, 0, 0)])

    follow([("gas-1", encode(Device("gas-1", "gas", "990101009001001"))), ("bad", b"{"), ("gone", None)])
    follow([("gas-1", encode(Device("gas-1", "gas", GRID, version=2)))])
    follow([])

    assert store.devices["gas-1"].area == GRID
    assert len(store.readings) == 1
    follow([("gas-1", None)])
    assert store.devices == {}
