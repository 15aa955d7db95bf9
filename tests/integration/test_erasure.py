"""Erasing over PostgreSQL: no row keeps what was erased, the chains stand, and two erasers share the work."""

import threading
from collections.abc import Iterator

import psycopg
import pytest

from services.adapters import audit, migrations
from services.adapters.clock import RandomIds
from services.adapters.health import Health
from services.adapters.postgres import Pool, open_pool
from services.tickets import domain
from services.tickets.domain import Action, Actor, Caller, Details, Role, State, Ticket
from services.tickets.domain.photos import Photo
from services.tickets.domain.reach import EVERYTHING
from services.tickets.erasing import erasing
from services.tickets.handlers import Act, ActOnTicket, EraseByAge, OpenTicket, Report
from services.tickets.handlers.erasing import BATCH
from services.tickets.postgres import PostgresTicketStore
from services.tickets.postgres.photos import PostgresPhotos
from tests.conftest import Database, PostgresServer, fresh_database
from tests.fakes.alarm_events import GRID, T0
from tests.fakes.clock import ManualClock
from tests.support import eventually
from tests.unit.tickets.ticket_stories import to

OPERATOR = Actor("operator", Role.OPERATOR)
NAME, PHONE, SENTENCE = "欧阳女士", "13812345621", "她家三单元漏水"
YEARS_MS = 4 * 366 * 86_400_000


@pytest.fixture(scope="module")
def database(postgres_server: PostgresServer) -> Iterator[Database]:
    for made in fresh_database(postgres_server):
        made.migrate("registry", "tickets")
        yield made


@pytest.fixture(scope="module")
def front(database: Database) -> Iterator[Pool]:
    """The front door, as which a person acts; its role writes and erases by the loop's role only."""
    with open_pool(database.url("linli_api"), name="front", size=2) as pool:
        yield pool


@pytest.fixture(scope="module")
def tickets(front: Pool) -> list[Ticket]:
    """More archived calls than one batch takes."""
    clock, ids, store = ManualClock(T0), RandomIds(), PostgresTicketStore(front)
    made = []
    for number in range(BATCH + 3):
        report = Report(SENTENCE, f"{SENTENCE}，{NAME}说", area=GRID, caller=Caller(NAME, PHONE))
        ticket = OpenTicket(store, clock, ids)(report, who=OPERATOR, key=f"call {number}")
        act = Act(ticket.id, Action.WITHDRAW, ticket.version, Details(reason=f"{NAME}来电撤销"))
        ticket = ActOnTicket(store, clock)(act, who=OPERATOR)
        with store.transaction() as work:
            work.save(*domain.archived(ticket, now=T0 + number))
            found = work.ticket(ticket.id)
        assert found is not None
        made.append(found)
    return made


def photo_of(ticket: str) -> Photo:
    return Photo(ticket, "0" * 64, "operator", T0, 1, 1, 1)


def left(database: Database, word: str) -> list[str]:
    """The tables in which a word still stands; the outbox keeps what Kafka was told for a day, and is not asked."""
    with psycopg.connect(database.admin_url) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'tickets' AND tablename <> 'outbox'"
        ).fetchall()
        return [
            str(name)
            for (name,) in tables
            if connection.execute(
                f"SELECT 1 FROM tickets.{name} t WHERE t::text LIKE %s LIMIT 1".encode(),  # noqa: S608 - names of tables
                (f"%{word}%",),
            ).fetchone()
        ]


def test_what_is_due_is_gone_from_every_table_and_the_log_still_adds_up(
    database: Database, front: Pool, tickets: list[Ticket]
) -> None:
    assert left(database, NAME)
    first = tickets[0]
    with open_pool(database.url("linli_api"), name="photos", size=1, tell=EVERYTHING.settings) as pool:
        photos = PostgresPhotos(pool)
        photos.begin(photo_of(first.id), most=9)
        photos.stored(first.id, "0" * 64, shown_at=T0)
    act = Act(first.id, Action.ERASE, first.version, Details(reason="来电人要求清除"))
    by_hand = ActOnTicket(PostgresTicketStore(front), ManualClock(T0 + 10))(act, who=Actor("admin", Role.ADMINISTRATOR))
    assert by_hand.erased_at == T0 + 10
    with open_pool(database.url("linli_api"), name="sweeper", size=1) as pool:
        dropped: list[Photo] = []
        assert PostgresPhotos(pool).of(first.id) == (), "nobody sees its photo any more"
        assert PostgresPhotos(pool).remove_unshown(T0, limit=9, drop=dropped.append) == 1
        assert [photo.ticket for photo in dropped] == [first.id], "and the next look removes the picture"
    with open_pool(database.url("linli_tickets"), name="loop", size=4) as pool:
        store, stop = PostgresTicketStore(pool), threading.Event()
        erase = EraseByAge(store, ManualClock(T0 + YEARS_MS), 3)
        loops = [threading.Thread(target=erasing(erase, Health()).run, args=(stop,)) for _ in range(2)]
        for loop in loops:
            loop.start()
        try:
            eventually(lambda: not left(database, NAME), what="two erasers are through")
        finally:
            stop.set()
            for loop in loops:
                loop.join(timeout=20)
        assert left(database, PHONE) == left(database, SENTENCE) == []
        with store.transaction() as work:
            assert work.oldest_personal() is None
            for ticket in tickets:
                found = work.ticket(ticket.id)
                assert domain.replay(work.events(ticket.id)) == found
                assert found is not None
                assert found.version == ticket.version + 1, "each once"
    broken, number, _ = audit.verify(front, "tickets")
    assert (broken, number) == (None, len(tickets)), "the chain stands, with an entry for each"


@pytest.mark.parametrize("what", ["why = 'x'", "at = at + 1", "clocks = '[]'", "evidence = '{}'"])
def test_nobody_changes_the_log_of_a_ticket_that_is_not_erased(database: Database, front: Pool, what: str) -> None:
    """Not even the schema's owner."""
    report = Report("路灯不亮", "三号楼", area=GRID)
    ticket = OpenTicket(PostgresTicketStore(front), ManualClock(T0), RandomIds())(report, who=OPERATOR)
    statement = f"UPDATE tickets.ticket_events SET {what} WHERE ticket = %s".encode()  # noqa: S608 - the test's own
    with psycopg.connect(database.url("linli_tickets")) as owner, pytest.raises(psycopg.errors.InsufficientPrivilege):
        owner.execute(statement, (ticket.id,))


def test_what_was_archived_before_has_its_time_too(postgres_server: PostgresServer) -> None:
    """Tickets of an earlier release do not know when they were archived; their logs do."""
    for made in fresh_database(postgres_server):
        made.migrate("registry")
        everything = migrations.load("services.tickets")
        before = [each for each in everything if not each.name.startswith("0017")]
        with psycopg.connect(made.admin_url, autocommit=True) as connection:
            connection.execute("SET ROLE linli_tickets")
            migrations.apply(connection, "tickets", before)
            with open_pool(made.url("linli_tickets"), name="earlier", size=1) as pool:
                store = PostgresTicketStore(pool)
                story = to(State.ARCHIVED)
                with store.transaction() as work:
                    work.save(story.ticket, story.events)
                connection.execute("UPDATE tickets.tickets SET body = body - 'archived_at'")
                migrations.apply(connection, "tickets", everything)
                with store.transaction() as work:
                    assert work.ticket(story.ticket.id) == story.ticket
                    assert work.oldest_personal() == story.now
