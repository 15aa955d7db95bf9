"""``linli.tickets`` and ``linli.notices`` into messages: decode, plan; the offset follows the commit."""

from dataclasses import dataclass

from services.adapters.dead_letters import letter_of
from services.adapters.kafka import Message
from services.notices.handlers import PlanMessages
from services.ports import Clock, DeadLetterOffice
from streams.contracts import Notice, TicketEvent, Undecodable, decode
from streams.contracts.topics import NOTICES


@dataclass(frozen=True, slots=True)
class EventConsumer:
    """Handles what one poll brought, in order; safe to be given the same list again."""

    plan: PlanMessages
    letters: DeadLetterOffice
    clock: Clock

    def __call__(self, messages: list[Message]) -> None:
        events: list[TicketEvent | Notice] = []
        for message in messages:
            if message.value is None:
                continue
            try:
                kind: type[TicketEvent | Notice] = Notice if message.topic == NOTICES.name else TicketEvent
                events.append(decode(message.value, kind))
            except Undecodable as error:
                self.letters.bury([letter_of("notices", message, error, now=self.clock.now())])
        if events:
            self.plan(events)
