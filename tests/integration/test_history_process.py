"""The history process over real Kafka and PostgreSQL: nothing lost, nothing twice, whatever dies."""

import random
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaConsumer, TopicPartition

from services.adapters.kafka import Outgoing, Sender
from services.adapters.postgres import open_pool
from services.history.handlers import replay_letter
from services.history.postgres import PostgresHistoryReader, PostgresLetters
from streams.contracts import Command, DeadLetter, Device, Flag, Sample, decode, encode
from streams.contracts.topics import COMMANDS, DEAD_LETTERS, DEVICES, INPUTS, QUARANTINE_KEY
from tests.conftest import fresh_database, make_postgres, running_kafka
from tests.integration.history_rig import HistoryRig, history_rig
from tests.support import eventually

NOW = 1_795_311_636_000
GRID = "990101001001001"


@pytest.fixture(scope="module")
def kafka_servers(server_directory: Path) -> Iterator[str]:
    """A broker of its own: these tests read whole topics, and other tests write what nobody can read."""
    for broker in running_kafka(server_directory / "kafka-history"):
        yield broker.bootstrap


@pytest.fixture
def prefix() -> str:
    return f"hist-{secrets.token_hex(4)}"


@pytest.fixture
def rig(kafka_servers: str, database: Any, prefix: str, tmp_path: Path) -> Iterator[HistoryRig]:
    database.migrate("history")
    with history_rig(kafka_servers, database.url("linli_history"), prefix, tmp_path) as running:
        yield running


def samples(prefix: str, number: int, *, start: int = NOW) -> list[Sample]:
    """``number`` samples of five devices, one a second, two metrics each."""
    return [
        Sample(f"{prefix}-{n % 5}", "gas", start + n * 1000, start + n * 1000, {"ch4_lel": n % 90 / 10, "alarm": 0.0})
        for n in range(number)
    ]


def complete(rig: HistoryRig, prefix: str) -> bool:
    return set(rig.held(prefix)) >= rig.sent


def test_a_duplicate_record_is_one_row_and_ticks_are_passed_over(rig: HistoryRig, prefix: str) -> None:
    start, end = NOW + 40_000_000, NOW + 40_900_000  # hours in which no other test of the broker sends anything
    rig.start()
    rig.send(samples(prefix, 100, start=start), grid=GRID)
    rig.send(reversed(samples(prefix, 100, start=start)), grid=GRID)
    rig.send(samples(prefix, 1, start=end), grid=GRID)

    eventually(lambda: complete(rig, prefix), what="every reading held")

    held = rig.held(prefix)
    assert len(held) == len(set(held)) == 202
    last = end // 10_000 * 10_000
    eventually(lambda: rig.ask("SELECT 1 FROM history.heard WHERE at = %s", last), what="noted")
    assert rig.ask("SELECT count(*) FROM history.outages(%s, %s, 300000)", start, end) == [(1,)]
    assert rig.stop() == 0


@pytest.mark.slow
def test_a_process_killed_in_mid_load_loses_nothing_and_doubles_nothing(rig: HistoryRig, prefix: str) -> None:
    rig.start()
    rng = random.Random(7)
    for part in range(3):
        rig.send(samples(prefix, 2_000, start=NOW + part * 2_000_000), grid=GRID)
        wanted = len(rig.sent) - rng.randrange(1_000, 4_000)
        eventually(lambda wanted=wanted: len(rig.held(prefix)) >= wanted, what="under way")  # type: ignore[misc]
        rig.kill()
        rig.start()

    eventually(lambda: complete(rig, prefix), within_s=90, what="every reading held")
    held = rig.held(prefix)
    assert len(held) == len(set(held)) == 12_000


@pytest.mark.slow
def test_a_restart_of_postgresql_is_waited_out(
    kafka_servers: str, prefix: str, tmp_path: Path, server_directory: Path
) -> None:
    server = make_postgres(server_directory / f"postgres-{prefix}", durable=True)
    server.start()
    try:
        for database in fresh_database(server):
            database.migrate("history")
            with history_rig(kafka_servers, database.url("linli_history"), prefix, tmp_path) as rig:
                rig.start()
                rig.send(samples(prefix, 500), grid=GRID)
                eventually(lambda: complete(rig, prefix), what="every reading held")
                server.kill()
                rig.send(samples(prefix, 2_000, start=NOW + 9_000_000), grid=GRID)
                server.start()
                eventually(lambda: complete(rig, prefix), within_s=60, what="every reading held again")
                held = rig.held(prefix)
                assert len(held) == len(set(held)) == 5_000
                assert rig.stop() == 0
    finally:
        server.kill()


