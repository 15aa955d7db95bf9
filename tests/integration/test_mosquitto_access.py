"""The broker itself, with the configuration that ships: who gets in, and who may say what."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue

import pytest
from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion

from services.stack.servers import mosquitto
from tests.conftest import TEMPLATES, MqttBroker, _free_port

GRID = "linli/v1/990101001001001/gas"
DEVICE = "gas-000001"
WAIT_S = 20


@pytest.fixture(scope="module")
def broker(server_directory: Path) -> Iterator[MqttBroker]:
    """A broker where one device has an account of its own."""
    home = server_directory / "mosquitto-access"
    passwords = {name: secrets.token_urlsafe(12) for name in (*mosquitto.ACCOUNTS, DEVICE)}
    prepared = mosquitto.prepare(templates=TEMPLATES, home=home, port=_free_port(), passwords=passwords)
    with ExitStack() as stack:
        started = MqttBroker(prepared, home / "mosquitto.log", passwords=passwords)
        stack.callback(started.kill)
        started.start()
        yield started


class Guest:
    """One client, as a stranger or with an account; what the broker answers it."""

    def __init__(self, broker: MqttBroker, user: str | None = None, password: str | None = None) -> None:
        self._answers: SimpleQueue[str] = SimpleQueue()
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5)
        self._client.username_pw_set(user, password)
        self._client.on_connect = lambda _client, _data, _flags, reason, _properties: self._answers.put(str(reason))
        self._client.on_publish = lambda _client, _data, _mid, reason, _properties: self._answers.put(str(reason))
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()
        self.welcome = self._answers.get(timeout=WAIT_S)

    def say(self, topic: str) -> str:
        self._client.publish(topic, b"{}", qos=1)
        return self._answers.get(timeout=WAIT_S)

    def leave(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.mark.parametrize(("user", "password"), [(None, None), ("demo", "wrong"), ("nobody", "x"), ("gateway", None)])
def test_nobody_gets_in_without_an_account_and_its_password(
    broker: MqttBroker, user: str | None, password: str | None
) -> None:
    guest = Guest(broker, user, password)
    assert guest.welcome == "Not authorized"
    guest.leave()


@pytest.mark.parametrize(
    ("user", "topic", "allowed"),
    [
        ("gateway", f"{GRID}/{DEVICE}/command", True),
        ("gateway", f"{GRID}/{DEVICE}/telemetry", False),
        ("simulator", f"{GRID}/{DEVICE}/telemetry", True),
        ("simulator", f"{GRID}/{DEVICE}/command", False),
        ("demo", f"{GRID}/{DEVICE}/telemetry", True),
        ("demo", f"{GRID}/{DEVICE}/command", False),
        (DEVICE, f"{GRID}/{DEVICE}/telemetry", True),
        (DEVICE, f"{GRID}/gas-000002/telemetry", False),
        (DEVICE, f"{GRID}/{DEVICE}/command", False),
    ],
)
def test_an_account_says_what_it_may_and_nothing_else(
    broker: MqttBroker, user: str, topic: str, *, allowed: bool
) -> None:
    guest = Guest(broker, user, broker.passwords[user])
    assert guest.welcome == "Success"
    assert (guest.say(topic) != "Not authorized") is allowed
    guest.leave()
