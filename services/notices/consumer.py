"""``linli.tickets`` and ``linli.notices`` into messages: decode, plan; the offset follows the commit."""

from dataclasses import dataclass

from services.adapters.dead_letters import legible
from services.adapters.kafka import Message
from services.notices.erasing import told
from services.notices.handlers import EraseWithTickets, PlanMessages
from services.ports import Clock, DeadLetterOffice
from streams.contracts import Notice, TicketEvent
from streams.contracts.topics import NOTICES


@dataclass(frozen=True, slots=True)
class EventConsumer:
    """Handles what one poll brought, in order; safe to be given the same list again."""

    plan: PlanMessages
    erase: EraseWithTickets
    letters: DeadLetterOffice
    clock: Clock

    def __call__(self, messages: list[Message]) -> None:
        read = legible(messages, _kind, source="notices", letters=self.letters, clock=self.clock)
        events = [event for _, event in read]
        if events:
            self.plan(events)
            told(self.erase(events), why="ticket")


def _kind(message: Message) -> type[TicketEvent | Notice]:
    return Notice if message.topic == NOTICES.name else TicketEvent
