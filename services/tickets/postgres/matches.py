"""Tickets to compare a report with, and a caller's own: both by an index, never by a scan."""

from services.adapters.postgres import Pool, translated
from services.tickets.domain import Ticket
from services.tickets.postgres import statements
from services.tickets.postgres.rows import ticket_of
from streams.contracts.areas import COMMUNITY_LENGTH


class PostgresMatchReader:
    """:class:`services.tickets.ports.MatchReader`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def open_near(self, area: str, *, scope: str, since: int, limit: int) -> tuple[Ticket, ...]:
        values = {"near": area[:COMMUNITY_LENGTH], "scope": scope, "since": since, "limit": limit}
        return self._read(statements.NEARBY, values)

    def of_caller(self, phone: str, *, scope: str, limit: int) -> tuple[Ticket, ...]:
        return self._read(statements.OF_CALLER, {"phone": phone, "scope": scope, "limit": limit})

    def _read(self, query: str, values: dict[str, object]) -> tuple[Ticket, ...]:
        with translated(), self._pool.connection() as connection:
            return tuple(ticket_of(row[0]) for row in connection.execute(query.encode(), values).fetchall())
