"""Composition root of ``linli-api``: pages, JSON API and live push on one port."""

import sys
from collections.abc import Sequence

from services.adapters.clock import SystemClock
from services.adapters.postgres import open_pool
from services.adapters.process import Loop, Runtime, run
from services.api.app import create_app
from services.api.door.scope import told
from services.api.live.hub import Hub
from services.api.live.kafka import KafkaLog, follower
from services.api.nouns import container
from services.api.serving import http
from services.api.settings import ApiSettings
from services.api.tickets.photo_keeping import Sweeping

PURPOSE = "The front door: pages, the JSON API and live push."


def compose(settings: ApiSettings, runtime: Runtime) -> dict[str, Loop]:
    servers, url, health = settings.kafka_bootstrap_servers, settings.database_url.get_secret_value(), runtime.health
    pool, hub = runtime.resources.enter_context(open_pool(url, name="api", size=12, tell=told)), Hub(KafkaLog(servers))
    app = create_app(nouns := container(settings, pool, hub))
    runtime.resources.callback(nouns.rehearsals.close)
    sweeping = Sweeping(nouns.photos, health)
    return {
        "http": http(app, settings, hub, health),
        "live": follower(servers, hub, SystemClock(), health),
        "photos": sweeping.run,
    }


def main(argv: Sequence[str] | None = None) -> int:
    return run("api", ApiSettings, compose, purpose=PURPOSE, argv=argv)


if __name__ == "__main__":
    sys.exit(main())
