"""Figures in PostgreSQL: the row beside each ticket, and counting over rows."""

from collections.abc import Collection, Sequence
from typing import Any, Final

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from services.adapters import logging
from services.adapters.postgres import Pool, translated
from services.paging import Key, Page
from services.tickets.domain import Event, Ticket
from services.tickets.domain.figures import (
    BY_CREATION,
    COUNTS,
    DEFINITION,
    DURATIONS,
    By,
    Count,
    Duration,
    Figure,
    FigureQuery,
    FigureTicket,
    Measure,
    Published,
    Record,
    Scoring,
    Share,
    Span,
    Tally,
    recorded,
)
from services.tickets.ports import Remade
from services.tickets.postgres.rows import event_of, ticket_of
from services.tickets.postgres.statements import EVENTS
from services.transactions import Clash

Cursor = psycopg.Cursor[tuple[object, ...]]

_COLUMNS: Final = (
    "ticket", "definition", "opened_at", "closed_at", "area", "category", "unit", "accepted", "dispatched",
    "sign_decided", "sign_missed", "sign_due", "returned", "repeated", "late", "valid", "contacted", "judged",
    "solved", "satisfied", *DURATIONS, "body",
)  # fmt: skip
_PUT: Final = (
    f"INSERT INTO tickets.ticket_figures ({', '.join(_COLUMNS)}) "  # noqa: S608 - the module's own column names
    f"VALUES ({', '.join(f'%({name})s' for name in _COLUMNS)}) ON CONFLICT (ticket) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[1:])
).encode()
_STALE: Final = """
    SELECT id, body FROM tickets.tickets WHERE NOT EXISTS (
        SELECT 1 FROM tickets.ticket_figures f WHERE f.ticket = tickets.id AND f.definition = %s)
      AND NOT id = ANY (%s)
    LIMIT %s FOR UPDATE SKIP LOCKED"""
_BROKEN: Final = (msgspec.MsgspecError, LookupError, ValueError, psycopg.IntegrityError)
"""What a log that this release cannot fold raises."""

_BEHIND: Final = """
    SELECT count(*) FROM (SELECT 1 FROM tickets.tickets WHERE NOT EXISTS (
        SELECT 1 FROM tickets.ticket_figures f WHERE f.ticket = tickets.id AND f.definition = %s)
    LIMIT %s) AS behind"""

_OVERDUE: Final = "coalesce(sign_due < %(now)s, false)"
_OF: Final[dict[Figure, tuple[str, str, str]]] = {
    **dict.fromkeys(COUNTS, ("true", "NULL::boolean", "NULL::boolean")),
    Count.ACCEPTED: ("accepted", "NULL::boolean", "NULL::boolean"),
    **{name: (f"{name} IS NOT NULL", "NULL::boolean", "NULL::boolean") for name in DURATIONS},
    Measure.SIGNED: (f"(sign_decided OR {_OVERDUE})", f"NOT sign_missed AND NOT {_OVERDUE}", "false"),
    Measure.RETURNED: ("dispatched", "returned", "false"),
    Measure.REPEATED: ("true", "repeated", "false"),
    Measure.ON_TIME: ("true", "NOT late", "false"),
    Measure.RESPONSE: ("valid", "contacted", "false"),
    Measure.SOLUTION: ("judged", "solved", "false"),
    Measure.SATISFACTION: ("valid", "satisfied IN ('very_satisfied', 'satisfied')", "satisfied = 'mostly'"),
}
"""Figure -> (which tickets, which of them count for a share, which count with the weight w)."""

_KEYS: Final = {
    By.WHOLE: "''",
    By.UNIT: "unit",
    By.AREA: "left(area, %(digits)s)",
    By.CATEGORY: "category",
    By.PERIOD: "(width_bucket({axis}, %(edges)s::bigint[]) - 1)::text",
}
_WHERE: Final = """
    f.{axis} >= %(start)s AND f.{axis} < %(end)s AND f.area ^@ %(scope)s AND f.area ^@ %(area)s
    AND (%(unit)s::text IS NULL OR f.unit = %(unit)s) AND (%(category)s::text IS NULL OR f.category = %(category)s)"""


