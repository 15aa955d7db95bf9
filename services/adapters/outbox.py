"""The outbox relay: rows written in a service's own transaction, sent to Kafka afterwards.

One relay per schema at a time, under an advisory lock; woken by ``NOTIFY outbox_<schema>``; rows
are marked as sent (``id > last`` would miss a transaction that commits late). Each schema's
migrations create the table::

    CREATE TABLE outbox (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        topic text NOT NULL, key text NOT NULL, value bytea,      -- NULL is a tombstone
        created_at timestamptz NOT NULL DEFAULT now(), sent_at timestamptz);
    CREATE INDEX outbox_unsent ON outbox (id) WHERE sent_at IS NULL;
    -- and a statement trigger that calls pg_notify('outbox_<schema>', '')
"""

import threading
import time
from collections.abc import Callable, Sequence

import psycopg
from psycopg import sql

from services.adapters.health import Health
from services.adapters.kafka import Outgoing, Sender
from services.adapters.metrics import counter, gauge
from services.adapters.postgres import translated
from services.adapters.retry import Stopped, until_available
from streams.contracts.metrics import OUTBOX_PENDING, OUTBOX_SENT
from streams.contracts.topics import Topic

BATCH = 500
IDLE_S = 1.0
KEEP_SENT = "1 day"
FORGET_S = 60.0
"""How often what was sent long ago is removed: to look for it is to read a day's records, and a new one waits."""


def put(
    cursor: psycopg.Cursor[tuple[object, ...]], schema: str, records: Sequence[tuple[Topic, str, bytes | None]]
) -> None:
    """Write records to ``schema``'s outbox in the caller's transaction."""
    cursor.executemany(
        sql.SQL("INSERT INTO {}.outbox (topic, key, value) VALUES (%s, %s, %s)").format(sql.Identifier(schema)),
        [(topic.name, key, value) for topic, key, value in records],
    )


class Relay:
    """Moves one schema's outbox to Kafka, in order, at least once."""

    def __init__(
        self, url: str, schema: str, sender: Sender, health: Health, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._monotonic = monotonic
        self._forgot = float("-inf")
        self._url = url
        self._schema = schema
        self._sender = sender
        self._health = health
        self._name = f"outbox {schema}"

    def run(self, stop: threading.Event) -> None:
        """Relay until ``stop``; a lost server is waited for."""
        while not stop.is_set():
            try:
                until_available(stop, self._name, lambda: self._session(stop))
            except Stopped:
                return

    def _session(self, stop: threading.Event) -> None:
        with translated(), psycopg.connect(self._url, autocommit=True, application_name=self._name) as connection:
            schema = sql.Identifier(self._schema)
            lock = ("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", (self._name,))
            while not _first(connection.execute(*lock)):
                self._health.beat(self._name)
                if stop.wait(IDLE_S):
                    return
            connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(f"outbox_{self._schema}")))
            while not stop.is_set():
                if self._drain(connection, schema) == 0:
                    for _ in connection.notifies(timeout=IDLE_S, stop_after=1):
                        pass
                self._health.beat(self._name)

    def _drain(self, connection: psycopg.Connection[tuple[object, ...]], schema: sql.Identifier) -> int:
        rows = connection.execute(
            sql.SQL("SELECT id, topic, key, value FROM {}.outbox WHERE sent_at IS NULL ORDER BY id LIMIT %s").format(
                schema
            ),
            (BATCH,),
        ).fetchall()
        if not rows:
            gauge(OUTBOX_PENDING, schema=self._schema).set(0)
            self._forget(connection, schema)
            return 0
        gauge(OUTBOX_PENDING, schema=self._schema).set(len(rows))  # stays so while Kafka is away
        self._sender.send([Outgoing(str(topic), str(key).encode(), value) for _, topic, key, value in rows])  # type: ignore[arg-type]
        connection.execute(
            sql.SQL("UPDATE {}.outbox SET sent_at = now() WHERE id = ANY(%s)").format(schema),
            ([row[0] for row in rows],),
        )
        for _, topic, _, _ in rows:
            counter(OUTBOX_SENT, schema=self._schema, topic=str(topic)).inc()
        gauge(OUTBOX_PENDING, schema=self._schema).set(len(rows) if len(rows) == BATCH else 0)
        return len(rows)

    def _forget(self, connection: psycopg.Connection[tuple[object, ...]], schema: sql.Identifier) -> None:
        """Remove what was sent more than :data:`KEEP_SENT` ago, once in :data:`FORGET_S`."""
        now = self._monotonic()
        if now - self._forgot < FORGET_S:
            return
        connection.execute(
            sql.SQL("DELETE FROM {}.outbox WHERE sent_at < now() - %s::interval").format(schema), (KEEP_SENT,)
        )
        self._forgot = now


def _first(cursor: psycopg.Cursor[tuple[object, ...]]) -> object:
    row = cursor.fetchone()
    return row[0] if row else None
