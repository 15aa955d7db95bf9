"""Where the slots of one device are taken up and put down: grouping, hiding by a neighbour, telling."""

from typing import Final, NamedTuple

from streams.contracts import Rule, Severity
from streams.rules import machine
from streams.rules.slots import Slot, Transition
from streams.rules.track import Track

GRAVE: Final = Severity.MAJOR.rank
"""From here on an alarm is about safety: a silence meanwhile belongs to it."""


class Told(NamedTuple):
    """A transition with what only the device's step knows: its group, and the alarm it joins."""

    rule: Rule
    transition: Transition
    group: str
    joins: str


class Bench:
    """Works on ``track`` (a fork); ``told`` collects the transitions."""

    __slots__ = ("told", "track")

    def __init__(self, track: Track) -> None:
        self.track = track
        self.told: list[Told] = []

    def safety(self) -> str:
        """The episode of the worst alarm that stands on this device because of what it measured."""
        standing = [
            (slot.levels[max(slot.worst, 0)].rank, slot.episode)
            for slot in self.track.slots.values()
            if slot.state.active and (rule := self.track.rule(slot.rule)) and not rule.health
        ]
        grave = [(rank, episode) for rank, episode in standing if rank >= GRAVE]
        return max(grave)[1] if grave else ""

    def slot(self, rule: Rule) -> Slot:
        """The slot to step, hidden from the outset where another alarm of the device hides it."""
        slot = self.track.slot(rule)
        if rule.suppress_when:
            mask = self._mask(rule)
            if slot.masked_by != mask:
                slot = slot.fork()
                slot.masked_by = mask
        return slot

    def _mask(self, rule: Rule) -> str:
        """The episode on this device that hides the rule's alarms now, or ""."""
        for name in rule.suppress_when:
            other = self.track.slots.get(name)
            if other is not None and other.state.active:
                return other.episode
        return ""

    def take(self, rule: Rule, steps: machine.Steps) -> None:
        slot, made = steps
        track = self.track
        if made and not made[0].old.active and made[0].new.active and made[0].number == 1:
            slot.group = rule.group_of(track.device)
        track.keep(rule, slot)
        self.told.extend(Told(rule, transition, slot.group, slot.joins) for transition in made)
        if made and rule.id in track.plan.hides:
            for other in track.plan.hides[rule.id]:
                self._remask(other, made[-1].at)

    def _remask(self, rule: Rule, at: int) -> None:
        slot = self.track.slots.get(rule.id)
        mask = self._mask(rule)
        if slot is not None and slot.masked_by != mask:
            slot = slot.fork()
            slot.masked_by = mask
            self.take(rule, (slot, machine.shown(slot, at, by=mask)))
