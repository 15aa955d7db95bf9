"""Composition root of ``linli-tickets``."""

import sys
from collections.abc import Sequence

from services.adapters.audit_watch import AuditWatch
from services.adapters.clock import RandomIds, SystemClock
from services.adapters.dead_letters import KafkaDeadLetters
from services.adapters.kafka import Sender, follow_group
from services.adapters.outbox import Relay
from services.adapters.postgres import open_pool
from services.adapters.process import Loop, Runtime, run
from services.tickets.consumer import AlarmConsumer
from services.tickets.domain.reach import EVERYTHING
from services.tickets.erasing import erasing
from services.tickets.handlers import EraseByAge, KeepTime, Recount, TakeAlarm
from services.tickets.postgres import PostgresDirectory, PostgresFigures, PostgresTicketReader, PostgresTicketStore
from services.tickets.remaking import Remaking
from services.tickets.scheduler import Scheduler
from services.tickets.settings import TicketsSettings
from streams.contracts.topics import ALARMS

PURPOSE = "Opens one ticket per incident, keeps its clocks, and tells of every action."


def compose(settings: TicketsSettings, runtime: Runtime) -> dict[str, Loop]:
    """Join the ticket loop with PostgreSQL and Kafka."""
    url, servers = settings.database_url.get_secret_value(), settings.kafka_bootstrap_servers
    pool = open_pool(url, name="tickets", tell=EVERYTHING.settings)
    runtime.resources.callback(pool.close)
    letters, outbox = Sender(servers, client_id="linli-tickets"), Sender(servers, client_id="linli-tickets-outbox")
    runtime.resources.callback(letters.close)
    runtime.resources.callback(outbox.close)
    clock, store = SystemClock(), PostgresTicketStore(pool)
    take = TakeAlarm(store, PostgresDirectory(pool), clock, RandomIds())
    consume = AlarmConsumer(take, KafkaDeadLetters(letters), clock)
    scheduler = Scheduler(KeepTime(store, clock), Recount(store, clock), PostgresTicketReader(pool), runtime.health)

    return {
        "alarms": lambda stop: follow_group(
            servers, settings.tickets_group, [ALARMS], consume, stop=stop, health=runtime.health
        ),
        "clocks": scheduler.run,
        "erasure": erasing(EraseByAge(store, clock, settings.personal_data_years), runtime.health).run,
        "figures": Remaking(PostgresFigures(pool), runtime.health).run,
        "audit": AuditWatch(pool, "tickets", clock, runtime.health).run,
        "outbox": Relay(url, "tickets", outbox, runtime.health).run,
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Run the process; returns its exit code."""
    return run("tickets", TicketsSettings, compose, purpose=PURPOSE, argv=argv)


if __name__ == "__main__":
    sys.exit(main())
