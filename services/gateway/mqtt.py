"""MQTT through paho, driven by a loop of our own.

paho's own thread would take the interpreter's lock from ours several times a message (it reads the
socket in pieces), and each acknowledgement would wake it; with one loop, reading, deciding and
acknowledging take turns, and not reading is as simple as not calling ``loop_read``.
"""

import select
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from services.adapters import logging
from services.adapters.metrics import gauge
from services.gateway.connection import BufferedClient
from services.gateway.handlers import Gateway
from services.ports import Stop
from streams.contracts.metrics import GATEWAY_BROKER_DROPPED, GATEWAY_CONNECTED

KEEPALIVE_S: Final = 30
SESSION_S: Final = 14 * 86_400
BURST: Final = 200
"""Messages read before anything else gets its turn: some ten milliseconds of work."""
GATHER_S: Final = 0.002
"""A pause after a short burst, so that a steady stream costs one turn every two milliseconds, not one a message."""
PATIENCE_S: Final = 5.0
"""How long a full gateway keeps a silent connection before it gives it up until Kafka is back."""
MOST_WAIT_S: Final = 1.0
FAREWELL_S: Final = 5.0
DROPPED_TOPIC: Final = "$SYS/broker/publish/messages/dropped"


@dataclass(frozen=True, slots=True)
class Account:
    """Where the broker is and who we are there; from ``mqtt://user:password@host:port``."""

    host: str
    port: int
    user: str | None
    password: str | None
    tls: bool

    @classmethod
    def parse(cls, url: str) -> "Account":
        """Read an address; ``mqtts`` means TLS with the system's certificates."""
        parts = urlsplit(url)
        if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname:
            raise ValueError("MQTT_URL must look like mqtt://user:password@host:port")
        tls = parts.scheme == "mqtts"
        return cls(
            host=parts.hostname,
            port=parts.port or (8883 if tls else 1883),
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            tls=tls,
        )


class Wake:
    """Lets another thread end the loop's wait."""

    def __init__(self) -> None:
        self.reader, self._writer = socket.socketpair()
        self.reader.setblocking(False)
        self._writer.setblocking(False)

    def __call__(self) -> None:
        # A full pipe has woken the loop already.
        with suppress(BlockingIOError):
            self._writer.send(b"\0")

    def clear(self) -> None:
        """Forget the calls so far; to be called before looking at what they were about."""
        with suppress(BlockingIOError):
            self.reader.recv(4_096)

    def close(self) -> None:
        self.reader.close()
        self._writer.close()


class Subscription:
    """One persistent session on the broker, its messages handed to a :class:`Gateway`."""

    def __init__(
        self,
        account: Account,
        gateway: Gateway,
        wake: Wake,
        *,
        client_id: str,
        filters: tuple[str, ...],
        receive_maximum: int,
    ) -> None:
        self._account = account
        self._gateway = gateway
        self._wake = wake
        self._filters = filters
        self._receive_maximum = receive_maximum
        self._log = logging.get(__name__)
        self._received = 0
        self._next_attempt = 0.0
        self._pause = 0.1
        self._full_since: float | None = None
        self._given_up = False
        self._client = self._make_client(client_id)

    def run(self, stop: Stop) -> None:
        """Serve until asked to stop; then let Kafka answer for what was read, acknowledge it and leave."""
        while not stop.is_set():
            self._turn(reading=True)
        self._gateway.flush()
        deadline = time.monotonic() + FAREWELL_S
        while self._gateway.waiting and self._client.is_connected() and time.monotonic() < deadline:
            self._turn(reading=False)
        self._client.disconnect()
        self._client.write_together()

    def _turn(self, *, reading: bool) -> None:
        self._keep_connected()
        self._wait(reading=reading and not self._gateway.full)
        if reading and 0 < self._read() < BURST:
            time.sleep(GATHER_S)
        for arrival in self._gateway.turn():
            if arrival.mid:
                self._client.ack(arrival.mid, 1)
        self._client.loop_misc()
        self._client.write_together()

    def _wait(self, *, reading: bool) -> None:
        poll = select.poll()
        poll.register(self._wake.reader, select.POLLIN)
        connection = self._client.connection
        pending = False
        if connection is not None:
            events = select.POLLIN if reading else 0
            poll.register(connection, events | (select.POLLOUT if connection.unsent else 0))
            pending = reading and connection.pending() > 0
        poll.poll(0 if pending else min(self._gateway.wait_ms(), MOST_WAIT_S * 1000))
        self._wake.clear()

    def _read(self) -> int:
        """Read until the socket is dry, the gateway full or the burst over; how many messages came."""
        begun = self._received
        for _ in range(BURST):
            before = self._received
            if self._gateway.full:
                break
            self._client.loop_read()
            if self._received == before:
                break
        return self._received - begun

    def _keep_connected(self) -> None:
        if self._client.socket() is not None:
            self._watch_fullness()
            return
        now = time.monotonic()
        if now < self._next_attempt or (self._given_up and not self._gateway.drained):
            return
        self._given_up = False
        self._next_attempt = now + self._pause
        self._pause = min(self._pause * 2, 5.0)
        try:
            self._client.connect(
                self._account.host,
                self._account.port,
                keepalive=KEEPALIVE_S,
                clean_start=False,
                properties=self._connect_properties(),
            )
            self._client.write_together()
        except OSError as error:
            self._log.warning("the MQTT broker is not there", host=self._account.host, error=str(error))

    def _watch_fullness(self) -> None:
        """Full, the gateway stops reading; full for long, it leaves, and the broker keeps the messages."""
        if not self._gateway.full:
            self._full_since = None
        elif self._full_since is None:
            self._full_since = time.monotonic()
        elif time.monotonic() - self._full_since > PATIENCE_S:
            self._log.warning(
                "full: leaving the MQTT broker until Kafka is back",
                messages=self._gateway.waiting,
                bytes=self._gateway.waiting_bytes,
            )
            self._given_up = True
            self._full_since = None
            self._client.disconnect()
            self._client.write_together()

    def _make_client(self, client_id: str) -> BufferedClient:
        client = BufferedClient(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=MQTTv5, manual_ack=True)
        client.username_pw_set(self._account.user, self._account.password)
        if self._account.tls:
            client.tls_set()
        client.connect_timeout = 2.0
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        # With this callback paho leaves writing to the loop instead of writing each packet by itself.
        client.on_socket_register_write = lambda *_: None
        return client

    def _connect_properties(self) -> Properties:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_S
        properties.ReceiveMaximum = self._receive_maximum
        return properties

    def _on_connect(self, client: Client, _userdata: Any, flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self._log.error("the MQTT broker refuses us", reason=str(reason), user=self._account.user)
            return
        self._pause = 0.1
        gauge(GATEWAY_CONNECTED).set(1)
        once = SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB)
        client.subscribe([*((name, once) for name in self._filters), (DROPPED_TOPIC, SubscribeOptions(qos=0))])
        self._log.info("subscribed", session_present=flags.session_present, filters=list(self._filters))

    def _on_disconnect(self, _client: Client, _userdata: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        gauge(GATEWAY_CONNECTED).set(0)
        self._log.warning("disconnected from the MQTT broker", reason=str(reason), waiting=self._gateway.waiting)
        self._gateway.disconnected()

    def _on_message(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        self._received += 1
        if message.topic == DROPPED_TOPIC:
            gauge(GATEWAY_BROKER_DROPPED).set(int(message.payload))
        else:
            self._gateway.receive(message.mid if message.qos else 0, message.topic, bytes(message.payload))
