"""Keeps ``linli.rules`` and ``linli.devices`` whole: what Kafka has lost is sent again from PostgreSQL.

The outbox sends each change once. A topic that was deleted or emptied since, or another Kafka, would
stay without it, and gateways and agents with it (ADR 66).
"""

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from services.adapters import logging
from services.adapters.health import Health
from services.adapters.metrics import counter
from services.adapters.retry import Stopped, until_available
from services.registry.kafka import Extent
from streams.contracts.metrics import REGISTRY_MIRRORED
from streams.contracts.topics import Topic

EVERY_S: Final = 5.0
"""Well below the half minute after which a loop without a beat counts as stuck."""


class Source(Protocol):
    """Where the truth is."""

    def versions(self) -> dict[str, int]:
        """The version in force of each id, without those that wait in the outbox."""

    def mirror(self, ids: Collection[str]) -> int:
        """Queue these again; returns how many there were."""


class Copy(Protocol):
    """What lies in Kafka of it."""

    def extent(self) -> Extent: ...

    def versions(self) -> dict[str, int]: ...


@dataclass(slots=True)
class Mirror:
    """Compares one topic with its source: at its start, and whenever the topic begins elsewhere or has shrunk."""

    topic: Topic
    source: Source
    copy: Copy
    seen: Extent | None = field(default=None)

    def look(self) -> int:
        """Send again what is missing or of an older version; returns how many records.

        Raises:
            Unavailable: a server does not answer; the next look begins anew.
        """
        extent, seen = self.copy.extent(), self.seen
        if seen is not None and extent.first == seen.first < extent.last and extent.last >= seen.last:
            self.seen = extent
            return 0
        there = self.source.versions()
        missing = lost(there, self.copy.versions() if there else {})
        sent = self.source.mirror(missing) if missing else 0
        self.seen = extent
        if sent:
            counter(REGISTRY_MIRRORED, topic=self.topic.name).inc(sent)
            logging.get(__name__).error("a topic has lost records; sent again", topic=self.topic.name, records=sent)
        return sent


def lost(source: Mapping[str, int], copy: Mapping[str, int]) -> list[str]:
    """The ids that ``copy`` lacks, or has in an older version, in order."""
    return sorted(name for name, version in source.items() if copy.get(name, 0) < version)


def keep_whole(stop: threading.Event, mirrors: Collection[Mirror], health: Health, every_s: float = EVERY_S) -> None:
    """Look at every topic again and again until ``stop``."""
    try:
        while not stop.is_set():
            for mirror in mirrors:
                until_available(stop, "mirror", mirror.look)
                health.beat("mirror")
            stop.wait(every_s)
    except Stopped:
        return
