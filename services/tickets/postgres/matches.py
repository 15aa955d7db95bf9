"""Tickets to compare a report with, and a caller's own: both by an index, never by a scan.

Near is a box of degrees as wide as 800 m there: its corners are a little farther, which does no harm to a suggestion.
"""

import math
from collections.abc import Sequence

from services.adapters.postgres import Pool, translated
from services.tickets.domain import Ticket
from services.tickets.domain.merging import METRES_A_DEGREE, NEAR_M
from services.tickets.ports import Position
from services.tickets.postgres import statements
from services.tickets.postgres.rows import ticket_of


class PostgresMatchReader:
    """:class:`services.tickets.ports.MatchReader`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def around(self, area: str, position: Position | None) -> tuple[str, ...]:
        with translated(), self._pool.connection() as connection:
            if position is None:
                row = connection.execute(statements.CENTRE, (area,)).fetchone()
                if row is None or row[0] is None or row[1] is None:
                    return ()
                position = (float(str(row[0])), float(str(row[1])))
            rows = connection.execute(statements.AROUND, _box(position)).fetchall()
        return tuple(str(row[0]) for row in rows)

    def open_near(
        self, communities: Sequence[str], *, near: Position | None, scope: str, since: int, limit: int
    ) -> tuple[Ticket, ...]:
        values: dict[str, object] = {"communities": list(communities), "scope": scope, "since": since, "limit": limit}
        if near is None:
            return self._read(statements.OPEN_IN, values)
        return self._read(statements.OPEN_NEAR, values | _box(near))

    def of_caller(self, phone: str, *, scope: str, limit: int) -> tuple[Ticket, ...]:
        return self._read(statements.OF_CALLER, {"phone": phone, "scope": scope, "limit": limit})

    def _read(self, query: str, values: dict[str, object]) -> tuple[Ticket, ...]:
        with translated(), self._pool.connection() as connection:
            return tuple(ticket_of(row[0]) for row in connection.execute(query.encode(), values).fetchall())


def _box(position: Position) -> dict[str, float]:
    lon, lat = position
    north = NEAR_M / METRES_A_DEGREE
    east = north / max(0.01, math.cos(math.radians(lat)))
    return {"west": lon - east, "east": lon + east, "south": lat - north, "north": lat + north}
