"""What the desk does every few seconds: ask the next person, publish its gauges, measure the disks."""

import shutil
from collections.abc import Sequence

from services.adapters import logging
from services.adapters.health import Health
from services.adapters.metrics import gauge
from services.adapters.retry import until_available
from services.oncall.handlers import escalate
from services.oncall.ports import NotificationStore
from services.ports import Clock, Stop
from streams.contracts.metrics import DISK_FREE, DISK_SIZE, ONCALL_HEARTBEAT, ONCALL_OPEN, ONCALL_UNANSWERED

EVERY_S = 2.0
LOOP = "watch"


def watch(store: NotificationStore, disks: Sequence[str], clock: Clock, health: Health, stop: Stop) -> None:
    """Run until ``stop``; a lost database is waited for, and the disks are measured first."""
    while not stop.is_set():
        measure(disks)
        until_available(stop, LOOP, lambda: _round(store, clock))
        health.beat(LOOP)
        stop.wait(EVERY_S)


def _round(store: NotificationStore, clock: Clock) -> None:
    escalate(store, now=clock.now())
    firing, unanswered = store.counts()
    gauge(ONCALL_OPEN).set(firing)
    gauge(ONCALL_UNANSWERED).set(unanswered)
    gauge(ONCALL_HEARTBEAT).set((store.heartbeat() or 0) / 1000)


def measure(disks: Sequence[str]) -> None:
    """Publish size and free bytes of each path's disk; a path that is gone is logged, not fatal."""
    for path in disks:
        try:
            usage = shutil.disk_usage(path)
        except OSError as error:
            logging.get(__name__).warning("disk not measured", path=path, error=str(error))
            continue
        gauge(DISK_FREE, path=path).set(usage.free)
        gauge(DISK_SIZE, path=path).set(usage.total)
