"""Counts devices in maintenance that could raise a critical alarm: nobody is called while they are."""

from typing import Final

from services.adapters.metrics import gauge
from services.registry.domain.maintenance import dangerous
from services.registry.ports import DeviceReader, RuleReader
from streams.contracts.metrics import MAINTENANCE_DEVICES, MAINTENANCE_OLDEST

MOST: Final = 10_000
"""Rows of one look; so many devices in maintenance at once are no maintenance any more, and the oldest come first."""


def look(devices: DeviceReader, rules: RuleReader, now: int) -> None:
    """Raises: Unavailable."""
    found = devices.in_maintenance(scope="", limit=MOST)
    danger = {device.id for device in dangerous([each.device for each in found], rules.list_rules() if found else ())}
    ages = [(now - each.since) / 1000 for each in found if each.device.id in danger]
    gauge(MAINTENANCE_DEVICES, critical="true").set(len(ages))
    gauge(MAINTENANCE_DEVICES, critical="false").set(len(found) - len(ages))
    gauge(MAINTENANCE_OLDEST).set(max(ages, default=0.0))
