"""A labelled scenario: devices, their messages in order of arrival, and what really happened.

Played by the same :class:`~sensors.simulator.town.Town` as the demo, so that a scenario's ordinary hours are
the demo's. Pure: a plot and a seed give the same scene.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from typing import Final

from sensors.simulator.district import District
from sensors.simulator.fleet import INSTALLED
from sensors.simulator.plane import LAT, LON
from sensors.simulator.scenarios import Message, Scenario
from sensors.simulator.town import Town
from sensors.simulator.truth import Truth
from streams.contracts import Device

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
MORNING: Final = INSTALLED + (9 * DAY + 10 * HOUR) * 1000
"""Ten o'clock of an ordinary Tuesday, 10 March 2026."""
EVENING: Final = MORNING + 10 * HOUR * 1000
"""Eight in the evening: every lamp burns."""
GRID: Final = "990101001001001"
BUILDING: Final = f"{GRID}00012"


@dataclass(frozen=True, slots=True)
class Act:
    """A hazard or a fault on some devices, ``at_s`` after the start."""

    at_s: float
    scenario: Scenario
    devices: tuple[str, ...]
    for_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """What a scenario is before it is played. ``lasts_s`` counts from ``start`` (epoch ms)."""

    key: str
    tells: str
    devices: tuple[Device, ...]
    acts: tuple[Act, ...] = ()
    lasts_s: float
    start: int = MORNING
    large: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """A scenario as it is scored; ``messages`` can be walked once."""

    name: str
    devices: tuple[Device, ...]
    messages: Iterable[tuple[int, str, bytes]]
    truths: tuple[Truth, ...] = field(default=())


def play(plot: Plot, *, seed: int = 1) -> Scene:
    """The scene of a plot; its messages are made while they are walked."""
    town = _town(plot, seed)
    for act in plot.acts:
        _strike(town, plot, act)
    return Scene(plot.key, plot.devices, _arrivals(plot, seed), tuple(_truths(town, plot)))


def _town(plot: Plot, seed: int) -> Town:
    district = District(seed=seed, areas=(), units=(), devices=plot.devices)
    return Town(district, start=plot.start)


def _strike(town: Town, plot: Plot, act: Act) -> None:
    known = {device.id: device for device in plot.devices}
    at = plot.start + int(act.at_s * 1000)
    town.strike(act.scenario, [known[name] for name in act.devices], now=at, for_s=act.for_s)


def _truths(town: Town, plot: Plot) -> Iterator[Truth]:
    end = plot.start + int(plot.lasts_s * 1000)
    told = [*town.over(end), *town.unfinished(end)]
    yield from sorted(told, key=lambda truth: (truth.start, truth.cause, truth.devices))


def _arrivals(plot: Plot, seed: int) -> Iterator[tuple[int, str, bytes]]:
    """Messages by arrival: what a carrier delayed waits in a heap for the rest to pass."""
    town = _town(plot, seed)
    waiting: list[tuple[int, int, Message]] = []
    order = count()
    end = plot.start + int(plot.lasts_s * 1000)
    acts = sorted(plot.acts, key=lambda act: act.at_s)
    stops = [(plot.start + int(act.at_s * 1000), act) for act in acts]
    minutes = range(plot.start + MINUTE * 1000, end + MINUTE * 1000, MINUTE * 1000)
    steps: list[tuple[int, Act | None]] = [*stops, *((at, None) for at in minutes)]
    for at, act in sorted(steps, key=lambda step: step[0]):
        for message in town.until(min(at - 1, end)):
            heappush(waiting, (message.at, next(order), message))
        if act is not None:
            _strike(town, plot, act)
        while waiting and waiting[0][0] < at:
            yield _plain(heappop(waiting)[2])
    while waiting:
        yield _plain(heappop(waiting)[2])


def _plain(message: Message) -> tuple[int, str, bytes]:
    return message.at, message.topic, message.payload


_PREFIX: Final[Mapping[str, str]] = {"gas": "gas", "septic": "sep", "light": "lamp", "parking": "bay"}


def device(kind: str, number: int, period_s: int, *, area: str = GRID, building: str = "", **attributes: str) -> Device:
    """A device of a scenario, in the middle of the fictional district."""
    return Device(
        f"{_PREFIX[kind]}-{number:04}",
        kind,
        area,
        building=building,
        lon=LON,
        lat=LAT,
        attributes=attributes,
        period_s=period_s,
        installed=INSTALLED,
        calibrated=INSTALLED,
    )


def fleet(kind: str, amount: int, period_s: int, *, first: int = 1, **more: str) -> tuple[Device, ...]:
    """``amount`` devices with everything but their number in common."""
    return tuple(device(kind, first + index, period_s, **more) for index in range(amount))
