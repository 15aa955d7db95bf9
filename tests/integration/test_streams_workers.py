"""Real workers on a real broker: the log gives the same alarms as the pure code, come what may."""

import signal
import subprocess
import sys
import zlib
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
    Level,
    Rule,
    Sample,
    Severity,
    decode,
    encode,
)
from streams.contracts.topics import ALARMS, DEAD_LETTERS, RULES
from streams.rules import partition_of
from tests.conftest import running_kafka
from tests.integration.streams_district import District, S
from tests.integration.streams_rig import Log, Stored, Worker, tails
from tests.support import eventually


@pytest.fixture(scope="module")
def kafka_servers(server_directory: Path) -> Iterator[str]:
    """A broker of its own: these tests read whole topics, and other tests write what nobody can read."""
    for broker in running_kafka(server_directory / "kafka-streams"):
        yield broker.bootstrap


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
    eventually(lambda: len(log.alarms(district.name, before)) >= len(first), within_s=90, what=workers[0].tail)
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
        """The worker acknowledges what it has read at a record ten seconds later; before that it is not compared."""
        district.ticks(23 * 10 * S + S)  # the last round's once more, which changes nothing
        log.flush()
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

    eventually(both_at_work, within_s=90, every_s=0.5, what=lambda: tails(workers))
    for step in range(24):
        district.round(step)
        log.flush()
        if step == 8:
            eventually(lambda: log.alarms(district.name, before), within_s=60, what=workers[0].tail)
            workers[0].end(signal.SIGKILL)
    alone, whole = district.expected(), district.undisturbed()

    def found() -> set[bytes]:
        return {stored.value for stored in log.alarms(district.name, before)}

    eventually(lambda: len(found()) >= len(alone) + len(whole), within_s=90, what=lambda: tails(workers))
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
    """After the kill another version's state stands in the changelog: it is refused, and the log says it all again."""
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

    eventually(read_so_far, within_s=60, every_s=0.2, what=worker.tail)
    stricter = msgspec.structs.replace(district.rule, version=2, levels=(Level(Severity.WARNING, 1.0),))
    log.register([stricter], [])

    def raised() -> list[AlarmEvent]:
        district.ticks(20 * S)
        log.flush()
        return [decode(stored.value, AlarmEvent) for stored in log.alarms(district.name, before)]

    eventually(lambda: len(raised()) >= 2, within_s=60, every_s=0.5, what=worker.tail)
    assert {(event.cause, event.rule_version, event.severity) for event in raised()} == {
        (Cause.RULE, 2, Severity.WARNING)
    }
    worker.end(signal.SIGKILL)
    log.store(worker.group, district.grids[0], zlib.compress(b"\x91\x01"))
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
    assert f"state of {district.grids[0]}: format 1, this version takes" in worker.log
    assert {(event.episode, event.by) for event in acknowledged} == {(episode.episode, "wang")}
    assert len({event.id for event in raised()}) == 3


def test_a_worker_whose_rules_were_lost_waits_for_them_and_ends_no_alarm(log: Log, workers: list[Worker]) -> None:
    before = log.ends(ALARMS)
    district = District(log, grids=1, each=1)
    worker = workers[0]
    worker.start()
    leak = [Sample(district.devices[0].id, district.name, district.start + at, district.start + at, {"ch4_lel": 60.0})
            for at in (0, 10 * S)]  # fmt: skip
    district.put(Batch("gw", district.grids[0], district.start + 10 * S, tuple(leak)), district.grids[0])
    log.flush()

    def told() -> list[AlarmEvent]:
        return [decode(stored.value, AlarmEvent) for stored in log.alarms(district.name, before)]

    (raised,) = eventually(told, within_s=60, every_s=0.2, what=worker.tail)
    eventually(lambda: log.stored(worker.group, district.grids[0]), within_s=30, every_s=0.2)
    worker.end(signal.SIGKILL)
    known = [decode(stored.value, Rule) for stored in log.read(RULES) if stored.value]
    log.lose(RULES)
    worker.start()
    district.ticks(20 * S)
    log.flush()
    eventually(lambda: "waits, and no alarm of it comes" in worker.log, within_s=60, every_s=0.2)
    assert told() == [raised]
    log.register(known, [])
    act = Action(
        f"act-{log.run}", ActionName.ACKNOWLEDGE, raised.grid, raised.device, raised.rule, raised.episode, "wang",
        district.start + 30 * S,
    )  # fmt: skip
    district.put(act, raised.grid)
    log.flush()
    acknowledged = eventually(lambda: told()[1:], within_s=60, every_s=0.2, what=worker.tail)
    assert [(event.cause, event.episode) for event in acknowledged] == [(Cause.ACKNOWLEDGED, raised.episode)]
