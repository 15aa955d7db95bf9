"""``linli.alarms`` into the ticket loop: decode, take, measure; the offset follows the commit."""

from dataclasses import dataclass

from services.adapters.dead_letters import legible
from services.adapters.kafka import Message
from services.adapters.metrics import histogram
from services.ports import Clock, DeadLetterOffice
from services.tickets.domain.incoming import Want
from services.tickets.handlers import TakeAlarm
from streams.contracts import AlarmEvent
from streams.contracts.metrics import ALARM_TO_TICKET, SENSOR_TO_TICKET


@dataclass(frozen=True, slots=True)
class AlarmConsumer:
    """Handles what one poll brought, in order; safe to be given the same list again."""

    take: TakeAlarm
    letters: DeadLetterOffice
    clock: Clock

    def __call__(self, messages: list[Message]) -> None:
        read = legible(messages, lambda _: AlarmEvent, source="tickets", letters=self.letters, clock=self.clock)
        for message, event in read:
            taken = self.take(event)
            if taken.want is Want.OPEN:
                self._measure(message, event)

    def _measure(self, message: Message, event: AlarmEvent) -> None:
        now = self.clock.now()
        histogram(ALARM_TO_TICKET).observe(max(0, now - message.timestamp) / 1000)
        if event.timed_from is not None:
            histogram(SENSOR_TO_TICKET).observe(max(0, now - event.timed_from) / 1000)