def keep(cursor: Cursor, ticket: Ticket, events: Sequence[Event]) -> None:
    """Bring a ticket's row up to ``events``, in the ticket's own transaction.

    A row of another definition, or none, is made from the whole log, which ``events`` are part of.
    """
    row = cursor.execute(
        "SELECT body FROM tickets.ticket_figures WHERE ticket = %s AND definition = %s", (ticket.id, DEFINITION)
    ).fetchone()
    before = msgspec.convert(row[0], Record, str_keys=True) if row else None
    if before is None and events[0].version > 1:
        events = [event_of(each) for each in cursor.execute(EVENTS, (ticket.id,)).fetchall()]
    _put(cursor, recorded(before, ticket, events))


def start(cursor: Cursor, opened: Sequence[tuple[Ticket, Sequence[Event]]]) -> None:
    """The rows of tickets that are new, from all their events."""
    cursor.executemany(_PUT, [columns(recorded(None, ticket, events)) for ticket, events in opened])


def remake(cursor: Cursor, limit: int, without: Collection[str] = ()) -> Remade:
    """Make rows that are missing or of another definition; one broken log holds up no other."""
    stale: list[Any] = cursor.execute(_STALE, (DEFINITION, list(without), limit)).fetchall()
    failed: list[str] = []
    for name, body in stale:
        try:
            with cursor.connection.transaction():
                log = [event_of(each) for each in cursor.execute(EVENTS, (name,)).fetchall()]
                _put(cursor, recorded(None, ticket_of(body), log))
        except _BROKEN as error:
            logging.get(__name__).error("figures not made", ticket=name, error=type(error).__name__)
            failed.append(name)
    return Remade(len(stale) - len(failed), tuple(failed))


def _put(cursor: Cursor, record: Record) -> None:
    cursor.execute(_PUT, columns(record))


def columns(record: Record) -> dict[str, object]:
    """A record as its row."""
    return {
        "ticket": record.ticket, "definition": record.definition, "opened_at": record.opened_at,
        "closed_at": record.closed_at, "area": record.area, "category": record.category, "unit": record.unit,
        "accepted": record.accepted_at is not None, "dispatched": record.dispatched_at is not None,
        "sign_decided": record.sign_decided, "sign_missed": record.sign_missed, "sign_due": record.sign_due,
        "returned": record.returned, "repeated": record.repeated, "late": record.late, "valid": record.valid,
        "contacted": record.contacted, "judged": record.judged, "solved": record.was_solved,
        "satisfied": str(record.satisfied) if record.valid else "",
        **record.spans(),
        "body": Jsonb(record, dumps=msgspec.json.encode),
    }  # fmt: skip


