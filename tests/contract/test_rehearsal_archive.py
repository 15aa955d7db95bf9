"""One suite for what a rehearsal reads: in memory, and on PostgreSQL as history keeps it."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

import pytest

from services.adapters.postgres import open_pool
from services.history.domain import NewReading
from services.history.postgres import PostgresReadings
from services.rehearsal.domain import Outages, Stored
from services.rehearsal.ports import Archive
from services.rehearsal.postgres import PostgresArchive
from streams.contracts import Device
from tests.conftest import Database
from tests.fakes.archive import MemoryArchive

SCHEMAS = ("registry", "history")
GRID = "990101001001001"
T0 = 1_795_312_800_000
S, M, H = 1_000, 60_000, 3_600_000
LEAST = 5 * M


@dataclass
class Kept:
    """An archive, and how history comes to hold something."""

    archive: Archive
    hear: Callable[[Collection[int]], None]
    store: Callable[[Collection[NewReading]], None]


@pytest.fixture(params=["memory", "postgres"])
def kept(request: pytest.FixtureRequest) -> Iterator[Kept]:
    if request.param == "memory":
        memory = MemoryArchive()

        def store(rows: Collection[NewReading]) -> None:
            memory.stored += [Stored(r.at, r.device, r.ts, r.metric, r.value, "good", ()) for r in rows]

        yield Kept(memory, memory.heard.update, store)
        return
    yield from _postgres(request.getfixturevalue("migrated"))


def _postgres(database: Database) -> Iterator[Kept]:
    with (
        open_pool(database.url("linli_history"), name="test") as owner,
        open_pool(database.url("linli_api"), name="test") as reader,
    ):
        readings = PostgresReadings(owner)
        readings.register([Device("gas-1", "gas", GRID)], [])
        yield Kept(PostgresArchive(reader), readings.hear, lambda rows: _store(readings, rows))
        with owner.connection() as connection:
            connection.execute("TRUNCATE history.heard, history.telemetry, history.dirty_1m")


def _store(readings: PostgresReadings, rows: Collection[NewReading]) -> None:
    readings.store(list(rows), [])


def ticks(*spans: tuple[int, int]) -> list[int]:
    return [at for since, until in spans for at in range(since, until, 10 * S)]


def test_a_hole_in_the_log_is_an_outage_and_a_short_one_is_chance(kept: Kept) -> None:
    kept.hear(ticks((T0, T0 + H), (T0 + 2 * H, T0 + 3 * H), (T0 + 3 * H + LEAST, T0 + 5 * H)))
    found = kept.archive.outages(T0, T0 + 5 * H, LEAST)
    assert found == Outages(((T0 + H, T0 + 2 * H),), T0)
    assert kept.archive.outages(T0, T0 + 5 * H, LEAST - 1).stretches[1:] == ((T0 + 3 * H, T0 + 3 * H + LEAST),)


def test_outages_that_reach_beyond_the_period_are_cut_to_it(kept: Kept) -> None:
    kept.hear(ticks((T0, T0 + H), (T0 + 4 * H, T0 + 5 * H)))
    assert kept.archive.outages(T0 + 2 * H, T0 + 3 * H, LEAST).stretches == ((T0 + 2 * H, T0 + 3 * H),)
    assert kept.archive.outages(T0 + 30 * M, T0 + 3 * H, LEAST).stretches == ((T0 + H, T0 + 3 * H),)
    assert kept.archive.outages(T0 + 2 * H, T0 + 9 * H, LEAST).stretches == (
        (T0 + 2 * H, T0 + 4 * H),
        (T0 + 5 * H, T0 + 9 * H),
    )
    assert kept.archive.outages(T0, T0 + H, LEAST).stretches == ()


def test_what_was_before_the_first_note_is_not_known(kept: Kept) -> None:
    assert kept.archive.outages(T0, T0 + 9 * H, LEAST) == Outages((), None)
    kept.hear(ticks((T0 + 2 * H, T0 + 3 * H)))
    assert kept.archive.outages(T0, T0 + 3 * H, LEAST) == Outages((), T0 + 2 * H)
    assert kept.archive.outages(T0, T0 + H, LEAST) == Outages((), T0 + 2 * H)


def test_what_is_heard_twice_is_noted_once(kept: Kept) -> None:
    for _ in range(2):
        kept.hear([T0 + 2 * H, T0])
    assert kept.archive.outages(T0, T0 + 2 * H, LEAST).stretches == ((T0 + 10 * S, T0 + 2 * H),)


def test_readings_that_arrive_in_a_hole_do_not_fill_it(kept: Kept) -> None:
    """Whoever was away took nothing in: what says so in the table was stored by other means."""
    kept.hear([T0, T0 + 2 * H])
    kept.store([NewReading("gas-1", "ch4_lel", T0 + H, "gas", T0 + H, 1.0, 0, 0)])
    assert len(kept.archive.outages(T0, T0 + 3 * H, LEAST).stretches) == 2
    windows = kept.archive.windows(["gas-1"], None, T0, T0 + 2 * H)
    assert [reading.ts for _, stretch in windows for reading in stretch] == [T0 + H]
