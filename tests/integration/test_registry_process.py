"""The registry process over real servers: what it seeds reaches Kafka, once, and again when Kafka lost it."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from kafka import KafkaConsumer, TopicPartition

from sensors.kinds import default_rules
from services.adapters.postgres import open_pool
from services.adapters.process import Runtime
from services.registry import main, seeding
from services.registry.domain import DeviceFilter
from services.registry.handlers import SEED
from services.registry.kafka import Extent, Mirrored
from services.registry.mirroring import Mirror
from services.registry.postgres import PostgresDevices, PostgresPeople, PostgresPlaces, PostgresRules
from services.registry.settings import Pace, RegistrySettings
from streams.contracts import Device, Rule, decode
from streams.contracts.topics import DEVICES, RULES, Topic
from tests.integration.streams_rig import Log
from tests.support import eventually

Settings = Callable[..., RegistrySettings]


class At:
    def now(self) -> int:
        return 1_795_312_800_000


@dataclass
class MemoryTopic:
    """What lies in Kafka."""

    there: dict[str, int]
    size: Extent = field(default_factory=lambda: Extent(0, 99))

    def extent(self) -> Extent:
        return self.size

    def versions(self) -> dict[str, int]:
        return dict(self.there)


@pytest.fixture
def settings(kafka_servers: str, database: Any) -> Settings:
    database.migrate("registry")

    def make(**changes: Any) -> RegistrySettings:
        values = {
            "kafka_bootstrap_servers": kafka_servers,
            "database_url": database.url("linli_registry"),
            "demo": True,
            "devices": 12,
            "demo_passwords": json.dumps({"operator": "a", "grid_worker": "b"}),
            **changes,
        }
        return RegistrySettings(**values)

    return make


@contextmanager
def running(settings: RegistrySettings) -> Iterator[None]:
    runtime = Runtime()
    with runtime.resources:
        loops = main.compose(settings, runtime)
        threads = [threading.Thread(target=loop, args=(runtime.stop,)) for loop in loops.values()]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            runtime.stop.set()
            for thread in threads:
                thread.join(timeout=20)


def read(servers: str, topic: Topic) -> list[tuple[str, bytes]]:
    consumer = KafkaConsumer(bootstrap_servers=servers)
    try:
        partition = TopicPartition(topic.name, 0)
        consumer.assign([partition])
        consumer.seek_to_beginning(partition)
        end, found = consumer.end_offsets([partition])[partition], []
        while consumer.position(partition) < end:
            for records in consumer.poll(timeout_ms=200).values():
                found += [(record.key.decode(), record.value) for record in records]
        return found
    finally:
        consumer.close()


def test_devices_and_rules_are_seeded_and_mirrored(settings: Settings, kafka_servers: str) -> None:
    chosen = settings(pace=Pace.DEMO)
    with running(chosen), open_pool(chosen.database_url.get_secret_value(), name="test", size=1) as pool:
        devices = PostgresDevices(pool).list_devices(DeviceFilter(), scope="", limit=100, after=None).items
        rules = PostgresRules(pool).list_rules()
        people = PostgresPeople(pool).list_users()
        layers = {layer.name for layer in PostgresPlaces(pool).list_layers()}
        assert len(devices) == 12
        assert all(level.off_delay_ms <= 20_000 for rule in rules for level in rule.levels)
        assert [user.id for user in people] == ["grid_worker", "operator"]
        assert {"streets", "water", "green", "buildings"} <= layers
        eventually(lambda: {device.id for device in devices} <= {key for key, _ in read(kafka_servers, DEVICES)})
        eventually(lambda: {rule.id for rule in rules} <= {key for key, _ in read(kafka_servers, RULES)})
    mirrored = {key: decode(value, Device) for key, value in read(kafka_servers, DEVICES)}
    assert [mirrored[device.id] for device in devices] == list(devices)
    latest = {key: decode(value, Rule) for key, value in read(kafka_servers, RULES)}
    assert [latest[rule.id] for rule in rules] == list(rules)


def test_a_second_start_changes_nothing_and_another_pace_makes_a_new_version(settings: Settings) -> None:
    chosen = settings(pace=Pace.DEMO)
    with open_pool(chosen.database_url.get_secret_value(), name="test", size=2) as pool:
        rules = PostgresRules(pool)
        for _ in range(2):
            seeding.prepare(chosen, pool, At())
        first = rules.get_rule("gas.ch4")
        assert first is not None
        assert (len(rules.list_versions("gas.ch4")), rules.author("gas.ch4")) == (1, SEED)
        seeding.prepare(settings(pace=Pace.REAL), pool, At())
        second = rules.get_rule("gas.ch4")
        assert second is not None
        assert second.version == first.version + 1
        assert max(level.off_delay_ms for level in second.levels) > 20_000


def test_what_kafka_lost_of_either_topic_is_sent_again(settings: Settings, kafka_servers: str) -> None:
    """A copy that has begun anew, without some and with an older version of others; what is whole is left alone."""
    chosen = settings()
    with open_pool(chosen.database_url.get_secret_value(), name="test", size=2) as pool:
        seeding.prepare(chosen, pool, At())
        rules, devices = PostgresRules(pool), PostgresDevices(pool)
        assert (rules.versions(), devices.versions()) == ({}, {}), "all of it waits in the outbox"
        with pool.connection() as connection:
            connection.execute("UPDATE registry.outbox SET sent_at = now()")
        in_force = {rule.id: rule for rule in rules.list_rules()}
        assert rules.versions() == {name: rule.version for name, rule in in_force.items()}
        copy = MemoryTopic({**rules.versions(), "gas.ch4": 0, "elsewhere": 7})
        del copy.there["fire_lane.occupied" if "fire_lane.occupied" in in_force else min(in_force)]
        mirror = Mirror(RULES, rules, copy)
        assert mirror.look() == 2
        assert rules.versions().keys() == in_force.keys() - {"gas.ch4", *(in_force.keys() - copy.there.keys())}
        copy.there = {}
        assert mirror.look() == 0, "its extent is as it was"
        copy.size = Extent(0, 1)
        assert mirror.look() == len(in_force) - 2, "it has shrunk; two wait already"
        assert Mirror(DEVICES, devices, MemoryTopic({})).look() == 12
        assert Mirror(DEVICES, devices, MemoryTopic({})).look() == 0


def test_a_lost_topic_is_filled_while_the_registry_runs(settings: Settings, kafka_servers: str) -> None:
    log = Log(kafka_servers)
    try:
        with running(settings(pace=Pace.DEMO)):
            seeded = {rule.id for rule in default_rules()}
            eventually(lambda: seeded <= Mirrored(kafka_servers, RULES).versions().keys())
            log.lose(RULES)
            eventually(lambda: seeded <= Mirrored(kafka_servers, RULES).versions().keys(), within_s=60)
    finally:
        log.close()


def test_outside_the_demo_only_rules_are_seeded(settings: Settings) -> None:
    chosen = settings(demo=False)
    with open_pool(chosen.database_url.get_secret_value(), name="test", size=2) as pool:
        seeding.prepare(chosen, pool, At())
        assert PostgresRules(pool).list_rules()
        assert PostgresDevices(pool).count_devices(scope="") == {}
        assert PostgresPeople(pool).list_users() == ()


def test_the_front_door_may_run_the_registrys_use_cases_and_nothing_more(settings: Settings, database: Any) -> None:
    seeding_pool = open_pool(database.url("linli_registry"), name="test", size=1)
    with seeding_pool:
        seeding.prepare(settings(), seeding_pool, At())
    with open_pool(database.url("linli_api"), name="test", size=1) as pool:
        devices = PostgresDevices(pool)
        first = devices.list_devices(DeviceFilter(), scope="", limit=1, after=None).items[0]
        assert devices.insert_device(Device(id="new-1", kind="gas", area=first.area), by="administrator", now=0)
        assert devices.update_device(
            Device(id="new-1", kind="gas", area=first.area, version=2), by="administrator", now=0
        )
        assert PostgresPeople(pool).password_hash("operator")
        with pool.connection() as connection, pytest.raises(Exception, match="permission denied"):
            connection.execute("UPDATE registry.users SET id = 'another'")
        with pool.connection() as connection, pytest.raises(Exception, match="permission denied"):
            connection.execute("DELETE FROM registry.users")
        with pool.connection() as connection, pytest.raises(Exception, match="permission denied"):
            connection.execute("SELECT * FROM registry.outbox")
