"""Readings of strangers, and their way into history once the registry knows the device.

Writers hold a shared advisory lock while they decide that a device is unknown, the adopter the
exclusive one: nobody can put a reading into quarantine behind an adoption's back.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from services.history.domain import NewReading, danger_of, danger_rank
from services.history.postgres.stage import Cursor

_LOCK: Final = "hashtextextended('history quarantine', 0)"
_KEEP: Final = """
INSERT INTO history.quarantine (device, metric, ts, kind, at, value, quality, flags)
SELECT * FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::text[], %s::bigint[], %s::float8[],
    %s::smallint[], %s::smallint[])
ORDER BY 1, 2, 3
ON CONFLICT DO NOTHING RETURNING device
"""
_SUMMARISE: Final = """
INSERT INTO history.quarantine_devices AS q (device, kind, readings, first_seen, last_seen, danger, last_values)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (device) DO UPDATE SET kind = excluded.kind, readings = q.readings + excluded.readings,
    first_seen = least(q.first_seen, excluded.first_seen), last_seen = greatest(q.last_seen, excluded.last_seen),
    danger = greatest(q.danger, excluded.danger), last_values = q.last_values || excluded.last_values
"""
_RELEASE: Final = """
DELETE FROM history.quarantine WHERE device = ANY(%s)
RETURNING device, metric, ts, at, value, quality, flags
"""


def close_door(cursor: Cursor) -> None:
    """Wait for every writer to quarantine, and keep them out until the transaction ends."""
    cursor.execute(f"SELECT pg_advisory_xact_lock({_LOCK})")


def sort_out(cursor: Cursor, strangers: Sequence[NewReading]) -> tuple[list[NewReading], list[NewReading]]:
    """Split into readings of devices that are registered by now, and of true strangers."""
    cursor.execute(f"SELECT pg_advisory_xact_lock_shared({_LOCK})")
    cursor.execute(
        "SELECT id, kind FROM history.devices WHERE id = ANY(%s)", (list({row.device for row in strangers}),)
    )
    kinds = {str(device): str(kind) for device, kind in cursor.fetchall()}
    known = [row._replace(kind=kinds[row.device]) for row in strangers if row.device in kinds]
    return known, [row for row in strangers if row.device not in kinds]


def keep(cursor: Cursor, rows: Sequence[NewReading]) -> int:
    """Keep strangers' readings, each once, and their devices' summaries; returns how many are new."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    cursor.execute(_KEEP, columns)
    fresh = Counter(str(row[0]) for row in cursor.fetchall())
    by_device: dict[str, list[NewReading]] = {}
    for row in rows:
        by_device.setdefault(row.device, []).append(row)
    cursor.executemany(
        _SUMMARISE,
        [
            (
                device,
                said[-1].kind,
                fresh[device],
                min(row.at for row in said),
                max(row.at for row in said),
                max(danger_rank(danger_of(row)) for row in said),
                json.dumps({row.metric: [row.ts, row.value, row.quality, row.at] for row in said}),
            )
            for device, said in sorted(by_device.items())
        ],
    )
    return fresh.total()


def release(cursor: Cursor, kinds: Mapping[str, str]) -> list[NewReading]:
    """Take these devices' readings out of quarantine, as readings of their registered kind."""
    devices = list(kinds)
    cursor.execute("DELETE FROM history.quarantine_devices WHERE device = ANY(%s)", (devices,))
    cursor.execute(_RELEASE, (devices,))
    return [
        NewReading(str(device), str(metric), ts, kinds[str(device)], at, value, quality, flags)  # type: ignore[arg-type]
        for device, metric, ts, at, value, quality, flags in cursor.fetchall()
    ]
