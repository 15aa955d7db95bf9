"""One suite over the entry cards' store: in memory, and in PostgreSQL as the front door's own role."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from services.adapters.postgres import Pool, open_pool
from services.audit import Did, Entry
from services.registry.domain import Area, EntryCard
from services.registry.ports import EntryCardStore
from services.registry.postgres import PostgresEntryCards, PostgresPlaces
from streams.contracts import Device
from tests.conftest import Database, PostgresServer
from tests.fakes.audit import MemoryChain
from tests.fakes.databases import empty
from tests.fakes.registry import MemoryEntryCards

SCHEMAS = ("registry",)
GRID = "990101001001001"
ENTRY = Entry(1, "manager", Did.ENTRY_CARD, f"area {GRID}")
CARD = EntryCard(area=GRID, holder="物业", phone="0571-8800", valve="总阀", avoid="勿入地下室", version=1)


@pytest.fixture
def pool(migrated: Database, postgres_server: PostgresServer) -> Iterator[Pool]:
    empty(postgres_server.admin_url(migrated.name), "registry")
    with open_pool(migrated.url("linli_registry"), name="contract", size=1) as owner:
        places = PostgresPlaces(owner)
        places.add_areas([Area("990101", "county", "区", "District"), Area(GRID, "grid", "网格", "Grid")])
        places.add_devices([Device("gas-1", "gas", GRID)], by="seed", now=1)
    with open_pool(migrated.url("linli_api"), name="contract", size=2) as made:
        yield made


@pytest.fixture(params=["memory", "postgres"])
def side(request: pytest.FixtureRequest) -> tuple[EntryCardStore, Any]:
    """(store, what its audit log holds)."""
    if request.param == "memory":
        chain = MemoryChain("registry")
        return MemoryEntryCards(chain), lambda: [entry.did for entry in chain.entries]
    pool: Pool = request.getfixturevalue("pool")

    def log() -> list[str]:
        with pool.connection() as connection:
            return [str(row[0]) for row in connection.execute("SELECT did FROM registry.audit ORDER BY number")]

    return PostgresEntryCards(pool), log


def test_a_card_comes_back_as_it_was_written_with_those_of_the_places_asked_for(side: tuple[Any, Any]) -> None:
    store, log = side
    device = EntryCard(device="gas-1", valve="厨房", version=1)
    assert [store.put(card, entry=ENTRY) for card in (CARD, device)] == [True, True]
    assert set(store.cards("gas-1", (GRID, "990101"))) == {CARD, device}
    assert store.cards("", (GRID,)) == (CARD,)
    assert store.cards("gas-2", ("990101",)) == ()
    assert log() == [Did.ENTRY_CARD] * 2


def test_a_version_is_written_once_and_who_was_late_leaves_nothing(side: tuple[Any, Any]) -> None:
    store, log = side
    assert store.put(CARD, entry=ENTRY)
    assert not store.put(replace(CARD, holder="别人"), entry=ENTRY)
    later = replace(CARD, holder="王芳", phone="", version=2)
    assert store.put(later, entry=ENTRY)
    assert not store.put(replace(CARD, holder="别人", version=2), entry=ENTRY)
    assert store.cards("", (GRID,)) == (later,)
    assert log() == [Did.ENTRY_CARD] * 2


def test_what_was_seen_is_noted(side: tuple[Any, Any]) -> None:
    store, log = side
    store.note(replace(ENTRY, did=Did.UNMASK))
    assert log() == [Did.UNMASK]


@pytest.mark.parametrize(
    ("columns", "values"),
    [
        ("holder, version", "'x', 1"),
        ("device, area, version", f"'gas-1', '{GRID}', 1"),
        ("device, version", "'gas-9', 1"),
        ("area, phone, version", f"'{GRID}', '1380', 1"),
    ],
    ids=["of no place", "of two places", "of nothing registered", "a number that is nobody's"],
)
def test_the_database_refuses_a_card_that_cannot_be(pool: Pool, columns: str, values: str) -> None:
    with pool.connection() as connection, pytest.raises(psycopg.errors.IntegrityError):
        connection.execute(f"INSERT INTO registry.entry_cards ({columns}) VALUES ({values})".encode())  # noqa: S608 - the test's own words
