"""Lamps: a feeder that fails wholly, in part and on and off; a lamp that is out, faint or flickering."""

from dataclasses import replace
from typing import Final

from sensors.simulator.labelled.scene import EVENING, HOUR, MINUTE, Act, Plot, fleet
from sensors.simulator.labelled.shapes import Curve, pulses
from sensors.simulator.scenarios import Case, Said, Scenario, Shape
from streams.contracts import Device

LAMPS: Final = 12
DARK: Final = dict.fromkeys(("on", "dim_pct", "power_w", "voltage_v", "current_a"), 0.0)


def mains(curve: Curve, *, apart_s: float = 0.0) -> Shape:
    """No mains while the curve says so, each lamp ``apart_s`` after the one before; half of them fall silent."""

    def shape(case: Case, said: Said) -> Said | None:
        since = case.since_s - case.rank * apart_s
        if case.over_s > 0 or since < 0 or curve(since) < 0.5:
            return said
        return replace(said, values={**said.values, **DARK}) if case.rank % 2 == 0 else None

    return shape


def power(curve: Curve) -> Shape:
    """The lamp is commanded on and draws this share of its nominal power."""

    def shape(case: Case, said: Said) -> Said | None:
        if case.over_s > 0:
            return said
        nominal = float(case.device.attributes.get("nominal_w", "60"))
        drawn = nominal * said.values.get("dim_pct", 100.0) / 100 * curve(case.since_s)
        return replace(said, values={**said.values, "power_w": round(drawn, 1), "current_a": round(drawn / 220, 3)})

    return shape


def outage(shape: Shape) -> Scenario:
    return Scenario(
        key="feeder-outage",
        name_zh="馈线失电",
        name_en="Feeder outage",
        kind="light",
        shape=shape,
        period_s=None,
        tail_s=10.0 * MINUTE,
        deserving_s=5.0 * MINUTE,
    )


def lamp_out(shape: Shape) -> Scenario:
    return Scenario(
        key="lamp-out",
        name_zh="灯不亮",
        name_en="Lamp out",
        kind="light",
        shape=shape,
        period_s=None,
        tail_s=0.0,
        deserving_s=30.0 * MINUTE,
    )


def lamps(period_s: int = 60) -> tuple[Device, ...]:
    """Two feeders of twelve."""
    first = fleet("light", LAMPS, period_s, nominal_w="60", feeder="F-01")
    return (*first, *fleet("light", LAMPS, period_s, first=LAMPS + 1, nominal_w="90", feeder="F-02"))


def _names(devices: tuple[Device, ...], count: int) -> tuple[str, ...]:
    return tuple(device.id for device in devices[:count])


def _feeder(key: str, tells: str, scenario: Scenario, *, struck: int, minutes: float) -> Plot:
    devices = lamps()
    act = Act(10 * MINUTE, scenario, _names(devices, struck), minutes * MINUTE)
    return Plot(key=key, tells=tells, devices=devices, acts=(act,), lasts_s=(minutes + 30) * MINUTE, start=EVENING)


def _lamp(key: str, tells: str, curve: Curve) -> Plot:
    devices = lamps(300)[:4]
    act = Act(10 * MINUTE, lamp_out(power(curve)), _names(devices, 1), 3 * HOUR)
    return Plot(key=key, tells=tells, devices=devices, acts=(act,), lasts_s=3.5 * HOUR, start=EVENING)


PLOTS: Final = (
    _feeder(
        "feeder-mild",
        "five of twelve lamps, one a minute",
        outage(mains(lambda _: 1.0, apart_s=60.0)),
        struck=5,
        minutes=40,
    ),
    _feeder("feeder-steep", "all twelve lamps at once", outage(mains(lambda _: 1.0)), struck=LAMPS, minutes=30),
    _feeder(
        "feeder-intermittent",
        "six minutes without mains, three with, four times",
        outage(mains(pulses(1.0, 0.0, on_s=6 * MINUTE, every_s=9 * MINUTE))),
        struck=LAMPS,
        minutes=36,
    ),
    _lamp("lamp-mild", "a driver that lets four per cent through", lambda _: 0.04),
    _lamp("lamp-steep", "no power at all", lambda _: 0.0),
    _lamp(
        "lamp-intermittent", "twenty-five minutes out, five on", pulses(0.0, 1.0, on_s=25 * MINUTE, every_s=30 * MINUTE)
    ),
)
