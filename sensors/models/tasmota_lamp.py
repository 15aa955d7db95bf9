"""A lamp behind a Tasmota relay with an energy meter: ``ENERGY`` of SENSOR, ``POWER`` and ``Dimmer`` of STATE."""

from typing import Final

from sensors.kinds.definition import Example
from sensors.models.definition import Field, Model

MODEL: Final = Model(
    key="tasmota-lamp",
    kind="light",
    name="Tasmota",
    fields=(
        Field(path="POWER", metric="on", words={"on": 1.0, "off": 0.0}),
        Field(path="Dimmer", metric="dim_pct"),
        Field(path="ENERGY.Power", metric="power_w"),
        Field(path="ENERGY.Voltage", metric="voltage_v"),
        Field(path="ENERGY.Current", metric="current_a"),
        Field(path="ENERGY.Factor", metric="power_factor"),
        Field(path="ENERGY.Total", metric="energy_kwh"),
    ),
    ignore=frozenset(
        {
            "ENERGY.Yesterday",
            "ENERGY.Today",
            "ENERGY.Period",
            "ENERGY.ApparentPower",
            "ENERGY.ReactivePower",
            "UptimeSec",
            "Heap",
            "Sleep",
            "LoadAvg",
            "MqttCount",
            "Wifi",
        }
    ),
    examples=(
        Example(
            topic="tele/lamp-000036/SENSOR",
            payload=b'{"Time":"2026-11-22T18:41:23","ENERGY":{"Power":0,"Voltage":229,"Current":0.0,"Today":0.4}}',
            device="lamp-000036",
            kind="light",
            values={"power_w": 0.0, "voltage_v": 229.0, "current_a": 0.0},
            ts=1_795_344_083_000,
        ),
    ),
)
