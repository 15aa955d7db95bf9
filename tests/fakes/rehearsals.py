"""Twin of ``ProcessRunner``: a run goes as far as the test says."""

from collections.abc import Callable
from dataclasses import dataclass, field

from services.api.rehearsing import Order, Told
from streams.contracts import Unavailable


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
