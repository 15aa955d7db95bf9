"""Counts devices in maintenance that could raise a critical alarm: nobody is called while they are."""

import threading
from typing import Final

from services.adapters.health import Health
from services.adapters.metrics import gauge
from services.adapters.retry import Stopped, until_available
from services.ports import Clock
from services.registry.domain.maintenance import dangerous
from services.registry.ports import DeviceReader, RuleReader
from streams.contracts.metrics import MAINTENANCE_DEVICES, MAINTENANCE_OLDEST

EVERY_S: Final = 5.0
"""Well below the half minute after which a loop without a beat counts as stuck."""
MOST: Final = 10_000
"""Rows of one look; so many devices in maintenance at once are no maintenance any more, and the oldest come first."""


def watch_maintenance(
    stop: threading.Event, devices: DeviceReader, rules: RuleReader, clock: Clock, health: Health
) -> None:
    """Run until ``stop``."""
    try:
        while not stop.is_set():
            until_available(stop, "maintenance", lambda: look(devices, rules, clock.now()))
            health.beat("maintenance")
            stop.wait(EVERY_S)
    except Stopped:
        return


def look(devices: DeviceReader, rules: RuleReader, now: int) -> None:
    """Raises: Unavailable."""
    found = devices.in_maintenance(scope="", limit=MOST)
    danger = {device.id for device in dangerous([each.device for each in found], rules.list_rules() if found else ())}
    ages = [(now - each.since) / 1000 for each in found if each.device.id in danger]
    gauge(MAINTENANCE_DEVICES, critical="true").set(len(ages))
    gauge(MAINTENANCE_DEVICES, critical="false").set(len(found) - len(ages))
    gauge(MAINTENANCE_OLDEST).set(max(ages, default=0.0))
