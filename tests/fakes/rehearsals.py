"""Twin of ``ProcessRunner``: a run goes as far as the test says."""

from collections.abc import Callable
from dataclasses import dataclass, field

from services.api.alarms.rehearsing import Order, Rehearsals, Told
from services.rehearsal.domain import Away, Change, Compared, Episode, Report, Sides, counted
from services.rehearsal.handlers import Scope
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
