"""Fire lanes: blocked for a little too long, for hours, on and off; and stops that are none of our business."""

from typing import Final

from sensors.simulator.labelled.scene import HOUR, MINUTE, Act, Plot, fleet
from sensors.simulator.labelled.shapes import Curve, pulses, switched
from sensors.simulator.scenarios import Scenario


def blocked(curve: Curve, *, key: str = "fire-lane", deserving_s: float | None = 5.0 * MINUTE) -> Scenario:
    return Scenario(
        key=key,
        name_zh="占用消防通道",
        name_en="Blocked fire lane",
        kind="parking",
        where={"zone": "fire_lane"},
        shape=switched("occupied", curve),
        period_s=10.0,
        tail_s=5.0 * MINUTE,
        deserving_s=deserving_s,
    )


def _plot(key: str, tells: str, scenario: Scenario, *, minutes: float) -> Plot:
    lanes = fleet("parking", 2, 60, zone="fire_lane")
    bays = fleet("parking", 3, 120, first=3, zone="bay")
    act = Act(10 * MINUTE, scenario, (lanes[0].id,), minutes * MINUTE)
    return Plot(key=key, tells=tells, devices=(*lanes, *bays), acts=(act,), lasts_s=(minutes + 30) * MINUTE)


ALWAYS: Final[Curve] = lambda _: 1.0  # noqa: E731 - a curve like the others

PLOTS: Final = (
    _plot("lane-mild", "blocked for seven minutes", blocked(ALWAYS), minutes=7),
    _plot("lane-steep", "blocked for two hours", blocked(ALWAYS), minutes=2 * HOUR / MINUTE),
    _plot(
        "lane-intermittent",
        "one car after another, half a minute between them",
        blocked(pulses(1.0, 0.0, on_s=6.5 * MINUTE, every_s=7.0 * MINUTE)),
        minutes=42,
    ),
    _plot(
        "lane-short-stops",
        "four minutes of unloading, again and again: nobody's business",
        blocked(pulses(1.0, 0.0, on_s=4.0 * MINUTE, every_s=7.0 * MINUTE), key="short-stop", deserving_s=None),
        minutes=60,
    ),
)
