"""Nothing lost and nothing acknowledged too early when the gateway, Kafka or the MQTT broker dies."""

import os
import secrets
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Self

import psutil
import pytest
from kafka import KafkaProducer
from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from streams.contracts import Command, CommandName, Device, encode
from streams.contracts.topics import COMMANDS
from tests.conftest import make_kafka, make_mosquitto
from tests.integration.gateway_rig import (
    GRID,
    OTHER_GRID,
    GatewayProcess,
    Tail,
    connected,
    message,
    now_ms,
    publish,
    register,
    running_gateway,
    tail_of,
    topic_of,
)
from tests.support import eventually


class Load:
    """Devices that publish all the time and remember what the broker acknowledged."""

    def __init__(self, url: str, devices: int = 10, per_second: int = 500) -> None:
        self.devices = [f"gas-{secrets.token_hex(5)}" for _ in range(devices)]
        self.sent: set[tuple[str, int]] = set()
        self._url = url
        self._pause = 1 / per_second
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        on_the_way: dict[int, tuple[str, int]] = {}
        acknowledged: SimpleQueue[int] = SimpleQueue()

        def settle() -> bool:
            while not acknowledged.empty():
                self.sent.add(on_the_way.pop(acknowledged.get()))
            return not on_the_way

        with connected(self._url) as client:
            # paho calls this under the lock that publish() takes: no lock of ours may be held in it.
            client.on_publish = lambda _client, _userdata, mid, *_: acknowledged.put(mid)
            client.reconnect_delay_set(1, 1)
            for seq in count():
                if self._stop.wait(self._pause):
                    break
                device = self.devices[seq % len(self.devices)]
                info = client.publish(topic_of(device), message(seq=seq, ts=now_ms()), qos=1)
                on_the_way[info.mid] = (device, seq)
                settle()
            eventually(settle, what="the broker's acknowledgements")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.finish()

    def finish(self) -> None:
        self._stop.set()
        self._thread.join()


@contextmanager
def new_gateway(servers: str, broker: Any, log: Path, **settings: str) -> Iterator[tuple[GatewayProcess, Tail]]:
    name = f"gw-{secrets.token_hex(4)}"
    with (
        tail_of(servers, name) as tail,
        running_gateway(servers, broker.url("gateway"), name, log, **settings) as process,
    ):
        yield process, tail


def test_a_killed_gateway_loses_nothing_under_load(kafka_servers: str, mqtt_broker: Any, tmp_path: Path) -> None:
    with new_gateway(kafka_servers, mqtt_broker, tmp_path / "log") as (process, tail):
        with Load(mqtt_broker.url("demo")) as load:
            for _ in range(3):
                heard = len(tail.samples(*load.devices))
                eventually(lambda heard=heard: len(tail.samples(*load.devices)) > heard + 200)
                process.kill()
                process.start()
        eventually(lambda: set(tail.sequences(*load.devices)) >= load.sent, what="every message that was acknowledged")
        assert set(tail.sequences(*load.devices)) == load.sent


@pytest.fixture
def own_kafka(server_directory: Path) -> Iterator[Any]:
    """A broker that the test may stop."""
    from services.provision import topics

    broker = make_kafka(server_directory / f"kafka-{secrets.token_hex(4)}")
    with ExitStack() as stack:
        stack.callback(broker.kill)
        broker.start()
        topics.ensure(broker.bootstrap)
        yield broker


@pytest.fixture
def own_mosquitto(server_directory: Path) -> Iterator[Any]:
    """An MQTT broker that the test may stop."""
    broker = make_mosquitto(server_directory / f"mosquitto-{secrets.token_hex(4)}")
    with ExitStack() as stack:
        stack.callback(broker.kill)
        broker.start()
        yield broker


