"""Long outages, scaled down here; ``./linli soak`` runs them at full length."""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from services.stack.supervise import Manager
from tests.e2e.conftest import Running
from tests.e2e.test_faults import RATE, Load, alarming, all_there, forgettable, loading, one_ticket, stored
from tests.support import eventually

__all__ = ["loading"]  # a fixture

FULL = os.environ.get("LINLI_SOAK") == "1"
OUTAGE_S = 600 if FULL else 20


def stop(running: Running, name: str) -> None:
    Manager(running.platform.layout.socket).stop(name)


def begin(running: Running, name: str) -> None:
    Manager(running.platform.layout.socket).start([name])


def resident_mb(running: Running, name: str) -> float:
    status = Path(f"/proc/{running.pid(name)}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) / 1024


@pytest.mark.parametrize("server", ["kafka", "postgres"])
def test_a_server_that_is_away_for_long_costs_nothing(
    running: Running, loading: Callable[..., Load], server: str
) -> None:
    load = loading(running, OUTAGE_S + 8)
    eventually(lambda: load.published() > RATE, within_s=60, what="the load is under way")
    before = resident_mb(running, "gateway")
    device = running.spare()
    stop(running, server)
    gone = time.monotonic()
    eventually(lambda: time.monotonic() - gone > OUTAGE_S / 2, within_s=OUTAGE_S + 60, every_s=1)
    alarming(running, device)
    eventually(lambda: time.monotonic() - gone > OUTAGE_S, within_s=OUTAGE_S + 60, every_s=1)
    grown = resident_mb(running, "gateway") - before
    begin(running, server)
    sent = load.finish()
    running.await_ready(within_s=180)
    all_there(running, sent)
    one_ticket(running, device)
    assert grown < 200, f"the gateway grew by {grown:.0f} MB: its queue is no bound"


def test_a_killed_mosquitto_loses_at_most_its_last_seconds(running: Running, loading: Callable[..., Load]) -> None:
    """The one stated exception: what the broker acknowledged within its last two seconds may be gone."""
    load = loading(running)
    eventually(lambda: load.published() > RATE * 3, within_s=60, what="the load is under way")
    broker = running.pid("mosquitto")
    os.kill(broker, signal.SIGKILL)
    killed = time.time_ns() // 1_000_000
    sent = load.finish()
    running.await_ready()
    all_there(running, sent - forgettable(sent, killed))
    lost = sent - set(stored(running, sent))
    earliest = min((ts for _, _, ts in lost), default=killed)
    sys.stdout.write(f"lost {len(lost)} of {len(sent)} readings, the earliest {killed - earliest} ms before the kill\n")
