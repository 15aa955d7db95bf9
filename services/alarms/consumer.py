"""``linli.alarms`` into alarm rows: decode, record, count; the offset follows the commit."""

from dataclasses import dataclass

from services.adapters.dead_letters import legible
from services.adapters.kafka import Message
from services.adapters.metrics import gauge
from services.alarms.handlers import RecordTransitions
from services.alarms.ports import AlarmStore
from services.ports import Clock, DeadLetterOffice
from streams.contracts import AlarmEvent
from streams.contracts.metrics import ALARMS_ACTIVE


@dataclass(frozen=True, slots=True)
class TransitionConsumer:
    """Handles what one poll brought, in order; safe to be given the same list again."""

    record: RecordTransitions
    store: AlarmStore
    letters: DeadLetterOffice
    clock: Clock

    def __call__(self, messages: list[Message]) -> None:
        read = legible(messages, lambda _: AlarmEvent, source="alarms", letters=self.letters, clock=self.clock)
        self.record([event for _, event in read])
        self.count()

    def count(self) -> None:
        """Publish how many alarms stand, by severity."""
        for severity, number in self.store.count_active().items():
            gauge(ALARMS_ACTIVE, severity=str(severity)).set(number)
