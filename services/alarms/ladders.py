"""The loops of call ladders: time passes over them, and crews arrive."""

import threading
from dataclasses import dataclass
from typing import Final

from services.adapters import logging
from services.adapters.dead_letters import legible
from services.adapters.health import Health
from services.adapters.kafka import Message, follow_group
from services.adapters.metrics import gauge
from services.adapters.process import Loop
from services.adapters.retry import Stopped, until_available
from services.alarms.handlers import PassTime, TakeArrival
from services.alarms.ports import AlarmStore, LadderReader
from services.alarms.settings import AlarmsSettings
from services.ports import Clock, DeadLetterOffice
from streams.contracts import TicketEvent
from streams.contracts.metrics import LADDER_OVERDUE, LADDER_UNREACHED, LADDER_UNSENT, LADDERS
from streams.contracts.topics import TICKETS

EVERY_S: Final = 1.0
NAME: Final = "call ladders"


def ladder_loops(
    settings: AlarmsSettings,
    store: AlarmStore,
    reader: LadderReader,
    letters: DeadLetterOffice,
    clock: Clock,
    health: Health,
) -> dict[str, Loop]:
    """Their names and what they run; the consumer group is one of its own beside the alarms'."""
    consume = ArrivalConsumer(TakeArrival(store), letters, clock)
    group = f"{settings.alarms_group}-arrivals"
    return {
        "ladders": LadderWatch(PassTime(store, clock), reader, clock, health).run,
        "arrivals": lambda stop: follow_group(
            settings.kafka_bootstrap_servers, group, [TICKETS], consume, stop=stop, health=health
        ),
    }


@dataclass(frozen=True, slots=True)
class LadderWatch:
    """Looks once a second; what came due while nobody looked is done at the first look."""

    pass_time: PassTime
    reader: LadderReader
    clock: Clock
    health: Health

    def run(self, stop: threading.Event) -> None:
        """Look until ``stop``; a lost database is waited for."""
        try:
            while not stop.is_set():
                taken = until_available(stop, NAME, self.look)
                self.health.beat(NAME)
                if taken == 0:
                    stop.wait(EVERY_S)
        except Stopped:
            return

    def look(self) -> int:
        """Take what is due and publish what is not; returns how many steps that were."""
        taken = self.pass_time()
        for incident, step in taken:
            nobody = [str(contact.office) for contact in step.contacts if not contact.id]
            logging.get(__name__).warning(
                "ladder step", incident=incident, step=str(step.what), why=step.why, nobody_holds=nobody
            )
        counts = self.reader.counts(self.clock.now())
        gauge(LADDERS, part="calling").set(counts.calling)
        gauge(LADDERS, part="awaiting").set(counts.awaiting)
        gauge(LADDER_UNREACHED).set(counts.unreached)
        gauge(LADDER_UNSENT).set(counts.unsent)
        gauge(LADDER_OVERDUE).set(counts.overdue_ms / 1000)
        return len(taken)


@dataclass(frozen=True, slots=True)
class ArrivalConsumer:
    """``linli.tickets`` for who is on site; safe to be given the same list again."""

    take: TakeArrival
    letters: DeadLetterOffice
    clock: Clock

    def __call__(self, messages: list[Message]) -> None:
        read = legible(messages, lambda _: TicketEvent, source="alarms", letters=self.letters, clock=self.clock)
        for _, event in read:
            self.take(event)
