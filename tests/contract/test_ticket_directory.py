"""One suite over the directory in memory and in PostgreSQL: what catalogue and units say of a place."""

from collections.abc import Iterator
from contextlib import ExitStack

import msgspec
import psycopg
import pytest

from services.adapters.postgres import open_pool
from services.registry.domain import Area, Unit
from services.registry.postgres import PostgresPlaces
from services.tickets.domain.catalogue import DISTRICT, Line, Reason, responsible_for
from services.tickets.domain.catalogue.exchange import UnitFact
from services.tickets.ports import Catalogue, Directory
from services.tickets.postgres import PostgresCatalogue, PostgresDirectory
from services.transactions import Clash
from streams.contracts import Refused
from tests.conftest import PostgresServer, fresh_database
from tests.fakes.registry import MemoryPlaces
from tests.fakes.tickets import MemoryCatalogue, MemoryDirectory

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


@pytest.fixture(params=["memory", "postgres"])
def catalogue(request: pytest.FixtureRequest) -> Iterator[Catalogue]:
    areas = [Area("990101", "county", "澄湖区", "Chenghu"), Area("990101001", "street", "一街", "First Street")]
    if request.param == "memory":
        places = MemoryPlaces()
        places.add_areas(areas)
        places.add_units(UNITS)
        yield MemoryCatalogue(MemoryDirectory(), places)
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    for database in fresh_database(server):
        database.migrate("registry", "tickets")
        with ExitStack() as stack:
            registry = open_pool(database.url("linli_registry"), name="contract")
            stack.callback(registry.close)
            PostgresPlaces(registry).add_areas(areas)
            PostgresPlaces(registry).add_units(UNITS)
            api = open_pool(database.url("linli_api"), name="contract")
            stack.callback(api.close)
            yield PostgresCatalogue(api)
            with (
                psycopg.connect(database.url("linli_api"), autocommit=True) as connection,
                pytest.raises(psycopg.errors.InsufficientPrivilege),
            ):
                connection.execute("DELETE FROM tickets.catalogue_changes")


def test_a_line_is_written_rewritten_and_taken_away_once(catalogue: Catalogue) -> None:
    line = Line("a", "lighting", "990101001", "lamps", 2, ("gas-co",), "beijing")
    catalogue.put(line, by="ann", role="dispatcher", now=5)
    assert line in catalogue.lines(GRID)
    again = msgspec.structs.replace(line, assisting=())
    catalogue.put(again, by="bob", role="dispatcher", now=6)
    assert [found for found in catalogue.lines(GRID) if not found.own] == [again]
    with pytest.raises(Clash):
        catalogue.put(msgspec.structs.replace(line, id="b"), by="bob", role="dispatcher", now=6)
    catalogue.remove("a", by="ann", role="dispatcher", now=7)
    catalogue.remove("a", by="ann", role="dispatcher", now=8)
    assert [found for found in catalogue.lines() if not found.own] == []
    page = catalogue.changes(scope="990101", line="a", limit=2, after=None)
    assert [(each.by, each.at, each.old, each.new) for each in page.items] == [
        ("ann", 7, again, None), ("bob", 6, line, again),
    ]  # fmt: skip
    [first] = catalogue.changes(scope="990101", line="", limit=2, after=page.next).items
    assert (first.old, first.new) == (None, line)
    assert catalogue.changes(scope="990101002", line="", limit=9, after=None).items == ()
    assert catalogue.changes(scope="", line="b", limit=9, after=None).items == ()


def test_lines_are_written_all_or_none_after_one_look_at_what_stands(catalogue: Catalogue) -> None:
    one, two = Line("a", "lighting", "990101001", "lamps"), Line("b", "noise", "990101001", "office")
    seen: list[tuple[Line, ...]] = []
    catalogue.put_all([one, two], by="ann", role="dispatcher", now=5, judge=seen.append)
    assert [line for line in seen[0] if not line.own] == []

    def refuse(lines: tuple[Line, ...]) -> None:
        assert {one, two} <= set(lines)
        raise Refused("basis", "moved")

    with pytest.raises(Refused):
        catalogue.put_all([Line("c", "dust", "990101001", "office")], by="ann", role="dispatcher", now=6, judge=refuse)
    with pytest.raises(Clash):
        catalogue.put_all(
            [Line("d", "dust", "990101001", "office"), Line("e", "noise", "990101001", "lamps")],
            by="ann", role="dispatcher", now=6, judge=seen.append,
        )  # fmt: skip
    assert {line.id for line in catalogue.lines() if not line.own} == {"a", "b"}
    assert len(catalogue.changes(scope="", line="", limit=9, after=None).items) == 2


def test_units_and_areas_are_the_registrys(catalogue: Catalogue) -> None:
    assert (catalogue.unit_area("lamps"), catalogue.unit_area("nobody")) == ("990101001", None)
    assert (catalogue.has_area("990101001"), catalogue.has_area("110101")) == (True, False)
    assert catalogue.areas_of(["990101001", "110101"]) == {"990101001"}
    assert UnitFact("lamps", "990101001", ("照明", "Lighting")) in catalogue.units()
