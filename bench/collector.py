"""What Python's collector costs the detection worker, with a million devices or with a few.

    python bench/collector.py [--devices 1000000] [--rate 1000] [--seconds 60] [--unsettled]

A worker as a process of its own, on a broker of its own, takes up so many devices under the five rules
of ``bench/step.py``; each has spoken once. Then come ``--rate`` readings a second, spread over all grids,
with a tick a second for every partition as a gateway gives them, and among them five a second over a
limit that fires at once. Told are the collections of each generation while that went on and the longest
of them, a full one at the end, all by processor time, and the delay from a reading that fires to its
event in ``linli.alarms``. ``--unsettled`` has the collector walk everything at Python's own pace, as
before ADR 72.
"""

import argparse
import gc
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from step import GRIDS, SETS

from services.provision import topics
from services.stack.condition import metrics
from streams.contracts import AlarmEvent, Batch, Device, Input, Level, Op, Rule, Sample, Severity, Tick, decode, encode
from streams.contracts.topics import ALARMS, DEVICES, INPUTS, PARTITIONS, RULES
from streams.rules import partition_of

CHECKOUT = Path(__file__).resolve().parents[1]
A_GRID = 1_000
AT_ONCE = Rule(
    "bench.at_once", 1, "gas", "ch4_lel", Op.GE, (Level(Severity.WARNING, 60.0),), "bench", "试", "Bench",
)  # fmt: skip
FIRED = 61.0
PATIENCE_S = 900.0


def work(report: Path, *, unsettled: bool) -> None:
    """The worker, with a note of every collection; a line on its input makes a full one."""
    from streams import app

    began = 0.0
    notes = report.open("a", buffering=1)

    def note(phase: str, info: dict[str, int]) -> None:
        nonlocal began
        if phase == "start":
            began = time.thread_time()
        else:
            notes.write(f"{time.time():.3f} {info['generation']} {time.thread_time() - began:.6f}\n")

    def collect() -> None:
        for _ in sys.stdin:
            gc.collect()

    if unsettled:
        gc.freeze = gc.set_threshold = lambda *_: None  # type: ignore[assignment]
    gc.callbacks.append(note)
    threading.Thread(target=collect, daemon=True).start()
    app.main([])


