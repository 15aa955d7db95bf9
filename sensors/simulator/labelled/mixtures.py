"""Hazards under a fault, several at once, and a quiet month: what a real day has."""

from dataclasses import replace
from typing import Final

from sensors.simulator.labelled.faults import SPIKES, fault
from sensors.simulator.labelled.gas import PULSES, SLOW, STEEP, leak
from sensors.simulator.labelled.light import lamps, mains, outage
from sensors.simulator.labelled.parking import ALWAYS, blocked
from sensors.simulator.labelled.scene import BUILDING, DAY, EVENING, GRID, HOUR, MINUTE, Act, Plot, device, fleet
from sensors.simulator.labelled.septic import build_up
from sensors.simulator.labelled.shapes import clock_off, gas, held, methane, ramp, shaken, silent
from sensors.simulator.scenarios import Carry, Case, Message, Said, Scenario, Shape
from streams.contracts import Device


def _under(key: str, tells: str, bad: Scenario, leaking: Scenario, *, minutes: float = 30.0) -> Plot:
    """A leak on a detector that has a fault of its own."""
    detectors = fleet("gas", 3, 15)
    struck = (detectors[0].id,)
    leaks = Act(20 * MINUTE, leaking, struck, minutes * MINUTE)
    spoils = Act(5 * MINUTE, bad, struck, (minutes + 20) * MINUTE)
    return Plot(key=key, tells=tells, devices=detectors, acts=(leaks, spoils), lasts_s=(minutes + 50) * MINUTE)


def _restart() -> Plot:
    """Nothing arrives for four minutes while a leak begins; then everything at once."""
    detectors = fleet("gas", 4, 15)
    everybody = tuple(each.id for each in detectors)
    down = fault("platform-down", carry=held(4.0 * MINUTE))
    acts = (
        Act(20 * MINUTE, down, everybody, 4 * MINUTE),
        Act(22 * MINUTE, leak(gas(STEEP)), (everybody[0],), 20 * MINUTE),
    )
    return Plot(
        key="restart-in-a-leak", tells="the platform is down while a leak begins", devices=detectors, acts=acts,
        lasts_s=60 * MINUTE,
    )  # fmt: skip


def _backlog() -> Plot:
    """A detector without a network: its leak, begun and ended, arrives two hours later."""
    detectors = fleet("gas", 2, 30)
    struck = (detectors[0].id,)
    course = gas(lambda t: 40.0 if t < 20 * MINUTE else 0.5)
    acts = (
        Act(30 * MINUTE, fault("backlog", carry=held(2.0 * HOUR)), struck, 2 * HOUR),
        Act(40 * MINUTE, leak(course), struck, 2 * HOUR),
    )
    return Plot(
        key="backlog-leak", tells="a leak that lies wholly in a backlog", devices=detectors, acts=acts, lasts_s=4 * HOUR
    )


def _neighbours() -> Plot:
    kitchens = fleet("gas", 4, 10, building=BUILDING)
    act = Act(10 * MINUTE, leak(gas(STEEP)), tuple(each.id for each in kitchens[:2]), 15 * MINUTE)
    return Plot(
        key="neighbours",
        tells="two detectors of one building agree",
        devices=kitchens,
        acts=(act,),
        lasts_s=45 * MINUTE,
    )


def _main_leak() -> Plot:
    """Forty households on one main, in ten buildings of two grids, reached one after another."""
    kitchens = tuple(
        device(
            "gas",
            number,
            20,
            area=GRID if number <= 20 else f"{GRID[:-1]}2",
            building=f"{GRID if number <= 20 else GRID[:-1] + '2'}{number // 4:05}",
            main="M-07",
        )
        for number in range(1, 41)
    )

    def spread(case: Case, said: Said) -> Said | None:
        reached = max(0.0, case.since_s - case.over_s - 15.0 * case.rank)
        return gas(lambda _: STEEP(reached))(case, said)

    act = Act(10 * MINUTE, leak(spread), tuple(each.id for each in kitchens), 30 * MINUTE)
    return Plot(
        key="main-leak", tells="a main leaks into forty households", devices=kitchens, acts=(act,),
        lasts_s=60 * MINUTE, large=True,
    )  # fmt: skip


