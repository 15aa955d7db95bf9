"""Groups on a table: candidates, conditions and time in; events and acts back out."""

from dataclasses import dataclass, field
from typing import Any

from streams.contracts import (
    Action,
    ActionName,
    AlarmEvent,
    AlarmState,
    Candidate,
    Cause,
    Device,
    GroupRecord,
    Member,
    Page,
    Rule,
    Severity,
    Source,
    Tick,
    TicketPolicy,
)
from streams.groups import GroupShard
from streams.rules import Catalogue, Outcome, partition_of
from tests.unit.streams.rule_table import GRID, T0

MAIN = "main:M7"
TICKET = TicketPolicy("gas-leak", urgency=1, agreed_urgency=2)


def alarm(device: str, after: int, **more: Any) -> AlarmEvent:
    """A gas alarm's opening, as the first stage makes it; ``number`` names the transition."""
    number = more.pop("number", 1)
    episode = more.pop("episode", f"{device}-episode-0000")
    fields: dict[str, Any] = {
        "id": f"{episode}-{number}", "episode": episode, "incident": f"gas-leak:{device}", "rule": "gas.ch4",
        "rule_version": 1, "cause_of_alarm": "gas-leak", "device": device, "kind": "gas", "metric": "ch4_lel",
        "grid": GRID, "severity": Severity.MAJOR, "old": AlarmState.NORMAL, "new": AlarmState.ACTIVE_UNACK,
        "cause": Cause.CONFIRMED, "at": T0 + after, "since": T0 + after, "source": Source(0, after),
        "ticket": TICKET, "group": MAIN, "page": Page.NEW,
    }  # fmt: skip
    return AlarmEvent(**(fields | more))


def returned(opening: AlarmEvent, after: int, **more: Any) -> AlarmEvent:
    fields: dict[str, Any] = {
        "number": 2, "episode": opening.episode, "old": AlarmState.ACTIVE_UNACK, "new": AlarmState.RTN_UNACK,
        "cause": Cause.RETURNED, "page": None, "building": opening.building, "rule": opening.rule,
        "source": Source(opening.source.partition, after),
    }  # fmt: skip
    return alarm(opening.device, after, **(fields | more))


@dataclass
class GroupTable:
    """One partition of the second stage; ``restart_every`` packs and unpacks it after so many records."""

    rules: list[Rule] = field(default_factory=list)
    devices: list[Device] = field(default_factory=list)
    group: str = MAIN
    restart_every: int = 0
    offset: int = -1
    events: list[AlarmEvent] = field(default_factory=list)
    inputs: list[Action] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.shard = self._shard({})

    def _shard(self, stored: dict[str, bytes]) -> GroupShard:
        home = partition_of(self.group)
        return GroupShard(
            home, Catalogue.of(self.rules, self.devices), owns=lambda code: partition_of(code) == home, stored=stored
        )

    def put(self, record: GroupRecord, offset: int | None = None) -> list[AlarmEvent]:
        self.offset = self.offset + 1 if offset is None else offset
        outcome = self.shard.apply(record, self.offset)
        self.outcomes.append(outcome)
        self.events += outcome.events
        self.inputs += outcome.inputs
        if self.restart_every and (self.offset + 1) % self.restart_every == 0:
            self.restart()
        return outcome.events

    def restart(self) -> None:
        self.shard = self._shard({code: self.shard.pack(code) for code in self.shard.codes})

    def send(self, *events: AlarmEvent) -> list[AlarmEvent]:
        """Candidates, each by itself; gives what became of them."""
        return [event for one in events for event in self.put(Candidate(self.group, one))]

    def tick(self, after: int) -> list[AlarmEvent]:
        return self.put(Tick("gw", T0 + after))

    def condition(self, device: str, after: int, *, holds: bool | None = True, rule: str, grid: str = GRID) -> None:
        record = Member(self.group, rule, device, grid, T0 + after, Source(partition_of(grid), after), holds)
        assert self.put(record) == []

    def do(self, action: ActionName, after: int, rule: str, episode: str, **more: Any) -> list[AlarmEvent]:
        return self.put(
            Action(f"{action}-{after}", action, GRID, self.group, rule, episode, "wang", T0 + after, **more)
        )

    def adopt(self, rules: list[Rule] | None = None, devices: list[Device] | None = None) -> None:
        self.rules = self.rules if rules is None else rules
        self.devices = self.devices if devices is None else devices
        self.shard.adopt(Catalogue.of(self.rules, self.devices))

    def incidents(self) -> set[frozenset[str]]:
        """Which episodes ended up together, whatever their incidents are called."""
        last = {event.episode: event.incident for event in self.events}
        return {frozenset(e for e, name in last.items() if name == incident) for incident in set(last.values())}
