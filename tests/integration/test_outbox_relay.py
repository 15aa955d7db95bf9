"""The outbox's relay: what was sent stays for a day, and is looked for once a minute only."""

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
import pytest

from services.adapters.health import Health
from services.adapters.kafka import Outgoing, Sender
from services.adapters.outbox import FORGET_S, Relay
from tests.support import eventually

LONG_AGO = "INSERT INTO registry.outbox (topic, key, value, sent_at) VALUES ('t', %s, 'v', now() - interval '25 hours')"
NEW = "INSERT INTO registry.outbox (topic, key, value) VALUES ('t', %s, 'v')"


class Kept(Sender):
    """A broker that takes everything."""

    def __init__(self) -> None:
        super().__init__("", client_id="kept")
        self.keys: list[str] = []

    def send(self, records: Sequence[Outgoing]) -> None:
        self.keys += [record.key.decode() for record in records]


@pytest.fixture
def outbox(database: Any) -> Iterator[psycopg.Connection[Any]]:
    database.migrate("registry")
    with psycopg.connect(database.url("linli_registry"), autocommit=True) as connection:
        yield connection


def test_what_was_sent_a_day_ago_goes_and_no_record_waits_for_that(
    database: Any, outbox: psycopg.Connection[Any]
) -> None:
    now, sender, stop = [0.0], Kept(), threading.Event()
    relay = Relay(database.url("linli_registry"), "registry", sender, Health(), monotonic=lambda: now[0])
    thread = threading.Thread(target=relay.run, args=(stop,))

    def keys() -> set[str]:
        return {str(row[0]) for row in outbox.execute("SELECT key FROM registry.outbox WHERE topic = 't'").fetchall()}

    outbox.execute(LONG_AGO, ("old",))
    outbox.execute(NEW, ("first",))
    thread.start()
    try:
        eventually(lambda: keys() == {"first"}, what="the old record gone, the new one kept")
        outbox.execute(LONG_AGO, ("older",))
        for name in ("second", "third"):
            outbox.execute(NEW, (name,))
            eventually(lambda name=name: name in sender.keys, what=name)  # type: ignore[misc]
        assert keys() == {"first", "older", "second", "third"}, "it was not looked for within the minute"
        now[0] = FORGET_S
        eventually(lambda: keys() == {"first", "second", "third"}, what="the next look")
        assert [key for key in sender.keys if key in {"first", "second", "third"}] == ["first", "second", "third"]
    finally:
        stop.set()
        thread.join(timeout=30)
