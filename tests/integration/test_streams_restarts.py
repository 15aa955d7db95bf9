"""Two workers killed, stopped and started again at random, under load: no alarm is lost, none is made up.

The group rebalances again while it still recovers from the last time, which is where workers got
stuck. ``LINLI_SOAK=1`` gives it the full minute; the suite has a short life of the same kind.
"""

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.contracts import AlarmEvent, decode
from streams.contracts.topics import ALARMS, GROUPS, INPUTS
from tests.conftest import running_kafka
from tests.integration.streams_district import District
from tests.integration.streams_rig import Log, Worker, tails
from tests.support import eventually

FULL = os.environ.get("LINLI_SOAK") == "1"
ROUNDS = 120 if FULL else 24
SEEDS = (1, 2, 3, 4, 5) if FULL else (7,)
BEAT_S = 0.5 if FULL else 0.3
"""Wall time between two rounds: this is the load, nothing waits for it."""


@pytest.fixture(scope="module")
def kafka_servers(server_directory: Path) -> Iterator[str]:
    """A broker of its own: these tests read whole topics, and other tests write what nobody can read."""
    for broker in running_kafka(server_directory / "kafka-restarts"):
        yield broker.bootstrap


def disturb(workers: list[Worker], chance: random.Random) -> None:
    """One thing that happens to a pair of processes; the one that is down comes back first."""
    down = [worker for worker in workers if worker.process is None]
    if down:
        down[0].start()
    else:
        chance.choice(workers).end(chance.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGTERM)))


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_random_restarts_under_load_give_every_alarm_and_no_other(log: Log, workers: list[Worker], seed: int) -> None:
    chance, pace = random.Random(seed), threading.Event()
    before = log.ends(ALARMS)
    district = District(log, grids=8, each=12, mains=4)
    for worker in workers:
        worker.start()

    def both_at_work() -> bool:
        district.ticks(0)
        log.flush()
        return all("taken over" in worker.log for worker in workers)

    eventually(both_at_work, within_s=90, every_s=0.5, what=lambda: tails(workers))
    due = 4
    for step in range(ROUNDS):
        district.round(step)
        log.flush()
        pace.wait(BEAT_S)
        if step >= due:
            disturb(workers, chance)
            due = step + chance.randint(1, 8)
    for worker in workers:
        if worker.process is None:
            worker.start()
    whole = {event.id for event in district.undisturbed()}
    expected = len(district.expected()) + len(whole)

    def found() -> set[bytes]:
        return {stored.value for stored in log.alarms(district.name, before)}

    def acknowledged() -> bool:
        """Whatever was read has been worked on in order: a record passed over would hold this up for good."""
        district.ticks(ROUNDS * 10_000)
        log.flush()
        return all(
            log.committed(workers[0].group, topic).get(number, 0) >= end
            for topic, ends in goal.items()
            for number, end in ends.items()
        )

    eventually(lambda: len(found()) >= expected, within_s=60, what=lambda: tails(workers))
    goal = {topic: log.ends(topic) for topic in (INPUTS, GROUPS)}
    eventually(acknowledged, within_s=60, every_s=0.5, what=f"of {goal}")
    assert found() == {*district.expected(), *district.expected_of_groups()}
    ids = [decode(value, AlarmEvent).id for value in found()]
    assert len(ids) == len(set(ids))
    assert whole <= set(ids)
    done = replayed(workers[0], district)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"through the group stage: {len(whole):,} " in done.stdout


HANGS = """
import asyncio
import faust.tables.recovery

async def never(*_, **__):
    await asyncio.Event().wait()

faust.tables.recovery.Recovery.on_recovery_completed = never
from streams.app import main
main()
"""


@pytest.mark.slow
def test_a_worker_whose_recovery_never_ends_is_ended_by_its_watch(log: Log, workers: list[Worker]) -> None:
    district, worker = District(log, grids=1, each=1), workers[0]
    worker.start("-c", HANGS, LINLI_STALLED_S="1")

    def ended() -> bool:
        district.ticks(0)
        log.flush()
        return worker.process is not None and worker.process.poll() is not None

    eventually(ended, within_s=60, every_s=0.2, what=worker.tail)
    assert worker.process is not None
    assert worker.process.returncode == 70
    assert "records wait untouched in linli.inputs/" in worker.log


def replayed(worker: Worker, district: District) -> subprocess.CompletedProcess[str]:
    """``linli-replay`` on what both stages have acknowledged."""
    command = [
        sys.executable, "-m", "services.replay.main", "--device", district.name,
        "--servers", worker.servers, "--group", worker.group,
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
