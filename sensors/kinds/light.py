"""Street and estate lamps; attributes ``nominal_w`` and ``feeder``."""

from typing import Final

from sensors.kinds.clock import is_dark, local_hour
from sensors.kinds.definition import Example, Kind, Metric, Moment, switch
from sensors.kinds.durations import DAY
from sensors.kinds.silence import silent

METRICS: Final = (
    switch("on", "亮灯", "On"),
    Metric(key="dim_pct", unit="%", name_zh="调光", name_en="Dimming", low=0.0, high=100.0, scale=10),
    Metric(key="power_w", unit="W", name_zh="功率", name_en="Power", low=0.0, high=2000.0, digits=1, scale=100),
    Metric(key="voltage_v", unit="V", name_zh="电压", name_en="Voltage", low=0.0, high=300.0, digits=1, scale=100),
    Metric(key="current_a", unit="A", name_zh="电流", name_en="Current", low=0.0, high=20.0, digits=3, scale=1000),
    Metric(
        key="power_factor",
        unit="",
        name_zh="功率因数",
        name_en="Power factor",
        low=-1.0,
        high=1.0,
        digits=2,
        scale=1000,
    ),
    Metric(
        key="energy_kwh",
        unit="kWh",
        name_zh="电能",
        name_en="Energy",
        low=0.0,
        high=1e7,
        digits=1,
        scale=1000,
        process=False,
    ),
    Metric(key="lux", unit="lx", name_zh="照度", name_en="Illuminance", low=0.0, high=200_000.0, scale=10),
    Metric(key="fault", unit="", name_zh="故障码", name_en="Fault code", low=0.0, high=65_535.0, process=False),
)

RULES: Final = (silent("light", "路灯", "Lamp", no_data_after_ms=DAY),)


def simulate(now: Moment) -> dict[str, float]:
    """Burns from sunset to sunrise and at half power from half past eleven until five."""
    lit = is_dark(now.at, now.lon, now.lat)
    hour = local_hour(now.at)
    dim = 0.0 if not lit else 50.0 if hour >= 23.5 or hour < 5.0 else 100.0
    nominal = float(now.attributes.get("nominal_w", "60"))
    power = nominal * dim / 100 * (0.96 + 0.06 * now.character) + abs(now.rng.gauss(0.0, 0.15)) if lit else 0.3
    voltage = 228.0 + 6.0 * now.character + now.rng.gauss(0.0, 0.7)
    factor = 0.95 if lit else 0.4
    energy = now.previous.get("energy_kwh", 200.0 + 900.0 * now.character) + power * now.elapsed_s / 3.6e6
    return {
        "on": 1.0 if lit else 0.0,
        "dim_pct": dim,
        "power_w": round(power, 1),
        "voltage_v": round(voltage, 1),
        "current_a": round(power / voltage / factor, 3),
        "power_factor": factor,
        "energy_kwh": round(energy, 3),
        "fault": 0.0,
    }


KIND: Final = Kind(
    key="light",
    name_zh="路灯",
    name_en="Light",
    metrics=METRICS,
    rules=RULES,
    example=Example(
        topic="linli/v1/990101001001001/light/lamp-000001/telemetry",
        payload=b'{"ts":1795347683000,"values":{"on":true,"dim_pct":100,"power_w":58.6,"voltage_v":231.2,"fault":0}}',
        device="lamp-000001",
        kind="light",
        values={"on": 1.0, "dim_pct": 100.0, "power_w": 58.6, "voltage_v": 231.2, "fault": 0.0},
        ts=1_795_347_683_000,
    ),
    simulate=simulate,
    period_s=300,
    harmless_faults=frozenset({"clock"}),
)
