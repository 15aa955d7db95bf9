import threading
from dataclasses import dataclass, field
from typing import Any

from services.adapters.health import Health
from services.tickets.domain import StageCount, TicketFilters
from services.tickets.scheduler import COUNT_EVERY, Scheduler


@dataclass
class Looks:
    """Something is due at each look, so that nobody rests; after the last one the process ends."""

    stop: threading.Event
    most: int
    seen: int = 0

    def __call__(self) -> tuple[str, ...]:
        self.seen += 1
        if self.seen == self.most:
            self.stop.set()
        return ("card",)


@dataclass
class Counts:
    asked: list[str] = field(default_factory=list)

    def count_by_stage(self, _filters: TicketFilters, *, scope: str) -> tuple[StageCount, ...]:
        self.asked.append(scope)
        return ()


@dataclass
class Recounts:
    asked: int = 0

    def __call__(self) -> int:
        self.asked += 1
        return self.asked


def test_time_passes_at_every_look_and_tickets_are_counted_at_every_tenth() -> None:
    stop, counts = threading.Event(), Counts()
    looks: Any = Looks(stop, 2 * COUNT_EVERY + 1)
    reader: Any = counts
    recount: Any = Recounts()
    Scheduler(looks, recount, reader, Health()).run(stop)
    assert recount.asked == 3, "a new calendar is looked for as often"
    assert looks.seen == 2 * COUNT_EVERY + 1
    assert counts.asked == ["", "", ""]
