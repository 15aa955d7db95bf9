"""Messages and preferences in PostgreSQL: one row a message, leases that a crash cannot keep."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any, cast

from psycopg.types.json import Jsonb

from services.adapters.postgres import Pool, translated
from services.duty import Dated, Duty, Roster, Substitution, Weekly
from services.notices.domain import (
    REPORTER,
    Facts,
    Message,
    MessageFilter,
    Person,
    Preference,
    State,
    Subject,
    Urgency,
    Way,
)
from services.notices.ports import Letter, Posted, Tally
from services.paging import Key, Page

DAY_MS = 86_400_000
MOST_JOINED = 50
FIELDS = tuple(field.name for field in fields(Message))
COLUMNS = ", ".join(FIELDS)
WORDS: dict[str, Any] = {"state": State, "subject": Subject, "urgency": Urgency}
SELECT = f"SELECT {COLUMNS} FROM notices.messages "  # noqa: S608 - the record's own field names
INSERT = (
    f"INSERT INTO notices.messages ({COLUMNS}) "  # noqa: S608 - the record's own field names
    f"VALUES ({', '.join(f'%({field})s' for field in FIELDS)}) ON CONFLICT DO NOTHING"
)
SETTLE = """
    UPDATE notices.messages SET state = %(state)s, due = %(due)s, expires = %(expires)s, attempts = %(attempts)s,
           error = %(error)s, settled = %(settled)s, held = %(held)s, holder = '', leased_until = 0
    WHERE id = %(id)s"""
LEASE = f"""
    WITH first AS (
        SELECT id, person, channel, held FROM notices.messages
        WHERE state = 'waiting' AND due <= %(now)s AND leased_until <= %(now)s
        ORDER BY urgency DESC, due, id LIMIT 1 FOR UPDATE SKIP LOCKED
    ), joined AS (
        SELECT m.id FROM notices.messages m, first
        WHERE first.held AND m.held AND m.person = first.person AND m.channel = first.channel
          AND m.state = 'waiting' AND m.due <= %(now)s AND m.leased_until <= %(now)s
        ORDER BY m.created, m.id LIMIT {MOST_JOINED} FOR UPDATE OF m SKIP LOCKED
    )
    UPDATE notices.messages SET holder = %(holder)s, leased_until = %(until)s, attempts = attempts + 1
    WHERE id IN (SELECT id FROM first UNION SELECT id FROM joined) RETURNING {COLUMNS}"""  # noqa: S608 - field names

ERASE = """
    DELETE FROM notices.messages WHERE id IN (
        SELECT id FROM notices.messages WHERE created <= %s AND state <> 'waiting'
        ORDER BY created, id LIMIT %s FOR UPDATE SKIP LOCKED)"""
ERASE_BOX = """
    DELETE FROM notices.box WHERE id IN (
        SELECT id FROM notices.box WHERE at <= %s ORDER BY at, id LIMIT %s FOR UPDATE SKIP LOCKED)"""
BOX_OF = "DELETE FROM notices.box WHERE id IN (SELECT id FROM notices.messages WHERE ticket = %s)"
OLDEST = """
    SELECT least((SELECT created FROM notices.messages WHERE state <> 'waiting' ORDER BY created, id LIMIT 1),
                 (SELECT at FROM notices.box ORDER BY at, id LIMIT 1))"""

DUTIES = """
    SELECT id, unit, person, days, begins, ends, since, until FROM registry.duty
    WHERE since IS NULL OR (since <= %s AND until > %s) ORDER BY id"""
SUBSTITUTIONS = """
    SELECT id, unit, person, substitute, since, until FROM registry.substitution
    WHERE since <= %s AND until > %s ORDER BY id"""


class PostgresNotices:
    """:class:`services.notices.ports.NoticeStore`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def get_message(self, message_id: str) -> Message | None:
        rows = self._rows(f"{SELECT} WHERE id = %s", (message_id,))
        return _message(rows[0]) if rows else None

    def list_messages(self, filters: MessageFilter, *, limit: int, after: Key | None) -> Page[Message]:
        query = f"""{SELECT}
            WHERE (%(created)s::bigint IS NULL OR (created, id) < (%(created)s, %(id)s))
              AND (%(state)s = '' OR state = %(state)s) AND (%(person)s = '' OR person = %(person)s)
              AND (%(channel)s = '' OR channel = %(channel)s) AND (%(ticket)s = '' OR ticket = %(ticket)s)
            ORDER BY created DESC, id DESC LIMIT %(limit)s"""
        created, key = after or (None, "")
        values = {
            "created": created, "id": key, "state": filters.state, "person": filters.person,
            "channel": filters.channel, "ticket": filters.ticket, "limit": limit + 1,
        }  # fmt: skip
        found = [_message(row) for row in self._rows(query, values)]
        items = tuple(found[:limit])
        return Page(items, (items[-1].created, items[-1].id) if len(found) > limit else None)

    def count_by_state(self, *, person: str) -> dict[str, int]:
        query = "SELECT state, count(*) FROM notices.messages WHERE %s IN ('', person) GROUP BY state"
        return {str(state): cast("int", number) for state, number in self._rows(query, (person,))}

    def ways(self) -> tuple[Way, ...]:
        rows = self._rows("SELECT name, personal, is_default FROM notices.ways ORDER BY name", ())
        return tuple(Way(str(name), bool(personal), bool(default)) for name, personal, default in rows)

    def preference(self, person: str) -> Preference:
        return self._preferences("WHERE person = %s", (person,)).get(person, Preference(person))

    def preferences(self) -> Mapping[str, Preference]:
        return self._preferences("", ())

    def _preferences(self, where: str, values: Sequence[object]) -> dict[str, Preference]:
        query = (
            "SELECT person, channels, muted, quiet_from, quiet_to, language, addresses, version, by_subject "  # noqa: S608 - two constants
            f"FROM notices.preferences {where}"
        )
        return {one.person: one for one in (_preference(row) for row in self._rows(query, values))}

    def posted(self, *, person: str, limit: int) -> tuple[Posted, ...]:
        query = """SELECT id, person, title, body, at FROM notices.box WHERE %s IN ('', person)
                   ORDER BY at DESC, id DESC LIMIT %s"""
        return tuple(Posted(*cast("Any", row)) for row in self._rows(query, (person, limit)))

    def post(self, letter: Letter) -> None:
        query = """INSERT INTO notices.box (id, person, title, body, at) VALUES (%s, %s, %s, %s, %s)
                   ON CONFLICT DO NOTHING"""
        with translated(), self._pool.connection() as connection:
            connection.execute(query, (letter.id, letter.person, letter.title, letter.body, letter.at))

    def keep(self, messages: Sequence[Message]) -> int:
        kept = 0
        with translated(), self._pool.connection() as connection:
            for message in messages:
                kept += connection.execute(INSERT, _values(message)).rowcount
        return kept

    def change(self, message_id: str, decide: Callable[[Message], Message | None]) -> Message | None:
        with translated(), self._pool.connection() as connection:
            row = connection.execute(f"{SELECT} WHERE id = %s FOR UPDATE", (message_id,)).fetchone()
            if row is None:
                return None
            after = decide(_message(row))
            if after is None:
                return _message(row)
            connection.execute(SETTLE, _values(after))
        return after

    def set_preference(self, preference: Preference, *, now: int) -> bool:
        query = """
            INSERT INTO notices.preferences AS old
                (person, channels, muted, quiet_from, quiet_to, language, addresses, version, changed, by_subject)
            SELECT %(person)s, %(channels)s, %(muted)s, %(quiet_from)s, %(quiet_to)s, %(language)s, %(addresses)s,
                   %(version)s, %(now)s, %(by_subject)s
            WHERE %(version)s = 1 OR EXISTS (SELECT FROM notices.preferences WHERE person = %(person)s)
            ON CONFLICT (person) DO UPDATE SET channels = excluded.channels, muted = excluded.muted,
                quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to, language = excluded.language,
                addresses = excluded.addresses, version = excluded.version, changed = excluded.changed,
                by_subject = excluded.by_subject
            WHERE old.version = excluded.version - 1"""
        begin, end = preference.quiet or (None, None)
        values = {
            "person": preference.person, "channels": list(preference.channels), "muted": sorted(preference.muted),
            "quiet_from": begin, "quiet_to": end, "language": preference.language,
            "addresses": Jsonb(dict(preference.addresses)), "version": preference.version, "now": now,
            "by_subject": Jsonb({str(subject): list(names) for subject, names in preference.by_subject.items()}),
        }  # fmt: skip
        with translated(), self._pool.connection() as connection:
            return connection.execute(query, values).rowcount == 1

    def declare(self, ways: Sequence[Way]) -> None:
        with translated(), self._pool.connection() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('notices ways', 0))")
            cursor.execute("DELETE FROM notices.ways")
            cursor.executemany(
                "INSERT INTO notices.ways (name, personal, is_default) VALUES (%s, %s, %s)",
                [(way.name, way.personal, way.default) for way in ways],
            )

    def people(self) -> tuple[Person, ...]:
        rows = self._rows("SELECT id, name, role, scope, unit FROM registry.person ORDER BY id", ())
        return tuple(Person(*cast("Any", row)) for row in rows)

    def rosters(self, now: int) -> Mapping[str, Roster]:
        duties = self._rows(DUTIES, (now, now))
        away = self._rows(SUBSTITUTIONS, (now, now))
        units = {str(unit) for _, unit, *_ in (*duties, *away)}
        people = self.people() if units else ()
        return {
            unit: Roster(
                frozenset(person.id for person in people if person.unit == unit),
                tuple(_duty(row) for row in duties if row[1] == unit),
                tuple(Substitution(*cast("Any", row)) for row in away if row[1] == unit),
            )
            for unit in units
        }

    def facts(self, ticket: str) -> Facts | None:
        query = """SELECT id, number, lead, reporter, caller_phone, version, state = 'callback', unsolved
                   FROM tickets.notice_facts WHERE id = %s"""
        rows = self._rows(query, (ticket,))
        return Facts(*cast("Any", rows[0])) if rows else None

    def lease(self, holder: str, now: int, until: int) -> tuple[Message, ...]:
        with translated(), self._pool.connection() as connection:
            rows = connection.execute(LEASE, {"holder": holder, "now": now, "until": until}).fetchall()
        return tuple(sorted((_message(row) for row in rows), key=lambda one: (one.created, one.id)))

    def settle(self, messages: Sequence[Message], holder: str) -> int:
        done = 0
        with translated(), self._pool.connection() as connection:
            for message in messages:
                mine = {**_values(message), "holder": holder}
                done += connection.execute(f"{SETTLE} AND holder = %(holder)s", mine).rowcount
        return done

    def address(self, message: Message) -> str:
        if message.person.startswith(REPORTER):
            found = self.facts(message.person.removeprefix(REPORTER))
            return found.phone if found else ""
        return self.preference(message.person).addresses.get(message.channel, "")

    def tally(self, now: int) -> Tally:
        query = """
            SELECT count(*) FILTER (WHERE state = 'waiting'),
                   coalesce(%(now)s - min(due) FILTER (WHERE state = 'waiting' AND due <= %(now)s), 0),
                   count(*) FILTER (WHERE state = 'dead')
            FROM notices.messages WHERE state = 'waiting' OR (state = 'dead' AND settled > %(day)s)"""
        (row,) = self._rows(query, {"now": now, "day": now - DAY_MS})
        return Tally(*cast("Any", row))

    def erase_before(self, until: int, *, limit: int) -> int:
        with translated(), self._pool.connection() as connection:
            return sum(
                connection.execute(each, (until, limit)).rowcount for each in (ERASE.encode(), ERASE_BOX.encode())
            )

    def erase_of(self, ticket: str) -> int:
        with translated(), self._pool.connection() as connection:
            letters = connection.execute(BOX_OF, (ticket,)).rowcount
            return letters + connection.execute("DELETE FROM notices.messages WHERE ticket = %s", (ticket,)).rowcount

    def oldest(self) -> int | None:
        (row,) = self._rows(OLDEST, ())
        return cast("int | None", row[0])

    def _rows(self, query: str, values: Sequence[object] | Mapping[str, object]) -> list[tuple[object, ...]]:
        with translated(), self._pool.connection() as connection:
            return connection.execute(query.encode(), values).fetchall()


def _values(message: Message) -> dict[str, object]:
    return {name: getattr(message, name) for name in FIELDS}


def _message(row: Sequence[object]) -> Message:
    values: dict[str, Any] = dict(zip(FIELDS, row, strict=True))
    words = {name: kind(values[name]) for name, kind in WORDS.items()}
    return Message(**{**values, **words})


def _duty(row: Sequence[object]) -> Duty:
    name, unit, person, days, begins, ends, since, until = cast("Any", row)
    return Duty(name, unit, person, Dated(since, until) if days is None else Weekly(frozenset(days), begins, ends))


def _preference(row: Sequence[object]) -> Preference:
    person, channels, muted, begin, end, language, addresses, version, by_subject = cast("Any", row)
    return Preference(
        person, tuple(channels), frozenset(map(Subject, muted)), None if begin is None else (begin, end), language,
        addresses, version, {Subject(one): tuple(names) for one, names in by_subject.items()},
    )  # fmt: skip
