"""Devices in maintenance: their alarms are hidden, so that nobody may forget them. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from services.audit import LONGEST_REASON
from streams.contracts import Device, DeviceState, Refused, Rule, Severity
from streams.rules import Catalogue

LONG_MS: Final = 7 * 86_400_000
"""Longer than the work on one device ever takes; what stands beyond it was most likely forgotten.

Prometheus says the same of detectors of danger (``MaintenanceForgotten``).
"""
SHORTEST: Final = 2
"""Characters of a reason: 换泵 says what is done."""


@dataclass(frozen=True, slots=True)
class Maintenance:
    """A device in maintenance ``since`` (epoch ms), by whom, and the reason that was given last ('': none)."""

    device: Device
    since: int
    by: str
    why: str = ""

    def long(self, now: int) -> bool:
        return now - self.since > LONG_MS


def reason(why: str) -> str:
    """The reason as it is kept; it may be left out.

    Raises:
        Refused: ``invalid``, it explains nothing or is too long.
    """
    found = " ".join(why.split())
    if found and not SHORTEST <= len(found) <= LONGEST_REASON:
        raise Refused(
            "invalid", f"why has {len(found)} characters; it is kept, and has {SHORTEST} to {LONGEST_REASON}",
            field="why", value=found[:80], remedy="Say what is done to the device, or leave why out.",
        )  # fmt: skip
    return found


def turns(before: Device, after: Device) -> bool:
    """Whether a change begins maintenance or ends it."""
    return (before.state is DeviceState.MAINTENANCE) is not (after.state is DeviceState.MAINTENANCE)


def dangerous(devices: Iterable[Device], rules: Sequence[Rule]) -> list[Device]:
    """Those of ``devices`` for which a rule in force can come to a critical alarm."""
    catalogue = Catalogue.of(rules, [])
    return [
        device
        for device in devices
        if any(
            level.severity is Severity.CRITICAL
            for rule in catalogue.plan(device).rules.values()
            for level in rule.levels
        )
    ]