class PostgresFigures:
    """:class:`services.tickets.ports.FigureStore`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def scorings(self) -> tuple[Published, ...]:
        with translated(), self._pool.connection() as connection:
            rows: list[Any] = connection.execute(
                "SELECT body, by, at, reason FROM tickets.scorings ORDER BY version"
            ).fetchall()
        return tuple(Published(msgspec.convert(body, Scoring), by, at, reason) for body, by, at, reason in rows)

    def publish(self, published: Published) -> None:
        scoring, body = published.scoring, Jsonb(published.scoring, dumps=msgspec.json.encode)
        with translated():
            try:
                with self._pool.connection() as connection:
                    connection.execute(
                        "INSERT INTO tickets.scorings (version, body, at, by, reason) VALUES (%s, %s, %s, %s, %s)",
                        (scoring.version, body, published.at, published.by, published.reason),
                    )
            except psycopg.errors.UniqueViolation as error:
                raise Clash(str(error)) from error

    def behind(self, most: int) -> int:
        with translated(), self._pool.connection() as connection:
            row = connection.execute(_BEHIND, (DEFINITION, most)).fetchone()
        return int(str(row[0])) if row else 0

    def remake(self, limit: int, *, without: Collection[str] = ()) -> Remade:
        with translated(), self._pool.connection() as connection, connection.cursor() as cursor:
            return remake(cursor, limit, without)

    def tally(self, query: FigureQuery) -> tuple[Tally, ...]:
        values = _values(query)
        with translated(), self._pool.connection() as connection:
            received: list[Any] = connection.execute(_received(query.by), values).fetchall()
            closed: list[Any] = connection.execute(_closed(query.by), values).fetchall()
        tallies: dict[str, Tally] = {}
        for key, count, accepted, *shares in received:
            found = {measure: Share(*shares[3 * n : 3 * n + 3]) for n, measure in enumerate(_CREATED)}
            tallies[key] = Tally(key, count, accepted, 0, found)
        for key, count, *numbers in closed:
            cut = 3 * len(_ENDED)
            shares, spans = numbers[:cut], numbers[cut:]
            found = {measure: Share(*shares[3 * n : 3 * n + 3]) for n, measure in enumerate(_ENDED)}
            durations = {name: Span(int(spans[2 * n] or 0), spans[2 * n + 1]) for n, name in enumerate(DURATIONS)}
            before = tallies.get(key, Tally(key))
            tallies[key] = Tally(key, before.received, before.accepted, count, before.shares | found, durations)
        return tuple(tallies[key] for key in sorted(tallies))

    def list_tickets(
        self, query: FigureQuery, figure: Figure, *, hit: bool | None, limit: int, after: Key | None
    ) -> Page[FigureTicket]:
        values = _values(query) | {"hit": hit, "limit": limit + 1}
        values |= {"after_at": after[0] if after else None, "after_id": after[1] if after else ""}
        with translated(), self._pool.connection() as connection:
            rows: list[Any] = connection.execute(_behind(figure), values).fetchall()
        items = tuple(FigureTicket(*row) for row in rows[:limit])
        return Page(items, items[-1].place if len(rows) > limit else None)


_CREATED: Final = tuple(measure for measure in Measure if measure in BY_CREATION)
_ENDED: Final = tuple(measure for measure in Measure if measure not in BY_CREATION)


def _counts(measures: Sequence[Measure]) -> str:
    def count(of: str, which: str) -> str:
        return f"count(*) FILTER (WHERE {of} AND {which})"

    parts = []
    for of, hit, half in (_OF[measure] for measure in measures):
        parts += [count(of, hit), count(of, "true"), count(of, half)]
    return ", ".join(parts)


def _grouped(by: By, axis: str, what: str) -> bytes:
    key, where = _KEYS[by].format(axis=axis), _WHERE.format(axis=axis)
    text = f"SELECT {key} AS key, {what} FROM tickets.ticket_figures f WHERE {where} GROUP BY 1"  # noqa: S608 - own words
    return text.encode()


def _received(by: By) -> bytes:
    return _grouped(by, "opened_at", f"count(*), count(*) FILTER (WHERE accepted), {_counts(_CREATED)}")


def _closed(by: By) -> bytes:
    spans = ", ".join(f"sum({name}), count({name})" for name in DURATIONS)
    return _grouped(by, "closed_at", f"count(*), {_counts(_ENDED)}, {spans}")


def _behind(figure: Figure) -> bytes:
    """The tickets behind a figure, newest or longest first, each with whether it counts or with its part.

    The page is cut in the index that the figure is counted from, and only its rows and tickets are read.
    """
    axis = "opened_at" if figure in BY_CREATION else "closed_at"
    of, hit, half = _OF[figure]
    counts = f"({hit} OR {half})"
    span = f"f.{figure}" if isinstance(figure, Duration) else "NULL::bigint"
    first = span if isinstance(figure, Duration) else "f.opened_at"
    text = f"""
        SELECT t.id, t.number, t.body ->> 'title', f.area, f.category, f.unit, f.opened_at, f.closed_at,
            {counts}, {span}
        FROM (
            SELECT f.ticket FROM tickets.ticket_figures f
            WHERE {_WHERE.format(axis=axis)} AND {of} AND (%(hit)s::boolean IS NULL OR {counts} = %(hit)s)
              AND (%(after_at)s::bigint IS NULL OR ({first}, f.ticket) < (%(after_at)s, %(after_id)s))
            ORDER BY {first} DESC, f.ticket DESC LIMIT %(limit)s
        ) page JOIN tickets.ticket_figures f ON f.ticket = page.ticket JOIN tickets.tickets t ON t.id = f.ticket
        ORDER BY {first} DESC, f.ticket DESC"""  # noqa: S608 - this module's constants only
    return text.encode()


def _values(query: FigureQuery) -> dict[str, Any]:
    return {
        "start": query.start, "end": query.end, "now": query.now, "scope": query.scope, "area": query.area,
        "unit": query.unit, "category": query.category, "digits": query.digits, "edges": list(query.edges),
    }  # fmt: skip
