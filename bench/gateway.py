"""Readings a second through the gateway, beside a bare paho consumer that only acknowledges.

    python bench/gateway.py [--messages N] [--metrics M] [--rounds R]

Starts a Kafka and a mosquitto of its own. Each round queues the same messages on the broker for a
sleeping session, wakes its owner and takes the time until the last message is acknowledged; the two
take turns, so that a busy machine slows both. The table gives each round and the medians' ratios, by
the clock and by the processor time that each process used (all its threads), which a busy machine
disturbs less.
"""

import argparse
import json
import os
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from kafka import KafkaProducer
from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from services.provision import topics
from streams.contracts import Device, encode
from streams.contracts.topics import DEVICES
from tests.conftest import make_kafka, make_mosquitto

FILTER = "linli/v1/+/+/+/telemetry"
RECEIVE_MAXIMUM = 4_000
GRIDS = [f"990101001001{number:03}" for number in range(1, 21)]
DEVICES_COUNT = 400
METRICS = ("ch4_lel", "battery_pct", "life_days", "h2s_ppm", "o2_vol", "alarm", "valve_open", "fan_on")


def client(url: str, client_id: str, *, clean: bool) -> Client:
    parts = urlsplit(url)
    made = Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=MQTTv5, manual_ack=True)
    made.username_pw_set(parts.username, parts.password)
    made.max_inflight_messages_set(100)
    properties = Properties(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = 3_600
    properties.ReceiveMaximum = RECEIVE_MAXIMUM
    made.connect(str(parts.hostname), int(parts.port or 1883), clean_start=clean, properties=properties)
    return made


def sleeping_session(url: str, client_id: str) -> None:
    """Make a fresh session with the subscription and leave it."""
    made = client(url, client_id, clean=True)
    ready: list[bool] = []
    made.on_connect = lambda *_: made.subscribe(FILTER, qos=1)
    made.on_subscribe = lambda *_: ready.append(True)
    while not ready:
        made.loop(0.1)
    made.disconnect()
    while made.is_connected():
        made.loop(0.1)


def publish(url: str, count: int, metrics: int) -> None:
    """Publish ``count`` messages and wait for their acknowledgement."""
    made = client(url, "", clean=True)
    made.loop_start()
    values = dict.fromkeys(METRICS[:metrics], 1.0)
    last = None
    for number in range(count):
        device = number % DEVICES_COUNT
        topic = f"linli/v1/{GRIDS[device % len(GRIDS)]}/gas/bench-{device:03}/telemetry"
        payload = json.dumps({"ts": time.time_ns() // 1_000_000, "seq": number // DEVICES_COUNT, "values": values})
        last = made.publish(topic, payload, qos=1)
    if last is not None:
        last.wait_for_publish()
    made.disconnect()
    made.loop_stop()


def bare(url: str, client_id: str, count: int) -> tuple[float, float]:
    """Seconds and processor seconds until a consumer that does nothing else has acknowledged ``count`` messages."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[4]); from bench.gateway import consume;"
        "consume(sys.argv[1], sys.argv[2], int(sys.argv[3]))"
    )
    root = str(Path(__file__).resolve().parents[1])
    done = subprocess.run(
        [sys.executable, "-c", code, url, client_id, str(count), root], check=True, capture_output=True, text=True
    )
    return _figures(done.stdout)


def _figures(line: str) -> tuple[float, float]:
    seconds, processor = line.split()
    return float(seconds), float(processor)


def consume(url: str, client_id: str, count: int) -> None:
    """The bare consumer, in a process of its own; prints its seconds."""
    made = client(url, client_id, clean=False)
    start: list[float] = []
    seen = 0

    def on_message(_client: Client, _userdata: object, message: object) -> None:
        nonlocal seen
        if not start:
            start.extend((time.perf_counter(), time.process_time()))
        seen += 1
        made.ack(message.mid, 1)  # type: ignore[attr-defined]

    made.on_message = on_message
    while seen < count:
        made.loop(0.5)
    print(time.perf_counter() - start[0], time.process_time() - start[1])
    made.disconnect()


def gateway(servers: str, url: str, client_id: str, count: int, log: Path) -> tuple[float, float]:
    """Seconds and processor seconds from the gateway's first message to the acknowledgement of its last."""
    environment = os.environ | {
        "KAFKA_BOOTSTRAP_SERVERS": servers,
        "MQTT_URL": url,
        "LINLI_GATEWAY_ID": client_id,
        "LINLI_GATEWAY_RECEIVE_MAXIMUM": str(RECEIVE_MAXIMUM),
    }
    code = "import sys, bench.gateway as b; b.measured_gateway(int(sys.argv[1]))"
    with log.open("ab") as out:
        done = subprocess.run(
            [sys.executable, "-c", code, str(count)],
            env=environment | {"PYTHONPATH": str(Path(__file__).resolve().parents[1])},
            check=True,
            stdout=subprocess.PIPE,
            stderr=out,
            text=True,
        )
    return _figures(done.stdout)


def measured_gateway(count: int) -> None:
    """The real process, with a watch on its acknowledgements; ends itself after the last."""
    import signal

    from services.gateway import mqtt
    from services.gateway.main import main

    start: list[float] = []
    figures: list[float] = []
    acknowledged = 0
    receive, turn = mqtt.Gateway.receive, mqtt.Gateway.turn

    def timed_receive(self: mqtt.Gateway, mid: int, topic: str, payload: bytes) -> None:
        if not start:
            start.extend((time.perf_counter(), time.process_time()))
        receive(self, mid, topic, payload)

    def timed_turn(self: mqtt.Gateway) -> list:
        nonlocal acknowledged
        ready = turn(self)
        acknowledged += len(ready)
        if acknowledged >= count and not figures:
            figures.extend((time.perf_counter() - start[0], time.process_time() - start[1]))
            os.kill(os.getpid(), signal.SIGTERM)
        return ready

    mqtt.Gateway.receive = timed_receive  # type: ignore[method-assign]
    mqtt.Gateway.turn = timed_turn  # type: ignore[method-assign]
    main([])
    print(*figures)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=30_000)
    parser.add_argument("--metrics", type=int, default=4, choices=range(1, 9))
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="linli-bench-"))
    home.chmod(0o755)
    kafka, mosquitto = make_kafka(home / "kafka"), make_mosquitto(home / "mosquitto")
    try:
        kafka.start()
        mosquitto.start()
        topics.ensure(kafka.bootstrap)
        register(kafka.bootstrap)
        measure(arguments, kafka.bootstrap, mosquitto, home / "gateway.log")
    finally:
        kafka.kill()
        mosquitto.kill()
        shutil.rmtree(home, ignore_errors=True)


