"""Publishing to the platform's broker as the demo account: the tour's readings, a scenario's order."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from streams.contracts import Unavailable

TIMEOUT_S = 10


class Publisher:
    """QoS 1, one message at a time, each acknowledged before the next."""

    def __init__(self, client: mqtt.Client) -> None:
        self._client = client

    def send(self, topic: str, payload: object) -> None:
        """Publish JSON and wait for the broker's acknowledgement.

        Raises:
            Unavailable: it did not come.
        """
        info = self._client.publish(topic, json.dumps(payload, ensure_ascii=False), qos=1)
        info.wait_for_publish(TIMEOUT_S)
        if not info.is_published():
            raise Unavailable(f"MQTT: {topic} was not acknowledged within {TIMEOUT_S} s")


@contextmanager
def publisher(url: str) -> Iterator[Publisher]:
    """Connect to ``mqtt://user:password@host:port`` for a while."""
    parts = urlsplit(url)
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.username_pw_set(parts.username, parts.password)
    try:
        client.connect(parts.hostname or "127.0.0.1", parts.port or 1883)
    except OSError as error:
        raise Unavailable(f"MQTT: {error}") from error
    client.loop_start()
    try:
        yield Publisher(client)
    finally:
        client.disconnect()
        client.loop_stop()
