"""Shelly Gas: parts per million (500 ppm of methane are 1 %LEL), words for the alarm, -1 for "unknown"."""

from typing import Final

from sensors.kinds.definition import Example
from sensors.models.definition import Field, Mark, Model
from streams.contracts import Quality

MODEL: Final = Model(
    key="shelly-gas",
    kind="gas",
    name="Shelly Gas",
    fields=(
        Field(path="concentration.ppm", metric="ch4_lel", scale=1 / 500, sentinels={-1.0: Quality.SENTINEL}),
        Field(
            path="gas_sensor.alarm_state", metric="alarm", words={"none": 0.0, "mild": 1.0, "heavy": 1.0, "test": 1.0}
        ),
        Field(path="valves.0.state", metric="valve_open", words={"closed": 0.0, "opened": 1.0}),
    ),
    marks=(
        Mark(path="gas_sensor.alarm_state", flag="test", equals=frozenset({"test"})),
        Mark(path="gas_sensor.self_test_state", flag="test", equals=frozenset({"running"})),
        Mark(path="gas_sensor.sensor_state", flag="warmup", equals=frozenset({"warmup"})),
        Mark(path="gas_sensor.sensor_state", flag="fault:sensor", equals=frozenset({"fault", "unknown"})),
        Mark(path="concentration.is_valid", flag="fault:concentration", equals=frozenset({"false"})),
        Mark(path="valves.0.state", flag="fault:valve", equals=frozenset({"failure"})),
    ),
    ignore=frozenset(
        {
            "wifi_sta",
            "cloud",
            "mqtt",
            "has_update",
            "cfg_changed_cnt",
            "actions_stats",
            "valves",
            "update",
            "ram_total",
            "ram_free",
            "fs_size",
            "fs_free",
            "uptime",
        }
    ),
    examples=(
        Example(
            topic="shellies/shellygas-7C87CE000000/info",
            payload=b'{"unixtime":1795311683,"serial":32,"gas_sensor":{"sensor_state":"warmup","alarm_state":"none"},'
            b'"concentration":{"ppm":-1,"is_valid":false},"valves":[{"state":"not_connected"}]}',
            device="shellygas-7C87CE000000",
            kind="gas",
            model="shelly-gas",
            values={"ch4_lel": -0.002, "alarm": 0.0},
            quality={"ch4_lel": Quality.WARMUP, "alarm": Quality.WARMUP},
            flags=("warmup", "fault:concentration"),
            ts=1_795_311_683_000,
        ),
    ),
)
