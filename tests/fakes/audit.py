"""The audit chains in memory, with the hashes that the database makes."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from services.audit import GENESIS, AuditFilter, Entry, Kept, chained
from services.paging import Key, Page


@dataclass
class MemoryChain:
    """One schema's chain."""

    name: str
    entries: list[Kept] = field(default_factory=list)

    def put(self, entry: Entry) -> None:
        before = self.entries[-1].hash if self.entries else GENESIS
        kept = Kept(
            self.name, len(self.entries) + 1, entry.at, entry.by, entry.role, str(entry.did), entry.subject,
            entry.detail, before, b"",
        )  # fmt: skip
        self.entries.append(replace(kept, hash=chained(kept)))


class MemoryAudit:
    """Twin of ``PostgresAudit``."""

    def __init__(self, *chains: Callable[[], MemoryChain]) -> None:
        self._chains = chains

    def append(self, chain: str, entry: Entry) -> None:
        next(each for each in (known() for known in self._chains) if each.name == chain).put(entry)

    def list_entries(self, filters: AuditFilter, *, limit: int, after: Key | None) -> Page[Kept]:
        found = [entry for chain in self._chains for entry in chain().entries if _fits(entry, filters)]
        entries = sorted(found, key=lambda entry: (entry.at, entry.chain, entry.number), reverse=True)
        rest = [entry for entry in entries if after is None or (entry.at, entry.chain, entry.number) < tuple(after)]
        items = tuple(rest[:limit])
        more = len(rest) > limit
        return Page(items, (items[-1].at, items[-1].chain, items[-1].number) if more else None)


def _fits(entry: Kept, filters: AuditFilter) -> bool:
    return (
        filters.by in {"", entry.by}
        and filters.did in {"", entry.did}
        and filters.subject in {"", entry.subject}
        and (filters.since is None or entry.at >= filters.since)
        and (filters.until is None or entry.at < filters.until)
    )