def test_nothing_is_acknowledged_while_kafka_is_away(own_kafka: Any, own_mosquitto: Any, tmp_path: Path) -> None:
    """The proof of an acknowledgement: what was acknowledged is not delivered to the session's next owner."""
    sensor = f"gas-{secrets.token_hex(5)}"
    with new_gateway(own_kafka.bootstrap, own_mosquitto, tmp_path / "log") as (process, tail):
        publish(own_mosquitto.url("demo"), (topic_of(sensor), message(seq=0)))
        eventually(lambda: tail.sequences(sensor))
        tail.let_go()
        own_kafka.stop()
        publish(own_mosquitto.url("demo"), *[(topic_of(sensor), message(seq=n)) for n in range(1, 301)])
        process.kill()
        assert _left_for(own_mosquitto, process.name) == 300


def _left_for(broker: Any, client_id: str) -> int:
    """How many messages the broker still owes to a session; none of them is acknowledged here."""
    received: set[int] = set()
    client = Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=MQTTv5, manual_ack=True)
    client.username_pw_set("gateway", broker.passwords["gateway"])
    client.on_message = lambda _client, _userdata, arrived: received.add(arrived.mid)
    properties = Properties(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = 60
    client.connect("127.0.0.1", broker.port, clean_start=False, properties=properties)
    client.loop_start()
    try:
        eventually(lambda: len(received) >= 300, within_s=20)
    finally:
        client.disconnect()
        client.loop_stop()
    return len(received)


def test_kafka_comes_back_and_every_reading_is_there_once(own_kafka: Any, own_mosquitto: Any, tmp_path: Path) -> None:
    with new_gateway(own_kafka.bootstrap, own_mosquitto, tmp_path / "log") as (_, tail):
        with Load(own_mosquitto.url("demo")) as load:
            eventually(lambda: len(tail.samples(*load.devices)) > 200)
            tail.let_go()
            own_kafka.kill()
            gone = len(load.sent)
            eventually(lambda: len(load.sent) > gone + 500, what="messages that the broker takes meanwhile")
            own_kafka.start()
            before = len(tail.samples(*load.devices))
            eventually(lambda: len(tail.samples(*load.devices)) > before + 200, within_s=60)
        eventually(lambda: set(tail.sequences(*load.devices)) >= load.sent, within_s=60)
        counts = tail.sequences(*load.devices)
        assert set(counts) == load.sent
        assert set(counts.values()) == {1}
        _in_order(tail, load.devices)


def _in_order(tail: Tail, devices: list[str]) -> None:
    for device in devices:
        numbers = [sample.seq for sample in tail.samples(device)]
        assert numbers == sorted(numbers)


def test_the_queue_is_the_bound_and_the_broker_keeps_the_rest(
    own_kafka: Any, own_mosquitto: Any, tmp_path: Path
) -> None:
    bound = {"LINLI_GATEWAY_QUEUE_MESSAGES": "50", "LINLI_GATEWAY_RECEIVE_MAXIMUM": "200"}
    sensor = f"gas-{secrets.token_hex(5)}"
    with new_gateway(own_kafka.bootstrap, own_mosquitto, tmp_path / "log", **bound) as (process, tail):
        tail.let_go()
        own_kafka.stop()
        publish(own_mosquitto.url("demo"), *[(topic_of(sensor), message(seq=n)) for n in range(2_000)])
        eventually(lambda: "full: leaving the MQTT broker" in process.said())
        own_kafka.start()
        eventually(lambda: len(tail.sequences(sensor)) == 2_000, within_s=60)


def test_memory_stays_bounded_while_kafka_is_away(own_kafka: Any, own_mosquitto: Any, tmp_path: Path) -> None:
    bound = {"LINLI_GATEWAY_QUEUE_BYTES": "1048576"}
    sensor = f"gas-{secrets.token_hex(5)}"
    filler = "x" * 2_000
    with new_gateway(own_kafka.bootstrap, own_mosquitto, tmp_path / "log", **bound) as (process, tail):
        publish(own_mosquitto.url("demo"), (topic_of(sensor), message(seq=0)))
        eventually(lambda: tail.sequences(sensor))
        assert process.process is not None
        memory = psutil.Process(process.process.pid)
        before = memory.memory_info().rss
        tail.let_go()
        own_kafka.stop()
        publish(
            own_mosquitto.url("demo"),
            *[(topic_of(sensor), message(seq=n, filler=filler)) for n in range(1, 10_001)],
        )
        eventually(lambda: "full: leaving the MQTT broker" in process.said())
        assert memory.memory_info().rss - before < 30_000_000
        own_kafka.start()
        eventually(lambda: len(tail.sequences(sensor)) == 10_001, within_s=60)


def test_a_restarted_mqtt_broker_is_met_again(kafka_servers: str, own_mosquitto: Any, tmp_path: Path) -> None:
    with new_gateway(kafka_servers, own_mosquitto, tmp_path / "log") as (process, tail):
        with Load(own_mosquitto.url("demo")) as load:
            eventually(lambda: len(tail.samples(*load.devices)) > 200)
            own_mosquitto.stop()
            own_mosquitto.start()
            before = len(tail.samples(*load.devices))
            eventually(lambda: len(tail.samples(*load.devices)) > before + 200)
        eventually(lambda: set(tail.sequences(*load.devices)) >= load.sent)
        assert '"session_present": true' in process.said()


def test_a_frozen_kafka_stops_no_keepalive(own_kafka: Any, own_mosquitto: Any, tmp_path: Path) -> None:
    """A Kafka that holds its connections open and says nothing must not cost the MQTT session."""
    sensor = f"gas-{secrets.token_hex(5)}"
    with new_gateway(own_kafka.bootstrap, own_mosquitto, tmp_path / "log") as (process, tail):
        publish(own_mosquitto.url("demo"), (topic_of(sensor), message(seq=0)))
        eventually(lambda: tail.sequences(sensor))
        os.killpg(own_kafka.process.pid, signal.SIGSTOP)
        try:
            publish(own_mosquitto.url("demo"), *[(topic_of(sensor), message(seq=n)) for n in range(1, 100)])
        finally:
            os.killpg(own_kafka.process.pid, signal.SIGCONT)
        eventually(lambda: len(tail.sequences(sensor)) == 100, within_s=60)
        assert "disconnected from the MQTT broker" not in process.said()


def test_a_message_for_several_grids_is_acknowledged_once_all_are_safe(
    kafka_servers: str, mqtt_broker: Any, tmp_path: Path
) -> None:
    here, there = f"gas-{secrets.token_hex(5)}", f"gas-{secrets.token_hex(5)}"
    register(kafka_servers, Device(id=here, kind="gas", area=GRID), Device(id=there, kind="gas", area=OTHER_GRID))
    with new_gateway(kafka_servers, mqtt_broker, tmp_path / "log") as (process, tail):
        publish(mqtt_broker.url("demo"), *[(topic_of(d), message(seq=1)) for d in (here, there)])
        eventually(lambda: len(tail.sequences(here, there)) == 2)
        mine = [batch for batch in tail.batches if any(sample.device in {here, there} for sample in batch.samples)]
        assert {batch.grid for batch in mine} == {GRID, OTHER_GRID}
        assert process.terminate() == 0


def test_a_dead_letter_is_read_again_on_command(kafka_servers: str, mqtt_broker: Any, tmp_path: Path) -> None:
    sensor = f"gas-{secrets.token_hex(5)}"
    arrived = now_ms() - 3_600_000
    command = Command(
        id=secrets.token_hex(8),
        action=CommandName.REPLAY,
        topic=topic_of(sensor),
        payload=message(3.0, seq=9),
        arrived=arrived,
        by="operator",
    )
    with new_gateway(kafka_servers, mqtt_broker, tmp_path / "log") as (_, tail):
        producer = KafkaProducer(bootstrap_servers=kafka_servers)
        producer.send(COMMANDS.name, key=sensor.encode(), value=encode(command)).get(timeout=30)
        producer.close()
        (sample,) = eventually(lambda: tail.samples(sensor))
    assert sample.at == arrived
    assert sample.seq == 9
