"""Readings a second through our Faust agent, against an empty Faust agent over the same batches.

python bench/streams_agent.py [--batches 6000] [--size 100]

Both read the same records of ``linli.inputs`` from one broker (``KAFKA_BOOTSTRAP_SERVERS``, else one
of its own): ours decodes, steps three limits for every reading, writes state; the empty one only
iterates. They take turns, and the best of each counts; on a busy machine look at the processor time.
Named apart from the ``streams`` package, which it would hide. Aim: at least 0.25.
"""

import argparse
import asyncio
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[1]
GRIDS = 24
AIM = 0.25


def produce(servers: str, batches: int, size: int) -> None:
    """Write rules, devices and the batches that both agents read."""
    from kafka import KafkaProducer
    from step import SETS

    from streams.contracts import Batch, Device, Sample, encode

    producer = KafkaProducer(bootstrap_servers=servers, linger_ms=20, compression_type=None)
    for rule in SETS["one rule"]:
        producer.send("linli.rules", key=rule.id.encode(), value=encode(rule))
    grids = [f"990101009009{number:03d}" for number in range(GRIDS)]
    for grid in grids:
        for index in range(size):
            device = Device(f"bench-{grid}-{index:03d}", "gas", grid)
            producer.send("linli.devices", key=device.id.encode(), value=encode(device))
    start = time.time_ns() // 1_000_000 - 3_600_000
    for number in range(batches):
        grid, at = grids[number % GRIDS], start + number // GRIDS * 1000
        samples = tuple(
            Sample(f"bench-{grid}-{index:03d}", "gas", at - 100, at, {"ch4_lel": 3.0 + index % 7})
            for index in range(size)
        )
        producer.send("linli.inputs", key=grid.encode(), value=encode(Batch("bench", grid, at, samples)))
    producer.flush()
    producer.close()


class Stopwatch:
    """Runs from the first record to the last of ``total`` and then ends the process with a line of JSON."""

    def __init__(self, total: int) -> None:
        self.left = total
        self.total = total
        self.wall = self.processor = 0.0

    def lap(self) -> None:
        if self.left == self.total:
            self.wall, self.processor = time.perf_counter(), time.process_time()
        self.left -= 1
        if self.left == 0:
            took = {"wall": time.perf_counter() - self.wall, "processor": time.process_time() - self.processor}
            os.write(1, json.dumps(took).encode() + b"\n")
            os._exit(0)


def work_ours(servers: str, total: int) -> None:
    """Our own application, with a stopwatch after each record."""
    from streams import app
    from streams.agents.engine import Engine
    from streams.agents.stages import FIRST

    watch, handle = Stopwatch(total), Engine.handle

    async def timed(self: Engine, event: Any) -> None:
        await handle(self, event)
        if self.stage is FIRST:
            watch.lap()

    Engine.handle = timed  # type: ignore[method-assign]
    os.environ |= {
        "KAFKA_BOOTSTRAP_SERVERS": servers,
        "LINLI_WORKER_ID": f"bench-{secrets.token_hex(3)}",
        "LINLI_STATE_DIR": tempfile.mkdtemp(prefix="linli-bench-"),
        "LINLI_LOG_LEVEL": "error",
    }
    app.main([])


def work_empty(servers: str, total: int) -> None:
    """An agent that does nothing with the same records, set up as ours is."""
    import faust

    from streams.contracts.topics import INPUTS, PARTITIONS

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    empty = faust.App(
        f"bench-{secrets.token_hex(3)}",
        broker=f"kafka://{servers}",
        store="memory://",
        datadir=tempfile.mkdtemp(prefix="linli-bench-"),
        topic_partitions=PARTITIONS,
        topic_disable_leader=True,
        web_enabled=False,
        autodiscover=False,
        consumer_auto_offset_reset="earliest",
    )
    watch = Stopwatch(total)

    async def nothing(stream: Any) -> None:
        async for _ in stream.events():
            watch.lap()

    empty.agent(empty.topic(INPUTS.name, key_serializer="raw", value_type=bytes, value_serializer="raw"))(nothing)
    faust.Worker(empty, loglevel="error", loop=loop, redirect_stdouts=False).execute_from_commandline()


def measure(which: str, servers: str, total: int) -> dict[str, float]:
    """Run one agent in a process of its own."""
    command = [sys.executable, __file__, "--work", which, "--servers", servers, "--batches", str(total)]
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=600)
    took: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return took


def compare(servers: str, batches: int, size: int, rounds: int) -> None:
    """Produce once, run both agents in turn, print the best time of each."""
    from services.provision import topics

    topics.ensure(servers)
    produce(servers, batches, size)
    readings = batches * size
    runs: dict[str, list[dict[str, float]]] = {"empty": [], "ours": []}
    for _ in range(rounds):
        for which, took in runs.items():
            took.append(measure(which, servers, batches))
    best = {which: {of: min(run[of] for run in took) for of in ("wall", "processor")} for which, took in runs.items()}
    print(f"{'agent':<8} {'readings/s':>12} {'per processor s':>16}")
    for which, took in best.items():
        print(f"{which:<8} {readings / took['wall']:>12,.0f} {readings / took['processor']:>16,.0f}")
    ratio = best["empty"]["wall"] / best["ours"]["wall"]
    processor = best["empty"]["processor"] / best["ours"]["processor"]
    print(f"ratio {ratio:.2f} (processor time {processor:.2f}; aim {AIM})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batches", type=int, default=6_000)
    parser.add_argument("--size", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", choices=["ours", "empty"], help=argparse.SUPPRESS)
    parser.add_argument("--servers", default=os.environ.get("KAFKA_BOOTSTRAP_SERVERS", ""), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    sys.path.insert(0, str(CHECKOUT))
    if arguments.work:
        {"ours": work_ours, "empty": work_empty}[arguments.work](arguments.servers, arguments.batches)
        return
    if arguments.servers:
        compare(arguments.servers, arguments.batches, arguments.size, arguments.rounds)
        return
    from tests.conftest import make_kafka

    with tempfile.TemporaryDirectory(prefix="linli-bench-") as home:
        broker = make_kafka(Path(home))
        broker.start()
        try:
            compare(broker.bootstrap, arguments.batches, arguments.size, arguments.rounds)
        finally:
            broker.kill()


if __name__ == "__main__":
    main()
