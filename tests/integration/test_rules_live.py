"""A rule that somebody changes is in force in a running worker at its next tick; what was pending stays pending."""

import logging
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.adapters.health import Health
from services.adapters.kafka import Sender
from services.adapters.outbox import Relay
from services.adapters.postgres import open_pool
from services.registry.domain import Role, User
from services.registry.handlers import Wish, change_rule, create_rule
from services.registry.postgres import PostgresDevices, PostgresRules
from streams.contracts import AlarmEvent, Batch, Cause, Device, Sample, Severity, Tick, decode
from streams.contracts.topics import ALARMS, PARTITIONS
from tests.integration.streams_rig import Log, Worker
from tests.support import eventually

S = 1_000
AUTHOR = User("supervisor", "卫督办", Role.SUPERVISOR)


@pytest.fixture
def worker(kafka_servers: str, tmp_path: Path, log: Log) -> Iterator[Worker]:
    made = Worker(kafka_servers, f"live-{log.run}", tmp_path, "one")
    yield made
    made.end(signal.SIGKILL)


@pytest.fixture
def relayed(kafka_servers: str, database: Any) -> Iterator[Any]:
    """The registry's tables, and its relay at work as in its process."""
    database.migrate("registry")
    stop, sender = threading.Event(), Sender(kafka_servers, client_id="relay-under-test")
    relay = Relay(database.url("linli_registry"), "registry", sender, Health())
    thread = threading.Thread(target=relay.run, args=(stop,))
    with open_pool(database.url("linli_api"), name="front", size=2) as pool:
        thread.start()
        yield pool
        stop.set()
        thread.join(timeout=30)
    sender.close()


@pytest.mark.slow
def test_a_changed_rule_is_live_without_a_restart_and_the_pending_timer_runs_on(
    log: Log, worker: Worker, relayed: Any
) -> None:
    """Major is pending, due at 30 s unless refuted, when a change adds a warning: that comes at once, major at 30 s."""
    rules, devices = PostgresRules(relayed), PostgresDevices(relayed)
    number = int(log.run[:6], 16) % 900_000
    grid, rule_id = f"990103{number:06d}001", f"live.{log.run}"
    device = Device(f"live-{log.run}", "gas", grid, period_s=60)
    before = log.ends(ALARMS)
    start = time.time_ns() // 1_000_000
    major = {"severity": "major", "limit": 25.0, "deadband": 5.0, "on_delay_ms": 600 * S, "repeat": 9}
    major |= {"unrefuted_ms": 30 * S}
    fields = {
        "id": rule_id, "kind": "gas", "metric": "ch4_lel", "op": "ge", "levels": [major], "cause": "gas-leak",
        "name_zh": "燃气", "name_en": "Gas", "scope": {"area": grid},
    }  # fmt: skip
    create_rule(rules, devices, fields, Wish(AUTHOR, "试点", f"{log.run}-1", start))
    log.register([], [device])
    worker.start()
    started = worker.process
    assert started is not None

    def tick(after: int) -> None:
        for partition in range(PARTITIONS):
            log.put(Tick("gw", start + after), grid="", partition=partition)
        log.flush()

    def events(after: int) -> list[AlarmEvent]:
        tick(after)
        found = [decode(stored.value, AlarmEvent) for stored in log.read(ALARMS, before)]
        return [event for event in found if event.rule == rule_id]

    def say(after: int, value: float) -> None:
        at = start + after
        log.put(Batch("gw", grid, at, (Sample(device.id, "gas", at - 100, at, {"ch4_lel": value}),)), grid=grid)
        log.flush()

    def settled() -> bool:
        """The worker has the partition and the first version, and has stepped both samples."""
        tick(11 * S)
        return "taken over" in worker.log and f"rule {rule_id} from" in worker.log

    say(0, 40.0)
    say(10 * S, 41.0)
    eventually(settled, within_s=90, every_s=0.3, what=worker.tail)
    assert events(11 * S) == []
    changes = {"levels": [major, {"severity": "warning", "limit": 10.0}]}
    asked = time.monotonic()
    kept = change_rule(rules, devices, rule_id, 1, changes, Wish(AUTHOR, "先提示", f"{log.run}-2", start))
    first = eventually(lambda: events(12 * S), within_s=60, every_s=0.05, what=worker.tail)
    took = time.monotonic() - asked
    assert kept.revision.rule.version == 2
    assert [(event.rule_version, event.severity) for event in first] == [(2, Severity.WARNING)]
    risen = eventually(lambda: events(31 * S)[1:], within_s=30, every_s=0.1, what=worker.tail)
    assert [(event.cause, event.severity, event.at - start) for event in risen] == [
        (Cause.SEVERITY_UP, Severity.MAJOR, 30 * S)
    ]
    assert worker.process is started
    assert started.poll() is None
    logging.getLogger(__name__).info("a rule was live %.2f s after its change", took)
