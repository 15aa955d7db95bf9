"""Bosch parking lot sensor TPS110: status on port 1, heartbeat on 2, start-up with debug codes on 3."""

from typing import Final

from sensors.kinds.definition import Example
from sensors.models.definition import Field, Mark, Model

MODEL: Final = Model(
    key="tps110",
    kind="parking",
    name="Bosch TPS110",
    fields=(
        Field(
            path="occupied",
            metric="occupied",
            absent=0.0,
            absent_if=("type", frozenset({"parking status", "heartbeat", "startup"})),
        ),
    ),
    marks=(Mark(path="type", flag="startup", equals=frozenset({"startup"})),),
    ignore=frozenset({"debugCodes"}),
    examples=(
        Example(
            topic="v3/estate@linli/devices/bay-000012/up",
            payload=b'{"end_device_ids":{"device_id":"bay-000012"},"received_at":"2026-11-22T01:41:23Z",'
            b'"uplink_message":{"f_cnt":3,"f_port":1,"decoded_payload":{"type":"parking status"}}}',
            device="bay-000012",
            kind="parking",
            model="tps110",
            values={"occupied": 0.0},
            ts=1_795_311_683_000,
        ),
    ),
)
