"""Devices in PostgreSQL; each change and its record for Kafka in one transaction."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from services.adapters import audit, outbox
from services.adapters.postgres import Pool, translated
from services.audit import Entry
from services.paging import Key, Page
from services.registry.domain import DeviceFilter
from services.registry.domain.maintenance import Maintenance
from streams.contracts import Device, encode
from streams.contracts.topics import DEVICES

FIELDS = Device.__struct_fields__
COLUMNS = ", ".join(FIELDS)
_SENT = """
    SELECT id, version FROM registry.devices WHERE NOT EXISTS (
        SELECT FROM registry.outbox WHERE sent_at IS NULL AND topic = %s AND key = devices.id)"""
Cursor = psycopg.Cursor[tuple[object, ...]]


class PostgresDevices:
    """:class:`services.registry.ports.DeviceStore` and ``DeviceReader``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def area_exists(self, code: str) -> bool:
        with translated(), self._pool.connection() as connection:
            return connection.execute("SELECT 1 FROM registry.areas WHERE code = %s", (code,)).fetchone() is not None

    def get_device(self, device_id: str) -> Device | None:
        query = f"SELECT {COLUMNS} FROM registry.devices WHERE id = %s"  # noqa: S608 - the record's own field names
        with translated(), self._pool.connection() as connection:
            row = connection.execute(query, (device_id,)).fetchone()
        return device_of(row) if row else None

    def insert_device(self, device: Device, *, by: str, now: int) -> bool:
        with translated(), self._pool.connection() as connection, connection.cursor() as cursor:
            return insert(cursor, [device], by=by, now=now) == 1

    def update_device(self, device: Device, *, by: str, now: int, why: str = "", entry: Entry | None = None) -> bool:
        fields = [field for field in FIELDS if field != "id"]
        query = (
            f"UPDATE registry.devices SET {', '.join(f'{field} = %({field})s' for field in fields)} "  # noqa: S608 - the record's own field names
            "WHERE id = %(id)s AND version = %(version)s - 1"
        )
        values = {**record(device), "attributes": Jsonb(device.attributes)}
        with translated(), self._pool.connection() as connection, connection.cursor() as cursor:
            if cursor.execute(query, values).rowcount == 0:
                return False
            _log(cursor, [device], by=by, now=now, why=why)
            if entry is not None:
                audit.put(cursor, "registry", entry)
        return True

    def list_devices(self, filters: DeviceFilter, *, scope: str, limit: int, after: Key | None) -> Page[Device]:
        query = f"""
            SELECT {COLUMNS} FROM registry.devices
            WHERE id > %(after)s AND area ^@ %(scope)s AND area ^@ %(area)s
              AND (%(device)s = '' OR id = %(device)s) AND (%(kind)s = '' OR kind = %(kind)s)
              AND (%(state)s = '' OR state = %(state)s)
              AND (%(text)s = '' OR position(lower(%(text)s) IN lower(concat_ws(' ', id, name, place))) > 0)
            ORDER BY id LIMIT %(limit)s"""  # noqa: S608 - the record's own field names
        values = {
            "after": after[0] if after else "", "scope": scope, "limit": limit + 1, "device": filters.device,
            "kind": filters.kind, "area": filters.area, "state": filters.state, "text": filters.text,
        }  # fmt: skip
        with translated(), self._pool.connection() as connection:
            rows = connection.execute(query, values).fetchall()
        items = tuple(device_of(row) for row in rows[:limit])
        return Page(items, (items[-1].id,) if len(rows) > limit else None)

    def count_devices(self, *, scope: str) -> dict[tuple[str, str], int]:
        query = "SELECT kind, state, count(*)::int FROM registry.devices WHERE area ^@ %s GROUP BY kind, state"
        with translated(), self._pool.connection() as connection:
            return {(str(kind), str(state)): int(str(n)) for kind, state, n in connection.execute(query, (scope,))}

    def in_maintenance(
        self, *, scope: str, devices: Collection[str] | None = None, limit: int
    ) -> tuple[Maintenance, ...]:
        query = f"""
            SELECT m.since, m.by, m.why, {", ".join(f"d.{field}" for field in FIELDS)}
            FROM registry.maintenance m JOIN registry.devices d ON d.id = m.device
            WHERE d.area ^@ %(scope)s AND (%(devices)s::text[] IS NULL OR d.id = ANY (%(devices)s))
            ORDER BY m.since, d.id LIMIT %(limit)s"""  # noqa: S608 - the record's own field names
        values = {"scope": scope, "devices": None if devices is None else list(devices), "limit": limit}
        with translated(), self._pool.connection() as connection:
            rows = connection.execute(query, values).fetchall()
        return tuple(
            Maintenance(device_of(fields), int(str(since)), str(by), str(why)) for since, by, why, *fields in rows
        )

    def versions(self) -> dict[str, int]:
        """The version of each device, without those that wait in the outbox."""
        with translated(), self._pool.connection() as connection:
            return {str(row[0]): int(str(row[1])) for row in connection.execute(_SENT, (DEVICES.name,))}

    def mirror(self, ids: Collection[str]) -> int:
        """Queue these devices for ``linli.devices`` again, for a Kafka that has lost them."""
        query = f"SELECT {COLUMNS} FROM registry.devices WHERE id = ANY(%s) ORDER BY id FOR UPDATE"  # noqa: S608 - the record's own field names
        with translated(), self._pool.connection() as connection, connection.cursor() as cursor:
            devices = [device_of(row) for row in cursor.execute(query, (list(ids),)).fetchall()]
            _queue(cursor, devices)
        return len(devices)


def insert(cursor: Cursor, devices: Sequence[Device], *, by: str, now: int) -> int:
    """Insert the devices whose id is free, with their change and their record; returns how many."""
    query = f"""
        INSERT INTO registry.devices ({COLUMNS})
        SELECT {COLUMNS} FROM jsonb_populate_recordset(NULL::registry.devices, %s)
        ON CONFLICT (id) DO NOTHING RETURNING id"""  # noqa: S608 - the record's own field names
    rows = cursor.execute(query, (Jsonb([record(device) for device in devices]),)).fetchall()
    new = {str(row[0]) for row in rows}
    added = [device for device in devices if device.id in new]
    _log(cursor, added, by=by, now=now)
    return len(added)


def record(device: Device) -> dict[str, Any]:
    """Every field, defaults too."""
    return {field: getattr(device, field) for field in FIELDS}


def device_of(row: Sequence[object]) -> Device:
    return msgspec.convert(dict(zip(FIELDS, row, strict=True)), Device)


def _log(cursor: Cursor, devices: Sequence[Device], *, by: str, now: int, why: str = "") -> None:
    cursor.executemany(
        "INSERT INTO registry.device_changes (device, version, at, by, record, why) "
        "VALUES (%s, %s, to_timestamp(%s / 1000.0), %s, %s, %s)",
        [(device.id, device.version, now, by, Jsonb(record(device)), why) for device in devices],
    )
    _queue(cursor, devices)


def _queue(cursor: Cursor, devices: Iterable[Device]) -> None:
    outbox.put(cursor, "registry", [(DEVICES, device.id, encode(device)) for device in devices])
