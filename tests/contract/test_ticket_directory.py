"""One suite over the directory in memory and in PostgreSQL: what catalogue and units say of a place."""

from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest

from services.adapters.postgres import open_pool
from services.registry.domain import Unit
from services.registry.postgres import PostgresPlaces
from services.tickets.domain.catalogue import DISTRICT, Reason, responsible_for
from services.tickets.ports import Directory
from services.tickets.postgres import PostgresDirectory
from tests.conftest import PostgresServer, fresh_database
from tests.fakes.tickets import MemoryDirectory

GRID = "990101001002003"
UNITS = (
    Unit("gas-co", "燃气公司", "Gas company", "990101", ("gas-leak",)),
    Unit("lamps", "照明", "Lighting", "990101001", ("lighting",)),
    Unit("office", "街道办", "Street office", "990101002"),
)


@pytest.fixture(params=["memory", "postgres"])
def directory(request: pytest.FixtureRequest) -> Iterator[Directory]:
    if request.param == "memory":
        yield MemoryDirectory({(name, unit.area): unit.id for unit in UNITS for name in unit.categories or ("",)})
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    for database in fresh_database(server):
        database.migrate("registry", "tickets")
        with ExitStack() as stack:
            registry = open_pool(database.url("linli_registry"), name="contract")
            stack.callback(registry.close)
            PostgresPlaces(registry).add_units(UNITS)
            tickets = open_pool(database.url("linli_tickets"), name="contract")
            stack.callback(tickets.close)
            yield PostgresDirectory(tickets)
            _constraints(database.url("linli_tickets"))


def _constraints(url: str) -> None:
    """Two answers to one question, and a unit that assists itself, are refused by the database."""
    insert = "INSERT INTO tickets.catalogue (id, category, area, lead, assisting) VALUES (%s, %s, %s, %s, %s)"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(insert, ("a", "lighting", "990101", "lamps", []))
        for row in (("b", "lighting", "990101", "other", []), ("c", "noise", "990101", "u", ["u"])):
            with pytest.raises((psycopg.errors.UniqueViolation, psycopg.errors.CheckViolation)):
                connection.execute(insert, row)


def test_what_a_unit_says_of_itself_is_a_line(directory: Directory) -> None:
    lines = directory.lines(GRID)
    assert {(line.lead, line.category, line.own) for line in lines} == {
        ("gas-co", "gas-leak", True),
        ("lamps", "lighting", True),
    }
    assert responsible_for("gas-leak", GRID, 2, lines).lead == "gas-co"
    assert responsible_for("noise", GRID, 0, lines).lead == DISTRICT


def test_every_place_is_told_where_none_is_given(directory: Directory) -> None:
    lines = directory.lines()
    assert len(lines) == len(UNITS)
    assert responsible_for("noise", "990101002", 0, lines).reason is Reason.CATCH_ALL
