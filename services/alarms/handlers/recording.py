"""Transitions from the engine: each kept once, each alarm's row as its newest one left it."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.alarms import domain
from services.alarms.handlers.ladders import ClimbLadders
from services.alarms.ports import AlarmStore, Work
from services.ports import Ids
from services.transactions import in_transaction
from streams.contracts import AlarmEvent


@dataclass(frozen=True, slots=True)
class RecordTransitions:
    """Takes what one poll brought in one transaction; the same events again change nothing.

    ``ladders`` calls people for critical gas in that transaction; without it only rows are kept.
    """

    store: AlarmStore
    ids: Ids
    ladders: ClimbLadders | None = None

    def __call__(self, events: Sequence[AlarmEvent]) -> int:
        """Record them and return how many were news."""
        return in_transaction(self.store, lambda work: sum(self._record(work, event) for event in events))

    def _record(self, work: Work, event: AlarmEvent) -> bool:
        if not work.log(event):
            return False
        alarm = domain.apply(work.of_episode(event.episode), event, new_id=self.ids.new())
        if alarm is not None:
            work.save(alarm)
            if self.ladders is not None:
                self.ladders(work, event, alarm)
        return True
