"""Street and estate lamps; attributes ``nominal_w`` and ``feeder``."""

from typing import Final

from sensors.kinds.categories import LIGHTING
from sensors.kinds.clock import is_dark, local_hour
from sensors.kinds.definition import Example, Kind, Metric, Moment, switch
from sensors.kinds.durations import DAY, HOUR, MINUTE
from sensors.kinds.upkeep import SHIFT, fault, silent
from streams.contracts import (
    Condition,
    Level,
    Members,
    Noise,
    Nominal,
    Op,
    Rule,
    Schedule,
    Severity,
    TicketPolicy,
    Value,
)

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

REPAIR: Final = TicketPolicy(category=LIGHTING, normal_for_ms=DAY, reopen_ms=7 * DAY)
"""A repaired lamp has to burn for a night: by day it is dark anyway, and every 24 hours hold one."""
COMMANDED_ON: Final = (Condition("on"),)
FEEDER_OUT: Final = "light.feeder"
FEEDER_DEAD: Final = "light.feeder_dead"
"""A controller that lives on its capacitor reports its relay open and no voltage: dark, though not commanded on."""


def _feeder(rule_id: str, metric: str, members: Members, gate: tuple[Condition, ...], names: tuple[str, str]) -> Rule:
    """A share of a feeder's lamps dark or silent; the two signs of darkness are one cause, so one incident."""
    return Rule(
        id=rule_id,
        version=1,
        kind="light",
        metric=metric,
        op=Op.GE,
        measure=members,
        gate=gate,
        levels=(
            Level(
                severity=Severity.MAJOR,
                limit=30.0,
                deadband=20.0,
                on_delay_ms=2 * MINUTE,
                off_delay_ms=10 * MINUTE,
                ticket=TicketPolicy(category=LIGHTING, urgency=1, normal_for_ms=30 * MINUTE, reopen_ms=24 * HOUR),
            ),
        ),
        cause="feeder-outage",
        name_zh=names[0],
        name_en=names[1],
        response_zh="核对配电箱和上级电源；排除短路后送电，送电前确认无人作业。",
        response_en="Check the cabinet and what feeds it; clear the fault; nobody at work on it, switch on.",
        no_data_after_ms=DAY,
        group=("feeder",),
        max_shelve_ms=SHIFT,
    )


def _lamp(
    rule_id: str,
    metric: str,
    op: Op,
    level: Level,
    cause: str,
    names: tuple[str, str],
    response: tuple[str, str],
    *,
    measure: Nominal | Noise | Value = Value(),  # noqa: B008 - frozen
    gate: tuple[Condition, ...] = COMMANDED_ON,
    schedule: Schedule | None = None,
    suppress_when: tuple[str, ...] = (FEEDER_OUT, FEEDER_DEAD),
) -> Rule:
    return Rule(
        id=rule_id,
        version=2,
        kind="light",
        metric=metric,
        op=op,
        measure=measure,
        gate=gate,
        schedule=schedule,
        levels=(level,),
        cause=cause,
        name_zh=names[0],
        name_en=names[1],
        response_zh=response[0],
        response_en=response[1],
        group=("feeder",),
        no_data_after_ms=DAY,
        suppress_when=suppress_when,
        max_shelve_ms=SHIFT,
    )


RULES: Final = (
    _feeder(
        FEEDER_OUT,
        "power_w",
        Members(minimum=5, silent_periods=3, of=Nominal("nominal_w", "dim_pct"), op=Op.LT, limit=10.0),
        COMMANDED_ON,
        ("馈线失电", "Feeder outage"),
    ),
    _feeder(
        FEEDER_DEAD,
        "voltage_v",
        Members(minimum=5, silent_periods=3, of=Value(), op=Op.LT, limit=50.0),
        (),
        ("馈线无电压", "Feeder without voltage"),
    ),
    _lamp(
        "light.out",
        "power_w",
        Op.LT,
        Level(
            severity=Severity.MINOR,
            limit=10.0,
            deadband=10.0,
            on_delay_ms=15 * MINUTE,
            repeat=3,
            off_delay_ms=10 * MINUTE,
            ticket=REPAIR,
        ),
        "lamp-out",
        ("路灯不亮", "Lamp out"),
        (
            "检查光源、驱动和接线；同一馈线多盏不亮时先查馈线。",
            "Check lamp, driver and wiring; where several are out, the feeder first.",
        ),
        measure=Nominal("nominal_w", "dim_pct"),
    ),
    _lamp(
        "light.day_burner",
        "power_w",
        Op.GE,
        Level(
            severity=Severity.MINOR,
            limit=20.0,
            deadband=10.0,
            on_delay_ms=30 * MINUTE,
            repeat=3,
            off_delay_ms=10 * MINUTE,
            ticket=REPAIR,
        ),
        "day-burner",
        ("白天亮灯", "Burns by day"),
        ("核对时控和光控；接触器粘连的更换。", "Check timer and photocell; replace a relay that sticks."),
        measure=Nominal("nominal_w"),
        gate=(),
        schedule=Schedule(start=9 * 60, end=16 * 60),
    ),
    _lamp(
        "light.power_factor",
        "power_factor",
        Op.LT,
        Level(
            severity=Severity.WARNING,
            limit=0.5,
            deadband=0.1,
            on_delay_ms=30 * MINUTE,
            repeat=3,
            off_delay_ms=30 * MINUTE,
        ),
        "power-factor",
        ("功率因数低", "Low power factor"),
        ("检查电容和驱动。", "Check capacitor and driver."),
        suppress_when=(FEEDER_OUT, FEEDER_DEAD, "light.out"),
    ),
    _lamp(
        "light.cycling",
        "power_w",
        Op.GE,
        Level(severity=Severity.MINOR, limit=25.0, deadband=15.0, repeat=2, off_delay_ms=2 * HOUR, ticket=REPAIR),
        "cycling",
        ("路灯反复启熄", "Lamp cycles"),
        ("光源寿命将尽或驱动过热，更换。", "The lamp is at its end or the driver overheats: replace it."),
        measure=Noise(window_ms=HOUR),
        gate=(),
    ),
    silent("light", "路灯", "Lamp", no_data_after_ms=DAY, suppress_when=(FEEDER_OUT, FEEDER_DEAD)),
    fault("light", "power_w", no_data_after_ms=DAY),
)


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
