"""Twins of ``ProcessRunner``, whose runs go as far as the test says, and of ``PostgresShelf``."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from services.api.alarms.rehearsing import Rehearsals, Told
from services.rehearsal.domain import (
    Away,
    Change,
    Compared,
    Episode,
    Order,
    Outcome,
    Rehearsal,
    Report,
    Running,
    Scope,
    Sides,
    State,
    counted,
    forsaken,
    place_for,
)
from streams.contracts import Rule, Severity, Unavailable

HOUR = 3_600_000
DAY = 24 * HOUR


@dataclass
class MemoryRun:
    """One run that was begun."""

    order: Order
    told: Told
    stopped: int = 0

    def stop(self) -> None:
        self.stopped += 1


@dataclass
class MemoryRunner:
    """Remembers every run; ``away`` makes it refuse to begin one."""

    runs: list[MemoryRun] = field(default_factory=list)
    away: bool = False

    def start(self, order: Order, told: Told) -> Callable[[], None]:
        if self.away:
            raise Unavailable("no process can be started")
        run = MemoryRun(order, told)
        self.runs.append(run)
        return run.stop


@dataclass
class _Row:
    asked: Rehearsal
    heard: int
    place: int


@dataclass
class MemoryShelf:
    """Every process that is given it sees the same; ``away`` makes it unavailable."""

    rows: dict[str, _Row] = field(default_factory=dict)
    away: bool = False

    def begin(self, asked: Rehearsal, most: int) -> None:
        self._there()
        running = [Running(row.place, name, row.asked.order.by) for name, row in self._running()]
        self.rows[asked.id] = _Row(asked, asked.began, place_for(asked.order.by, running, most))

    def get(self, name: str, by: str) -> Rehearsal | None:
        self._there()
        row = self.rows.get(name)
        return row.asked if row is not None and row.asked.order.by == by else None

    def reach(self, name: str, progress: float, now: int) -> bool:
        self._there()
        for found, row in self._running():
            if found == name:
                row.heard = now
                row.asked = replace(row.asked, progress=max(row.asked.progress, min(progress, 1.0)))
                return True
        return False

    def end(self, name: str, outcome: Outcome, now: int) -> bool:
        self._there()
        for found, row in self._running():
            if found == name:
                progress = 1.0 if isinstance(outcome, Report) else row.asked.progress
                row.asked = replace(row.asked, ended=now, outcome=outcome, progress=progress)
                return True
        return False

    def forsake(self, heard_before: int, now: int) -> Sequence[str]:
        self._there()
        lost = [name for name, row in self._running() if row.heard < heard_before]
        for name in lost:
            self.end(name, forsaken(), now)
        return lost

    def forget(self, ended_before: int, most: int) -> None:
        self._there()
        over = sorted(((row.asked.ended, name) for name, row in self.rows.items() if row.asked.ended is not None))
        for place, (ended, name) in enumerate(reversed(over)):
            if place >= most or ended < ended_before:
                del self.rows[name]

    def _running(self) -> list[tuple[str, _Row]]:
        return [(name, row) for name, row in self.rows.items() if row.asked.state is State.RUNNING]

    def _there(self) -> None:
        if self.away:
            raise Unavailable("no shelf")


def reported(device: str, start: int, end: int) -> Report:
    """One alarm of each change on one device, hours apart; the last still stands."""

    def episode(hours: int, moved: int = 0, ended: int | None = 0) -> Episode:
        at = end - hours * HOUR + moved
        return Episode(
            f"e{hours}", device, at - 9_000, at, Severity.MAJOR, ticket=True,
            ended=None if ended is None else at + HOUR // 2,
        )  # fmt: skip

    found = (
        Compared(Change.NEW, 0, episode(30), None),
        Compared(Change.GONE, 0, None, episode(24)),
        Compared(Change.EARLIER, -90_000, episode(12, -90_000), episode(12)),
        Compared(Change.LATER, 5_000, episode(6, 5_000), episode(6)),
        Compared(Change.SAME, 0, episode(1, ended=None), episode(1, ended=None)),
    )
    days = (end - start) / DAY
    away = Away(2, 37 * 60_000, start - DAY)
    return Report(start, end, 118, 1_017_504, away, Sides(4, 4), Sides(4 / days, 4 / days), counted(found), found)


def rehearsed(rehearsals: Rehearsals, runner: MemoryRunner, rule: Rule, report: Report, by: str) -> str:
    """A rehearsal that is done; its id."""
    begun = rehearsals.begin(Order(rule, Scope(report.start, report.end), by))
    runner.runs[-1].told.ended(report)
    return begun.id
