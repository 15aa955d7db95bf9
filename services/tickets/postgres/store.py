"""Tickets in PostgreSQL: state, log, episodes, clocks and outbox, all in one transaction.

That there is one open ticket per incident, one ticket per episode and one event per version is
the database's word (unique indexes), not a check in code; breaking it is a :class:`Clash`.

A use case works as ``linli_loop`` until its transaction ends, whoever runs it: one action may concern
tickets that its caller does not see, and the front door's own role writes none.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from services.adapters import audit, outbox
from services.adapters.postgres import Pool, translated
from services.audit import Entry
from services.tickets.domain import Event, Policy, Ticket
from services.tickets.domain.merging import Sought
from services.tickets.domain.policy import Enforced, Published
from services.tickets.domain.responsible import share_of
from services.tickets.domain.words import ENDED, State
from services.tickets.ports import Answer
from services.tickets.postgres import figures, statements
from services.tickets.postgres.photos import FORGET, SHOW
from services.tickets.postgres.rows import enforced_of, event_of, policy_of, published_of, ticket_of
from services.transactions import Clash
from streams.contracts import TicketEvent, encode
from streams.contracts.areas import COMMUNITY_LENGTH as COMMUNITY
from streams.contracts.topics import TICKETS, Topic

Cursor = psycopg.Cursor[tuple[object, ...]]
_CLASHES = (
    psycopg.errors.UniqueViolation,
    psycopg.errors.SerializationFailure,
    psycopg.errors.DeadlockDetected,
)


class PostgresTicketStore:
    """:class:`services.tickets.ports.TicketStore`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @contextmanager
    def transaction(self) -> Iterator["PostgresWork"]:
        with translated():  # outermost: psycopg counts a deadlock among the signs of a server that is away
            try:
                with self._pool.connection() as connection, connection.cursor() as cursor:
                    cursor.execute("SET LOCAL ROLE linli_loop")
                    yield PostgresWork(cursor)
            except _CLASHES as error:
                raise Clash(str(error)) from error


