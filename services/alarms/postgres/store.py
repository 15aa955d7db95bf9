"""Alarms in PostgreSQL: row, transitions, requests and outbox."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from services.adapters import audit, outbox
from services.adapters.postgres import Pool, translated
from services.alarms.domain import Alarm, Hold, HoldKind, HoldState, number_of
from services.alarms.postgres.ladders import PostgresLadders
from services.alarms.postgres.rows import (
    COLUMNS,
    FIELDS,
    HOLD_FIELDS,
    HOLDS,
    alarm_of,
    counted,
    hold_of,
    id_of,
    values_of,
)
from services.audit import Entry
from services.transactions import Clash
from streams.contracts import Action, AlarmEvent, Severity, encode
from streams.contracts.topics import INPUTS

Cursor = psycopg.Cursor[tuple[object, ...]]
_CLASHES = (
    psycopg.errors.UniqueViolation,
    psycopg.errors.SerializationFailure,
    psycopg.errors.DeadlockDetected,
)

_ONE = f"SELECT {COLUMNS} FROM alarms.alarms WHERE "  # noqa: S608 - the record's own field names
_INSERT = (
    f"INSERT INTO alarms.alarms ({COLUMNS}) "  # noqa: S608 - as above
    f"VALUES ({', '.join(f'%({field})s' for field in FIELDS)})"
).encode()
_UPDATE = (
    "UPDATE alarms.alarms SET "  # noqa: S608 - as above
    + ", ".join(f'"{field}" = %({field})s' for field in FIELDS if field not in {"id", "episode"})
    + " WHERE episode = %(episode)s"
).encode()

_INSERT_HOLD = (
    f"INSERT INTO alarms.holds ({', '.join(HOLD_FIELDS)}) "  # noqa: S608 - as above
    f"VALUES ({', '.join(f'%({field})s' for field in HOLD_FIELDS)})"
).encode()
_UPDATE_HOLD = (
    "UPDATE alarms.holds SET second = %(second)s, approved_at = %(approved_at)s, "
    "ended_by = %(ended_by)s, ended_at = %(ended_at)s WHERE id = %(id)s"
)


class PostgresAlarmStore:
    """:class:`services.alarms.ports.AlarmStore`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @contextmanager
    def transaction(self) -> Iterator["PostgresWork"]:
        with translated():  # outermost: psycopg counts a deadlock among the signs of a server that is away
            try:
                with self._pool.connection() as connection, connection.cursor() as cursor:
                    yield PostgresWork(cursor)
            except _CLASHES as error:
                raise Clash(str(error)) from error

    def count_active(self) -> Mapping[Severity, int]:
        query = (
            "SELECT severity, count(*) FROM alarms.alarms WHERE state IN ('active_unack', 'active_ack') "
            "GROUP BY severity"
        )
        with translated(), self._pool.connection() as connection:
            rows: list[tuple[Any, ...]] = connection.execute(query).fetchall()
        return counted(rows)

    def count_held(self, now: int) -> Mapping[HoldState, int]:
        query = (
            "SELECT two AND second = '', count(*) FROM alarms.holds "
            "WHERE ended_at IS NULL AND (until IS NULL OR until > %s) GROUP BY 1"
        )
        with translated(), self._pool.connection() as connection:
            rows: list[tuple[Any, ...]] = connection.execute(query, (now,)).fetchall()
        counts = {HoldState.WAITING if waits else HoldState.IN_FORCE: int(number) for waits, number in rows}
        return {state: counts.get(state, 0) for state in (HoldState.WAITING, HoldState.IN_FORCE)}

    def unapproved_since(self, now: int) -> int | None:
        query = (
            "SELECT min(at) FROM alarms.holds "
            "WHERE two AND second = '' AND ended_at IS NULL AND (until IS NULL OR until > %s)"
        )
        with translated(), self._pool.connection() as connection:
            rows: list[tuple[Any, ...]] = connection.execute(query, (now,)).fetchall()
        return next((since for (since,) in rows), None)


class PostgresWork:
    """:class:`services.alarms.ports.Work`: one transaction."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self.ladders = PostgresLadders(cursor)

    def of_episode(self, episode: str) -> Alarm | None:
        row = self._cursor.execute(f"{_ONE} episode = %s FOR UPDATE".encode(), (episode,)).fetchone()
        return alarm_of(row) if row else None

    def alarm(self, alarm: str) -> Alarm | None:
        row = self._cursor.execute(f"{_ONE} id = %s OR episode = %s".encode(), (id_of(alarm), alarm)).fetchone()
        return alarm_of(row) if row else None

    def save(self, alarm: Alarm) -> None:
        values = values_of(alarm)
        if self._cursor.execute(_UPDATE, values).rowcount == 0:
            self._cursor.execute(_INSERT, values)

    def log(self, event: AlarmEvent) -> bool:
        record = Jsonb(event, dumps=msgspec.json.encode)
        return (
            self._cursor.execute(
                "INSERT INTO alarms.transitions (id, episode, number, at, event) VALUES (%s, %s, %s, %s, %s) "
                "ON CONFLICT (id) DO NOTHING",
                (event.id, event.episode, number_of(event), event.at, record),
            ).rowcount
            == 1
        )

    def last_of(self, episode: str) -> AlarmEvent | None:
        newest = "SELECT event FROM alarms.transition WHERE episode = %s ORDER BY number DESC LIMIT 1"
        row = self._cursor.execute(newest, (episode,)).fetchone()
        return msgspec.convert(row[0], AlarmEvent) if row else None

    def asked(self, command: str) -> Action | None:
        row = self._cursor.execute("SELECT record FROM alarms.actions WHERE id = %s", (command,)).fetchone()
        return msgspec.convert(row[0], Action) if row else None

    def ask(self, action: Action) -> None:
        record = Jsonb(action, dumps=msgspec.json.encode)
        self._cursor.execute(
            "INSERT INTO alarms.actions (id, episode, action, by, at, why, record) VALUES (%s, %s, %s, %s, %s, %s, %s)",
            (action.id, action.episode, str(action.action), action.by, action.at, action.why, record),
        )
        outbox.put(self._cursor, "alarms", [(INPUTS, action.grid, encode(action))])

    def audit(self, entry: Entry) -> None:
        audit.put(self._cursor, "alarms", entry)

    def hold_of(self, command: str) -> Hold | None:
        row = self._cursor.execute(f"{HOLDS} WHERE id = %s".encode(), (command,)).fetchone()
        return hold_of(row) if row else None

    def open_hold(self, rule: str, device: str, kind: HoldKind) -> Hold | None:
        where = " WHERE rule = %s AND device = %s AND kind = %s AND ended_at IS NULL FOR UPDATE"
        row = self._cursor.execute((HOLDS + where).encode(), (rule, device, str(kind))).fetchone()
        return hold_of(row) if row else None

    def keep_hold(self, hold: Hold) -> None:
        values = msgspec.to_builtins(hold)
        if self._cursor.execute(_UPDATE_HOLD, values).rowcount == 0:
            self._cursor.execute(_INSERT_HOLD, values)
