"""The second line: what the database shows the front door, whatever the front door asks."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest

from services.adapters.clock import RandomIds
from services.adapters.postgres import Pool, open_pool
from services.alarms.domain import AlarmFilters
from services.alarms.handlers import RecordTransitions
from services.alarms.postgres import PostgresAlarmReader, PostgresAlarmStore
from services.tickets import domain
from services.tickets.domain import Actor, Caller, Opening, Role, Source, TicketFilters
from services.tickets.domain.figures import By, Count, FigureQuery
from services.tickets.domain.profiles import DEFAULT
from services.tickets.domain.reach import EVERYTHING, Reach
from services.tickets.ports import FigureStore, HotspotReader, MatchReader, TicketReader
from services.tickets.postgres import (
    PostgresFigures,
    PostgresHotspots,
    PostgresMatchReader,
    PostgresTicketReader,
    PostgresTicketStore,
    reader,
)
from streams.contracts import Severity
from tests.conftest import Database, PostgresServer, fresh_database
from tests.fakes.alarm_events import T0, raised

HERE, THERE = "990101001001001", "990101002001001"
DAY_MS = 86_400_000
GAS, WATER = "gas-co", "water-co"
PHONE = "13800001234"


@dataclass
class Side:
    """The front door's pool, whose transactions are told what stands in ``reach``; None tells nothing."""

    database: Database
    pool: Pool = field(init=False)
    told: list[Mapping[str, str]] = field(default_factory=list)

    def settings(self) -> Mapping[str, str]:
        return self.told[-1] if self.told else {}

    @contextmanager
    def as_(self, reach: Reach | None) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
        with self.reaching(reach), self.pool.connection() as connection:
            yield connection

    @contextmanager
    def reaching(self, reach: Reach | None) -> Iterator[None]:
        self.told.append(reach.settings() if reach else {})
        try:
            yield
        finally:
            self.told.pop()


@pytest.fixture(scope="module")
def side(postgres_server: PostgresServer) -> Iterator[Side]:
    """Four tickets: two units' alarms here and there, a resident's report here, a confidential one of Open311 there."""
    for database in fresh_database(postgres_server):
        database.migrate("registry", "alarms", "tickets")
        with open_pool(database.url("linli_tickets"), name="loop", size=1) as pool:
            store = PostgresTicketStore(pool)
            for moved in (leak("gas", HERE, GAS), leak("water", THERE, WATER), report("mine", HERE, "resident")):
                saved(store, moved)
            saved(store, report("open", THERE, "somebody", Source.OPEN311))
            saved(store, report("secret", THERE, "somebody", Source.OPEN311, confidential=True))
        with open_pool(database.url("linli_alarms"), name="alarms", size=1) as pool:
            RecordTransitions(PostgresAlarmStore(pool), RandomIds())([raised("gas"), raised("water")])
        side = Side(database)
        with open_pool(database.url("linli_api"), name="front", size=1, tell=side.settings) as side.pool:
            yield side


def leak(name: str, area: str, unit: str) -> domain.lifecycle.Moved:
    episode = domain.Episode(name, "gas.ch4", f"device-{name}", Severity.CRITICAL, T0, active=True, order=(1,))
    opening = Opening(
        number=name, source=Source.SENSOR, title=f"燃气 {name}", policy=DEFAULT, area=area, building=f"b-{name}",
        device=f"device-{name}", kind="gas", category="gas-leak", urgency=2, incident=name, episode=episode,
    )  # fmt: skip
    return domain.open_for_alarm(opening, id=name, now=T0, lead=unit)


def report(
    name: str, area: str, reporter: str, source: Source = Source.CITIZEN, *, confidential: bool = False
) -> domain.lifecycle.Moved:
    opening = Opening(
        number=name, source=source, title=f"路灯 {name}", policy=DEFAULT, area=area, text="楼道里没有灯",
        reporter=reporter, caller=Caller("王", PHONE, confidential),
    )  # fmt: skip
    return domain.report(opening, id=name, now=T0 + 1, who=Actor(reporter, Role.CITIZEN))


def saved(store: PostgresTicketStore, moved: domain.lifecycle.Moved) -> None:
    with store.transaction() as work:
        work.save(*moved)


RELATIONS = {
    "tickets.tickets": "id", "tickets.ticket": "id",
    "tickets.ticket_events": "ticket", "tickets.ticket_event": "ticket",
    "tickets.ticket_episodes": "ticket", "tickets.ticket_of_episode": "ticket_id", "tickets.ticket_figures": "ticket",
}  # fmt: skip
"""What the front door's role may read at all, and where the ticket stands in it."""

