"""Composition root of ``linli-api``: pages, JSON API and live push on one port."""

import sys
from collections.abc import Sequence

from services.adapters.clock import RandomIds, SystemClock
from services.adapters.credentials import Argon2Passwords, RandomSecrets
from services.adapters.postgres import Pool, open_pool
from services.adapters.process import Loop, Runtime, run
from services.alarms import postgres as alarms
from services.alarms.handlers import AskOfAlarm, HoldAlarm, MeasureQuality, SetTargets
from services.api.app import create_app
from services.api.container import Container
from services.api.identities import RegisteredPeople
from services.api.live.hub import Hub
from services.api.live.kafka import KafkaLog, follower
from services.api.rehearsal_process import process_rehearsals
from services.api.serving import http
from services.api.settings import ApiSettings
from services.history import postgres as history
from services.oncall.postgres import PostgresNotifications
from services.registry import postgres as places
from services.tickets import postgres as loop
from services.tickets.handlers import ActOnTicket, KeepPolicies, OpenTicket

PURPOSE = "The front door: pages, the JSON API and live push."


def container(settings: ApiSettings, pool: Pool, hub: Hub) -> Container:
    """Every noun over PostgreSQL."""
    clock, ids, people, store = SystemClock(), RandomIds(), places.PostgresPeople(pool), loop.PostgresTicketStore(pool)
    asked, quality = alarms.PostgresAlarmStore(pool), alarms.PostgresQuality(pool)
    return Container(
        settings, clock, ids, live=hub, people=people, notifications=PostgresNotifications(pool),
        identities=RegisteredPeople(people, Argon2Passwords(), RandomSecrets(), settings.session_hours * 3_600_000),
        devices=places.PostgresDevices(pool), places=places.PostgresPlaces(pool), rules=places.PostgresRules(pool),
        history=history.PostgresHistoryReader(pool), letters=history.PostgresLetters(pool),
        alarms=alarms.PostgresAlarmReader(pool), ladders=alarms.PostgresLadderReader(pool),
        ask_of_alarm=AskOfAlarm(asked, clock), hold_alarm=HoldAlarm(asked, clock, places.PostgresRules(pool)),
        measure_quality=MeasureQuality(quality, clock), set_targets=SetTargets(quality, clock),
        tickets=loop.PostgresTicketReader(pool), open_ticket=OpenTicket(store, clock, ids),
        act_on_ticket=ActOnTicket(store, clock), policies=KeepPolicies(store, clock),
        rehearsals=process_rehearsals(settings.database_url.get_secret_value()),
    )  # fmt: skip


def compose(settings: ApiSettings, runtime: Runtime) -> dict[str, Loop]:
    servers, url, health = settings.kafka_bootstrap_servers, settings.database_url.get_secret_value(), runtime.health
    pool, hub = runtime.resources.enter_context(open_pool(url, name="api", size=12)), Hub(KafkaLog(servers))
    app = create_app(nouns := container(settings, pool, hub))
    runtime.resources.callback(nouns.rehearsals.close)
    return {"http": http(app, settings, hub, health), "live": follower(servers, hub, SystemClock(), health)}


def main(argv: Sequence[str] | None = None) -> int:
    return run("api", ApiSettings, compose, purpose=PURPOSE, argv=argv)


if __name__ == "__main__":
    sys.exit(main())
