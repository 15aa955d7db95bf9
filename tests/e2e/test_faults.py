"""``kill -9`` and restarts under 500 readings a second: nothing lost, nothing twice, one ticket."""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.stack.publish import publisher
from tests.e2e.conftest import CHECKOUT, DEVICES, Running
from tests.support import eventually

RATE = 500
SECONDS = 14
PROCESSES = ("gateway", "streams", "history", "alarms", "tickets", "api")
SERVERS = ("kafka", "postgres")
BYSTANDERS = "registry oncall prometheus alertmanager"
"""The chain does not pass through these: they are killed together."""
BROKER_FORGETS_MS = 3_000
"""A killed broker may have lost what it acknowledged in its last two seconds (autosave_interval 1); a
reading's own time lies up to a second before its acknowledgement."""
Reading = tuple[str, str, int]


class Load:
    """The load generator on the running platform, with its own ledger of what the broker took."""

    def __init__(self, running: Running, folder: Path, seconds: float = SECONDS) -> None:
        self._least = RATE * seconds * 0.5
        self.ledger = folder / f"{uuid.uuid4().hex}.jsonl"
        self._process = subprocess.Popen(
            [
                sys.executable, "-m", "sensors.simulator.load", "--rate", str(RATE), "--seconds", str(seconds),
                "--ledger", str(self.ledger), "--devices", str(DEVICES),
            ],
            cwd=CHECKOUT,
            env={"MQTT_URL": running.platform.mqtt("simulator"), "PATH": "/usr/bin:/bin"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )  # fmt: skip

    def close(self) -> None:
        """End it, however the test went."""
        self._process.kill()
        self._process.communicate()

    def published(self) -> int:
        return len(self.ledger.read_text().splitlines()) if self.ledger.exists() else 0

    def finish(self) -> set[Reading]:
        """Wait for its end; what the broker acknowledged, as reading keys."""
        out, err = self._process.communicate(timeout=900)
        assert self._process.returncode == 0, out + err
        rows = [json.loads(line) for line in self.ledger.read_text().splitlines()]
        sent = {(row["device"], row["metric"], row["ts"]) for row in rows}
        assert len(sent) > self._least
        return sent


@pytest.fixture
def loading(tmp_path: Path) -> Iterator[Callable[..., Load]]:
    """Start loads that end with the test."""
    made: list[Load] = []

    def start_load(running: Running, seconds: float = SECONDS) -> Load:
        made.append(Load(running, tmp_path, seconds))
        return made[-1]

    yield start_load
    for load in made:
        load.close()


def stored(running: Running, sent: set[Reading]) -> list[Reading]:
    """What history holds of the devices and the time span of a load."""
    devices = sorted({device for device, _, _ in sent})
    first, last = min(ts for _, _, ts in sent), max(ts for _, _, ts in sent)
    rows = running.query(
        "history",
        "SELECT device, metric, ts FROM readings WHERE device = ANY(%s) AND ts BETWEEN %s AND %s",
        devices,
        first,
        last,
    )
    return [(str(device), str(metric), int(ts)) for device, metric, ts in rows]


def all_there(running: Running, sent: set[Reading]) -> None:
    """Every acknowledged reading stands in history exactly once."""
    eventually(
        lambda: sent <= set(stored(running, sent)),
        within_s=120,
        every_s=1,
        what="history holds every acknowledged reading",
    )
    mine = [reading for reading in stored(running, sent) if reading in sent]
    assert len(mine) == len(sent)


def forgettable(sent: set[Reading], killed: int) -> set[Reading]:
    """What a broker that was killed at that time (epoch ms) may have lost."""
    return {reading for reading in sent if killed - BROKER_FORGETS_MS <= reading[2] <= killed}


def leak(running: Running) -> str:
    """Start a leak on a detector that nobody else plays; returns the device."""
    device = running.spare()
    alarming(running, device)
    return device


def alarming(running: Running, device: str) -> None:
    """Three messages of a detector in alarm, each with a time of its own: one time twice is a duplicate."""
    now = time.time_ns() // 1_000_000
    with publisher(running.platform.mqtt("demo")) as broker:
        for stamp in range(now - 2, now + 1):
            broker.send(running.telemetry(device), {"ts": stamp, "values": {"alarm": True}})


def one_ticket(running: Running, device: str) -> None:
    eventually(
        lambda: running.get("/tickets", device=device)["items"], within_s=90, every_s=0.5, what="the leak's ticket"
    )
    eventually(lambda: running.get("/alarms", device=device)["items"], what="the leak's alarm")
    alarms = running.get("/alarms", device=device)["items"]
    tickets = running.get("/tickets", device=device)["items"]
    assert len(alarms) == 1, alarms
    assert len(tickets) == 1, tickets


@pytest.mark.parametrize("victims", [*PROCESSES, *SERVERS, BYSTANDERS])
def test_a_killed_process_loses_nothing_and_doubles_nothing(
    running: Running, loading: Callable[..., Load], victims: str
) -> None:
    load = loading(running)
    eventually(lambda: load.published() > RATE * 3, within_s=60, what="the load is under way")
    device = leak(running)
    for victim in victims.split():
        running.kill(victim)
    sent = load.finish()
    running.await_ready()
    all_there(running, sent)
    one_ticket(running, device)


def test_a_restarted_mosquitto_loses_nothing(running: Running, loading: Callable[..., Load]) -> None:
    load = loading(running)
    eventually(lambda: load.published() > RATE * 3, within_s=60, what="the load is under way")
    device = leak(running)
    subprocess.run(["kill", "-TERM", str(running.pid("mosquitto"))], check=True)
    sent = load.finish()
    running.await_ready()
    all_there(running, sent)
    one_ticket(running, device)


def test_everything_killed_at_once_comes_up_again_on_the_same_data(
    running: Running, loading: Callable[..., Load]
) -> None:
    load = loading(running)
    eventually(lambda: load.published() > RATE * 3, within_s=60, what="the load is under way")
    device = leak(running)
    eventually(lambda: running.get("/alarms", device=device)["items"], what="the alarm")
    manager = int((running.data / "run/supervisord.pid").read_text())
    victims = [process.pid for process in running.status().processes]
    for pid in (manager, *victims):  # the manager first, or it would start the others again
        os.kill(pid, signal.SIGKILL)
    killed = time.time_ns() // 1_000_000
    running.up()
    sent = load.finish()
    all_there(running, sent - forgettable(sent, killed))
    one_ticket(running, device)
