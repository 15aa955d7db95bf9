"""Faults of sensors and links. None of them is a hazard, and none may open a hazard's ticket."""

from typing import Final

from sensors.simulator.labelled.scene import BUILDING, HOUR, MINUTE, Act, Plot, device, fleet
from sensors.simulator.labelled.shapes import clock_off, fixed, flagged, held, shaken, silent, spikes
from sensors.simulator.scenarios import GARBAGE, Carry, Case, Message, Said, Scenario, Shape
from streams.contracts import Device


def _as_is(_: Case, said: Said) -> Said | None:
    return said


def _untouched(_: Case, message: Message) -> list[Message]:
    return [message]


def fault(key: str, shape: Shape = _as_is, carry: Carry = _untouched) -> Scenario:
    """Something wrong with a sensor or its link."""
    return Scenario(key=key, name_zh="故障", name_en="Fault", shape=shape, carry=carry, period_s=None, tail_s=0.0)


def four_kinds(period_s: int = 60) -> tuple[Device, ...]:
    """Two devices of each kind."""
    return (
        *fleet("gas", 2, period_s, building=BUILDING),
        *fleet("septic", 2, period_s),
        *fleet("light", 2, period_s, nominal_w="60", feeder="F-01"),
        device("parking", 1, period_s, zone="fire_lane"),
        device("parking", 2, period_s, zone="bay"),
    )


def _firsts(devices: tuple[Device, ...]) -> tuple[str, ...]:
    return tuple(device.id for device in devices if device.id.endswith("1"))


def _stuck(case: Case, said: Said) -> Said | None:
    """The first values again and again."""
    values = case.memory.setdefault("values", dict(said.values))
    return Said(dict(values)) if case.over_s == 0 else said


def _garbage(case: Case, message: Message) -> list[Message]:
    if case.over_s > 0:
        return [message]
    turn = case.memory["turn"] = case.memory.get("turn", -1) + 1
    rubbish = GARBAGE[turn % len(GARBAGE)]
    return [Message(message.at, message.topic, rubbish, message.device, message.kind), message]


def _gas(key: str, tells: str, scenario: Scenario, *, hours: float = 1.0, period_s: int = 30) -> Plot:
    detectors = fleet("gas", 2, period_s)
    act = Act(10 * MINUTE, scenario, (detectors[0].id,), hours * HOUR)
    return Plot(key=key, tells=tells, devices=detectors, acts=(act,), lasts_s=(hours + 0.5) * HOUR)


def _all(key: str, tells: str, scenario: Scenario, *, hours: float, period_s: int = 300) -> Plot:
    devices = four_kinds(period_s)
    act = Act(0.5 * HOUR, scenario, _firsts(devices), hours * HOUR)
    return Plot(key=key, tells=tells, devices=devices, acts=(act,), lasts_s=(hours + 1) * HOUR)


SPIKES: Final = spikes("ch4_lel", (48.0, 63.0, -100.0, 9_999.0), share=0.2)
SENTINELS: Final = spikes("ch4_lel", (65_533.0, 65_534.0, 65_535.0, -100.0), share=0.6)

PLOTS: Final = (
    _all("fault-silent", "one of each kind says nothing for five hours", fault("silent", silent), hours=5),
    _all("fault-stuck", "one of each kind repeats itself", fault("stuck", _stuck), hours=8, period_s=600),
    _gas("fault-spikes", "single wild values among good ones", fault("noisy", SPIKES)),
    _gas("fault-sentinels", 'the vendor\'s words for "no reading"', fault("sentinel", SENTINELS)),
    _gas("fault-drift", "three per cent below zero", fault("drift", fixed(ch4_lel=-3.0))),
    _gas(
        "fault-warm-up", "a warming sensor reads 80 %LEL", fault("warmup", flagged("warmup", ch4_lel=80.0)), hours=0.1
    ),
    _gas("fault-self-test", "a test rings", fault("self-test", flagged("test", ch4_lel=55.0, alarm=1.0)), hours=0.2),
    _gas("fault-sensor", "a broken cell reads 99 %LEL", fault("sensor-fault", flagged("fault:sensor", ch4_lel=99.0))),
    _gas("fault-battery", "an empty battery", fault("battery", fixed(battery_pct=4.0)), hours=2.0),
    _all("fault-clock-ahead", "clocks 51 s ahead", fault("clock", clock_off(51.0)), hours=2, period_s=60),
    _all("fault-clock-slow", "clocks ten minutes slow", fault("clock", clock_off(-600.0)), hours=2, period_s=60),
    _gas("fault-garbage", "rubbish before each message", fault("garbage", carry=_garbage)),
    _all(
        "fault-disorder",
        "messages late, twice, lost and in any order",
        fault("disorder", carry=shaken(late_s=90.0, twice=0.3, lost=0.1)),
        hours=3,
        period_s=60,
    ),
    _all("fault-backlog", "two hours arrive at once", fault("backlog", carry=held(2.0 * HOUR)), hours=2, period_s=300),
)
