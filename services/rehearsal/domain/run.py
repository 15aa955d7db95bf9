"""One pass over the readings under two catalogues: the rule in force and the rehearsed one. Pure.

It is the live engine that steps: :class:`streams.rules.Shard`, never a second implementation.
Nobody is there to answer, so every alarm is acknowledged as it rises and reset as soon as it may
be: otherwise a latched one would stand to the end and hide all that follow.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.rehearsal.domain.episodes import Ledger
from services.rehearsal.domain.groups import Groups, about_groups, settling_ms
from streams.contracts import (
    Action,
    ActionName,
    AlarmEvent,
    AlarmState,
    Batch,
    Candidate,
    Device,
    Flagged,
    Members,
    Noise,
    Nominal,
    Op,
    Rate,
    Ratio,
    Rule,
    Share,
    Sum,
    Tick,
)  # fmt: skip
from streams.rules import Catalogue, Outcome, Shard

HOUR_MS = 3_600_000


@dataclass(slots=True)
class Side:
    """One of the two catalogues at work."""

    shard: Shard
    ledger: Ledger
    groups: Groups | None = None
    offset: int = 0

    @classmethod
    def of(cls, rules: Sequence[Rule], devices: Iterable[Device], rule: str, start: int) -> "Side":
        catalogue = Catalogue.of(rules, devices)
        grouped = any(each.id == rule and about_groups(each) for each in rules)
        groups = Groups(catalogue, settling_ms(rules)) if grouped else None
        return cls(Shard(0, catalogue, owns=lambda _: True), Ledger(rule, start), groups)

    def apply(self, record: Batch | Tick) -> None:
        if self.groups is not None:
            self._answer(self.groups.pass_time(record.at))
        self._answer(self._step(record))

    def _step(self, record: Batch | Tick | Action) -> list[AlarmEvent]:
        self.offset += 1
        outcome = self.shard.apply(record, self.offset)
        return _events(outcome) if self.groups is None else self.groups.take(outcome.groups)

    def _answer(self, waiting: list[AlarmEvent]) -> None:
        while waiting:
            event = waiting.pop(0)
            self.ledger.take(event)
            if event.new is AlarmState.ACTIVE_UNACK and event.cause != "hidden":
                waiting += self._step(_act(event, ActionName.ACKNOWLEDGE))
            if event.new.active and event.latched and event.normal_since is not None:
                waiting += self._step(_act(event, ActionName.RESET))


def rehearse(records: Iterable[Batch | Tick], sides: Iterable[Side]) -> None:
    """Step every record through each side; the sides' ledgers hold the result."""
    together = list(sides)
    for record in records:
        for side in together:
            side.apply(record)


def concerned(rule: Rule, rules: Mapping[str, Rule]) -> list[Rule]:
    """What has to run beside ``rule`` for it to behave as it would: its rivals for a device, and what hides it.

    What only groups could hide stays away: a rule on one device is rehearsed without its neighbours.
    """
    beside = [
        other for other in rules.values()
        if other.id != rule.id and (about_groups(rule) or not about_groups(other))
        and (other.kin == rule.kin or other.id in rule.suppress_when)
    ]  # fmt: skip
    return [rule, *beside]


def metrics_of(rules: Iterable[Rule]) -> frozenset[str] | None:
    """The metrics that these rules look at; None: all, since a message of any kind matters."""
    found: set[str] = set()
    for rule in rules:
        if rule.op is Op.SILENT or (isinstance(rule.measure, Flagged) and not rule.metric):
            return None
        if isinstance(rule.measure, Members) and rule.measure.silent_periods:
            return None
        found.add(rule.metric)
        found |= _beside(rule.measure.of if isinstance(rule.measure, Members) else rule.measure)
        for condition in (*rule.gate, *(given for level in rule.levels for given in level.given)):
            found.add(condition.metric)
            found |= _beside(condition.measure)
    return frozenset(found - {""})


def lead_ms(rules: Iterable[Rule], period_ms: int = 0) -> int:
    """How long before the period to begin, so that windows are full and what was pending is known.

    ``period_ms``: the longest time between two messages of a device, for members that count as silent after some.
    """
    longest = 0
    for rule in rules:
        windows = [rule.measure.window_ms] if isinstance(rule.measure, Rate | Share | Noise) else [0]
        delays = [level.on_delay_ms + (level.unrefuted_ms or 0) + level.off_delay_ms for level in rule.levels]
        silence = rule.no_data_after_ms if rule.op is Op.SILENT else 0
        if isinstance(rule.measure, Members):
            silence = rule.measure.silent_periods * period_ms
        longest = max(longest, max(windows) + max(delays) + rule.reorder_wait_ms + silence)
    return longest + HOUR_MS


def _beside(measure: object) -> set[str]:
    if isinstance(measure, Sum | Ratio):
        return {measure.other}
    return {measure.dimming} if isinstance(measure, Nominal) else set()


def _events(outcome: Outcome) -> list[AlarmEvent]:
    handed = [record.event for record in outcome.groups if isinstance(record, Candidate)]
    return [*outcome.events, *handed]


def _act(event: AlarmEvent, action: ActionName) -> Action:
    name = f"{event.id} {action}"
    return Action(name, action, event.grid, event.device, event.rule, event.episode, "rehearsal", event.at)