class PostgresWork:
    """:class:`services.tickets.ports.Work`: one transaction."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def ticket(self, ticket: str) -> Ticket | None:
        return self._one("SELECT body FROM tickets.tickets WHERE id = %s OR number = %s FOR UPDATE", (ticket, ticket))

    def of_episode(self, episode: str) -> Ticket | None:
        return self._one(
            "SELECT body FROM tickets.tickets WHERE id = (SELECT ticket FROM tickets.ticket_episodes "
            "WHERE episode = %s) FOR UPDATE",
            (episode,),
        )

    def newest_of(self, incident: str) -> Ticket | None:
        return self._one(statements.NEWEST_OF, (incident,))

    def episodes_between(self, device: str, rule: str, *, since: int, until: int, other_than: str) -> int:
        values = {"device": device, "rule": rule, "since": since, "until": until, "other_than": other_than}
        row = self._cursor.execute(statements.EPISODES_BETWEEN, values).fetchone()
        return int(str(row[0])) if row else 0

    def merged_into(self, master: str) -> tuple[Ticket, ...]:
        rows = self._cursor.execute(statements.MERGED_INTO, (master,)).fetchall()
        return tuple(ticket_of(row[0]) for row in rows)

    def nearby(self, area: str, sought: Sought, *, alarmed: bool, since: int, limit: int) -> tuple[Ticket, ...]:
        near = area[:COMMUNITY]
        self._cursor.execute(statements.HOLD, ([f"community {near}"],))
        values = {"near": near, "alarmed": alarmed, "since": since, "limit": limit}
        values |= {"device": sought.device, "categories": list(sought.categories)}
        return tuple(ticket_of(row[0]) for row in self._cursor.execute(statements.NEARBY, values).fetchall())

    def policy(self) -> Policy | None:
        row = self._cursor.execute(statements.POLICY).fetchone()
        return policy_of(row[0]) if row else None

    def published(self) -> tuple[Published, ...]:
        return tuple(published_of(row) for row in self._cursor.execute(statements.PUBLISHED).fetchall())

    def enforced(self) -> tuple[Enforced, ...]:
        return tuple(enforced_of(row) for row in self._cursor.execute(statements.ENFORCED).fetchall())

    def publish(self, written: Published) -> bool:
        policy = written.policy
        values = {"name": policy.name, "version": policy.version, "body": Jsonb(policy, dumps=msgspec.json.encode)}
        values |= {"at": written.at, "by": written.by, "reason": written.reason}
        new = self._cursor.execute(statements.PUBLISH, values).rowcount == 1
        if not new and all(each.policy != policy for each in self.published()):
            raise Clash(f"version {policy.version} of {policy.name} was published by somebody else")
        return new

    def enforce(self, chosen: Enforced) -> None:
        self._cursor.execute(statements.ENFORCE, msgspec.structs.astuple(chosen))

    def events(self, ticket: str) -> tuple[Event, ...]:
        return tuple(event_of(row) for row in self._cursor.execute(statements.EVENTS, (ticket,)).fetchall())

    def next_count(self, day: str, many: int = 1) -> int:
        row = self._cursor.execute(statements.COUNT, {"day": day, "many": many}).fetchone()
        return int(str(row[0])) if row else 0

    def save(self, ticket: Ticket, events: Sequence[Event]) -> None:
        if events[0].version == 1:
            self.open_all([(ticket, events)])
            return
        values = _columns(ticket) | {"expected": events[0].version - 1}
        if self._cursor.execute(statements.UPDATE_TICKET, values).rowcount == 0:
            raise Clash(f"{ticket.number} has moved on from version {events[0].version - 1}")
        self._cursor.execute(statements.STOP_CLOCKS, (ticket.id, [run.name for run in ticket.clocks]))
        self._write([(ticket, events)])
        self._episodes(ticket, events)
        figures.keep(self._cursor, ticket, events)

    def open_all(self, opened: Sequence[tuple[Ticket, Sequence[Event]]]) -> None:
        """One pipeline: the server is waited for once, however many there are."""
        with self._cursor.connection.pipeline():
            self._cursor.executemany(statements.INSERT_TICKET, [_columns(ticket) for ticket, _ in opened])
            self._write(opened)
            figures.start(self._cursor, opened)
        for ticket, events in opened:
            self._episodes(ticket, events)

    def show(self, ticket: str, photos: Sequence[str], *, since: int, now: int) -> frozenset[str]:
        values = {"ticket": ticket, "photos": list(photos), "since": since, "now": now}
        return frozenset(str(row[0]) for row in self._cursor.execute(SHOW, values).fetchall())

    def answers(self, keys: Collection[str]) -> dict[str, Answer]:
        """Whoever asks first holds the keys until the transaction ends: its twin waits for the answer.

        In an order that all keep to, so that two who ask for many never wait for each other.
        """
        self._cursor.execute(statements.HOLD, ([f"request {key}" for key in sorted(keys)],))
        rows: list[Any] = self._cursor.execute(statements.ANSWERS, (list(keys),)).fetchall()
        return {key: Answer(fingerprint, ticket, version) for key, fingerprint, ticket, version in rows}

    def remember(self, answers: Mapping[str, Answer]) -> None:
        rows = [(key, answer.fingerprint, answer.ticket, answer.version) for key, answer in answers.items()]
        self._cursor.executemany(statements.REMEMBER, rows)

    def numbers(self, tickets: Collection[str]) -> dict[str, str]:
        rows: list[Any] = self._cursor.execute(statements.NUMBERS, (list(tickets),)).fetchall()
        return dict(rows)

    def audit(self, entry: Entry) -> None:
        audit.put(self._cursor, "tickets", entry)

    def personal(self, archived_until: int, limit: int) -> tuple[Ticket, ...]:
        rows = self._cursor.execute(statements.PERSONAL, (archived_until, limit)).fetchall()
        return tuple(ticket_of(row[0]) for row in rows)

    def oldest_personal(self) -> int | None:
        row = self._cursor.execute(statements.OLDEST_PERSONAL).fetchone()
        return int(str(row[0])) if row and row[0] is not None else None

    def rewrite(self, ticket: str, events: Sequence[Event]) -> None:
        values = [(event.by, event.why, Jsonb(event.evidence, dumps=msgspec.json.encode), event.id) for event in events]
        self._cursor.executemany(statements.REWRITE, values)
        self._cursor.execute("DELETE FROM tickets.requests WHERE ticket = %s", (ticket,))
        self._cursor.execute(FORGET, (ticket,))

    def due(self, now: int, limit: int) -> tuple[Ticket, ...]:
        rows = self._cursor.execute(
            "SELECT body FROM tickets.tickets WHERE due_at <= %s ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED",
            (now, limit),
        ).fetchall()
        return tuple(ticket_of(row[0]) for row in rows)

    def assumed(self, until: int, limit: int) -> tuple[Ticket, ...]:
        rows = self._cursor.execute(
            statements.ASSUMED, {"until": until, "ended": sorted(ENDED), "limit": limit}
        ).fetchall()
        return tuple(ticket_of(row[0]) for row in rows)

    def _one(self, query: str, values: tuple[object, ...]) -> Ticket | None:
        row = self._cursor.execute(query.encode(), values).fetchone()
        return ticket_of(row[0]) if row else None

    def _episodes(self, ticket: Ticket, events: Sequence[Event]) -> None:
        """An episode stays with its ticket; only from one that has ended may an open one take it."""
        touched = {str(event.evidence["episode"]["episode"]) for event in events if "episode" in event.evidence}
        for episode in (episode for episode in ticket.episodes if episode.episode in touched):
            values = {
                "episode": episode.episode, "ticket": ticket.id, "rule": episode.rule, "device": episode.device,
                "severity": str(episode.severity), "active": episode.active, "since": episode.since,
                "normal_since": episode.normal_since,
            }  # fmt: skip
            if self._cursor.execute(statements.PUT_EPISODE, values).rowcount == 0:
                raise Clash(f"episode {episode.episode} belongs to another ticket")

    def _write(self, steps: Sequence[tuple[Ticket, Sequence[Event]]]) -> None:
        """Events, clocks and records of steps whose tickets are written."""
        rows = [_event_row(event) for _, events in steps for event in events]
        self._cursor.executemany(statements.INSERT_EVENT, rows)
        clocks = [
            (ticket.id, run.name, "running" if run.running else "paused", run.started, run.due, str(run.card))
            for ticket, _ in steps
            for run in ticket.clocks
        ]
        self._cursor.executemany(statements.PUT_CLOCK, clocks)
        outbox.put(self._cursor, "tickets", [_record(ticket, event) for ticket, events in steps for event in events])


def _columns(ticket: Ticket) -> dict[str, object]:
    return {
        "id": ticket.id,
        "number": ticket.number,
        "version": ticket.version,
        "state": str(ticket.state),
        "stage": str(ticket.stage),
        "source": str(ticket.source),
        "incident": ticket.incident,
        "device": ticket.device,
        "kind": ticket.kind,
        "area": ticket.area,
        "category": ticket.category,
        "urgency": ticket.urgency,
        "lead": ticket.lead,
        "assisting": list(ticket.assisting),
        "reporter": _named(ticket, ticket.reporter),
        "caller_phone": _named(ticket, ticket.caller.phone if ticket.caller else ""),
        "card": str(ticket.card),
        "deadline": ticket.deadline,
        "due_at": ticket.look_at,
        "opened_at": ticket.opened_at,
        "closed_at": ticket.closed_at,
        "master": ticket.master or None,
        "level": str(ticket.level),
        "supervised": ticket.supervised,
        "body": Jsonb(ticket, dumps=msgspec.json.encode),
    }


def _named(ticket: Ticket, word: str) -> str:
    """Nobody is found by what stands where they were erased."""
    return "" if ticket.erased_at is not None else word


def _event_row(event: Event) -> tuple[object, ...]:
    return (
        event.id, event.ticket, event.version, str(event.action), str(event.old or ""), str(event.new), event.at,
        event.by, str(event.role), event.why, Jsonb(event.evidence, dumps=msgspec.json.encode),
        None if event.clocks is None else Jsonb(event.clocks, dumps=msgspec.json.encode),
    )  # fmt: skip


def _record(ticket: Ticket, event: Event) -> tuple[Topic, str, bytes]:
    """The event as others read it; card and deadline are the ticket's after all events of this step."""
    record = TicketEvent(
        id=event.id,
        ticket=ticket.id,
        number=ticket.number,
        version=event.version,
        action=str(event.action),
        old=str(event.old) if event.old else None,
        new=str(event.new),
        stage=str(State(event.new).stage),
        source=str(ticket.source),
        area=ticket.area,
        urgency=ticket.urgency,
        at=event.at,
        by=event.by,
        role=str(event.role),
        why=event.why,
        incident=ticket.incident,
        device=ticket.device,
        deadline=ticket.deadline,
        mark=str(event.evidence.get("card", "")),
        units=tuple(sorted({ticket.lead, *ticket.assisting} - {""})),
        share=share_of(ticket, event),
    )
    return (TICKETS, ticket.id, encode(record))