def test_nonsense_dates_and_poison_are_kept_and_the_flow_goes_on(rig: HistoryRig, prefix: str) -> None:
    rig.start()
    sender = Sender(rig.servers, client_id="test")
    broken = f'{{"type":"batch","gateway":"{prefix}"'.encode()
    sender.send([Outgoing(INPUTS.name, GRID.encode(), broken)])
    sender.close()
    rig.send(
        [
            Sample(f"{prefix}-a", "gas", 0, NOW, {"ch4_lel": 1.0}, flags=(Flag.OLD,)),
            Sample(f"{prefix}-a", "gas", 4_070_908_800_000, NOW, {"ch4_lel": 2.0}, flags=(Flag.FUTURE,)),
            Sample(f"{prefix}-a", "gas", NOW - 2 * 86_400_000, NOW, {"ch4_lel": 3.0}, flags=(Flag.OLD,)),
            Sample(f"{prefix}-a", "gas", NOW, NOW, {"ch4_lel": 4.0}),
        ],
        grid=GRID,
    )
    poisoned = Sample(f"{prefix}-nul\0", "gas", NOW, NOW, {"ch4_lel": 4.0})
    rig.send([poisoned, Sample(f"{prefix}-b", "gas", NOW, NOW, {"ch4_lel": 5.0})], grid=GRID)
    rig.sent -= {(poisoned.device, "ch4_lel", NOW)}

    eventually(lambda: complete(rig, prefix), what="every reading held")

    assert len(rig.held(prefix)) == 5
    last = rig.ask(
        "SELECT s.device, l.value / s.factor FROM history.last_values(ARRAY(SELECT id FROM history.series)) l"
        " JOIN history.series s ON s.id = series"
        " WHERE starts_with(s.device, %s) ORDER BY 1",
        prefix,
    )
    assert last == [(f"{prefix}-a", 4.0), (f"{prefix}-b", 5.0)]
    reasons = rig.ask(
        "SELECT reason FROM history.dead_letters WHERE position(%s::bytea IN payload) > 0 ORDER BY reason",
        prefix.encode(),
    )
    assert reasons == [("json",), ("storage",)]
    assert rig.ask("SELECT history.default_rows()") == [(0,)]


def test_a_quarantined_device_is_adopted_when_the_registry_says_so(rig: HistoryRig, prefix: str) -> None:
    device = f"{prefix}-new"
    rig.start()
    rig.send([Sample(device, "gas", NOW + n, NOW + n, {"ch4_lel": 55.0}) for n in range(30)], grid=QUARANTINE_KEY)
    eventually(
        lambda: (
            rig.ask("SELECT readings, danger FROM history.quarantine_devices WHERE device = %s", device) == [(30, 4)]
        ),
        what="quarantined",
    )

    sender = Sender(rig.servers, client_id="test")
    sender.send([Outgoing(DEVICES.name, device.encode(), encode(Device(device, "gas", GRID)))])
    rig.send([Sample(device, "gas", NOW + 900, NOW + 900, {"ch4_lel": 1.0})], grid=QUARANTINE_KEY)

    eventually(lambda: complete(rig, device), what="adopted")
    eventually(lambda: rig.ask("SELECT 1 FROM history.quarantine WHERE device = %s", device) == [], what="emptied")
    assert len(rig.held(device)) == 31

    sender.send([Outgoing(DEVICES.name, device.encode(), None)])
    sender.close()
    eventually(lambda: rig.ask("SELECT 1 FROM history.devices WHERE id = %s", device) == [], what="removed")


def test_a_dead_letter_is_replayed_by_the_api_role_through_the_outbox(
    rig: HistoryRig, database: Any, prefix: str
) -> None:
    rig.start()
    sender = Sender(rig.servers, client_id="test")
    letter = DeadLetter(prefix, "gateway", f"linli/v1/{GRID}/gas/g/telemetry", "json", "x", b"raw \xff", NOW)
    sender.send([Outgoing(DEAD_LETTERS.name, b"gateway", encode(letter))] * 2)
    sender.send([Outgoing(DEAD_LETTERS.name, b"gateway", b"no letter " + prefix.encode())])
    sender.close()

    with open_pool(database.url("linli_api"), name="api") as pool:
        reader = PostgresHistoryReader(pool)
        eventually(lambda: reader.get_letter(prefix), what="the letter is held")
        replay_letter(PostgresLetters(pool), prefix, by="ops", scope=GRID, clock=At(), ids=Named(prefix))
        assert reader.get_letter(prefix).replays == 1  # type: ignore[union-attr]

    command = eventually(lambda: next((c for c in commands(rig.servers) if c.id == prefix), None), what="the command")
    assert (command.topic, command.payload, command.arrived, command.by) == (letter.origin, b"raw \xff", NOW, "ops")


class At:
    def now(self) -> int:
        return NOW


class Named:
    def __init__(self, name: str) -> None:
        self._name = name

    def new(self) -> str:
        return self._name


def commands(servers: str) -> list[Command]:
    consumer = KafkaConsumer(bootstrap_servers=servers, enable_auto_commit=False, group_id=None)
    partitions = [TopicPartition(COMMANDS.name, number) for number in range(COMMANDS.partitions)]
    consumer.assign(partitions)
    consumer.seek_to_beginning(*partitions)
    found = [decode(r.value, Command) for records in consumer.poll(timeout_ms=1_000).values() for r in records]
    consumer.close()
    return found
