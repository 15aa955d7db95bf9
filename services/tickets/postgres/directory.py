"""Who is responsible and where a device stands, from the catalogue and the views that the registry publishes."""

from collections.abc import Sequence
from typing import Final

from services.adapters.postgres import Pool, translated
from services.tickets.domain.catalogue import Line
from services.tickets.ports import Spot

LINES: Final = """
    SELECT id, category, area, lead, urgency, assisting, policy, false AS own
    FROM tickets.catalogue WHERE %(area)s = '' OR %(area)s ^@ area
    UNION ALL
    SELECT 'unit:' || id || ':' || named.category, named.category, area, id, NULL, '{}', '', true
    FROM registry.unit,
         unnest(CASE WHEN categories = '{}' THEN ARRAY[''] ELSE categories END) AS named (category)
    WHERE %(area)s = '' OR %(area)s ^@ area"""


class PostgresDirectory:
    """:class:`services.tickets.ports.Directory`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def lines(self, area: str = "") -> tuple[Line, ...]:
        with translated(), self._pool.connection() as connection:
            rows = connection.execute(LINES, {"area": area}).fetchall()
        return tuple(line_of(row) for row in rows)

    def spot(self, device: str) -> Spot:
        query = "SELECT coalesce(nullif(place, ''), name), building, lon, lat FROM registry.device WHERE id = %s"
        with translated(), self._pool.connection() as connection:
            row = connection.execute(query, (device,)).fetchone()
        if row is None:
            return Spot()
        placed = row[2] is not None and row[3] is not None
        return Spot(str(row[0]), str(row[1]), (float(str(row[2])), float(str(row[3]))) if placed else None)


def line_of(row: Sequence[object]) -> Line:
    """A row of :data:`LINES`."""
    name, category, around, lead, urgency, assisting, policy, own = row
    return Line(
        id=str(name), category=str(category), area=str(around), lead=str(lead),
        urgency=None if urgency is None else int(str(urgency)), assisting=_names(assisting),
        policy=str(policy), own=bool(own),
    )  # fmt: skip


def _names(units: object) -> tuple[str, ...]:
    return tuple(str(unit) for unit in units) if isinstance(units, list) else ()