def register(servers: str) -> None:
    producer = KafkaProducer(bootstrap_servers=servers)
    for number in range(DEVICES_COUNT):
        device = Device(id=f"bench-{number:03}", kind="gas", area=GRIDS[number % len(GRIDS)])
        producer.send(DEVICES.name, key=device.id.encode(), value=encode(device))
    producer.close()


def measure(arguments: argparse.Namespace, servers: str, broker: object, log: Path) -> None:
    count, metrics = arguments.messages, arguments.metrics
    url, demo = broker.url("gateway"), broker.url("demo")  # type: ignore[attr-defined]
    clock: dict[str, list[float]] = {"bare": [], "gateway": []}
    processor: dict[str, list[float]] = {"bare": [], "gateway": []}
    print(f"{count} messages of {metrics} readings, {DEVICES_COUNT} devices, {len(GRIDS)} grids")
    print(f"{'round':>5} {'consumer':<10} {'seconds':>8} {'messages/s':>11} {'readings/s':>11} {'CPU µs/message':>15}")
    for number in range(1, arguments.rounds + 1):
        for name in ("bare", "gateway"):
            session = f"bench-{secrets.token_hex(4)}"
            sleeping_session(url, session)
            publish(demo, count, metrics)
            if name == "bare":
                seconds, used = bare(url, session, count)
            else:
                seconds, used = gateway(servers, url, session, count, log)
            client(url, session, clean=True).disconnect()
            clock[name].append(count / seconds)
            processor[name].append(used / count * 1e6)
            rate = count / seconds
            print(f"{number:>5} {name:<10} {seconds:>8.2f} {rate:>11.0f} {rate * metrics:>11.0f}", end=" ")
            print(f"{processor[name][-1]:>15.1f}", flush=True)
    rate_of = {name: statistics.median(values) for name, values in clock.items()}
    cost_of = {name: statistics.median(values) for name, values in processor.items()}
    print(f"ratio by the clock {rate_of['gateway'] / rate_of['bare']:.2f}", end=", ")
    print(f"by processor time {cost_of['bare'] / cost_of['gateway']:.2f} (aim 0.60)")


if __name__ == "__main__":
    main()
