"""Composition root of the detection workers: settings -> faust.App -> the agents attached."""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import faust
from faust.types import TP
from pydantic import Field

from streams.agents.engine import Engine
from streams.agents.follower import Follower
from streams.agents.places import PlacedApp
from streams.agents.poison import Poison
from streams.agents.stages import FIRST, SECOND, Stage
from streams.agents.stall import Place, Stall, watch
from streams.contracts import metrics
from streams.contracts.topics import PARTITIONS
from streams.process import logs
from streams.process import settings as process
from streams.process.health import Progress, serve
from streams.process.metrics import made
from streams.rules import Catalogue

PURPOSE = "Detection: linli.inputs through the rules, grouped ones by way of linli.groups, to linli.alarms."
TABLES = {FIRST.loop: "state", SECOND.loop: "groups"}
SMALL_SEGMENTS = {"segment.bytes": "16777216", "min.cleanable.dirty.ratio": "0.1"}
"""Only closed segments are compacted, and recovery reads whatever is not."""
QUIET = ("aiokafka", "faust.tables.recovery", "faust.app.base")
log = logging.getLogger(__name__)


class Settings(process.Settings):
    """Settings of one worker; variables are LINLI_ and the field name in capitals."""

    kafka_bootstrap_servers: str = Field(
        default="127.0.0.1:9092", validation_alias="KAFKA_BOOTSTRAP_SERVERS", description="host:port[,host:port]"
    )
    state_dir: Path = Field(default=Path(".linli/streams"), description="What a worker keeps between its runs.")
    worker_id: str = Field(default="linli-streams", description="Name of the worker group: its consumer group.")
    replication: int = Field(default=1, description="Copies of the state topic; 3 on a cluster of three.")
    stalled_s: float = Field(default=120.0, gt=0, description="A worker whose records wait untouched so long ends.")


def build(settings: Settings, progress: Progress) -> PlacedApp:
    """The Faust application, ready to be run by a worker."""
    app = PlacedApp(
        settings.worker_id,
        broker=[f"kafka://{server}" for server in settings.kafka_bootstrap_servers.split(",")],
        datadir=str(settings.state_dir),
        store="memory://",
        topic_partitions=PARTITIONS,
        topic_replication_factor=settings.replication,
        topic_disable_leader=True,
        table_standby_replicas=0,
        web_enabled=False,
        web_tables_enabled=False,
        autodiscover=False,
        stream_wait_empty=False,
        consumer_auto_offset_reset="earliest",
        broker_session_timeout=6.0,
        broker_heartbeat_interval=2.0,
        broker_commit_interval=1.0,
        producer_max_request_size=2_000_000,
        worker_redirect_stdouts=False,
    )
    poison = Poison(settings.state_dir)
    engines = [engine_of(app, stage, poison, progress) for stage in (FIRST, SECOND)]

    def adopt(catalogue: Catalogue) -> None:
        for engine in engines:
            engine.adopt(catalogue)

    follower = Follower(settings.kafka_bootstrap_servers, adopt)
    attach(app, engines, follower, progress)

    def positions() -> dict[Place, int | None]:
        mine = {engine.stage.topic.name: engine for engine in engines if not engine.held}
        return {
            (place.topic, place.partition): mine[place.topic].position(place.partition)
            for place in app.consumer.assignment()
            if place.topic in mine
        }

    async def look_after() -> None:
        await follower.ready.wait()
        await stopping(watch, settings.kafka_bootstrap_servers, positions, Stall(settings.stalled_s), time.monotonic)

    app.early.append(look_after)
    return app


