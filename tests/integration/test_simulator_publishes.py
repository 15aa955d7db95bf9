"""The simulator and the load generator against a real broker, also one that goes away."""

import json
import os
import queue
import re
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from sensors.codecs import ROUTES, read
from sensors.simulator.district import build
from sensors.simulator.orders import CONTROL_TOPIC
from streams.contracts import Undecodable
from tests.conftest import MqttBroker, make_mosquitto
from tests.support import eventually

Reading = tuple[str, str, int, float]


@pytest.fixture
def own_broker() -> Iterator[MqttBroker]:
    """A broker that a test may stop."""
    with tempfile.TemporaryDirectory(prefix="linli-mqtt-", dir="/tmp") as home:
        Path(home).chmod(0o755)
        broker = make_mosquitto(Path(home) / "mosquitto")
        broker.start()
        yield broker
        broker.kill()


class Listener:
    """A durable subscriber to everything, as the gateway is."""

    def __init__(self, url: str) -> None:
        self.inbox: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        self.readings: set[Reading] = set()
        self.topics: set[str] = set()
        self.devices = {device.id: device for device in build(1, 400).devices}
        self._subscribed = False
        parts = urlsplit(url)
        client = Client(CallbackAPIVersion.VERSION2, client_id="listener", protocol=MQTTProtocolVersion.MQTTv5)
        client.username_pw_set(parts.username, parts.password)
        client.on_connect = lambda c, *_: c.subscribe([(topic, 1) for topic in ROUTES.filters])
        client.on_subscribe = self._ready
        client.on_message = self._take
        client.reconnect_delay_set(1, 1)
        lasting = Properties(PacketTypes.CONNECT)
        lasting.SessionExpiryInterval = 3600
        client.connect(parts.hostname or "", parts.port or 0, clean_start=False, properties=lasting)
        client.loop_start()
        self.client = client
        eventually(lambda: self._subscribed, what="subscription")

    def _ready(self, *_: Any) -> None:
        self._subscribed = True

    def _take(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        self.inbox.put((message.topic, bytes(message.payload)))

    def digest(self) -> set[Reading]:
        """Every reading received so far, whatever its dialect."""
        while not self.inbox.empty():
            topic, payload = self.inbox.get()
            self.topics.add(topic)
            try:
                samples = read(ROUTES, topic, payload, at=1_795_311_683_000, lookup=self.devices.get).samples
            except Undecodable:
                continue
            self.readings |= {(s.device, key, s.ts, value) for _, s in samples for key, value in s.values.items()}
        return self.readings

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def booked(ledger: Path) -> set[Reading]:
    lines = ledger.read_text().splitlines() if ledger.exists() else []
    return {(e["device"], e["metric"], e["ts"], e["value"]) for e in map(json.loads, lines)}


def start(module: str, log: Path, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    with log.open("wb") as out:
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdout=subprocess.PIPE,
            stderr=out,
            env={**os.environ, **environment},
        )


def end(process: subprocess.Popen[bytes]) -> int:
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    return process.returncode


def test_the_simulator_fills_the_map_takes_an_order_and_books_what_it_sent(
    own_broker: MqttBroker, tmp_path: Path
) -> None:
    listener = Listener(own_broker.url("gateway"))
    ledger, log, truth = tmp_path / "ledger.jsonl", tmp_path / "simulator.log", tmp_path / "truth.jsonl"
    simulator = start(
        "sensors.simulator.main",
        log,
        MQTT_URL=own_broker.url("simulator"),
        LINLI_SIMULATOR_LEDGER=str(ledger),
        LINLI_SIMULATOR_TRUTH=str(truth),
    )
    try:
        eventually(lambda: {r[0] for r in listener.digest()} >= set(listener.devices), what="every device has spoken")
        assert {topic.split("/")[0] for topic in listener.topics} == {"linli", "v3", "application", "tele"}
        demo = urlsplit(own_broker.url("demo"))
        client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        client.username_pw_set(demo.username, demo.password)
        client.connect(demo.hostname or "", demo.port or 0)
        client.loop_start()
        client.publish(CONTROL_TOPIC, b"nonsense", qos=1)
        client.publish(CONTROL_TOPIC, json.dumps({"scenario": "gas-leak"}), qos=1).wait_for_publish(10)
        client.disconnect()
        client.loop_stop()
        eventually(lambda: any(r[1] == "ch4_lel" and r[3] >= 60 for r in listener.digest()), what="a leak above 60")
        port = re.search(r'"metrics_port": (\d+)', log.read_text())
        assert port is not None
        with urllib.request.urlopen(f"http://127.0.0.1:{port[1]}/health") as health:
            assert json.load(health)["healthy"]
        with urllib.request.urlopen(f"http://127.0.0.1:{port[1]}/metrics") as metrics:
            assert b'linli_simulator_published_total{kind="gas"}' in metrics.read()
    finally:
        assert end(simulator) == 0
    eventually(lambda: booked(ledger) <= listener.digest(), what="everything booked has arrived")
    assert "order refused" in log.read_text()
    (leak,) = map(json.loads, truth.read_text().splitlines())
    assert leak["cause"] == "gas-leak"
    assert leak["from"] < leak["to"]
    assert {r[0] for r in listener.digest() if r[1] == "ch4_lel" and r[3] >= 60} <= set(leak["devices"])
    listener.close()


def test_a_load_survives_a_restart_of_the_broker_and_its_ledger_tells_the_truth(
    own_broker: MqttBroker, tmp_path: Path
) -> None:
    listener = Listener(own_broker.url("gateway"))
    ledger = tmp_path / "ledger.jsonl"
    url = own_broker.url("simulator")
    arguments = ("--rate", "400", "--seconds", "8", "--ledger", str(ledger), "--devices", "100", "--url", url)
    load = start("sensors.simulator.load", tmp_path / "load.log", *arguments)
    eventually(lambda: len(booked(ledger)) > 200, what="the load has begun")
    own_broker.stop()
    own_broker.start()
    out, _ = load.communicate(timeout=60)
    summary = json.loads(out)
    assert load.returncode == 0, summary
    assert summary["connections"] == 2
    assert summary["unacknowledged"] == 0
    assert len(booked(ledger)) == summary["readings"] == len(ledger.read_text().splitlines())
    eventually(lambda: booked(ledger) <= listener.digest(), what="everything booked has arrived")
    listener.close()
