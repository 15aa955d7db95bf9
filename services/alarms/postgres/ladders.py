"""Call ladders in PostgreSQL: body, log, messages and outbox, in the transaction of what moved them."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from services.adapters import outbox
from services.adapters.postgres import Pool, translated
from services.alarms.domain.ladder import Ladder, Step
from services.alarms.domain.ladder_reach import Around, Person, Responsible
from services.alarms.domain.ladder_words import notices
from services.alarms.ports import Arrival, LadderCounts, LadderStory
from services.transactions import Clash
from streams.contracts import Notice, TicketEvent, encode
from streams.contracts.topics import NOTICES

Cursor = psycopg.Cursor[tuple[object, ...]]
LONG_UNSENT: Final = "10 seconds"
VALVE: Final = "valve_open"

_INSERT = b"""
    INSERT INTO alarms.call_ladders
        (incident, area, call, number, calling, awaiting, unreached, due_at, step_due_at, body)
    VALUES (%(incident)s, %(area)s, %(call)s, %(number)s, %(calling)s, %(awaiting)s, %(unreached)s, %(due_at)s,
            %(step_due_at)s, %(body)s)"""
_UPDATE = b"""
    UPDATE alarms.call_ladders SET area = %(area)s, call = %(call)s, number = %(number)s, calling = %(calling)s,
        awaiting = %(awaiting)s, unreached = %(unreached)s, due_at = %(due_at)s, step_due_at = %(step_due_at)s,
        body = %(body)s
    WHERE incident = %(incident)s AND number = %(before)s"""


class PostgresLadders:
    """:class:`services.alarms.ports.LadderWork`, on its transaction's cursor."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def of_incident(self, incident: str) -> Ladder | None:
        query = "SELECT body FROM alarms.call_ladders WHERE incident = %s FOR UPDATE"
        row = self._cursor.execute(query, (incident,)).fetchone()
        return msgspec.convert(row[0], Ladder) if row else None

    def due(self, now: int, limit: int) -> tuple[Ladder, ...]:
        rows = self._cursor.execute(
            "SELECT body FROM alarms.call_ladders WHERE due_at <= %s ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED",
            (now, limit),
        ).fetchall()
        return tuple(msgspec.convert(row[0], Ladder) for row in rows)

    def save(self, ladder: Ladder, steps: Sequence[Step]) -> None:
        values = _columns(ladder, before=ladder.number - len(steps))
        if self._cursor.execute(_UPDATE, values).rowcount == 0:
            if values["before"]:
                raise Clash(f"the ladder of {ladder.incident} has moved on")
            self._cursor.execute(_INSERT, values)
        self._cursor.executemany(
            "INSERT INTO alarms.call_steps (incident, number, call, arrival, what, at, by, why, record) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [_step(ladder, step) for step in steps],
        )
        told = [notice for step in steps for notice in notices(ladder, step)]
        if told:
            self._cursor.executemany(
                "INSERT INTO alarms.call_notices (id, incident, number, at, record) VALUES (%s, %s, %s, %s, %s)",
                [(each.id, each.incident, each.step, each.at, _json(each)) for each in told],
            )
            outbox.put(self._cursor, "alarms", [(NOTICES, each.incident, encode(each)) for each in told])

    def around(self, device: str, area: str) -> Around:
        spot = self._cursor.execute(
            "SELECT coalesce(nullif(place, ''), nullif(name, ''), id), building FROM registry.device WHERE id = %s",
            (device,),
        ).fetchone()
        people = self._cursor.execute(
            "SELECT id, name, role, scope FROM registry.person WHERE %s ^@ scope ORDER BY id", (area,)
        ).fetchall()
        units = self._cursor.execute(
            "SELECT id, name_zh, area, categories, phone FROM registry.unit WHERE %s ^@ area ORDER BY id", (area,)
        ).fetchall()
        place, building = (str(spot[0]), str(spot[1])) if spot else (device, "")
        return Around(
            place,
            building,
            tuple(msgspec.convert(dict(zip(Person.__struct_fields__, row, strict=True)), Person) for row in people),
            tuple(
                msgspec.convert(dict(zip(Responsible.__struct_fields__, row, strict=True)), Responsible)
                for row in units
            ),
        )

    def note_arrival(self, event: TicketEvent) -> None:
        self._cursor.execute(
            "INSERT INTO alarms.arrivals (id, incident, at, by) VALUES (%s, %s, %s, %s) ON CONFLICT (id) DO NOTHING",
            (event.id, event.incident, event.at, event.by),
        )

    def arrival(self, incident: str, *, since: int) -> Arrival | None:
        row = self._cursor.execute(
            "SELECT at, by FROM alarms.arrivals WHERE incident = %s AND at >= %s ORDER BY at LIMIT 1", (incident, since)
        ).fetchone()
        return Arrival(int(str(row[0])), str(row[1])) if row else None

    def valve_open(self, devices: Sequence[str], *, since: int) -> bool:
        row = self._cursor.execute(
            "SELECT 1 FROM history.newest(%s, %s) WHERE value > 0 AND at >= %s LIMIT 1", (list(devices), VALVE, since)
        ).fetchone()
        return row is not None


class PostgresLadderReader:
    """:class:`services.alarms.ports.LadderReader`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def story(self, incident: str) -> LadderStory | None:
        with translated(), self._pool.connection() as connection:
            row = connection.execute("SELECT body FROM alarms.call_ladders WHERE incident = %s", (incident,)).fetchone()
            if row is None:
                return None
            steps = connection.execute(
                "SELECT record FROM alarms.call_steps WHERE incident = %s ORDER BY number", (incident,)
            ).fetchall()
            told = connection.execute(
                "SELECT record FROM alarms.call_notices WHERE incident = %s ORDER BY number, id", (incident,)
            ).fetchall()
        return LadderStory(
            msgspec.convert(row[0], Ladder),
            tuple(msgspec.convert(step[0], Step) for step in steps),
            tuple(msgspec.convert(notice[0], Notice) for notice in told),
        )

    def counts(self, now: int) -> LadderCounts:
        query = """
            SELECT count(*) FILTER (WHERE calling), count(*) FILTER (WHERE awaiting), coalesce(sum(unreached), 0),
                   (SELECT count(*) FROM alarms.outbox WHERE sent_at IS NULL AND topic = %(topic)s
                    AND created_at < now() - %(long)s::interval),
                   greatest(0, %(now)s - min(step_due_at))
            FROM alarms.call_ladders WHERE calling OR awaiting"""
        values = {"topic": NOTICES.name, "long": LONG_UNSENT, "now": now}
        with translated(), self._pool.connection() as connection:
            row: tuple[Any, ...] = connection.execute(query, values).fetchone() or (0,) * 5
        return LadderCounts(*(int(value or 0) for value in row))


def _columns(ladder: Ladder, *, before: int) -> dict[str, object]:
    return {
        "incident": ladder.incident,
        "area": ladder.area,
        "call": ladder.call,
        "number": ladder.number,
        "before": before,
        "calling": ladder.calling,
        "awaiting": ladder.arrived_at is None,
        "unreached": ladder.unreached,
        "due_at": ladder.due_at,
        "step_due_at": min(ladder.steps_due.values(), default=None),
        "body": _json(ladder),
    }


def _step(ladder: Ladder, step: Step) -> tuple[object, ...]:
    return (
        ladder.incident, step.number, step.call, step.arrival, str(step.what), step.at, step.by, step.why, _json(step)
    )  # fmt: skip


def _json(record: object) -> Jsonb:
    return Jsonb(record, dumps=msgspec.json.encode)
