"""Nwave parking sensor NPS405: heartbeats and state changes; the battery in volts and in a word."""

from typing import Final

from sensors.kinds.definition import Example
from sensors.models.definition import Field, Mark, Model
from streams.contracts import Quality

MODEL: Final = Model(
    key="nps405",
    kind="parking",
    name="Nwave NPS405",
    fields=(
        Field(
            path="occupied",
            metric="occupied",
            absent=0.0,
            absent_if=("type", frozenset({"heartbeat", "parking_status", "parking status"})),
        ),
    ),
    marks=(
        Mark(path="battery_health", flag="fault:battery-low", equals=frozenset({"low", "critical"})),
        Mark(path="hw_health_status", flag="fault:hardware"),
    ),
    examples=(
        Example(
            topic="v3/estate@linli/devices/bay-000006/up",
            payload=b'{"end_device_ids":{"device_id":"bay-000006"},"received_at":"2026-11-22T01:41:23Z",'
            b'"uplink_message":{"f_cnt":3,"f_port":2,"decoded_payload":'
            b'{"type":"heartbeat","occupied":true,"battery_voltage":2.7,"battery_health":"critical"}}}',
            device="bay-000006",
            kind="parking",
            model="nps405",
            values={"occupied": 1.0, "battery_voltage": 2.7},
            quality={"battery_voltage": Quality.UNLISTED},
            flags=("fault:battery-low",),
            ts=1_795_311_683_000,
        ),
    ),
)
