"""Real workers on a real broker: the log gives the same alarms as the pure code, come what may."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import pytest

from streams.contracts import (
    Action,
    ActionName,
    AlarmEvent,
    Batch,
    Cause,
    DeadLetter,
    Device,
    Input,
    Level,
    Op,
    Rule,
    Sample,
    Severity,
    Tick,
    decode,
    encode,
)
from streams.contracts.topics import ALARMS, DEAD_LETTERS, DEVICES, GROUPS, INPUTS, PARTITIONS, RULES, Topic
from streams.groups import alarms, replay
from streams.rules import Catalogue, partition_of, replay_bytes
from tests.conftest import running_kafka
from tests.integration.streams_rig import Log, Stored, Worker
from tests.support import eventually

S = 1_000


@pytest.fixture(scope="module")
def kafka_servers(server_directory: Path) -> Iterator[str]:
    """A broker of its own: these tests read whole topics, and other tests write what nobody can read."""
    for broker in running_kafka(server_directory / "kafka-streams"):
        yield broker.bootstrap


class District:
    """Rules, grids and devices that belong to one test alone, and a life for them."""

    def __init__(self, log: Log, grids: int, each: int, *, mains: int = 0) -> None:
        self.log = log
        self.name = f"streams-{log.run}"
        number = int(log.run[:6], 16) % 900_000
        self.grids = [f"990102{number:06d}{grid:03d}" for grid in range(1, grids + 1)]
        self.rule = Rule(
            f"{self.name}.ch4", 1, self.name, "ch4_lel", Op.GE,
            (
                Level(Severity.CRITICAL, 50, 5, 10 * S, 2, 90 * S, 60 * S, latch=True),
                Level(Severity.MAJOR, 25, 5, 30 * S, 2, 600 * S, 60 * S),
            ),
            "gas-leak", "燃气", "Gas", group=("main",),
        )  # fmt: skip
        self.devices = [
            Device(
                f"{self.name}-{place}-{number:03d}", self.name, grid, period_s=60,
                attributes={"main": f"{self.name}-M{number % mains}"} if mains and number % 2 else {},
            )
            for place, grid in enumerate(self.grids)
            for number in range(each)
        ]  # fmt: skip
        self.start = time.time_ns() // 1_000_000
        log.register([self.rule], self.devices)

    def ticks(self, after: int) -> None:
        for number in range(PARTITIONS):
            self.log.put(Tick("gw", self.start + after), grid="", partition=number)

    def round(self, step: int) -> None:
        """Ten seconds of life: every device says something; each third leaks for a while."""
        at = self.start + step * 10 * S
        for grid in self.grids:
            samples = tuple(
                Sample(device.id, self.name, at - 100, at, {"ch4_lel": self._value(number, step)})
                for number, device in enumerate(self.devices)
                if device.area == grid
            )
            self.put(Batch("gw", grid, at, samples), grid)
        self.ticks(step * 10 * S + S)

    def put(self, record: Input, grid: str) -> None:
        self.log.put(record, grid=grid)

    def expected(self) -> list[bytes]:
        """What the pure code makes of the whole log under all rules and devices there are."""
        return [value for value in replay_bytes(self._log_of(INPUTS), self._catalogue()) if self._mine(value)]

    def expected_of_groups(self) -> list[bytes]:
        """What the second stage, alone and undisturbed, makes of its own log."""
        outcomes = replay(self._log_of(GROUPS), self._catalogue())
        return [value for outcome in outcomes for event in outcome.events if self._mine(value := encode(event))]

    def undisturbed(self) -> list[AlarmEvent]:
        """Both stages in one process, on nothing but the inputs."""
        events = alarms(self._log_of(INPUTS), self._catalogue())
        return [event for event in events if event.group and event.device.startswith(self.name)]

    def _mine(self, value: bytes) -> bool:
        return decode(value, AlarmEvent).device.startswith(self.name)

    def _log_of(self, topic: Topic) -> list[tuple[int, int, bytes]]:
        return [(one.partition, one.offset, one.value) for one in self.log.read(topic) if one.value]

    def _catalogue(self) -> Catalogue:
        rules = {stored.key: decode(stored.value, Rule) for stored in self.log.read(RULES) if stored.value}
        devices = {stored.key: decode(stored.value, Device) for stored in self.log.read(DEVICES) if stored.value}
        return Catalogue.of(rules.values(), devices.values())

    @staticmethod
    def _value(number: int, step: int) -> float:
        leaking = number % 3 == 0 and 3 <= step - number % 5 < 9
        return (60.0 if number % 2 else 35.0) if leaking else 2.0


@pytest.fixture
def log(kafka_servers: str) -> Iterator[Log]:
    opened = Log(kafka_servers)
    yield opened
    opened.close()


@pytest.fixture
def workers(kafka_servers: str, tmp_path: Path, log: Log) -> Iterator[list[Worker]]:
    made = [Worker(kafka_servers, f"streams-{log.run}", tmp_path, name) for name in ("one", "two")]
    yield made
    for worker in made:
        worker.end(signal.SIGKILL)


def by_partition(found: list[Stored]) -> list[bytes]:
    return [stored.value for stored in found]


def in_partition_order(values: list[bytes]) -> list[bytes]:
    """Events in the order of the alarms topic: by partition, then as they came."""
    return sorted(values, key=lambda value: partition_of(decode(value, AlarmEvent).grid))


@pytest.mark.slow
def test_a_live_run_writes_the_same_bytes_as_the_replay(log: Log, workers: list[Worker]) -> None:
    before, letters = log.ends(ALARMS), log.ends(DEAD_LETTERS)
    district = District(log, grids=3, each=12)
    workers[0].start()
    district.ticks(0)
    for step in range(12):
        district.round(step)
        if step == 6:
            log.raw(f"not json {log.run}".encode(), partition=partition_of(district.grids[0]))
            log.raw(None, partition=partition_of(district.grids[0]))
    log.flush()
    first = district.expected()
    assert len(first) > 10
    eventually(lambda: len(log.alarms(district.name, before)) >= len(first), within_s=90, what=workers[0].log[-2000:])
    raised = decode(first[0], AlarmEvent)
    act = Action(
        f"act-{log.run}", ActionName.ACKNOWLEDGE, raised.grid, raised.device, raised.rule, raised.episode, "wang",
        district.start + 130 * S,
    )  # fmt: skip
    district.put(act, raised.grid)
    for step in range(14, 24):
        district.round(step)
    log.flush()
    expected = district.expected()
    eventually(lambda: len(log.alarms(district.name, before)) >= len(expected), within_s=60)
    assert by_partition(log.alarms(district.name, before)) == in_partition_order(expected)
    refused = [decode(stored.value, DeadLetter) for stored in log.read(DEAD_LETTERS, letters)]
    assert [letter.reason for letter in refused if letter.payload == f"not json {log.run}".encode()] == ["json"]
    assert "empty" in [letter.reason for letter in refused]
    _holds_against_the_command(log, workers[0], district, len(expected))


def _holds_against_the_command(log: Log, worker: Worker, district: District, expected: int) -> None:
    """``linli-replay`` finds the same, from the broker and from its recording, and sees one changed value."""
    kept = worker.home / "recorded"

    def replayed(*more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "services.replay.main", "--device", district.name, *more]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    def same() -> subprocess.CompletedProcess[str] | None:
        """The workers acknowledge what they read within seconds; before that it is not compared."""
        done = replayed("--servers", worker.servers, "--group", worker.group, "--record", str(kept))
        assert done.returncode == 0, done.stdout + done.stderr
        return done if f"byte for byte: {expected:,} " in done.stdout else None

    eventually(same, within_s=60, every_s=1)
    assert replayed("--from", str(kept)).returncode == 0
    newest = log.alarms(district.name, {})[-1]
    forged = msgspec.structs.replace(decode(newest.value, AlarmEvent), value=1.5)
    log.publish(ALARMS, forged.grid, encode(forged))
    wrong = replayed("--servers", worker.servers, "--group", worker.group)
    assert wrong.returncode == 1, wrong.stdout + wrong.stderr
    assert f"different  {forged.id}" in wrong.stdout
    assert "value: live 1.5" in wrong.stdout


def together(events: Iterable[AlarmEvent]) -> set[frozenset[str]]:
    """Which episodes share an incident, whatever the incidents are called."""
    found: dict[str, set[str]] = {}
    for event in events:
        found.setdefault(event.incident, set()).add(event.episode)
    return {frozenset(episodes) for episodes in found.values()}


@pytest.mark.slow
def test_two_workers_one_killed_give_the_same_episodes_and_incidents(log: Log, workers: list[Worker]) -> None:
    """Half of the devices hang on mains that cross grids and partitions; the others stand alone."""
    before = log.ends(ALARMS)
    district = District(log, grids=8, each=12, mains=4)
    for worker in workers:
        worker.start()

    def both_at_work() -> bool:
        district.ticks(0)
        log.flush()
        return all("taken over" in worker.log for worker in workers)

    eventually(both_at_work, within_s=90, every_s=0.5, what=workers[1].log[-2000:])
    for step in range(24):
        district.round(step)
        log.flush()
        if step == 8:
            eventually(lambda: log.alarms(district.name, before), within_s=60, what=workers[0].log[-2000:])
            workers[0].end(signal.SIGKILL)
    alone, whole = district.expected(), district.undisturbed()

    def found() -> set[bytes]:
        return {stored.value for stored in log.alarms(district.name, before)}

    eventually(lambda: len(found()) >= len(alone) + len(whole), within_s=90, what=workers[1].log[-3000:])
    assert found() == {*alone, *district.expected_of_groups()}
    events = [decode(value, AlarmEvent) for value in found()]
    grouped = [event for event in events if event.group]
    assert {event.id for event in grouped} == {event.id for event in whole}
    assert together(grouped) == together(whole)
    assert [len(one) for one in together(whole)] == [8, 8]
    assert len({event.grid for event in grouped}) == 8


@pytest.mark.slow
def test_a_rule_changed_while_running_is_in_force_at_the_next_tick_and_after_a_kill(
    log: Log, workers: list[Worker]
) -> None:
    before = log.ends(ALARMS)
    district = District(log, grids=1, each=2)
    worker = workers[0]
    worker.start()
    district.round(0)
    mark = f"no record, but read in order {log.run}".encode()
    log.raw(mark, partition=partition_of(district.grids[0]))
    log.flush()

    def read_so_far() -> bool:
        return mark in [decode(stored.value, DeadLetter).payload for stored in log.read(DEAD_LETTERS)]

    eventually(read_so_far, within_s=60, every_s=0.2, what=worker.log[-2000:])
    stricter = msgspec.structs.replace(district.rule, version=2, levels=(Level(Severity.WARNING, 1.0),))
    log.register([stricter], [])

    def raised() -> list[AlarmEvent]:
        district.ticks(20 * S)
        log.flush()
        return [decode(stored.value, AlarmEvent) for stored in log.alarms(district.name, before)]

    eventually(lambda: len(raised()) >= 2, within_s=60, every_s=0.5, what=worker.log[-2000:])
    assert {(event.cause, event.rule_version, event.severity) for event in raised()} == {
        (Cause.RULE, 2, Severity.WARNING)
    }
    worker.end(signal.SIGKILL)
    worker.start()
    episode = raised()[0]
    act = Action(
        f"act-{log.run}", ActionName.ACKNOWLEDGE, episode.grid, episode.device, episode.rule, episode.episode, "wang",
        district.start + 30 * S,
    )  # fmt: skip
    district.put(act, episode.grid)
    acknowledged = eventually(
        lambda: [event for event in raised() if event.cause is Cause.ACKNOWLEDGED], within_s=60, every_s=0.5
    )
    assert [(event.episode, event.by) for event in acknowledged] == [(episode.episode, "wang")]
    assert len({event.id for event in raised()}) == 3