def _street() -> Plot:
    """One evening hour with four hazards and four faults among sixty devices."""
    lamp = lamps()
    kitchens = fleet("gas", 16, 30)
    tanks = fleet("septic", 8, 120)
    lanes = fleet("parking", 4, 60, zone="fire_lane")
    bays = fleet("parking", 8, 120, first=5, zone="bay")
    acts = (
        Act(10 * MINUTE, leak(gas(STEEP)), (kitchens[0].id,), 30 * MINUTE),
        Act(15 * MINUTE, blocked(ALWAYS), (lanes[0].id,), 25 * MINUTE),
        Act(20 * MINUTE, outage(mains(ALWAYS)), tuple(each.id for each in lamp[:12]), 40 * MINUTE),
        Act(12 * MINUTE, build_up(methane(ramp(6.0, 10 * MINUTE))), (tanks[0].id,), 90 * MINUTE),
        Act(5 * MINUTE, fault("noisy", SPIKES), (kitchens[1].id,), 60 * MINUTE),
        Act(5 * MINUTE, fault("silent", silent), (kitchens[2].id, tanks[1].id), 90 * MINUTE),
        Act(5 * MINUTE, fault("clock", clock_off(51.0)), (kitchens[0].id, kitchens[3].id), 90 * MINUTE),
        Act(
            5 * MINUTE,
            fault("disorder", carry=shaken(late_s=20.0, twice=0.4)),
            (kitchens[0].id, lanes[0].id),
            90 * MINUTE,
        ),
    )
    return Plot(
        key="mixed-street", tells="four hazards and four faults in one street", acts=acts, lasts_s=2.5 * HOUR,
        devices=(*kitchens, *tanks, *lamp, *lanes, *bays), start=EVENING, large=True,
    )  # fmt: skip


LOST: Final = 0.03
TWICE: Final = 0.02


def _everyday() -> tuple[Shape, Carry]:
    """What every month has: lost and repeated messages, sentinels, restarts, a self-test on the first day."""

    def shape(case: Case, said: Said) -> Said | None:
        dice = case.rng.random()
        if case.device.kind == "gas" and case.since_s < DAY and not case.memory.get("tested"):
            case.memory["tested"] = True
            return replace(said, values={**said.values, "ch4_lel": 55.0, "alarm": 1.0}, flags=("test",))
        if dice < 0.002:
            metric = next(iter(said.values))
            return replace(said, values={**said.values, metric: 65_535.0})
        return replace(said, flags=("startup",)) if dice < 0.004 else said

    def carry(case: Case, message: Message) -> list[Message]:
        dice = case.rng.random()
        return [] if dice < LOST else [message, message] if dice < LOST + TWICE else [message]

    return shape, carry


def _half(number: int, share: int) -> tuple[Device, ...]:
    """One of the month's two grids."""
    first, area = number * share + 1, f"{GRID[:-1]}{number + 1}"
    return (
        *fleet("gas", share * 45 // 100, HOUR, first=first, area=area),
        *fleet("septic", share // 10, HOUR, first=first, area=area),
        *fleet("light", share * 27 // 100, HOUR, first=first, area=area, nominal_w="60", feeder=f"F-{number:02}"),
        *fleet("parking", share * 18 // 100, HOUR, first=first, area=area, zone="bay"),
    )


def _month(amount: int = 1_000, days: float = 30.0) -> Plot:
    devices = tuple(each for number in range(2) for each in _half(number, amount // 2))
    shape, carry = _everyday()
    act = Act(0.0, fault("everyday", shape, carry), tuple(each.id for each in devices), days * DAY)
    return Plot(
        key="quiet-month", tells="a thousand devices, thirty days, nothing happens", devices=devices,
        acts=(act,), lasts_s=days * DAY, large=True,
    )  # fmt: skip


PLOTS: Final = (
    _under("clock-ahead-leak", "a leak under a clock 51 s ahead", fault("clock", clock_off(51.0)), leak(gas(STEEP))),
    _under(
        "clock-slow-leak", "a leak under a clock ten minutes slow", fault("clock", clock_off(-600.0)), leak(gas(STEEP))
    ),
    _under(
        "clock-jumps-in-leak",
        "a clock jumps 51 s ahead in the middle of a slow leak",
        fault("clock", clock_off(51.0, jumps_at_s=25 * MINUTE)),
        leak(gas(SLOW)),
    ),
    _under(
        "disorder-leak",
        "a pulsing leak over a link that delays, repeats and swaps",
        fault("disorder", carry=shaken(late_s=20.0, twice=0.4)),
        leak(gas(PULSES)),
        minutes=36,
    ),
    _under("spikes-leak", "a slow leak on an interfered sensor", fault("noisy", SPIKES), leak(gas(SLOW)), minutes=40),
    _restart(),
    _backlog(),
    _neighbours(),
    _main_leak(),
    _street(),
    _month(),
)
