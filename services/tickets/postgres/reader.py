"""Lists of tickets for people, from the views that this schema publishes."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from services.adapters.postgres import Pool, translated
from services.paging import Key, Page
from services.tickets.domain import Event, Stage, StageCount, Ticket, TicketFilters
from services.tickets.domain.ordering import LAST, By, Order, place_of
from services.tickets.domain.words import ENDED
from services.tickets.postgres.rows import event_of, ticket_of

_WHERE: Final = {
    "scope": "area ^@ %(scope)s",
    "area": "area ^@ %(area)s",
    "states": "state = ANY (%(states)s)",
    "stage": "stage = %(stage)s",
    "device": "device = %(device)s",
    "kind": "kind = %(kind)s",
    "source": "source = %(source)s",
    "incident": "incident = %(incident)s",
    "masters": "master = ANY (%(masters)s)",
    "supervised": "supervised = %(supervised)s",
    "watched": "(card <> '' OR supervised) = %(watched)s",
    "level": "level = %(level)s",
    "unit": "((lead = %(unit)s AND lead <> '') OR assisting @> ARRAY[%(unit)s::text])",
    "reporter": "reporter = %(reporter)s",
    "card": "card = %(card)s AND card <> ''",
    "categories": "category = ANY (%(categories)s)",
    "urgency": "urgency = %(urgency)s",
    "since": "opened_at >= %(since)s",
    "until": "opened_at < %(until)s",
    "pairs": "tickets.pairs(words) @> %(pairs)s",
    "words": "words ILIKE ALL (%(words)s)",
}
"""What each filter adds: what is not asked is not there, so that the plan is made for what is."""

_NEWEST: Final = "ORDER BY opened_at DESC, id DESC LIMIT %(limit)s"
_BEFORE: Final = "AND (opened_at, id) < (%(after_at)s, %(after_id)s)"
_RECENT: Final = """
    SELECT body FROM (
        SELECT body, words, opened_at, id {what} ORDER BY opened_at DESC, id DESC LIMIT 5000
    ) AS recent WHERE words ILIKE ALL (%(words)s) ORDER BY opened_at DESC, id DESC LIMIT %(limit)s"""
"""Words that are common fill a page from the newest tickets; how common they are no plan knows: their pairs go
together, and a plan multiplies how rare each is."""

_COUNT_RECENT: Final = """
    SELECT count(*) FROM (
        SELECT 1 FROM (SELECT words {what} ORDER BY opened_at DESC, id DESC LIMIT 5000) AS recent
        WHERE words ILIKE ALL (%(words)s) LIMIT %(most)s) AS found"""
"""The same of a count that need not go far."""

_COLUMNS: Final = {
    By.OPENED: "opened_at",
    By.DEADLINE: "deadline",
    By.URGENCY: "urgency::bigint",
    By.CLOSED: "closed_at",
}

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

_CHANGES = "SELECT ticket, max(at) FROM tickets.ticket_event WHERE ticket = ANY (%s) GROUP BY ticket"


class PostgresTicketReader:
    """:class:`services.tickets.ports.TicketReader`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def list_tickets(
        self, filters: TicketFilters, *, scope: str, limit: int, after: Key | None, order: Order = ()
    ) -> Page[Ticket]:
        values, before = _values(filters, scope) | {"limit": limit + 1}, ""
        if order:
            rest, more = _ordered(order, after)
        elif after:
            rest, more = f"{_BEFORE} {_NEWEST}", {"after_at": after[0], "after_id": after[1]}
            before = _BEFORE
        else:
            rest, more = _NEWEST, {}
        queries = [f"SELECT body {_from(values)} {rest}"]
        if _walks(values) and not order:
            wordless = values | {"words": None, "pairs": None}
            queries.insert(0, _RECENT.format(what=f"{_from(wordless)} {before}"))
        rows: list[Any] = []
        with translated(), self._pool.connection() as connection:
            for query in queries:
                rows = connection.execute(query.encode(), values | more).fetchall()
                if len(rows) > limit:
                    break
        items = tuple(ticket_of(row[0]) for row in rows[:limit])
        if len(rows) <= limit:
            return Page(items)
        return Page(items, place_of(items[-1], order) if order else (items[-1].opened_at, items[-1].id))

    def count_tickets(self, filters: TicketFilters, *, scope: str, most: int) -> int:
        values, found = _values(filters, scope) | {"most": most}, 0
        queries = [f"SELECT count(*) FROM (SELECT 1 {_from(values)} LIMIT %(most)s) AS found"]  # noqa: S608 - our own text
        if _walks(values):
            queries.insert(0, _COUNT_RECENT.format(what=_from(values | {"words": None, "pairs": None})))
        with translated(), self._pool.connection() as connection:
            for query in queries:
                row = connection.execute(query.encode(), values).fetchone()
                found = int(str(row[0])) if row else 0
                if found >= most:
                    break
        return found

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

    def last_changes(self, tickets: Sequence[str]) -> dict[str, int]:
        with translated(), self._pool.connection() as connection:
            rows = connection.execute(_CHANGES, (list(tickets),)).fetchall()
        return {str(ticket): int(str(at)) for ticket, at in rows}

    def count_by_stage(self, filters: TicketFilters, *, scope: str) -> tuple[StageCount, ...]:
        with translated(), self._pool.connection() as connection:
            values = {"scope": scope, "unit": filters.unit, "reporter": filters.reporter}
            rows = connection.execute(_COUNT, values).fetchall()
        counts: dict[Any, tuple[Any, ...]] = {row[0]: row[1:] for row in rows}
        return tuple(StageCount(stage, *counts.get(stage, (0, 0, 0))) for stage in Stage)


