"""Every Kafka topic in one table: names, keys, partitions and retention.

Topics are created from this table (``linli-provision``) and nowhere else, since Faust wants
the partition counts of a source topic and its changelog to match.
"""

from dataclasses import dataclass
from typing import Final

DAY_MS: Final = 86_400_000
PARTITIONS: Final = 12


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic. ``retention_ms`` is None for a compacted topic, which keeps the last value a key."""

    name: str
    key: str
    partitions: int
    retention_ms: int | None

    @property
    def compacted(self) -> bool:
        return self.retention_ms is None


INPUTS: Final = Topic("linli.inputs", "grid", PARTITIONS, 7 * DAY_MS)
GROUPS: Final = Topic("linli.groups", "group", PARTITIONS, 7 * DAY_MS)
ALARMS: Final = Topic("linli.alarms", "grid", PARTITIONS, 90 * DAY_MS)
TICKETS: Final = Topic("linli.tickets", "ticket id", PARTITIONS, 90 * DAY_MS)
NOTICES: Final = Topic("linli.notices", "incident", PARTITIONS, 90 * DAY_MS)
COMMANDS: Final = Topic("linli.commands", "device", PARTITIONS, DAY_MS)
RULES: Final = Topic("linli.rules", "id", 1, None)
DEVICES: Final = Topic("linli.devices", "id", 1, None)
DEAD_LETTERS: Final = Topic("linli.dead-letters", "source", 3, 30 * DAY_MS)

TOPICS: Final = (INPUTS, GROUPS, ALARMS, TICKETS, NOTICES, COMMANDS, RULES, DEVICES, DEAD_LETTERS)

QUARANTINE_KEY: Final = "quarantine"
"""Key (and ``Batch.grid``) of readings whose device nobody has registered."""
