"""The alarm store and reader in memory, with the same promises as PostgreSQL's."""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from services.alarms.domain import Alarm, AlarmFilters, Hold, HoldKind, HoldState, number_of
from services.alarms.domain.quality_steps import Step, step_of
from services.alarms.ports import KeptTargets, Listed
from services.audit import Entry
from services.paging import Key, Page
from services.transactions import Clash
from streams.contracts import Action, AlarmEvent, AlarmState, Severity
from tests.fakes.audit import MemoryChain
from tests.fakes.ladders import MemoryLadders, MemoryLadderState


@dataclass
class MemoryState:
    alarms: dict[str, Alarm] = field(default_factory=dict)
    events: dict[str, AlarmEvent] = field(default_factory=dict)
    actions: dict[str, Action] = field(default_factory=dict)
    sent: list[Action] = field(default_factory=list)
    ladders: MemoryLadderState = field(default_factory=MemoryLadderState)
    holds: dict[str, Hold] = field(default_factory=dict)
    audit: MemoryChain = field(default_factory=lambda: MemoryChain("alarms"))

    def copy(self) -> "MemoryState":
        return MemoryState(
            dict(self.alarms),
            dict(self.events),
            dict(self.actions),
            list(self.sent),
            self.ladders.copy(),
            dict(self.holds),
            MemoryChain("alarms", list(self.audit.entries)),
        )


class MemoryAlarmStore:
    """One transaction at a time; what raises leaves nothing."""

    def __init__(self) -> None:
        self.state = MemoryState()
        self._lock = threading.RLock()

    @contextmanager
    def transaction(self) -> Iterator["MemoryWork"]:
        with self._lock:
            draft = self.state.copy()
            yield MemoryWork(draft)
            self.state = draft

    def count_active(self) -> Mapping[Severity, int]:
        return MemoryAlarmReader(self).count_by_severity(scope="")

    def count_held(self, now: int) -> Mapping[HoldState, int]:
        states = [hold.state(now) for hold in self.state.holds.values()]
        return {state: states.count(state) for state in (HoldState.WAITING, HoldState.IN_FORCE)}

    def unapproved_since(self, now: int) -> int | None:
        return min((h.at for h in self.state.holds.values() if h.state(now) is HoldState.WAITING), default=None)


class MemoryWork:
    def __init__(self, state: MemoryState) -> None:
        self._state = state
        self.ladders = MemoryLadders(state.ladders)

    def of_episode(self, episode: str) -> Alarm | None:
        return self._state.alarms.get(episode)

    def alarm(self, alarm: str) -> Alarm | None:
        return next((each for each in self._state.alarms.values() if alarm in {each.id, each.episode}), None)

    def save(self, alarm: Alarm) -> None:
        self._state.alarms[alarm.episode] = alarm

    def log(self, event: AlarmEvent) -> bool:
        if event.id in self._state.events:
            return False
        self._state.events[event.id] = event
        return True

    def last_of(self, episode: str) -> AlarmEvent | None:
        events = [event for event in self._state.events.values() if event.episode == episode]
        return max(events, key=number_of, default=None)

    def asked(self, command: str) -> Action | None:
        return self._state.actions.get(command)

    def ask(self, action: Action) -> None:
        if action.id in self._state.actions:
            raise Clash(action.id)
        self._state.actions[action.id] = action
        self._state.sent.append(action)

    def audit(self, entry: Entry) -> None:
        self._state.audit.put(entry)

    def hold_of(self, command: str) -> Hold | None:
        return self._state.holds.get(command)

    def open_hold(self, rule: str, device: str, kind: HoldKind) -> Hold | None:
        return next((hold for hold in self._state.holds.values() if _key(hold) == (rule, device, kind, None)), None)

    def keep_hold(self, hold: Hold) -> None:
        rival = self.open_hold(hold.rule, hold.device, hold.kind)
        if hold.ended_at is None and rival is not None and rival.id != hold.id:
            raise Clash(hold.id)
        self._state.holds[hold.id] = hold


