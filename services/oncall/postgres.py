"""Notifications in PostgreSQL: every change under the notification's own lock."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any, cast

from psycopg.types.json import Jsonb

from services.adapters.postgres import Pool, translated
from services.oncall.domain import SELF, Change, Event, Notification, NotificationFilter, State, Step
from services.paging import Key, Page

FIELDS = tuple(field.name for field in fields(Notification))
COLUMNS = ", ".join(FIELDS)
SELECT = f"SELECT {COLUMNS} FROM oncall.notifications "  # noqa: S608 - the record's own field names
UPSERT = (
    f"INSERT INTO oncall.notifications ({COLUMNS}) "  # noqa: S608 - the record's own field names
    f"VALUES ({', '.join(f'%({field})s' for field in FIELDS)}) "
    f"ON CONFLICT (id) DO UPDATE SET {', '.join(f'{field} = excluded.{field}' for field in FIELDS)}"
)


class PostgresNotifications:
    """:class:`services.oncall.ports.NotificationStore`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def get_notification(self, notification_id: str) -> Notification | None:
        with translated(), self._pool.connection() as connection:
            row = connection.execute(f"{SELECT} WHERE id = %s", (notification_id,)).fetchone()
        return _notification(row) if row else None

    def list_notifications(self, filters: NotificationFilter, *, limit: int, after: Key | None) -> Page[Notification]:
        query = f"""{SELECT}
            WHERE (%(started)s::bigint IS NULL OR (started, id) < (%(started)s, %(id)s))
              AND (%(state)s = '' OR state = %(state)s) AND (%(severity)s = '' OR severity = %(severity)s)
              AND NOT (%(open)s AND state = 'resolved')
            ORDER BY started DESC, id DESC LIMIT %(limit)s"""
        started, key = after or (None, "")
        values = {
            "started": started, "id": key, "state": filters.state, "severity": filters.severity,
            "open": filters.open, "limit": limit + 1,
        }  # fmt: skip
        with translated(), self._pool.connection() as connection:
            rows = connection.execute(query, values).fetchall()
        items = tuple(_notification(row) for row in rows[:limit])
        return Page(items, (items[-1].started, items[-1].id) if len(rows) > limit else None)

    def list_events(self, notification_id: str) -> tuple[Event, ...]:
        query = "SELECT notification, at, what, person, comment FROM oncall.events WHERE notification = %s ORDER BY id"
        with translated(), self._pool.connection() as connection:
            return tuple(Event(*cast("Any", row)) for row in connection.execute(query, (notification_id,)).fetchall())

    def heartbeat(self) -> int | None:
        with translated(), self._pool.connection() as connection:
            row = connection.execute("SELECT at FROM oncall.heartbeat").fetchone()
        return cast("int", row[0]) if row else None

    def change(
        self, notification_id: str, decide: Callable[[Notification | None], Change | None]
    ) -> Notification | None:
        with translated(), self._pool.connection() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"oncall {notification_id}",))
            row = cursor.execute(f"{SELECT} WHERE id = %s", (notification_id,)).fetchone()
            known = _notification(row) if row else None
            change = decide(known)
            if change is None:
                return known
            after, events = change
            cursor.execute(UPSERT, {**{name: getattr(after, name) for name in FIELDS}, "labels": Jsonb(after.labels)})
            cursor.executemany(
                "INSERT INTO oncall.events (notification, at, what, person, comment) VALUES (%s, %s, %s, %s, %s)",
                [(event.notification, event.at, event.what, event.person, event.comment) for event in events],
            )
        return after

    def unresolved(self, fingerprint: str, *, before: int) -> tuple[str, ...]:
        query = (
            "SELECT id FROM oncall.notifications WHERE fingerprint = %s AND started < %s AND state <> 'resolved' "
            "ORDER BY started"
        )
        with translated(), self._pool.connection() as connection:
            return tuple(str(row[0]) for row in connection.execute(query, (fingerprint, before)).fetchall())

    def due(self, now: int) -> tuple[str, ...]:
        query = "SELECT id FROM oncall.notifications WHERE escalate_at <= %s ORDER BY escalate_at, id"
        with translated(), self._pool.connection() as connection:
            return tuple(str(row[0]) for row in connection.execute(query, (now,)).fetchall())

    def beat(self, now: int) -> None:
        query = "INSERT INTO oncall.heartbeat (at) VALUES (%s) ON CONFLICT (one) DO UPDATE SET at = excluded.at"
        with translated(), self._pool.connection() as connection:
            connection.execute(query, (now,))

    def rota(self) -> tuple[Step, ...]:
        with translated(), self._pool.connection() as connection:
            rows = connection.execute("SELECT person, within_ms FROM oncall.rota ORDER BY step").fetchall()
        return tuple(Step(str(person), cast("int", within)) for person, within in rows)

    def add_rota(self, steps: Sequence[Step]) -> bool:
        with translated(), self._pool.connection() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('oncall rota', 0))")
            if cursor.execute("SELECT 1 FROM oncall.rota").fetchone():
                return False
            cursor.executemany(
                "INSERT INTO oncall.rota (step, person, within_ms) VALUES (%s, %s, %s)",
                [(number, step.person, step.within_ms) for number, step in enumerate(steps)],
            )
        return True

    def counts(self) -> tuple[int, int]:
        query = """
            SELECT count(*), count(*) FILTER (WHERE escalate_at IS NULL AND step > 0 AND name <> %s)
            FROM oncall.notifications WHERE state = 'firing'"""
        with translated(), self._pool.connection() as connection:
            row = connection.execute(query, (SELF,)).fetchone()
        firing, unanswered = cast("tuple[int, int]", row)
        return firing, unanswered


def _notification(row: Sequence[object]) -> Notification:
    values: dict[str, Any] = dict(zip(FIELDS, row, strict=True))
    return Notification(**{**values, "state": State(values["state"])})
