"""Composition root of ``linli-alarms``."""

import sys
from collections.abc import Sequence

from services.adapters.audit_watch import AuditWatch
from services.adapters.clock import RandomIds, SystemClock
from services.adapters.dead_letters import KafkaDeadLetters
from services.adapters.kafka import Sender
from services.adapters.outbox import Relay
from services.adapters.postgres import open_pool
from services.adapters.process import Loop, Runtime, run
from services.alarms.consumer import TransitionConsumer
from services.alarms.following import transition_loop
from services.alarms.handlers import ClimbLadders, MeasureQuality, RecordTransitions
from services.alarms.holds import HoldWatch
from services.alarms.ladders import ladder_loops
from services.alarms.postgres import PostgresAlarmStore, PostgresLadderReader, PostgresQuality
from services.alarms.settings import AlarmsSettings
from services.alarms.watch import QualityWatch

PURPOSE = "Keeps alarms and their transitions; sends on what people ask; climbs call ladders; measures alarm quality."


def compose(settings: AlarmsSettings, runtime: Runtime) -> dict[str, Loop]:
    """Join the alarms service with PostgreSQL and Kafka."""
    url, servers, health = settings.database_url.get_secret_value(), settings.kafka_bootstrap_servers, runtime.health
    pool = runtime.resources.enter_context(open_pool(url, name="alarms"))
    letters, outbox = Sender(servers, client_id="linli-alarms"), Sender(servers, client_id="linli-alarms-outbox")
    for sender in (letters, outbox):
        runtime.resources.callback(sender.close)
    store, clock, office = PostgresAlarmStore(pool), SystemClock(), KafkaDeadLetters(letters)
    record = RecordTransitions(store, RandomIds(), ClimbLadders(settings.ladder_plan, clock))
    consume = TransitionConsumer(record, store, office, clock)
    measure = MeasureQuality(PostgresQuality(pool), clock)
    return {
        "transitions": transition_loop(servers, settings.alarms_group, consume, health),
        "outbox": Relay(url, "alarms", outbox, health).run,
        "quality": QualityWatch(measure, clock, health, settings.quality_level, settings.quality_every_s).run,
        "audit": AuditWatch(pool, "alarms", clock, health).run,
        "holds": HoldWatch(store, clock, health).run,
        **ladder_loops(settings, store, PostgresLadderReader(pool), office, clock, health),
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Run the process; returns its exit code."""
    return run("alarms", AlarmsSettings, compose, purpose=PURPOSE, argv=argv)


if __name__ == "__main__":
    sys.exit(main())