REACHES: dict[str, tuple[Reach | None, set[str]]] = {
    "nobody": (None, set()),
    "the district": (EVERYTHING, {"gas", "water", "mine", "open", "secret"}),
    "an area": (Reach("area", "990101001"), {"gas", "mine"}),
    "a unit": (Reach("unit", "", GAS), {"gas"}),
    "a unit without tickets": (Reach("unit", "", "-"), set()),
    "a unit of another area": (Reach("unit", "990101002", GAS), set()),
    "a resident": (Reach("reporter", "", "resident"), {"mine"}),
    "a nameless resident": (Reach("reporter"), set()),
    "a unit without a name": (Reach("unit"), set()),
    "a stranger": (Reach("open311"), {"open"}),
    "a link": (Reach("ticket", "", "mine"), {"mine"}),
}


@pytest.mark.parametrize("name", REACHES)
def test_plain_sql_finds_what_is_in_reach_and_nothing_else(side: Side, name: str) -> None:
    reach, seen = REACHES[name]
    for relation, column in RELATIONS.items():
        with side.as_(reach) as connection:
            rows = connection.execute(f"SELECT DISTINCT {column} FROM {relation}".encode()).fetchall()  # noqa: S608
        expected = seen
        if "episode" in relation:
            expected = seen & {"gas", "water"}
        elif "figures" in relation and reach is not None and reach.who not in {"area", "unit"}:
            expected = set()
        assert {str(row[0]) for row in rows} == expected, relation


NO_SCOPES = ['{"who": "area"}', '{"who": "all", "area": ""}', '{"area": ""}', "{}", "null", "[]", ""]


@pytest.mark.parametrize("said", NO_SCOPES)
def test_what_is_no_scope_shows_nothing(side: Side, said: str) -> None:
    for relation in RELATIONS:
        with side.as_(None) as connection:
            connection.execute("SELECT set_config('linli.scope', %s, true)", (said,))
            assert connection.execute(f"SELECT count(*) FROM {relation}".encode()).fetchone() == (0,)  # noqa: S608


def test_the_front_doors_own_role_writes_no_ticket(side: Side) -> None:
    for statement in (
        "UPDATE tickets.tickets SET lead = 'x'", "DELETE FROM tickets.tickets", "SELECT 1 FROM tickets.clocks",
        "INSERT INTO tickets.ticket_events SELECT * FROM tickets.ticket_events", "SELECT 1 FROM tickets.outbox",
        "UPDATE tickets.ticket_figures SET late = true", "SELECT 1 FROM tickets.requests",
    ):  # fmt: skip
        with pytest.raises(psycopg.errors.InsufficientPrivilege), side.as_(EVERYTHING) as connection:
            connection.execute(statement.encode())


def test_the_use_cases_role_is_taken_for_one_transaction_and_never_had_unasked(side: Side) -> None:
    with PostgresTicketStore(side.pool).transaction() as work:
        assert work.ticket("water") is not None, "a use case sees what its consequences concern"
    with side.as_(None) as connection:
        assert connection.execute("SELECT current_user, count(*) FROM tickets.tickets").fetchone() == ("linli_api", 0)


def test_nothing_of_a_scope_is_left_on_a_pooled_connection(side: Side) -> None:
    with side.as_(EVERYTHING) as connection:
        first = connection.info.backend_pid
        assert connection.execute("SELECT count(*) FROM tickets.tickets").fetchone() == (5,)
    with pytest.raises(psycopg.errors.DivisionByZero), side.as_(EVERYTHING) as connection:
        connection.execute("SELECT 1 / 0")
    with side.as_(None) as connection:
        assert connection.info.backend_pid == first, "the pool has one connection"
        assert connection.execute("SELECT count(*) FROM tickets.tickets").fetchone() == (0,)
        assert connection.execute("SELECT current_setting('linli.scope', true)").fetchone() == ("",)


def test_callers_at_the_same_time_keep_their_own_scope(side: Side) -> None:
    own, wrong = threading.local(), []

    def settings() -> Mapping[str, str]:
        return dict(own.reach.settings())

    with open_pool(side.database.url("linli_api"), name="crowd", size=2, tell=settings) as pool:
        tickets = PostgresTicketReader(pool)

        def ask(reach: Reach, seen: set[str]) -> None:
            own.reach = reach
            for _ in range(20):
                page = tickets.list_tickets(TicketFilters(), scope="", limit=50, after=None)
                if {ticket.id for ticket in page.items} != seen:
                    wrong.append((reach, page.items))

        threads = [threading.Thread(target=ask, args=(reach, seen)) for reach, seen in REACHES.values() if reach]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong


