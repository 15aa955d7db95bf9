"""Composition root of ``linli-history``."""

import threading
from collections.abc import Sequence

from services.adapters import process
from services.adapters.kafka import Message, Sender, follow_group
from services.adapters.outbox import Relay
from services.adapters.postgres import open_pool
from services.history.handlers import FollowRegistry, Ingest, KeepLetters, Raw
from services.history.postgres import PostgresLetters, PostgresReadings, Upkeep
from services.history.settings import HistorySettings
from streams.contracts.topics import DEAD_LETTERS, DEVICES, INPUTS

PURPOSE = "Keep every reading once, roll them up, hold what is quarantined and what is dead."


def compose(settings: HistorySettings, runtime: process.Runtime) -> dict[str, process.Loop]:
    """Join ports to technology: one loop for each thing that history follows."""
    url = settings.database_url.get_secret_value()
    servers, group, health = settings.kafka_bootstrap_servers, settings.history_group, runtime.health
    pool = runtime.resources.enter_context(open_pool(url, name="history"))
    sender = Sender(servers, client_id="linli-history")
    runtime.resources.callback(sender.close)
    letters, readings = PostgresLetters(pool), PostgresReadings(pool)
    ingest, keep, follow = Ingest(readings, letters), KeepLetters(letters), FollowRegistry(readings)
    gather = settings.history_gather_ms

    def inputs(stop: threading.Event) -> None:
        follow_group(servers, group, [INPUTS], lambda m: ingest(_raws(m)), stop=stop, health=health, gather_ms=gather)

    def dead_letters(stop: threading.Event) -> None:
        name = f"{group}-dead-letters"
        follow_group(servers, name, [DEAD_LETTERS], lambda m: keep(_raws(m)), stop=stop, health=health)

    def devices(stop: threading.Event) -> None:
        name = f"{group}-devices"
        follow_group(servers, name, [DEVICES], lambda m: follow(_changes(m)), stop=stop, health=health)

    outbox, upkeep = Relay(url, "history", sender, health), Upkeep(url, health)
    followers = {"inputs": inputs, "dead letters": dead_letters, "devices": devices}
    return {**followers, "outbox": outbox.run, "upkeep": upkeep.run}


def _raws(messages: list[Message]) -> list[Raw]:
    return [Raw(f"{m.topic}/{m.partition}/{m.offset}", m.value or b"", m.timestamp) for m in messages]


def _changes(messages: list[Message]) -> list[tuple[str, bytes | None]]:
    return [((m.key or b"").decode(errors="replace"), m.value) for m in messages]


def main(argv: Sequence[str] | None = None) -> int:
    return process.run("history", HistorySettings, compose, purpose=PURPOSE, argv=argv)


if __name__ == "__main__":
    raise SystemExit(main())
