"""What row security costs a list: the same readers without it, and as the front door under it.

Without it is as the owner, whom no policy binds, by a view without its condition.

    python -m bench.row_security [--tickets 100000] [--rounds 40]

Starts a server of its own and fills it: tickets over two districts' grids, twelve units, a thousand residents,
eight events a ticket. Prints the median and the 95th percentile of each question in ms.
"""

import argparse
import statistics
import threading
import time
from collections.abc import Callable

import msgspec
import psycopg
from psycopg import conninfo
from psycopg.types.json import Jsonb

from bench import own_postgres
from services.adapters.postgres import Pool, open_pool
from services.adapters.retry import until_available
from services.provision import database as provision
from services.tickets.domain import TicketFilters
from services.tickets.domain.figures import By, FigureQuery
from services.tickets.domain.ordering import order_of
from services.tickets.domain.profiles import DEFAULT
from services.tickets.domain.reach import EVERYTHING, Reach
from services.tickets.postgres import PostgresFigures, PostgresHotspots, PostgresTicketReader

FILL = """
    INSERT INTO tickets.tickets (id, number, version, state, stage, source, device, kind, area, category, urgency, lead,
                                 assisting, reporter, opened_at, closed_at, deadline, body)
    SELECT id, number, 8, state, CASE state WHEN 'in_progress' THEN 'resolve' ELSE 'feedback' END, 'hotline', '', 'gas',
           area, 'lighting', 0, lead, '{}', reporter, at, CASE state WHEN 'in_progress' THEN NULL ELSE at + 1 END,
           at + 86400000,
           jsonb_build_object('id', id, 'number', number, 'version', 8, 'state', state, 'source', 'hotline',
               'title', title, 'opened_at', at, 'area', area, 'lead', lead, 'reporter', reporter,
               'text', repeat('电话里说的一句话 ', 20), 'policy', (SELECT body FROM tickets.policies LIMIT 1))
    FROM (
        SELECT 'id-' || n AS id, 'LY-' || n AS number, 1700000000000 + n::bigint * 60000 AS at,
               'unit-' || n %% 12 AS lead,
               CASE WHEN n %% 20 = 0 THEN 'in_progress' ELSE 'closed' END AS state,
               '99010' || 1 + n %% 2 || lpad((n / 2 %% 10)::text, 3, '0') || lpad((n / 20 %% 10)::text, 3, '0') || '001'
                   AS area,
               'resident-' || n %% 1000 AS reporter, '路灯不亮 ' || md5(n::text) AS title
        FROM generate_series(1, %(tickets)s) n
    ) AS made"""
EVENTS = """
    INSERT INTO tickets.ticket_events (id, ticket, version, action, old, new, at, by, role, evidence)
    SELECT id || ':' || v, id, v, 'note', 'accepted', 'accepted', opened_at + v, 'operator', 'operator',
           '{"text": "一句备注"}'
    FROM tickets.tickets, generate_series(1, 8) v"""
FIGURES = """
    INSERT INTO tickets.ticket_figures (ticket, definition, opened_at, closed_at, area, category, unit, accepted,
        dispatched, sign_decided, sign_missed, returned, repeated, late, valid, contacted, judged, solved, satisfied,
        body)
    SELECT id, 1, opened_at, closed_at, area, category, lead, true, true, true, false, false, false, false, true, true,
           true, true, 'satisfied', '{}' FROM tickets.tickets"""

WHOLE, COMMUNITY, UNIT, PERSON = EVERYTHING, Reach("area", "990101003"), Reach("unit", "", "unit-3"), Reach(
    "reporter", "", "resident-7"
)  # fmt: skip


