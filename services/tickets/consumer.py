"""``linli.alarms`` into the ticket loop: decode, take, measure; the offset follows the commit."""

from dataclasses import dataclass

from services.adapters.dead_letters import letter_of
from services.adapters.kafka import Message
from services.adapters.metrics import histogram
from services.ports import Clock, DeadLetterOffice
from services.tickets.domain.incoming import Want
from services.tickets.handlers import TakeAlarm
from streams.contracts import AlarmEvent, Undecodable, decode
from streams.contracts.metrics import ALARM_TO_TICKET, SENSOR_TO_TICKET


@dataclass(frozen=True, slots=True)
class AlarmConsumer:
    """Handles what one poll brought, in order; safe to be given the same list again."""

    take: TakeAlarm
    letters: DeadLetterOffice
    clock: Clock

    def __call__(self, messages: list[Message]) -> None:
        for message in messages:
            if message.value is None:
                continue
            try:
                event = decode(message.value, AlarmEvent)
            except Undecodable as error:
                self.letters.bury([letter_of("tickets", message, error, now=self.clock.now())])
                continue
            taken = self.take(event)
            if taken.want is Want.OPEN:
                self._measure(message, event)

    def _measure(self, message: Message, event: AlarmEvent) -> None:
        now = self.clock.now()
        histogram(ALARM_TO_TICKET).observe(max(0, now - message.timestamp) / 1000)
        if event.timed_from is not None:
            histogram(SENSOR_TO_TICKET).observe(max(0, now - event.timed_from) / 1000)
