"""Alarm events on a real Kafka, followed by real alarms and tickets processes."""

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from kafka import KafkaConsumer, TopicPartition

from services.adapters.kafka import Outgoing, Sender
from streams.contracts import AlarmEvent, TicketEvent, encode
from streams.contracts.topics import ALARMS, TICKETS, Topic
from tests.conftest import Database

CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass
class Chain:
    """One database and one consumer group of its own; devices and episodes that no other test has."""

    servers: str
    database: Database
    logs: Path
    name: str = field(default_factory=lambda: secrets.token_hex(4))

    @property
    def device(self) -> str:
        return f"gas-{self.name}"

    def publish(self, events: Sequence[AlarmEvent]) -> None:
        sender = Sender(self.servers, client_id=f"test-{self.name}")
        try:
            sender.send([Outgoing(ALARMS.name, event.grid.encode(), encode(event)) for event in events])
        finally:
            sender.close()

    def arrive(self, incident: str, at: int) -> None:
        """Somebody reports on the incident's ticket that they are on site."""
        event = TicketEvent(
            f"t-{self.name}:7", f"t-{self.name}", "LY-1", 7, "arrive", "signed", "on_site", "resolve", "sensor",
            "990101001001001", 2, at, "陈抢修", "unit_handler", incident=incident,
        )  # fmt: skip
        sender = Sender(self.servers, client_id=f"test-{self.name}")
        try:
            sender.send([Outgoing(TICKETS.name, event.ticket.encode(), encode(event))])
        finally:
            sender.close()

    def publish_raw(self, value: bytes) -> None:
        sender = Sender(self.servers, client_id=f"test-{self.name}")
        try:
            sender.send([Outgoing(ALARMS.name, b"990101001001001", value)])
        finally:
            sender.close()

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database.admin_url) as connection:
            return connection.execute(query.encode(), values).fetchall()

    @contextmanager
    def process(self, service: str, **extra: str) -> Iterator[subprocess.Popen[bytes]]:
        """A process as the platform starts it; killed at the end if it still runs."""
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(CHECKOUT),
            "KAFKA_BOOTSTRAP_SERVERS": self.servers,
            "DATABASE_URL": self.database.url(f"linli_{service}"),
            f"LINLI_{service.upper()}_GROUP": f"{service}-{self.name}",
            **extra,
        }
        log = self.logs / f"{service}-{secrets.token_hex(2)}.log"
        with ExitStack() as stack:
            output = stack.enter_context(log.open("wb"))
            process = subprocess.Popen(
                [sys.executable, "-m", f"services.{service}.main"], env=environment, stderr=output, cwd=CHECKOUT
            )
            stack.callback(process.wait)
            stack.callback(_kill, process)
            yield process

    def records(self, topic: Topic) -> list[bytes]:
        """Every record of a topic so far."""
        consumer = KafkaConsumer(bootstrap_servers=self.servers)
        try:
            partitions = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
            consumer.assign(partitions)
            consumer.seek_to_beginning(*partitions)
            ends = consumer.end_offsets(partitions)
            found: list[bytes] = []
            while any(consumer.position(partition) < end for partition, end in ends.items()):
                for records in consumer.poll(timeout_ms=200).values():
                    found += [record.value for record in records]
            return found
        finally:
            consumer.close()


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
