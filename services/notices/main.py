"""Composition root of ``linli-notices``."""

import sys
from collections.abc import Sequence

from services.adapters.clock import RandomIds, SystemClock
from services.adapters.dead_letters import KafkaDeadLetters
from services.adapters.kafka import Sender, follow_group
from services.adapters.postgres import open_pool
from services.adapters.process import Loop, Runtime, run
from services.adapters.retry import until_available
from services.notices.channels import open_channels, ways_of
from services.notices.consumer import EventConsumer
from services.notices.erasing import erasing
from services.notices.handlers import DeliverMessages, EraseByAge, EraseWithTickets, PlanMessages
from services.notices.links import link_of
from services.notices.postgres import PostgresNotices
from services.notices.sending import SendingLoop
from services.notices.settings import NoticesSettings
from streams.contracts.topics import NOTICES, TICKETS

PURPOSE = "Tells people of tickets and alarms by their channels, each once, at a time that suits them."


def compose(settings: NoticesSettings, runtime: Runtime) -> dict[str, Loop]:
    """Join planning and sending with Kafka, PostgreSQL and the channels.

    Raises:
        ValueError: a channel's address is not one.
    """
    servers, health, clock = settings.kafka_bootstrap_servers, runtime.health, SystemClock()
    pool = open_pool(settings.database_url.get_secret_value(), name="notices")
    runtime.resources.callback(pool.close)
    letters = Sender(servers, client_id="linli-notices")
    runtime.resources.callback(letters.close)
    store = PostgresNotices(pool)
    channels = open_channels(settings.addresses, store, runtime.resources)
    ways = ways_of(settings.addresses, settings.defaults)
    until_available(runtime.stop, "channels", lambda: store.declare(ways))
    consume = EventConsumer(PlanMessages(store, clock), EraseWithTickets(store), KafkaDeadLetters(letters), clock)
    lease_ms = round(settings.notice_lease_s * 1000)
    deliver = DeliverMessages(store, channels, clock, RandomIds().new(), lease_ms, link_of(settings))
    return {
        "events": lambda stop: follow_group(
            servers, settings.notices_group, [TICKETS, NOTICES], consume, stop=stop, health=health
        ),
        "sending": SendingLoop(deliver, store, clock, health).run,
        "erasure": erasing(EraseByAge(store, clock, settings.personal_data_years), health).run,
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Run the process; returns its exit code."""
    return run("notices", NoticesSettings, compose, purpose=PURPOSE, argv=argv)


if __name__ == "__main__":
    sys.exit(main())