class MemoryAlarmReader:
    """``tickets`` maps an episode to its ticket, as the ticket loop's view does."""

    def __init__(self, store: MemoryAlarmStore, tickets: dict[str, str] | None = None) -> None:
        self._store = store
        self._tickets = {} if tickets is None else tickets

    def list_alarms(self, filters: AlarmFilters, *, scope: str, limit: int, after: Key | None) -> Page[Listed]:
        found = [a for a in self._store.state.alarms.values() if a.area.startswith(scope) and _fits(a, filters)]
        found.sort(key=lambda alarm: (alarm.active_since, alarm.episode), reverse=True)
        together = _collapse(found) if filters.collapsed else {}
        found = [alarm for alarm in found if not filters.collapsed or alarm.episode in together]
        rest = [alarm for alarm in found if after is None or (alarm.active_since, alarm.episode) < after]
        items = tuple(self._listed(alarm, together.get(alarm.episode, 1)) for alarm in rest[:limit])
        last = rest[limit - 1] if len(rest) > limit else None
        return Page(items, (last.active_since, last.episode) if last else None)

    def get_alarm(self, alarm: str, *, scope: str) -> tuple[Listed, tuple[AlarmEvent, ...]] | None:
        found = MemoryWork(self._store.state).alarm(alarm)
        if found is None or not found.area.startswith(scope):
            return None
        events = [event for event in self._store.state.events.values() if event.episode == found.episode]
        return self._listed(found), tuple(sorted(events, key=number_of))

    def count_by_severity(self, *, scope: str) -> Mapping[Severity, int]:
        active = [a for a in self._store.state.alarms.values() if a.active and a.area.startswith(scope)]
        return {severity: sum(alarm.severity is severity for alarm in active) for severity in Severity}

    def count_by_rule(self, *, scope: str, since: int) -> Mapping[str, int]:
        alarms = self._store.state.alarms.values()
        return Counter(alarm.rule for alarm in alarms if alarm.area.startswith(scope) and alarm.active_since >= since)

    def list_holds(self, *, scope: str, now: int, rule: str = "", device: str = "") -> tuple[Hold, ...]:
        states = (HoldState.WAITING, HoldState.IN_FORCE)
        found = [
            hold
            for hold in self._store.state.holds.values()
            if hold.state(now) in states
            and hold.area.startswith(scope)
            and rule in {"", hold.rule}
            and device in {"", hold.device}
        ]
        return tuple(sorted(found, key=lambda hold: (-hold.at, hold.id)))

    def came(self, *, scope: str, since: int) -> tuple[int, ...]:
        steps = [step_of(event) for event in self._store.state.events.values() if event.grid.startswith(scope)]
        fresh = [step for step in steps if step.number == 1 and step.new is AlarmState.ACTIVE_UNACK]
        return tuple(sorted(step.at for step in fresh if step.at >= since and not step.hidden))

    def _listed(self, alarm: Alarm, together: int = 1) -> Listed:
        return Listed(alarm, self._tickets.get(alarm.episode), together)


def _collapse(found: list[Alarm]) -> dict[str, int]:
    """Episode -> how many alarms its row stands for, of those that keep a row; ``found`` is newest first."""
    rows: dict[str, int] = {}
    leaders: dict[str, str] = {}
    for alarm in found:
        if alarm.severity is Severity.CRITICAL or not alarm.group:
            rows[alarm.episode] = 1
        else:
            leader = leaders.setdefault(alarm.incident, alarm.episode)
            rows[leader] = rows.get(leader, 0) + 1
    return rows


def _key(hold: Hold) -> tuple[str, str, HoldKind, int | None]:
    return hold.rule, hold.device, hold.kind, hold.ended_at


def _fits(alarm: Alarm, filters: AlarmFilters) -> bool:
    wanted = (
        (filters.states, alarm.state in filters.states),
        (filters.active is not None, alarm.active == filters.active),
        (filters.shelved is not None, (alarm.shelved_until is not None) == filters.shelved),
        (filters.severity, alarm.severity == filters.severity),
        (filters.device, alarm.device == filters.device),
        (filters.kind, alarm.kind == filters.kind),
        (filters.metric, alarm.metric == filters.metric),
        (filters.area, alarm.area.startswith(filters.area)),
        (filters.rule, alarm.rule == filters.rule),
        (filters.incident, alarm.incident == filters.incident),
        (filters.suppressed_by, alarm.suppressed_by == filters.suppressed_by),
        (filters.since is not None, alarm.active_since >= (filters.since or 0)),
        (filters.until is not None, alarm.active_since < (filters.until or 0)),
    )
    return all(holds for asked, holds in wanted if asked)


class MemoryQuality:
    """Alarm quality's reader and its targets, over the same state as the alarms."""

    def __init__(self, store: MemoryAlarmStore) -> None:
        self._store = store
        self._kept: list[KeptTargets] = []

    def first(self) -> int | None:
        return min((event.at for event in self._store.state.events.values()), default=None)

    def steps(self, area: str, start: int, end: int) -> Iterator[Step]:
        standing = {
            alarm.episode
            for alarm in self._store.state.alarms.values()
            if alarm.raised_at <= start and (alarm.state is not AlarmState.NORMAL or alarm.changed_at >= start)
        }
        steps = [step_of(event) for event in self._store.state.events.values() if event.grid.startswith(area)]
        wanted = [step for step in steps if step.at < end and (step.at >= start or step.episode in standing)]
        moments: dict[str, int] = {}
        ordered: list[Step] = []
        for step in sorted(wanted, key=lambda step: step.number):
            moments[step.episode] = max(moments.get(step.episode, 0), step.at)
            ordered.append(step._replace(at=moments[step.episode]))
        yield from sorted(ordered, key=lambda step: (step.at, step.episode, step.number))

    def targets(self) -> KeptTargets:
        return self._kept[-1] if self._kept else KeptTargets()

    def keep_targets(self, kept: KeptTargets) -> bool:
        if any(kept.version == other.version for other in self._kept):
            return False
        self._kept.append(kept)
        return True
