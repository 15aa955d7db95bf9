"""From a device's message to alarm, ticket and screen, on the whole platform under load.

python bench/chain.py [--rates 100 1000 5000] [--alarms 100] [--grouped] [--data DIR]

Starts the platform with the launcher (without its simulator), registers detectors, and lets each
one raise its own alarm (no on-delay: the second message confirms) while a load runs beside them.
Latency runs from the device's time stamp in the confirming message to: the alarm's record time in
Kafka, the ticket event's record time in Kafka, the arrival at a client of the event stream. Every
clock is this machine's. ``--grouped`` hangs each detector on a gas main of its own, so that its alarm
takes the hop through the second stage and still opens a ticket of its own.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from kafka import KafkaConsumer, TopicPartition

from services.stack.client import Client
from services.stack.layout import Layout
from services.stack.platform import Platform
from services.stack.publish import publisher
from services.stack.up import platform_of
from streams.contracts import AlarmEvent, TicketEvent, Undecodable, decode
from streams.contracts.topics import ALARMS, TICKETS, Topic

CHECKOUT = Path(__file__).resolve().parents[1]
AIM_MS = 500
SETTLE_S = 5


@contextmanager
def running(data: Path) -> Iterator[Platform]:
    """The platform without its simulator, taken down afterwards."""
    linli = [str(CHECKOUT / "linli")]
    subprocess.run([*linli, "up", "--detach", "--no-simulator", "--data", str(data)], check=True)
    try:
        yield platform_of(Layout(data))
    finally:
        subprocess.run([*linli, "down", "--data", str(data)], check=True)


class Watch:
    """Threads that note when each device's alarm and ticket appear."""

    def __init__(self, platform: Platform, token: str) -> None:
        self.alarms: dict[str, int] = {}
        self.tickets: dict[str, int] = {}
        self.screens: dict[str, int] = {}
        self._platform = platform
        self._token = token
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._follow, args=(ALARMS, AlarmEvent, self.alarms), daemon=True),
            threading.Thread(target=self._follow, args=(TICKETS, TicketEvent, self.tickets), daemon=True),
            threading.Thread(target=self._listen, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()

    def _follow(self, topic: Topic, kind: type, seen: dict[str, int]) -> None:
        consumer = KafkaConsumer(bootstrap_servers=self._platform.kafka.split(","))
        consumer.assign([TopicPartition(topic.name, number) for number in range(topic.partitions)])
        consumer.seek_to_end()
        while not self._stop.is_set():
            for records in consumer.poll(timeout_ms=100).values():
                for record in records:
                    try:
                        seen.setdefault(decode(record.value, kind).device, record.timestamp)
                    except Undecodable:
                        continue
        consumer.close()

    def _listen(self) -> None:
        headers = {"Authorization": f"Bearer {self._token}"}
        url = f"{self._platform.web}/api/v1/events?topics=alarm"
        with httpx.stream("GET", url, headers=headers, timeout=None, trust_env=False) as stream:  # noqa: S113
            for line in stream.iter_lines():
                if self._stop.is_set():
                    return
                if line.startswith("data:") and '"device"' in line:
                    self.screens.setdefault(json.loads(line[5:])["device"], time.time_ns() // 1_000_000)


def register(platform: Platform, count: int, *, grouped: bool) -> tuple[str, list[str]]:
    administrator = Client(platform, "administrator")
    grid = administrator.get("/devices", kind="gas", limit=1)["items"][0]["area"]
    run = uuid.uuid4().hex[:6]
    devices = [f"bench-{run}-{number:04d}" for number in range(count)]
    for device in devices:
        body: dict[str, object] = {"id": device, "kind": "gas", "area": grid, "period_s": 3600}
        if grouped:
            body["attributes"] = {"main": f"M-{device}"}
        administrator.post("/devices", body, key=device)
    return grid, devices


def raise_alarms(platform: Platform, grid: str, devices: list[str], seconds: float) -> dict[str, int]:
    """Two messages each, evenly over the time; returns the device time of the second, epoch ms."""
    confirmed = {}
    with publisher(platform.mqtt("demo")) as broker:
        for device in devices:
            topic = f"linli/v1/{grid}/gas/{device}/telemetry"
            first = time.time_ns() // 1_000_000
            broker.send(topic, {"ts": first - 1, "values": {"alarm": True}})
            confirmed[device] = time.time_ns() // 1_000_000
            broker.send(topic, {"ts": confirmed[device], "values": {"alarm": True}})
            time.sleep(seconds / len(devices))
    return confirmed


def load(platform: Platform, rate: int, seconds: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "sensors.simulator.load", "--rate", str(rate), "--seconds", str(seconds)],
        cwd=CHECKOUT,
        env={**os.environ, "MQTT_URL": platform.mqtt("simulator")},
        stdout=subprocess.PIPE,
        text=True,
    )


def percentiles(sent: dict[str, int], seen: dict[str, int]) -> tuple[int, list[int]]:
    waits = sorted(seen[device] - at for device, at in sent.items() if device in seen)
    return len(waits), [waits[min(len(waits) - 1, int(len(waits) * part))] for part in (0.5, 0.95, 0.99)]


def measure(platform: Platform, rate: int, count: int, *, grouped: bool) -> None:
    grid, devices = register(platform, count, grouped=grouped)
    watch = Watch(platform, Client(platform, "administrator").token)
    seconds = 20.0
    generator = load(platform, rate, seconds + 2 * SETTLE_S)
    time.sleep(SETTLE_S)
    sent = raise_alarms(platform, grid, devices, seconds)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not all(
        device in seen for device in devices for seen in (watch.alarms, watch.tickets, watch.screens)
    ):
        time.sleep(0.1)
    watch.stop()
    achieved = json.loads(generator.communicate()[0] or "{}")
    for name, seen in (("alarm", watch.alarms), ("ticket", watch.tickets), ("screen", watch.screens)):
        found, (p50, p95, p99) = percentiles(sent, seen)
        real = achieved.get("readings", 0) / max(achieved.get("seconds", 1), 1)
        print(
            f"{rate:>8} {real:>9.0f} {name:<8}{found:>5}/{count:<5}{p50:>7}{p95:>7}{p99:>7}   {p99 / AIM_MS:>5.2f}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rates", type=int, nargs="+", default=[100, 1000, 5000])
    parser.add_argument("--alarms", type=int, default=100)
    parser.add_argument("--grouped", action="store_true", help="alarms that go through the second stage")
    parser.add_argument("--data", type=Path)
    arguments = parser.parse_args()
    folder = arguments.data or Path(tempfile.mkdtemp(prefix="linli-bench-"))
    folder.chmod(0o755)
    with running(folder / "data") as platform:
        print("readings/s  achieved  to       seen       p50 ms    p95    p99   p99 / 500 ms")
        for rate in arguments.rates:
            measure(platform, rate, arguments.alarms, grouped=arguments.grouped)


if __name__ == "__main__":
    main()
