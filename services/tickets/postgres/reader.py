"""Lists of tickets for people, from the views that this schema publishes."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from services.adapters.postgres import Connection, Pool, translated
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

_PAGE: Final = "ORDER BY opened_at DESC, id DESC LIMIT %(limit)s"
_BEFORE: Final = " AND (opened_at, id) < (%(after_at)s, %(after_id)s)"
_COUNT: Final = "SELECT count(*) FROM (SELECT 1 {what} LIMIT %(most)s) AS found"
_FOUND: Final = """
    WITH found AS MATERIALIZED (SELECT id, opened_at {what} ORDER BY opened_at DESC, id DESC LIMIT %(most)s)
    SELECT body, (SELECT count(*) FROM found) FROM tickets.ticket
    WHERE id = ANY (ARRAY(SELECT id FROM found ORDER BY opened_at DESC, id DESC LIMIT %(limit)s))
    ORDER BY opened_at DESC, id DESC"""
"""A page and how many there are, from one look at what fits: for words that is the dear part."""

_NEWEST: Final = "SELECT {columns} {what} ORDER BY opened_at DESC, id DESC LIMIT 5000"
_AMONG: Final = "FROM ({newest}) AS newest WHERE words ILIKE ALL (%(words)s)"
"""Words that are common fill a page from the newest tickets; how common they are no plan knows: their pairs go
together, and a plan multiplies how rare each is."""

_LED: Final = "lead = %(unit)s AND lead <> ''"
_ASSISTED: Final = "assisting @> ARRAY[%(unit)s::text] AND lead <> %(unit)s"
_OF_UNIT: Final = "FROM (({led}) UNION ALL ({assisted})) AS of_unit"
"""The two have an index each; both together have none that is in order, and sorting them is dear."""

_COLUMNS: Final = {
    By.OPENED: "opened_at",
    By.DEADLINE: "deadline",
    By.URGENCY: "urgency::bigint",
    By.CLOSED: "closed_at",
}

_STAGES = """
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
        values, before, rest = _values(filters, scope) | {"limit": limit + 1}, "", _PAGE
        if order:
            rest, more = _ordered(order, after)
            values |= more
        elif after:
            before = _BEFORE
            values |= {"after_at": after[0], "after_id": after[1]}
        looks = [_from(values)] if order else _looks(values, "id, opened_at, words, body", before)
        rows: list[Any] = []
        with translated(), self._pool.connection() as connection:
            for look in looks:
                rows = connection.execute(f"SELECT body {look} {rest}".encode(), values).fetchall()
                if len(rows) > limit:
                    break
        items = tuple(ticket_of(row[0]) for row in rows[:limit])
        if len(rows) <= limit:
            return Page(items)
        return Page(items, place_of(items[-1], order) if order else (items[-1].opened_at, items[-1].id))

    def count_tickets(self, filters: TicketFilters, *, scope: str, most: int) -> int:
        values, found = _values(filters, scope) | {"most": most}, 0
        with translated(), self._pool.connection() as connection:
            for look in _looks(values, "words"):
                found = _count(connection, look, values)
                if found >= most:
                    break
        return found

    def find_tickets(self, filters: TicketFilters, *, scope: str, limit: int, most: int) -> tuple[Page[Ticket], int]:
        values = _values(filters, scope) | {"limit": limit + 1, "most": max(most, limit + 1)}
        *newest, whole = _looks(values, "id, opened_at, words")
        rows: list[Any] = []
        with translated(), self._pool.connection() as connection:
            for look in (*newest, whole):
                rows = connection.execute(_FOUND.format(what=look).encode(), values).fetchall()
                if len(rows) > limit:
                    break
            count = int(str(rows[0][1])) if rows else 0
            if newest and limit < count < most:  # the page is there, and counting needs no order
                count = _count(connection, whole, values)
        items = tuple(ticket_of(row[0]) for row in rows[:limit])
        key = (items[-1].opened_at, items[-1].id) if len(rows) > limit else None
        return Page(items, key), min(count, most)

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
            rows = connection.execute(_STAGES, values).fetchall()
        counts: dict[Any, tuple[Any, ...]] = {row[0]: row[1:] for row in rows}
        return tuple(StageCount(stage, *counts.get(stage, (0, 0, 0))) for stage in Stage)


def _count(connection: Connection, look: str, values: Mapping[str, Any]) -> int:
    row = connection.execute(_COUNT.format(what=look).encode(), values).fetchone()
    return int(str(row[0])) if row else 0


def _looks(values: Mapping[str, Any], columns: str, before: str = "") -> list[str]:
    """Where to look for what ``values`` ask for, one after the other until there is enough."""
    whole = _from(values) + before
    if not values["words"]:
        return [whole]
    return [_AMONG.format(newest=_newest({**values, "words": None, "pairs": None}, columns, before)), whole]


def _newest(values: Mapping[str, Any], columns: str, before: str) -> str:
    """The newest tickets that ``values`` ask for, in order."""
    if not values["unit"]:
        return _NEWEST.format(columns=columns, what=_from(values) + before)
    columns = ", ".join(dict.fromkeys(("opened_at", "id", *columns.split(", "))))
    rest = _from({**values, "unit": None}) + before
    led, assisted = (_NEWEST.format(columns=columns, what=f"{rest} AND {part}") for part in (_LED, _ASSISTED))
    return _NEWEST.format(columns=columns, what=_OF_UNIT.format(led=led, assisted=assisted))


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
