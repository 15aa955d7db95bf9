"""Septic tanks: methane mild, steep and intermittent; hydrogen sulphide under an open cover."""

from typing import Final

from sensors.simulator.labelled.scene import HOUR, MINUTE, Act, Plot, fleet
from sensors.simulator.labelled.shapes import fixed, methane, pulses, ramp
from sensors.simulator.scenarios import Scenario, Shape


def build_up(shape: Shape, *, cause: str = "septic-methane", tail_s: float = 2 * HOUR) -> Scenario:
    return Scenario(
        key=cause,
        name_zh="化粪池积聚",
        name_en="Septic build-up",
        kind="septic",
        shape=shape,
        period_s=None,
        tail_s=tail_s,
        deserving_s=30.0 * MINUTE,
    )


def _plot(key: str, tells: str, scenario: Scenario, *, hours: float, after_h: float) -> Plot:
    tanks = fleet("septic", 3, 300)
    act = Act(0.5 * HOUR, scenario, (tanks[0].id,), hours * HOUR)
    return Plot(key=key, tells=tells, devices=tanks, acts=(act,), lasts_s=(hours + after_h) * HOUR)


PLOTS: Final = (
    _plot("septic-mild", "to 1.7 %VOL in six hours", build_up(methane(ramp(1.6, 6 * HOUR))), hours=9, after_h=3),
    _plot(
        "septic-steep", "to 6.5 %VOL in twenty minutes", build_up(methane(ramp(6.4, 20 * MINUTE))), hours=2, after_h=3
    ),
    _plot(
        "septic-intermittent",
        "fifty minutes over the limit, forty below, four times",
        build_up(methane(pulses(1.4, 0.5, on_s=50 * MINUTE, every_s=90 * MINUTE))),
        hours=6,
        after_h=3,
    ),
    _plot(
        "septic-open-cover",
        "hydrogen sulphide at 20 ppm under an open cover",
        build_up(fixed(h2s_ppm=20.0, cover_open=1.0), cause="septic-entry", tail_s=0.0),
        hours=2,
        after_h=2,
    ),
)
