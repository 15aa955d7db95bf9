"""What every process of the front door does: answer, pass changes on live, look after its rehearsals."""

import socket
from dataclasses import dataclass
from functools import partial

from services.adapters.clock import SystemClock
from services.adapters.postgres import open_pool
from services.adapters.process import Loop, Runtime
from services.api.alarms import rehearsing
from services.api.app import create_app
from services.api.container import Container
from services.api.door.scope import told
from services.api.live.hub import Hub
from services.api.live.kafka import KafkaLog, follower
from services.api.nouns import container
from services.api.serving import http
from services.api.settings import ApiSettings

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
