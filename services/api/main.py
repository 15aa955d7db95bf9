"""Composition root of ``linli-api``: pages, JSON API and live push on one port."""

import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from services.adapters.clock import SystemClock
from services.adapters.postgres import open_pool
from services.adapters.process import Loop, Runtime, run
from services.api.alarms import rehearsing
from services.api.app import create_app
from services.api.companions import LOOP as COMPANIONS
from services.api.companions import Companions
from services.api.container import Container
from services.api.door.scope import told
from services.api.live.hub import Hub
from services.api.live.kafka import KafkaLog, follower
from services.api.nouns import container
from services.api.serving import http, listening
from services.api.settings import ApiSettings
from services.api.tickets.photo_keeping import Sweeping

PURPOSE = "The front door: pages, the JSON API and live push."


@dataclass(frozen=True, slots=True)
class Answering:
    """What a process needs that answers people."""

    nouns: Container
    loops: dict[str, Loop]


def answering(settings: ApiSettings, runtime: Runtime, listener: socket.socket) -> Answering:
    """The front door on ``listener``, which its loop closes."""
    servers, url, health = settings.kafka_bootstrap_servers, settings.database_url.get_secret_value(), runtime.health
    pool, hub = runtime.resources.enter_context(open_pool(url, name="api", size=12, tell=told)), Hub(KafkaLog(servers))
    nouns = container(settings, pool, hub)
    runtime.resources.callback(nouns.rehearsals.close)
    loops: dict[str, Loop] = {
        "http": http(create_app(nouns), listener, hub, health),
        "live": follower(servers, hub, SystemClock(), health),
        rehearsing.LOOP: partial(nouns.rehearsals.look_after, health=health),
    }
    return Answering(nouns, loops)


def compose(settings: ApiSettings, runtime: Runtime) -> dict[str, Loop]:
    listener = listening(settings.http_host, settings.http_port, shared=bool(settings.http_companions))
    made = answering(settings, runtime, listener)
    loops = {**made.loops, "photos": Sweeping(made.nouns.photos, runtime.health).run}
    if settings.http_companions:
        port = listener.getsockname()[1]
        loops[COMPANIONS] = Companions(settings.http_companions, port, runtime.health).run
    return loops


def main(argv: Sequence[str] | None = None) -> int:
    return run("api", ApiSettings, compose, purpose=PURPOSE, argv=argv)


if __name__ == "__main__":
    sys.exit(main())
