"""Gas: a leak mild, steep and intermittent; a detector's own alarm; beyond its range; heard once an hour."""

from typing import Final

from sensors.simulator.labelled.scene import BUILDING, HOUR, MINUTE, Act, Plot, device, fleet
from sensors.simulator.labelled.shapes import Curve, gas, jump, last_words, pulses, ramp, then
from sensors.simulator.scenarios import Scenario, Shape


def leak(shape: Shape, *, period_s: float | None = None, tail_s: float = 1_200.0) -> Scenario:
    """A leak of any course; one that matters is known within a minute."""
    return Scenario(
        key="gas-leak",
        name_zh="燃气泄漏",
        name_en="Gas leak",
        kind="gas",
        shape=shape,
        period_s=period_s,
        tail_s=tail_s,
        deserving_s=60.0,
    )


def _plot(key: str, tells: str, scenario: Scenario, *, minutes: float, period_s: int = 15) -> Plot:
    """The struck detector and two calm neighbours of other buildings."""
    struck = device("gas", 1, period_s, building=BUILDING)
    calm = fleet("gas", 2, max(period_s, 60), first=2)
    act = Act(10 * MINUTE, scenario, (struck.id,), minutes * MINUTE)
    return Plot(key=key, tells=tells, devices=(struck, *calm), acts=(act,), lasts_s=(minutes + 40) * MINUTE)


SLOW: Final[Curve] = ramp(33.0, 20 * MINUTE)
STEEP: Final[Curve] = jump(66.0, 6.0)
PULSES: Final[Curve] = pulses(42.0, 3.0, on_s=120.0, every_s=360.0)
SATURATED: Final[Curve] = then(then(ramp(40.0, 60.0), 60.0, lambda _: 130.0), 120.0, lambda _: 8.0)

PLOTS: Final = (
    _plot("gas-mild", "a slow leak to 33 %LEL in twenty minutes", leak(gas(SLOW)), minutes=40, period_s=30),
    _plot("gas-steep", "past 60 %LEL in twenty seconds", leak(gas(STEEP, own_alarm=True), period_s=1), minutes=4),
    _plot("gas-intermittent", "two minutes at 42 %LEL in every six", leak(gas(PULSES)), minutes=36),
    _plot(
        "gas-own-alarm",
        "a detector rings, once, and is never heard again",
        leak(last_words(1, alarm=1.0, ch4_lel=9.0)),
        minutes=30,
        period_s=60,
    ),
    _plot(
        "gas-over-range",
        "beyond the range, then a low reading of a blinded sensor",
        leak(gas(SATURATED)),
        minutes=25,
        period_s=20,
    ),
    Plot(
        key="gas-hourly",
        tells="a detector that reports once an hour reads 58 %LEL",
        devices=(device("gas", 1, HOUR), device("gas", 2, HOUR)),
        acts=(Act(3.5 * HOUR, leak(gas(lambda _: 58.0), tail_s=HOUR), ("gas-0001",), 3 * HOUR),),
        lasts_s=8 * HOUR,
    ),
)