EVERY, IDS = TicketFilters(), ["gas", "water", "mine", "open", "secret"]
QUERY = FigureQuery(T0 - DAY_MS, T0 + DAY_MS, T0, "", "", None, None, By.UNIT)
READERS: dict[str, Callable[[Pool], Any]] = {
    "TicketReader.list_tickets": lambda pool: PostgresTicketReader(pool).list_tickets(
        EVERY, scope="", limit=50, after=None
    ),
    "TicketReader.count_tickets": lambda pool: PostgresTicketReader(pool).count_tickets(EVERY, scope="", most=50),
    "TicketReader.find_tickets": lambda pool: PostgresTicketReader(pool).find_tickets(
        EVERY, scope="", limit=50, most=50
    ),
    "TicketReader.get_ticket": lambda pool: [PostgresTicketReader(pool).get_ticket(name, scope="") for name in IDS],
    "TicketReader.list_events": lambda pool: PostgresTicketReader(pool).list_events(IDS),
    "TicketReader.last_changes": lambda pool: PostgresTicketReader(pool).last_changes(IDS),
    "TicketReader.count_by_stage": lambda pool: PostgresTicketReader(pool).count_by_stage(EVERY, scope=""),
    "MatchReader.open_near": lambda pool: PostgresMatchReader(pool).open_near(
        [HERE[:12], THERE[:12]], near=None, scope="", since=0, limit=9
    ),
    "MatchReader.of_caller": lambda pool: PostgresMatchReader(pool).of_caller(PHONE, scope="", limit=9),
    "HotspotReader.hotspots": lambda pool: PostgresHotspots(pool).hotspots(by="building", scope="", since=0, limit=9),
    "FigureStore.tally": lambda pool: PostgresFigures(pool).tally(QUERY),
    "FigureStore.list_tickets": lambda pool: PostgresFigures(pool).list_tickets(
        QUERY, Count.RECEIVED, hit=None, limit=9, after=None
    ),
}
"""Every method that reads tickets for people, asked for everything: as a page would that forgot its bounds."""
NOT_READ = {
    "FigureStore.scorings", "FigureStore.publish", "FigureStore.remake", "FigureStore.behind", "MatchReader.around",
}  # fmt: skip
"""Rules of the figures and places on the map, which are nobody's data; and what the tickets process does."""


def test_the_walk_knows_every_reader() -> None:
    ports = (TicketReader, MatchReader, HotspotReader, FigureStore)
    methods = {f"{port.__name__}.{name}" for port in ports for name in vars(port) if not name.startswith("_")}
    assert methods == READERS.keys() | NOT_READ


@pytest.mark.parametrize("name", sorted(READERS))
def test_a_reader_that_forgets_its_bounds_shows_no_other_units_ticket(side: Side, name: str) -> None:
    with side.reaching(Reach("unit", "", GAS)):
        shown = repr(READERS[name](side.pool))
    for secret in (WATER, "device-water", "路灯", PHONE, "楼道里没有灯", "somebody"):
        assert secret not in shown
    with side.reaching(EVERYTHING):
        everything = repr(READERS[name](side.pool))
    assert shown != everything or "hotspots" in name, "there is something to be hidden"


def test_an_alarm_names_the_ticket_to_whom_it_concerns(side: Side) -> None:
    alarms = PostgresAlarmReader(side.pool)
    with side.reaching(Reach("unit", "", GAS)):
        page = alarms.list_alarms(AlarmFilters(), scope="", limit=9, after=None)
    assert {each.alarm.episode: each.ticket_id for each in page.items} == {"gas": "gas", "water": None}


PLANS = {
    "the newest": (TicketFilters(), "", "tickets_newest"),
    "of a community": (TicketFilters(), "990101001", "tickets_area"),
    "a resident's own": (TicketFilters(reporter="resident"), "", "tickets_reporter"),
    "a word": (TicketFilters(text="路灯"), "", "tickets_pairs"),
    "of a device": (TicketFilters(device="device-gas"), "", "tickets_device"),
}


@pytest.mark.parametrize("name", PLANS)
def test_a_list_under_a_policy_still_uses_its_index(side: Side, name: str) -> None:
    """Behind a policy only leakproof operators may, and ^@, @> and ILIKE are none: lists read the view instead."""
    filters, scope, index = PLANS[name]
    values = reader._values(filters, scope) | {"limit": 50}
    rest = "LIMIT %(limit)s" if scope or filters.text else reader._PAGE
    query = f"EXPLAIN SELECT body {reader._from(values)} {rest}"
    with side.as_(EVERYTHING) as connection:
        for setting in ("enable_seqscan", "enable_sort", *(() if filters.text else ("enable_bitmapscan",))):
            connection.execute(f"SET LOCAL {setting} = off".encode())
        plan = "\n".join(str(row[0]) for row in connection.execute(query.encode(), values).fetchall())
    assert index in plan, plan


def test_every_table_and_view_of_tickets_is_under_a_policy(side: Side) -> None:
    """A table that a later migration hangs on tickets is found here, before somebody reads it."""
    unbound = """
        SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'tickets'::regnamespace AND (
            (c.relkind = 'r' AND NOT c.relrowsecurity AND (c.relname = 'tickets' OR EXISTS (
                SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'ticket' AND NOT a.attisdropped)))
            OR (c.relkind = 'v' AND NOT coalesce('security_invoker=true' = ANY (c.reloptions), false))
        ) ORDER BY 1"""
    with psycopg.connect(side.database.admin_url) as connection:
        found = [str(row[0]) for row in connection.execute(unbound).fetchall()]
    assert found == ["notice_facts", "ticket"], (
        "what the notices' own role reads is granted to it alone; the list's view has the condition itself"
    )