def asked(pool: Pool, reach: Reach) -> dict[str, Callable[[], object]]:
    """The questions that a person of ``reach`` asks, narrowed as services/api/door/scope.py narrows them."""
    reader, figures, spots = PostgresTicketReader(pool), PostgresFigures(pool), PostgresHotspots(pool)
    unit = reach.holder if reach.who == "unit" else ""
    own = TicketFilters(unit=unit, reporter=reach.holder if reach.who == "reporter" else "")
    words = TicketFilters(unit=own.unit, reporter=own.reporter, text="c4ca4238")
    logs = [ticket.id for ticket in reader.list_tickets(own, scope=reach.area, limit=50, after=None).items]
    query = FigureQuery(1_700_000_000_000, 1_800_000_000_000, 1_800_000_000_000, reach.area, "", unit or None, None,
                        By.UNIT)  # fmt: skip
    questions: dict[str, Callable[[], object]] = {
        "newest 50": lambda: reader.list_tickets(own, scope=reach.area, limit=50, after=None),
        "by deadline": lambda: reader.list_tickets(
            own, scope=reach.area, limit=50, after=None, order=order_of("deadline")
        ),
        "a rare word": lambda: reader.list_tickets(words, scope=reach.area, limit=50, after=None),
        "logs of 50": lambda: reader.list_events(logs),
        "counts on the tabs": lambda: reader.count_by_stage(own, scope=reach.area),
    }
    if reach.who in {"area", "unit"}:
        questions["figures by unit"] = lambda: figures.tally(query)
    if reach.who == "area":
        since = 1_700_000_000_000
        questions["hot spots"] = lambda: spots.hotspots(by="building", scope=reach.area, since=since, limit=20)
    return questions


def timed(ask: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Median and 95th percentile of one question, ms; the first rounds warm up, past the server's own plans."""
    spent = []
    for _ in range(rounds + 8):
        start = time.perf_counter()
        ask()
        spent.append((time.perf_counter() - start) * 1000)
    measured = sorted(spent[8:])
    return statistics.median(measured), measured[int(len(measured) * 0.95)]


def filled(admin: str, tickets: int, database: str, *, bound: bool) -> dict[str, str]:
    """A database of ``tickets`` tickets; returns the address of each role. ``bound``: the view is as migrated."""
    passwords = {role: f"bench-{role}" for role in provision.ROLES}
    provision.prepare(admin, passwords, ("registry", "tickets"), database=database)
    with psycopg.connect(conninfo.make_conninfo(admin, dbname=database), autocommit=True) as connection:
        policy = Jsonb(DEFAULT, dumps=msgspec.json.encode)
        connection.execute("INSERT INTO tickets.policies VALUES ('default', 1, %s, 1, 'x')", (policy,))
        for statement in (FILL, EVENTS, FIGURES):
            connection.execute(statement.encode(), {"tickets": tickets} if statement == FILL else None)
        if not bound:
            row = connection.execute("SELECT pg_get_viewdef('tickets.ticket'::regclass)").fetchone()
            free = str(row[0]).partition("WHERE")[0] if row else ""
            connection.execute(f"CREATE OR REPLACE VIEW tickets.ticket AS {free}".encode())
        connection.execute("VACUUM ANALYZE")
    return {
        role: conninfo.make_conninfo(admin, dbname=database, user=role, password=password)
        for role, password in passwords.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="What row security costs a list.")
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=40)
    arguments = parser.parse_args()
    with own_postgres.running() as admin:
        tickets = arguments.tickets
        before = until_available(threading.Event(), "bench", lambda: filled(admin, tickets, "before", bound=False))
        after = filled(admin, tickets, "after", bound=True)
        print("| who | question | without ms | p95 | with ms | p95 |\n|---|---|---|---|---|---|")
        for name, reach in (("district", WHOLE), ("community", COMMUNITY), ("unit", UNIT), ("resident", PERSON)):
            _compare(name, reach, before["linli_tickets"], after["linli_api"], arguments.rounds)


def _compare(name: str, reach: Reach, before: str, after: str, rounds: int) -> None:
    with (
        open_pool(before, name="owner", size=1) as owner,
        open_pool(after, name="front", size=1, tell=reach.settings) as front,
    ):
        free, bound = asked(owner, reach), asked(front, reach)
        for question, ask in free.items():
            once, now = timed(ask, rounds), timed(bound[question], rounds)
            print(f"| {name} | {question} | {once[0]:.1f} | {once[1]:.1f} | {now[0]:.1f} | {now[1]:.1f} |", flush=True)


if __name__ == "__main__":
    main()
