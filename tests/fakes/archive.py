"""Twin of ``PostgresArchive``: what a rehearsal reads, in lists."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from services.history.domain import HEARD_MS
from services.rehearsal.domain import Outages, Stored, Window
from streams.contracts import Device, Rule

HOUR = 3_600_000


@dataclass
class MemoryArchive:
    """An hour a window; ``heard``: when the log had records, epoch ms."""

    stored: list[Stored] = field(default_factory=list)
    kept: dict[str, Rule] = field(default_factory=dict)
    known: list[Device] = field(default_factory=list)
    heard: set[int] = field(default_factory=set)

    def rules(self) -> Mapping[str, Rule]:
        return self.kept

    def devices(self, kind: str, area: str, device: str, most: int) -> Sequence[Device]:
        found = [
            d for d in self.known if kind in {"", "*", d.kind} and d.area.startswith(area) and device in {"", d.id}
        ]
        return found[:most]

    def windows(self, devices: Sequence[str], metrics: frozenset[str] | None, start: int, end: int) -> Iterator[Window]:
        mine = [r for r in self.stored if r.device in devices and (metrics is None or r.metric in metrics)]
        for since in range(start, end, HOUR):
            until = min(since + HOUR, end)
            yield until, sorted(r for r in mine if since <= r.ts < until)

    def outages(self, start: int, end: int, least: int) -> Outages:
        slots = sorted({at // HEARD_MS * HEARD_MS for at in self.heard})
        marks = [*(at for at in slots if at < end), min((at for at in slots if at >= end), default=end)]
        holes = [(before + HEARD_MS, after) for before, after in pairwise(marks)]
        met = [(since, until) for since, until in holes if until - since > least and until > start and since < end]
        return Outages(tuple((max(a, start), min(b, end)) for a, b in met), slots[0] if slots else None)
