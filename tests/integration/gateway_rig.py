"""A gateway as its own process, devices that publish, and an eye on what reached Kafka."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion

from streams.contracts import Batch, DeadLetter, Device, Sample, Tick, decode, decode_input, encode
from streams.contracts.topics import DEAD_LETTERS, DEVICES, INPUTS
from tests.support import eventually

GRID = "990101001001001"
OTHER_GRID = "990101001001002"


def topic_of(device: str, kind: str = "gas", grid: str = GRID) -> str:
    return f"linli/v1/{grid}/{kind}/{device}/telemetry"


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def message(value: float = 1.0, **more: Any) -> bytes:
    return json.dumps({"values": {"ch4_lel": value}} | more).encode()


def register(servers: str, *devices: Device) -> None:
    """Put devices on linli.devices as the registry would."""
    producer = KafkaProducer(bootstrap_servers=servers)
    for device in devices:
        producer.send(DEVICES.name, key=device.id.encode(), value=encode(device)).get(timeout=30)
    producer.close()


class GatewayProcess:
    """``linli-gateway`` as a process of its own."""

    def __init__(self, servers: str, mqtt_url: str, name: str, log: Path, **settings: str) -> None:
        self.name = name
        self._log = log
        self._environment = os.environ | {
            "KAFKA_BOOTSTRAP_SERVERS": servers,
            "MQTT_URL": mqtt_url,
            "LINLI_GATEWAY_ID": name,
            "LINLI_LOG_JSON": "1",
            **settings,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start it and wait until it has subscribed (again)."""
        subscriptions = self.said().count('"subscribed"')
        with self._log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-c", "import sys; from services.gateway.main import main; sys.exit(main([]))"],
                env=self._environment,
                stderr=out,
                stdout=out,
            )
        eventually(lambda: self.said().count('"subscribed"') > subscriptions, what=f"subscribed: {self._log}")
        return self

    def said(self) -> str:
        return self._log.read_text() if self._log.exists() else ""

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def terminate(self) -> int:
        return self._end(signal.SIGTERM)

    def _end(self, number: int) -> int:
        process, self.process = self.process, None
        if process is None:
            return 0
        process.send_signal(number)
        return process.wait(timeout=30)


@contextmanager
def running_gateway(servers: str, mqtt_url: str, name: str, log: Path, **settings: str) -> Iterator[GatewayProcess]:
    """A gateway for one test; its session on the broker goes with it."""
    gateway = GatewayProcess(servers, mqtt_url, name, log, **settings)
    try:
        yield gateway.start()
    finally:
        gateway.kill()
        with connected(mqtt_url, client_id=name):
            pass


@contextmanager
def connected(url: str, client_id: str = "", **options: Any) -> Iterator[Client]:
    """A paho client on the broker, clean, its loop on a thread."""
    parts = urlsplit(url)
    client = Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=MQTTv5, **options)
    client.username_pw_set(parts.username, parts.password)
    ready = threading.Event()
    client.on_connect = lambda *_: ready.set()
    client.max_inflight_messages_set(100)
    client.connect(str(parts.hostname), int(parts.port or 1883), clean_start=True)
    client.loop_start()
    assert ready.wait(20)
    try:
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


def publish(url: str, *messages: tuple[str, bytes]) -> None:
    """Publish with QoS 1 and wait for the broker's acknowledgement of each."""
    with connected(url) as client:
        for info in [client.publish(topic, payload, qos=1) for topic, payload in messages]:
            info.wait_for_publish(60)
            assert info.is_published()


@dataclass
class Tail:
    """Everything that one gateway wrote since this tail was made."""

    servers: str
    gateway: str
    batches: list[Batch] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    ticks: list[tuple[int, Tick]] = field(default_factory=list)
    order: dict[int, list[Batch | Tick]] = field(default_factory=dict)
    letters: list[DeadLetter] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._partitions = [
            TopicPartition(topic.name, number) for topic in (INPUTS, DEAD_LETTERS) for number in range(topic.partitions)
        ]
        self._positions: dict[TopicPartition, int] = {}
        self._consumer = self._open()
        self._consumer.seek_to_end(*self._partitions)
        for partition in self._partitions:
            self._positions[partition] = self._consumer.position(partition)

    def _open(self) -> Any:
        consumer = KafkaConsumer(bootstrap_servers=self.servers)
        consumer.assign(self._partitions)
        for partition, offset in self._positions.items():
            consumer.seek(partition, offset)
        return consumer

    def let_go(self) -> None:
        """Close the connection before Kafka goes away; the next read goes on where this one was."""
        if self._consumer is not None:
            self._consumer.close()
            self._consumer = None

    def read(self) -> Self:
        if self._consumer is None:
            self._consumer = self._open()
        for partition, records in self._consumer.poll(timeout_ms=50, max_records=5_000).items():
            for record in records:
                self._take(record)
            self._positions[partition] = records[-1].offset + 1
        return self

    def _take(self, record: Any) -> None:
        if record.topic == DEAD_LETTERS.name:
            self.letters.append(decode(record.value, DeadLetter))
            return
        entry = decode_input(record.value)
        if isinstance(entry, Batch) and entry.gateway == self.gateway:
            self.batches.append(entry)
            self.keys.append(record.key.decode())
            self.order.setdefault(record.partition, []).append(entry)
        elif isinstance(entry, Tick) and entry.gateway == self.gateway:
            self.ticks.append((record.partition, entry))
            self.order.setdefault(record.partition, []).append(entry)

    def samples(self, *devices: str) -> list[Sample]:
        wanted = set(devices)
        return [sample for batch in self.read().batches for sample in batch.samples if sample.device in wanted]

    def sequences(self, *devices: str) -> Counter[tuple[str, int | None]]:
        return Counter((sample.device, sample.seq) for sample in self.samples(*devices))

    def letters_of(self, device: str) -> list[DeadLetter]:
        return [letter for letter in self.read().letters if f"/{device}/" in letter.origin]


@contextmanager
def tail_of(servers: str, gateway: str) -> Iterator[Tail]:
    tail = Tail(servers, gateway)
    try:
        yield tail
    finally:
        tail.let_go()
