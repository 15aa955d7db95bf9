"""Lists of tickets for people, from the views that this schema publishes."""

from collections.abc import Sequence
from typing import Any

from services.adapters.postgres import Pool, translated
from services.paging import Key, Page
from services.tickets.domain import Event, Stage, StageCount, Ticket, TicketFilters
from services.tickets.postgres.rows import event_of, ticket_of

_LIST = """
    SELECT body FROM tickets.ticket
    WHERE area ^@ %(scope)s AND area ^@ %(area)s
      AND (%(states)s::text[] IS NULL OR state = ANY (%(states)s))
      AND (%(stage)s::text IS NULL OR stage = %(stage)s)
      AND (%(open)s::boolean IS NULL OR is_open = %(open)s)
      AND (%(device)s = '' OR device = %(device)s)
      AND (%(kind)s = '' OR kind = %(kind)s)
      AND (%(source)s = '' OR source = %(source)s)
      AND (%(incident)s = '' OR incident = %(incident)s)
      AND (%(master)s = '' OR master = %(master)s)
      AND (%(supervised)s::boolean IS NULL OR supervised = %(supervised)s)
      AND (%(unit)s = '' OR lead = %(unit)s OR %(unit)s = ANY (assisting))
      AND (%(reporter)s = '' OR reporter = %(reporter)s)
      AND (%(card)s = '' OR card = %(card)s)
      AND (%(since)s::bigint IS NULL OR opened_at >= %(since)s)
      AND (%(until)s::bigint IS NULL OR opened_at < %(until)s)
      AND (%(after_at)s::bigint IS NULL OR (opened_at, id) < (%(after_at)s, %(after_id)s))
    ORDER BY opened_at DESC, id DESC LIMIT %(limit)s"""

_COUNT = """
    SELECT stage, count(*), count(*) FILTER (WHERE card = 'yellow'), count(*) FILTER (WHERE card = 'red')
    FROM tickets.ticket
    WHERE is_open AND area ^@ %(scope)s
      AND (%(unit)s = '' OR lead = %(unit)s OR %(unit)s = ANY (assisting))
      AND (%(reporter)s = '' OR reporter = %(reporter)s)
    GROUP BY stage"""

_EVENTS = """
    SELECT ticket, version, action, old, new, at, by, role, why, evidence, clocks
    FROM tickets.ticket_event WHERE ticket = %s AND version <= %s ORDER BY version"""

_LOGS = """
    SELECT ticket, version, action, old, new, at, by, role, why, evidence, clocks
    FROM tickets.ticket_event WHERE ticket = ANY (%s) ORDER BY ticket, version"""


class PostgresTicketReader:
    """:class:`services.tickets.ports.TicketReader`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def list_tickets(self, filters: TicketFilters, *, scope: str, limit: int, after: Key | None) -> Page[Ticket]:
        after_at, after_id = after or (None, None)
        values: dict[str, Any] = {
            "scope": scope, "area": filters.area, "states": list(filters.states) or None,
            "stage": filters.stage, "open": filters.open, "device": filters.device, "kind": filters.kind,
            "source": filters.source, "incident": filters.incident, "master": filters.master,
            "supervised": filters.supervised, "unit": filters.unit,
            "reporter": filters.reporter, "card": filters.card, "since": filters.since, "until": filters.until,
            "after_at": after_at, "after_id": after_id, "limit": limit + 1,
        }  # fmt: skip
        with translated(), self._pool.connection() as connection:
            rows = connection.execute(_LIST, values).fetchall()
        items = tuple(ticket_of(row[0]) for row in rows[:limit])
        return Page(items, (items[-1].opened_at, items[-1].id) if len(rows) > limit else None)

    def get_ticket(self, ticket: str, *, scope: str) -> tuple[Ticket, tuple[Event, ...]] | None:
        with translated(), self._pool.connection() as connection:
            row = connection.execute(
                "SELECT body FROM tickets.ticket WHERE (id = %s OR number = %s) AND area ^@ %s", (ticket, ticket, scope)
            ).fetchone()
            if row is None:
                return None
            found = ticket_of(row[0])
            events = connection.execute(_EVENTS, (found.id, found.version)).fetchall()
        return found, tuple(event_of(event) for event in events)

    def list_events(self, tickets: Sequence[str]) -> dict[str, tuple[Event, ...]]:
        with translated(), self._pool.connection() as connection:
            rows = connection.execute(_LOGS, (list(tickets),)).fetchall()
        logs: dict[str, tuple[Event, ...]] = dict.fromkeys(tickets, ())
        for event in map(event_of, rows):
            logs[event.ticket] = (*logs[event.ticket], event)
        return logs

    def count_by_stage(self, filters: TicketFilters, *, scope: str) -> tuple[StageCount, ...]:
        with translated(), self._pool.connection() as connection:
            values = {"scope": scope, "unit": filters.unit, "reporter": filters.reporter}
            rows = connection.execute(_COUNT, values).fetchall()
        counts: dict[Any, tuple[Any, ...]] = {row[0]: row[1:] for row in rows}
        return tuple(StageCount(stage, *counts.get(stage, (0, 0, 0))) for stage in Stage)
