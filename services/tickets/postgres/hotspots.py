"""Where tickets and alarms keep coming back: one aggregate over what was opened in a window."""

from dataclasses import fields
from typing import Final, Literal

import msgspec

from services.adapters.postgres import Pool, translated
from services.tickets.domain import Hotspot
from services.tickets.domain.rows import CHRONIC_ALARMS, CHRONIC_TICKETS

_NAMES: Final = [field.name for field in fields(Hotspot)]
_QUERY: Final = """
    WITH opened AS (
        SELECT id, device, kind, coalesce(body->>'building', '') AS building, area, opened_at,
               coalesce(body->>'place', '') AS place, coalesce((body->>'recurrences')::int, 0) AS recurrences
        FROM tickets.tickets
        WHERE opened_at >= %(since)s AND area ^@ %(scope)s AND state NOT IN ('rejected', 'withdrawn')
    ), alarmed AS (
        SELECT opened.id, count(*) AS alarms FROM opened JOIN tickets.ticket_episodes ON ticket = opened.id
        GROUP BY opened.id
    ), named AS (
        SELECT CASE WHEN %(by)s = 'device' THEN device ELSE building END AS name, * FROM opened
    )
    SELECT CASE WHEN %(by)s = 'device' THEN name ELSE '' END, CASE WHEN %(by)s = 'device' THEN max(kind) ELSE '' END,
           (array_agg(building ORDER BY opened_at DESC, id))[1], (array_agg(area ORDER BY opened_at DESC, id))[1],
           (array_agg(place ORDER BY opened_at DESC, id))[1], count(*), coalesce(sum(alarms), 0)::int,
           sum(recurrences)::int, max(opened_at)
    FROM named LEFT JOIN alarmed USING (id) WHERE name <> '' GROUP BY name
    HAVING count(*) >= %(tickets)s OR coalesce(sum(alarms), 0) >= %(alarms)s OR sum(recurrences) > 0
    ORDER BY count(*) + sum(recurrences) DESC, coalesce(sum(alarms), 0) DESC, name LIMIT %(limit)s"""


class PostgresHotspots:
    """:class:`services.tickets.ports.HotspotReader`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def hotspots(self, *, by: Literal["device", "building"], scope: str, since: int, limit: int) -> tuple[Hotspot, ...]:
        values = {
            "by": by, "scope": scope, "since": since, "limit": limit, "tickets": CHRONIC_TICKETS,
            "alarms": CHRONIC_ALARMS,
        }  # fmt: skip
        with translated(), self._pool.connection() as connection:
            rows = connection.execute(_QUERY, values).fetchall()
        return tuple(msgspec.convert(dict(zip(_NAMES, row, strict=True)), Hotspot) for row in rows)
