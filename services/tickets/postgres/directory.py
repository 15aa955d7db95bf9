"""Who is responsible and where a device stands, from the views that the registry publishes."""

from services.adapters.postgres import Pool, translated
from services.tickets.ports import Spot

DISTRICT = "district"
"""The backstop (兜底) where nobody is responsible."""


class PostgresDirectory:
    """:class:`services.tickets.ports.Directory`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def lead_unit(self, category: str, area: str) -> str:
        """Who names the category before who takes everything; then the nearest."""
        query = """
            SELECT id FROM registry.unit
            WHERE %(area)s ^@ area AND (%(category)s = ANY (categories) OR categories = '{}')
            ORDER BY %(category)s = ANY (categories) DESC, length(area) DESC, id LIMIT 1"""
        with translated(), self._pool.connection() as connection:
            row = connection.execute(query, {"area": area, "category": category}).fetchone()
        return str(row[0]) if row else DISTRICT

    def spot(self, device: str) -> Spot:
        query = "SELECT coalesce(nullif(place, ''), name), building FROM registry.device WHERE id = %s"
        with translated(), self._pool.connection() as connection:
            row = connection.execute(query, (device,)).fetchone()
        return Spot(str(row[0]), str(row[1])) if row else Spot()
