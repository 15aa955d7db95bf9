"""The district alive: who speaks when, and what. Pure: one seed and one start give the same messages.

Time is given, never read: live, the process asks for everything due until now; a test asks for an hour at once.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Final

from sensors.kinds import KINDS, Moment
from sensors.simulator.dialects import speak
from sensors.simulator.district import District
from sensors.simulator.orders import Order, targets
from sensors.simulator.scenarios import CLEAR, SCENARIOS, Case, Message, Said, Scenario
from sensors.simulator.truth import Truth
from streams.contracts import Device, Flag

FIRST_WORDS_MS: Final = 8_000
"""Every device speaks once within this time of the start, so that a map fills."""


@dataclass(slots=True)
class _Run:
    """One scenario on one device."""

    scenario: Scenario
    start: int
    end: int
    case: Case

    def at(self, now: int) -> Case:
        self.case.since_s = (now - self.start) / 1000
        self.case.over_s = max(0.0, (now - self.end) / 1000)
        return self.case

    def gone(self, now: int) -> bool:
        return now > self.end + self.scenario.tail_s * 1000


@dataclass(slots=True)
class _Event:
    """One scenario on all the devices that it struck together."""

    scenario: Scenario
    start: int
    runs: list[_Run]

    @property
    def end(self) -> int:
        return max(run.end for run in self.runs)

    def truth(self, now: int) -> Truth:
        end = min(self.end, now)
        enough = self.scenario.deserving_s
        return Truth(
            tuple(run.case.device.id for run in self.runs),
            self.scenario.cause or self.scenario.key,
            self.start,
            end,
            ticket=enough is not None and (end - self.start) / 1000 >= enough,
        )


@dataclass(slots=True)
class _Life:
    """One device: its own dice, its last words, its next time."""

    device: Device
    rng: random.Random
    character: float
    due: int
    seq: int = 0
    spoke: int = 0
    previous: dict[str, float] = field(default_factory=dict)
    runs: list[_Run] = field(default_factory=list)


class Town:
    """The devices of a district from ``start`` (epoch ms) on; ``rate`` hastens their reports."""

    def __init__(self, district: District, *, start: int, rate: float = 1.0, seed: int | None = None) -> None:
        self.devices: Final[Sequence[Device]] = district.devices
        self._rate = rate
        self._lives: list[_Life] = []
        self._events: list[_Event] = []
        self._index = {device.id: index for index, device in enumerate(district.devices)}
        self._agenda: list[tuple[int, int]] = []
        for index, device in enumerate(district.devices):
            rng = random.Random(f"{district.seed if seed is None else seed}:{device.id}")
            life = _Life(device, rng, character=rng.random(), due=start + int(rng.random() * FIRST_WORDS_MS))
            self._lives.append(life)
            heappush(self._agenda, (life.due, index))

    def until(self, now: int) -> Iterator[Message]:
        """Everything due up to and including ``now``, in order of time."""
        while self._agenda and self._agenda[0][0] <= now:
            due, index = heappop(self._agenda)
            life = self._lives[index]
            if due == life.due:
                yield from self._speak(life, index)

    def order(self, order: Order, *, now: int) -> list[Device]:
        """Start a scenario (or clear); returns the devices struck."""
        if order.scenario == CLEAR:
            return self._clear(order.device, now)
        scenario = SCENARIOS[order.scenario]
        struck = targets(order, self.devices)
        self.strike(scenario, struck, now=now, for_s=scenario.for_s if order.for_s is None else order.for_s)
        return struck

    def strike(self, scenario: Scenario, devices: Sequence[Device], *, now: int, for_s: float) -> None:
        """Start a scenario on ``devices``; one of the same key that runs there is over."""
        runs = []
        for rank, device in enumerate(devices):
            index = self._index[device.id]
            life = self._lives[index]
            for run in life.runs:
                if run.scenario.key == scenario.key:
                    run.end = min(run.end, now)
            life.runs = [run for run in life.runs if run.scenario.key != scenario.key]
            run = _Run(scenario, now, now + int(for_s * 1000), Case(device, rank, 0.0, 0.0, life.rng))
            life.runs.append(run)
            runs.append(run)
            self._wake(index, now)
        if runs:
            self._events.append(_Event(scenario, now, runs))

    def over(self, now: int) -> list[Truth]:
        """What has ended by ``now``; each event is told once."""
        ended = [event for event in self._events if event.end <= now]
        self._events = [event for event in self._events if event.end > now]
        return [event.truth(now) for event in ended]

    def unfinished(self, now: int) -> list[Truth]:
        """What still goes on at ``now``, as if it ended there."""
        return [event.truth(now) for event in self._events]

    def _clear(self, device: str, now: int) -> list[Device]:
        cleared = []
        for index, life in enumerate(self._lives):
            if life.runs and device in {"", life.device.id}:
                for run in life.runs:
                    run.end = min(run.end, now)
                cleared.append(life.device)
                self._wake(index, now)
        return cleared

    def _wake(self, index: int, now: int) -> None:
        life = self._lives[index]
        life.due = max(now, life.spoke + 1)
        heappush(self._agenda, (life.due, index))

    def _speak(self, life: _Life, index: int) -> Iterator[Message]:
        at = life.due
        said: Said | None = self._ordinary(life, at)
        carriers: list[tuple[Scenario, Case]] = []
        for run in life.runs:
            case = run.at(at)
            said = run.scenario.shape(case, said) if said is not None else None
            carriers.append((run.scenario, case))
        messages: list[Message] = []
        if said is not None:
            messages = [speak(life.device, said, at=at, seq=life.seq)]
            life.seq += 1
        for scenario, case in carriers:
            messages = [carried for message in messages for carried in scenario.carry(case, message)]
        life.spoke = at
        life.runs = [run for run in life.runs if not run.gone(at)]
        life.due = at + self._pause_ms(life)
        heappush(self._agenda, (life.due, index))
        yield from messages

    def _ordinary(self, life: _Life, at: int) -> Said:
        device = life.device
        life.previous = KINDS[device.kind].simulate(
            Moment(
                at=at,
                lon=device.lon or 0.0,
                lat=device.lat or 0.0,
                rng=life.rng,
                character=life.character,
                elapsed_s=(at - life.spoke) / 1000 if life.spoke else 0.0,
                previous=life.previous,
                attributes=device.attributes,
            )
        )
        return Said(life.previous, () if life.seq else (Flag.STARTUP,))

    def _pause_ms(self, life: _Life) -> int:
        hurried = [run.scenario.period_s for run in life.runs if run.scenario.period_s is not None]
        if hurried:
            return int(min(hurried) * 1000)
        spread = 0.98 + 0.04 * life.rng.random()
        return max(1, int(life.device.period_s * 1000 * spread / self._rate))


def messages(
    district: District,
    *,
    start: int,
    end: int,
    orders: Iterable[tuple[int, Order]] = (),
    rate: float = 1.0,
    seed: int | None = None,
) -> Iterator[Message]:
    """Every message of the district from ``start`` to ``end``, with orders at their times."""
    town = Town(district, start=start, rate=rate, seed=seed)
    for at, order in sorted(orders, key=lambda item: item[0]):
        yield from town.until(at - 1)
        town.order(order, now=at)
    yield from town.until(end)