def engine_of(app: PlacedApp, stage: Stage, poison: Poison, progress: Progress) -> Engine:
    """The engine of one stage, on a table of its own."""
    table = app.Table(
        TABLES[stage.loop], key_type=bytes, value_type=bytes, partitions=PARTITIONS, extra_topic_configs=SMALL_SEGMENTS
    )
    topics: dict[str, Any] = {}

    async def send(topic: str, key: str, value: bytes, partition: int | None = None) -> Awaitable[Any]:
        channel = topics.get(topic)
        if channel is None:
            channel = topics[topic] = app.topic(topic, key_serializer="raw", value_serializer="raw")
        sent: Awaitable[Any] = await channel.send(key=key.encode(), value=value, partition=partition)
        return sent

    async def save(partition: int, code: str, packed: bytes | None) -> Awaitable[Any]:
        if packed is None:
            table.data.pop(code.encode(), None)
        else:
            table.data[code.encode()] = packed
        written: Awaitable[Any] = table.send_changelog(partition, code.encode(), packed)
        return written

    async def earliest(partition: int) -> int:
        place = TP(stage.topic.name, partition)
        offset: int = (await app.consumer.earliest_offsets(place))[place]
        return offset

    async def rewind(partition: int, offset: int) -> None:
        await app.consumer.seek(TP(stage.topic.name, partition), offset)

    return Engine(
        send=send,
        save=save,
        stored=lambda: {key.decode(): value for key, value in table.data.items()},
        earliest=earliest,
        rewind=rewind,
        poison=poison,
        progress=progress,
        stage=stage,
    )


def attach(app: PlacedApp, engines: Sequence[Engine], follower: Follower, progress: Progress) -> None:
    """Hang an agent a stage, the follower and the rebalance hooks on the application."""
    for engine in engines:
        listen(app, engine, follower, progress)

    async def follow() -> None:
        await stopping(follower.run)

    app.early.append(follow)

    async def moved(*_: object, **__: object) -> None:
        for engine in engines:
            engine.forget()

    app.on_partitions_revoked.connect(moved)
    app.on_partitions_assigned.connect(moved)


def listen(app: PlacedApp, engine: Engine, follower: Follower, progress: Progress) -> None:
    """The agent that gives one stage its records, one after the other."""
    stage = engine.stage
    topic = app.topic(
        stage.topic.name, key_serializer="raw", value_type=bytes, value_serializer="raw", allow_empty=True
    )

    async def agent(stream: Any) -> None:
        await follower.ready.wait()
        progress.beat(stage.loop)
        async for event in stream.noack().events():
            await app.calm.wait()  # records come before Faust says that it is ready for them
            if event.message.generation_id != app.consumer_generation_id:
                continue  # of before the rebalance: whoever has the partition now reads it again
            await stopping(engine.handle, event)
            _report_lag(app, event.message)

    app.agent(topic, name=stage.loop, concurrency=1)(agent)


async def stopping(work: Callable[..., Awaitable[None]], *arguments: Any) -> None:
    """Do ``work``; a bug ends the process at once.

    An agent that raises acknowledges its message and loses it, and an orderly end would commit
    what is acked: so nothing orderly happens after a bug. The supervisor starts the worker again.
    """
    try:
        await work(*arguments)
    except Exception:
        log.critical("a bug stops this worker", exc_info=True)
        logging.shutdown()
        os._exit(70)


def _report_lag(app: PlacedApp, message: Any) -> None:
    """A partition that is just taken away has no lag; asking for it must not end the agent, which Faust starts anew."""
    high = None
    with suppress(AssertionError):
        high = app.consumer.highwater(message.tp)
    if high is not None:
        labels = {"group": app.conf.id, "topic": message.topic, "partition": str(message.partition)}
        made(metrics.CONSUMER_LAG).labels(**labels).set(max(0, high - message.offset - 1))


def load(argv: Sequence[str] | None) -> Settings:
    """Raises: SystemExit, as :func:`streams.process.settings.load`."""
    return process.load(Settings, PURPOSE, "linli-streams", argv)


def main(argv: Sequence[str] | None = None) -> None:
    """Run one worker until a signal; leaves with the worker's exit code."""
    settings = load(argv)
    logs.configure(process="streams", level=settings.log_level, json=settings.log_json, quiet=QUIET)
    progress = Progress()
    server = serve(progress.report, settings.metrics_host, settings.metrics_port)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    app = build(settings, progress)
    worker = faust.Worker(app, loop=loop, redirect_stdouts=False, override_logging=False)
    try:
        worker.execute_from_commandline()
    finally:
        server.shutdown()


if __name__ == "__main__":
    main()