class Town:
    """Writes what registry and gateway would, and notes when each reading that fires was sent."""

    def __init__(self, servers: str, devices: int) -> None:
        self._producer = KafkaProducer(bootstrap_servers=servers, linger_ms=5)
        self._devices = devices
        self._grids = GRIDS[: max(1, devices // A_GRID)]
        self.fired: dict[str, int] = {}

    def name(self, index: int) -> str:
        return f"bench-{index:07d}"

    def grid(self, index: int) -> str:
        return self._grids[index // A_GRID % len(self._grids)]

    def put(self, record: Input, grid: str, partition: int | None = None) -> None:
        where = partition_of(grid) if partition is None else partition
        self._producer.send(INPUTS.name, key=grid.encode(), value=encode(record), partition=where)

    def register(self) -> None:
        for rule in (*SETS["five rules"], AT_ONCE):
            self._producer.send(RULES.name, key=rule.id.encode(), value=encode(rule))
        for index in range(self._devices):
            device = Device(self.name(index), "gas", self.grid(index), period_s=86_400)
            self._producer.send(DEVICES.name, key=device.id.encode(), value=encode(device))
        self._producer.flush()

    def all_speak(self) -> None:
        for start in range(0, self._devices, 100):
            self._batch(range(start, min(start + 100, self._devices)), self.grid(start))
        self._producer.flush()

    def _batch(self, indices: range, grid: str, value: float = 2.0) -> None:
        at = time.time_ns() // 1_000_000
        samples = tuple(Sample(self.name(index), "gas", at, at, {"ch4_lel": value}) for index in indices)
        self.put(Batch("bench", grid, at, samples), grid)

    def tick(self) -> None:
        at = time.time_ns() // 1_000_000
        for partition in range(PARTITIONS):
            self.put(Tick("bench", at), "", partition)

    def live(self, rate: int, seconds: int, firing: int) -> None:
        """``rate`` readings a second in small batches of one grid each, and ``firing`` more that are over the limit."""
        choose = random.Random(7)
        batches = max(1, rate // 10)
        begin = time.monotonic()
        for turn in range(seconds * 10):
            if turn % 10 == 0:
                self.tick()
            for number in range(batches // 10):
                first = choose.randrange(0, self._devices - 10) // 10 * 10
                self._batch(range(first, first + 10), self.grid(first), 2.0 + number % 3 * 0.1)
            if firing and turn % (10 // firing) == 0:
                index = choose.randrange(self._devices)
                if self.name(index) not in self.fired:
                    self.fired[self.name(index)] = time.time_ns() // 1_000_000
                    self._batch(range(index, index + 1), self.grid(index), FIRED)
            self._producer.flush()
            time.sleep(max(0.0, begin + (turn + 1) / 10 - time.monotonic()))

    def close(self) -> None:
        self._producer.close()


class Ears(threading.Thread):
    """Notes the record time of each device's first alarm of :data:`AT_ONCE`."""

    def __init__(self, servers: str) -> None:
        super().__init__(daemon=True)
        self.heard: dict[str, int] = {}
        self._servers = servers
        self.over = threading.Event()

    def run(self) -> None:
        consumer = KafkaConsumer(bootstrap_servers=self._servers, auto_offset_reset="earliest")
        consumer.assign([TopicPartition(ALARMS.name, number) for number in range(ALARMS.partitions)])
        consumer.seek_to_beginning()
        while not self.over.is_set():
            for records in consumer.poll(timeout_ms=200).values():
                for record in records:
                    event = decode(record.value, AlarmEvent)
                    if event.rule == AT_ONCE.id:
                        self.heard.setdefault(event.device, record.timestamp)
        consumer.close()


def await_samples(port: int, wanted: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while metrics(port).get("linli_engine_samples_total", 0) < wanted:
        if time.monotonic() > deadline:
            raise TimeoutError(f"the worker has not stepped {wanted:,} samples")
        time.sleep(0.5)


def collections(report: Path, after: float, before: float) -> dict[int, list[float]]:
    """Processor seconds of each collection by generation, of those that ended between the two times."""
    found: dict[int, list[float]] = defaultdict(list)
    for line in report.read_text().splitlines():
        when, generation, took = line.split()
        if after <= float(when) < before:
            found[int(generation)].append(float(took))
    return found


def told(title: str, found: dict[int, list[float]], seconds: float) -> None:
    for generation in range(3):
        took = found.get(generation, [])
        longest = max(took, default=0.0) * 1_000
        print(
            f"{title:<10} generation {generation}: {len(took):>6} in {seconds:.0f} s, "
            f"together {sum(took) * 1_000:>8.0f} ms, longest {longest:>7.1f} ms",
            flush=True,
        )


def measure(servers: str, home: Path, asked: argparse.Namespace) -> None:
    topics.ensure(servers)
    town, ears = Town(servers, asked.devices), Ears(servers)
    town.register()
    town.all_speak()
    report, port = home / "collections", 19_117
    environment = os.environ | {
        "PYTHONPATH": str(CHECKOUT), "KAFKA_BOOTSTRAP_SERVERS": servers, "LINLI_WORKER_ID": "bench",
        "LINLI_STATE_DIR": str(home / "state"), "LINLI_METRICS_PORT": str(port), "LINLI_LOG_LEVEL": "warning",
    }  # fmt: skip
    command = [sys.executable, __file__, "--work", str(report), *(["--unsettled"] if asked.unsettled else [])]
    began = time.time()
    worker = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, text=True)
    try:
        town.tick()
        await_samples(port, asked.devices)
        taken_up = time.time()
        told("start", collections(report, began, taken_up), taken_up - began)
        ears.start()
        town.live(asked.rate, 20, 0)
        first = time.time()
        town.live(asked.rate, asked.seconds, 5)
        last = time.time()
        told("live", collections(report, first, last), last - first)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and ears.heard.keys() < town.fired.keys():
            time.sleep(0.2)
        print("collect", file=worker.stdin, flush=True)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not collections(report, last, time.time()).get(2):
            time.sleep(0.2)
        full = max(collections(report, last, time.time()).get(2, [0.0]))
        print(f"a full collection {full * 1_000:.0f} ms; resident {resident(worker.pid):,} MB", flush=True)
    finally:
        worker.kill()
        worker.wait()
        ears.over.set()
        town.close()
    delays(town.fired, ears.heard)


def resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 >> 20


def delays(sent: dict[str, int], heard: dict[str, int]) -> None:
    waits: list[Any] = sorted(heard[device] - at for device, at in sent.items() if device in heard)
    parts = [waits[min(len(waits) - 1, int(len(waits) * part))] for part in (0.5, 0.95, 0.99, 0.999)]
    words = ", ".join(f"{name} {wait} ms" for name, wait in zip(("p50", "p95", "p99", "p99.9"), parts, strict=True))
    print(f"{len(waits)}/{len(sent)} alarms: {words}, longest {waits[-1]} ms; load {os.getloadavg()[0]:.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=1_000_000)
    parser.add_argument("--rate", type=int, default=1_000)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--unsettled", action="store_true")
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    sys.path.insert(0, str(CHECKOUT))
    if asked.work:
        work(asked.work, unsettled=asked.unsettled)
        return
    from tests.conftest import make_kafka

    with tempfile.TemporaryDirectory(prefix="linli-bench-") as home:
        broker = make_kafka(Path(home))
        broker.start()
        try:
            measure(broker.bootstrap, Path(home), asked)
        finally:
            broker.kill()


if __name__ == "__main__":
    main()
