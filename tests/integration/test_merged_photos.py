"""What the database shows of merged reports to whoever works on their master: photos, and nobody's name."""

import itertools
from collections.abc import Iterator

import pytest

from services.adapters.postgres import open_pool
from services.tickets.domain import Actor, Details, Role
from services.tickets.domain.photos import Photo
from services.tickets.domain.reach import EVERYTHING, Reach
from services.tickets.handlers import Act, ActOnTicket
from services.tickets.postgres import PostgresPhotos, PostgresTicketStore
from tests.conftest import PostgresServer, fresh_database
from tests.fakes.alarm_events import T0
from tests.fakes.clock import ManualClock
from tests.integration.test_row_security import GAS, HERE, THERE, WATER, Side, leak, report, saved

SHOWN, KEPT, SECRET, OWN = (letter * 64 for letter in "abcd")


@pytest.fixture(scope="module")
def side(postgres_server: PostgresServer) -> Iterator[Side]:
    """Into the gas company's ticket: a resident's report with two photos, one of them shown, and a confidential one."""
    for database in fresh_database(postgres_server):
        database.migrate("registry", "tickets")
        with open_pool(database.url("linli_tickets"), name="merging", size=1) as pool:
            _merge(PostgresPhotos(pool), PostgresTicketStore(pool))
        side = Side(database)
        with open_pool(database.url("linli_api"), name="front", size=1, tell=side.settings) as side.pool:
            yield side


CHAIN = [f"link-{number}" for number in range(8)]
LAST = "e" * 64


def _merge(photos: PostgresPhotos, store: PostgresTicketStore) -> None:
    saved(store, leak("gas", HERE, GAS))
    for name, confidential in (("report", False), ("whisper", True)):
        saved(store, report(name, THERE, "resident", confidential=confidential))
        ActOnTicket(store, ManualClock(T0 + 2))(
            Act(name, "merge", 1, Details(master="gas")), who=Actor("operator", Role.OPERATOR)
        )
    for name in CHAIN:
        saved(store, report(name, HERE, "resident"))
    for member, master in itertools.pairwise(CHAIN):
        act = Act(member, "merge", 1, Details(master=master))
        ActOnTicket(store, ManualClock(T0 + 2))(act, who=Actor("operator", Role.OPERATOR))
    for ticket, photo, shown in (
        ("report", SHOWN, True), ("report", KEPT, False), ("whisper", SECRET, True), ("gas", OWN, True),
        (CHAIN[0], LAST, True),
    ):  # fmt: skip
        photos.begin(Photo(ticket, photo, "resident", T0, 640, 480, 9_000), most=9)
        photos.stored(ticket, photo, shown_at=T0 if shown else None)


MERGED: dict[str, tuple[Reach | None, list[str]]] = {
    "nobody": (None, []),
    "the master's unit": (Reach("unit", "", GAS), [SHOWN]),
    "the master's area": (Reach("area", "990101001"), [SHOWN]),
    "the district": (EVERYTHING, [SHOWN]),
    "another unit": (Reach("unit", "", WATER), []),
    "the unit in another area": (Reach("unit", "990101002", GAS), []),
    "another area": (Reach("area", "990101002"), []),
    "who reported it": (Reach("reporter", "", "resident"), []),
    "a stranger": (Reach("open311"), []),
    "a link": (Reach("ticket", "", "gas"), []),
}


@pytest.mark.parametrize("name", MERGED)
def test_who_works_on_a_master_sees_its_reports_photos_and_nothing_else_of_them(side: Side, name: str) -> None:
    reach, expected = MERGED[name]
    with side.reaching(reach):
        found = PostgresPhotos(side.pool).merged_into("gas", limit=9)
    assert [(each.id, each.by) for each in found] == [(photo, "") for photo in expected]
    with side.as_(reach) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("linli_api",)
        rows = connection.execute("SELECT * FROM tickets.photos_merged_into('gas', 9)").fetchall()
    assert [row[1] for row in rows] == expected
    assert "resident" not in repr(rows)


def test_a_photo_is_found_however_many_masters_stand_between(side: Side) -> None:
    with side.reaching(Reach("area", "990101001")):
        found = PostgresPhotos(side.pool).merged_into(CHAIN[-1], limit=9)
    assert [each.id for each in found] == [LAST]


def test_the_report_itself_stays_hidden_from_the_masters_unit(side: Side) -> None:
    with side.as_(Reach("unit", "", GAS)) as connection:
        for relation, column in (("tickets", "id"), ("ticket_events", "ticket"), ("photos", "ticket")):
            query = f"SELECT DISTINCT {column} FROM tickets.{relation}"  # noqa: S608 - the test's own words
            assert connection.execute(query.encode()).fetchall() == [("gas",)], relation
