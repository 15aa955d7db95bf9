"""Call ladders in memory, with the same promises as PostgreSQL's."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from services.alarms.domain.ladder import Ladder, Step
from services.alarms.domain.ladder_plan import What
from services.alarms.domain.ladder_reach import Around, Person, Responsible
from services.alarms.domain.ladder_words import notices
from services.alarms.ports import Arrival, LadderCounts, LadderStory
from services.transactions import Clash
from streams.contracts import Notice, TicketEvent

if TYPE_CHECKING:
    from tests.fakes.alarms import MemoryAlarmStore

PEOPLE = (
    Person("worker-1", "周网格", "grid_worker", "990101001"),
    Person("worker-2", "钱网格", "grid_worker", "990101"),
    Person("manager", "吴网格长", "grid_manager", "990101001"),
    Person("operator", "郑话务", "operator", ""),
    Person("dispatcher", "冯派单", "dispatcher", ""),
    Person("leader", "卫街道", "supervisor", "990101001"),
    Person("head", "韩区长", "supervisor", ""),
)
UNITS = (Responsible("gas-co", "燃气公司", "990101", ("gas-leak",), "0990-1"),)
AROUND = Around("纺织新村 12栋 301", "99010100100100100012", PEOPLE, UNITS)


@dataclass
class MemoryLadderState:
    ladders: dict[str, Ladder] = field(default_factory=dict)
    steps: dict[tuple[str, int], Step] = field(default_factory=dict)
    notices: dict[str, Notice] = field(default_factory=dict)
    arrivals: dict[str, TicketEvent] = field(default_factory=dict)
    valves: dict[str, int] = field(default_factory=dict)
    """Device -> when its valve was last seen open."""
    around: Around = AROUND

    def copy(self) -> "MemoryLadderState":
        return MemoryLadderState(
            dict(self.ladders),
            dict(self.steps),
            dict(self.notices),
            dict(self.arrivals),
            dict(self.valves),
            self.around,
        )


class MemoryLadders:
    """One transaction's view of them."""

    def __init__(self, state: MemoryLadderState) -> None:
        self._state = state

    def of_incident(self, incident: str) -> Ladder | None:
        return self._state.ladders.get(incident)

    def due(self, now: int, limit: int) -> tuple[Ladder, ...]:
        timed = [(ladder.due_at, ladder) for ladder in self._state.ladders.values() if ladder.due_at is not None]
        found = sorted(((at, ladder) for at, ladder in timed if at <= now), key=lambda each: each[0])
        return tuple(ladder for _, ladder in found[:limit])

    def save(self, ladder: Ladder, steps: Sequence[Step]) -> None:
        known = self._state.ladders.get(ladder.incident)
        if (known.number if known else 0) != ladder.number - len(steps):
            raise Clash(ladder.incident)
        self._state.ladders[ladder.incident] = ladder
        for step in steps:
            self._once(ladder.incident, step)
            self._state.steps[ladder.incident, step.number] = step
            self._state.notices.update({notice.id: notice for notice in notices(ladder, step)})

    def _once(self, incident: str, step: Step) -> None:
        others = [each for (name, _), each in self._state.steps.items() if name == incident and each.what is step.what]
        once = {What.STARTED, What.FIRE_CALL, What.SECOND, What.LEADER}
        if step.what in once and any(each.call == step.call for each in others):
            raise Clash(f"{incident} {step.what}")
        if step.what is What.DISTRICT and any(each.arrival == step.arrival for each in others):
            raise Clash(f"{incident} {step.what}")

    def around(self, device: str, area: str) -> Around:
        around = self._state.around
        place = around.place if device == "gas-000001" else f"{device} 处"
        people = tuple(person for person in around.people if area.startswith(person.scope))
        return Around(
            place, around.building, people, tuple(unit for unit in around.units if area.startswith(unit.area))
        )

    def note_arrival(self, event: TicketEvent) -> None:
        self._state.arrivals.setdefault(event.id, event)

    def arrival(self, incident: str, *, since: int) -> Arrival | None:
        found = [each for each in self._state.arrivals.values() if each.incident == incident and each.at >= since]
        first = min(found, key=lambda each: each.at, default=None)
        return Arrival(first.at, first.by) if first else None

    def valve_open(self, devices: Sequence[str], *, since: int) -> bool:
        return any(self._state.valves.get(device, since - 1) >= since for device in devices)


class MemoryLadderReader:
    def __init__(self, store: "MemoryAlarmStore") -> None:
        self._store = store

    def story(self, incident: str) -> LadderStory | None:
        state = self._store.state.ladders
        ladder = state.ladders.get(incident)
        if ladder is None:
            return None
        steps = [
            step for (name, _), step in sorted(state.steps.items(), key=lambda each: each[0][1]) if name == incident
        ]
        told = sorted(
            (each for each in state.notices.values() if each.incident == incident), key=lambda each: each.step
        )
        return LadderStory(ladder, tuple(steps), tuple(told))

    def counts(self, now: int) -> LadderCounts:
        at_work = [
            ladder
            for ladder in self._store.state.ladders.ladders.values()
            if ladder.calling or ladder.arrived_at is None
        ]
        due = [at for ladder in at_work for at in ladder.steps_due.values()]
        return LadderCounts(
            calling=sum(ladder.calling for ladder in at_work),
            awaiting=sum(ladder.arrived_at is None for ladder in at_work),
            unreached=sum(ladder.unreached for ladder in at_work),
            overdue_ms=max(0, now - min(due, default=now)),
        )
