"""QoS 1 to the broker with a bounded window; what is not acknowledged is kept and sent again.

paho keeps unacknowledged messages over reconnects and sends them again unchanged, so a device's time
stamp stays what it was. Everything but the network thread's two callbacks runs on the caller's thread.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import structlog
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from sensors.simulator.scenarios import Message

WINDOW: Final = 100
"""Messages in flight; paho slows down with more, since each PUBACK walks all of them."""
BACKLOG: Final = 20_000
"""Messages waiting for the window; a caller that respects :attr:`Publisher.room` stays below it."""
DEFAULT_PORT: Final = 1883

log: Final = structlog.get_logger(__name__)


class Publisher:
    """One connection. ``on_order`` gets the payloads of ``subscribe`` on the network thread: enqueue only."""

    def __init__(
        self,
        url: str,
        *,
        client_id: str,
        subscribe: str = "",
        on_order: Callable[[bytes], None] = lambda _: None,
        window: int = WINDOW,
    ) -> None:
        self._window = window
        self._subscribe = subscribe
        self._on_order = on_order
        self._waiting: deque[Message] = deque()
        self._in_flight: dict[int, Message] = {}
        self._answers: deque[tuple[int, bool]] = deque()
        self._answered = threading.Event()
        self.connections = 0
        self.refused = 0
        parts = urlsplit(url)
        client = Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=MQTTProtocolVersion.MQTTv5)
        if parts.username:
            client.username_pw_set(unquote(parts.username), unquote(parts.password or ""))
        if parts.scheme == "mqtts":
            client.tls_set()
        client.max_inflight_messages_set(window)
        client.max_queued_messages_set(0)
        client.reconnect_delay_set(min_delay=1, max_delay=2)
        client.on_connect = self._connected
        client.on_publish = self._published
        client.on_message = self._ordered
        client.connect_async(parts.hostname or "127.0.0.1", parts.port or DEFAULT_PORT)
        self._client = client

    def start(self) -> None:
        """Connect on a thread of its own, now or as soon as the broker answers."""
        self._client.loop_start()

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    @property
    def connected(self) -> bool:
        return self._client.is_connected()

    @property
    def unacknowledged(self) -> int:
        """Messages that the broker has not taken over yet."""
        return len(self._waiting) + len(self._in_flight)

    @property
    def room(self) -> int:
        return BACKLOG - self.unacknowledged

    def put(self, messages: Iterable[Message]) -> None:
        """Queue messages behind those that wait."""
        self._waiting.extend(messages)

    def pump(self) -> list[Message]:
        """Send as far as the window allows; returns what has been acknowledged since the last call."""
        done: list[Message] = []
        while True:
            done.extend(self._collect())
            if not self._waiting or len(self._in_flight) >= self._window:
                return done
            message = self._waiting.popleft()
            info = self._client.publish(message.topic, message.payload, qos=1, retain=message.retain)
            if info.rc not in {MQTTErrorCode.MQTT_ERR_SUCCESS, MQTTErrorCode.MQTT_ERR_NO_CONN}:
                raise RuntimeError(f"paho refuses to keep a message: {info.rc!r}")
            self._in_flight[info.mid] = message

    def wait(self, seconds: float) -> None:
        """Until something is acknowledged, at most so long."""
        self._answered.wait(seconds)
        self._answered.clear()

    def _collect(self) -> list[Message]:
        done = []
        while self._answers:
            mid, taken = self._answers.popleft()
            message = self._in_flight.pop(mid)
            if taken:
                done.append(message)
            else:
                self.refused += 1
        return done

    def _connected(self, client: Client, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:
        if reason.is_failure:
            log.warning("the broker refuses the connection", reason=str(reason))
            return
        self.connections += 1
        log.info("connected", times=self.connections)
        if self._subscribe:
            client.subscribe(self._subscribe, qos=1)

    def _published(self, _client: Client, _data: Any, mid: int, reason: ReasonCode, _properties: Any) -> None:
        if reason.is_failure:
            log.warning("the broker refuses a message", reason=str(reason))
        self._answers.append((mid, not reason.is_failure))
        self._answered.set()

    def _ordered(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        self._on_order(bytes(message.payload))
