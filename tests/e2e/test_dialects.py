"""Every dialect's own example, through broker, gateway and log into history, for a registered device."""

import uuid

import pytest

from sensors.codecs import CODECS
from sensors.kinds import KINDS, Example
from tests.e2e.conftest import Running
from tests.support import eventually

EXAMPLES = {
    f"{name}-{number}": example
    for name, codec in CODECS.items()
    for number, example in enumerate(codec.examples)
    if example.values
}


def held(running: Running, device: str) -> dict[str, float]:
    """What history holds of a device, by metric."""
    rows = running.query("history", "SELECT DISTINCT metric, value FROM readings WHERE device = %s", device)
    return {str(metric): float(value) for metric, value in rows}


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_a_message_in_its_dialect_is_in_history(running: Running, example: Example) -> None:
    device = uuid.uuid4().hex[:16]
    topic = example.topic.replace(example.device, device)
    payload = example.payload.replace(example.device.encode(), device.encode())
    area = str(running.get("/devices", limit=1)["items"][0]["area"])
    kind = example.kind if example.kind in KINDS else "septic"
    body = {"id": device, "kind": kind, "area": area, "model": example.model}
    answer = running.post("/devices", body, "administrator", device)
    assert answer.status_code == 201, answer.text

    def arrived() -> bool:
        # Sent until the gateway has heard of the device: before that it is quarantined as unknown.
        running.publish_raw(topic, payload)
        return held(running, device) == dict(example.values)

    eventually(arrived, every_s=0.3, what=f"{dict(example.values)} of {device}")