def _walks(values: Mapping[str, Any]) -> bool:
    """Whether the newest are looked at first; a unit's are in no index's order, and sorting them is the dear part."""
    return bool(values["words"]) and not values["unit"]


def _from(values: Mapping[str, Any]) -> str:
    """From the tickets that ``values`` ask for."""
    asked = [condition for name, condition in _WHERE.items() if values[name] is not None and values[name] != ""]
    if values["open"] is not None:  # a word and no parameter: a partial index is for those who say so
        asked.append("is_open" if values["open"] else "NOT is_open")
    return f"FROM tickets.ticket WHERE {' AND '.join(asked or ['true'])}"


def _values(filters: TicketFilters, scope: str) -> dict[str, Any]:
    states, words = list(filters.states), filters.text.split()
    opened = True if states and not ENDED.intersection(states) else None
    return {
        "scope": scope, "area": filters.area, "states": states or None, "stage": filters.stage,
        "open": filters.open if filters.open is not None else opened, "device": filters.device, "kind": filters.kind,
        "source": filters.source, "incident": filters.incident, "masters": list(filters.masters) or None,
        "supervised": filters.supervised, "watched": filters.watched, "level": filters.level,
        "unit": filters.unit, "reporter": filters.reporter, "card": filters.card,
        "categories": list(filters.categories) or None, "urgency": filters.urgency,
        "since": filters.since, "until": filters.until, "words": [_holding(word) for word in words] or None,
        "pairs": sorted({pair for word in words for pair in _pairs(word)}) or None,
    }  # fmt: skip


def _pairs(word: str) -> list[str]:
    """What the index knows a word by, but for cased letters beyond ASCII: those the database folds in its own way."""
    letters = [letter.lower() if letter.isascii() else letter for letter in word]
    return [
        one + two
        for one, two in pairwise(letters)
        if all(letter.isascii() or letter.lower() == letter.upper() for letter in (one, two))
    ]


def _holding(word: str) -> str:
    """A pattern that holds the word as it stands: what ILIKE would read as a sign is escaped."""
    return f"%{word.replace(_ESCAPE, _ESCAPE * 2).replace('%', _ESCAPE + '%').replace('_', _ESCAPE + '_')}%"


_ESCAPE: Final = chr(92)


def _ordered(order: Order, after: Key | None) -> tuple[str, dict[str, Any]]:
    """The end of a query in ``order``: one row comparison, because every key ascends."""
    keys = [f"coalesce({'-' if sort.descending else ''}{_COLUMNS[sort.by]}, {LAST})" for sort in order]
    keys.append("id")
    values = {f"after_{number}": value for number, value in enumerate(after or ())}
    beyond = f"AND ({', '.join(keys)}) > ({', '.join(f'%({name})s' for name in values)})" if after else ""
    return f"{beyond} ORDER BY {', '.join(keys)} LIMIT %(limit)s", values
