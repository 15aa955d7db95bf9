"""How one device stands in the groups that rules count: the first half of a feeder outage.

Only changes between "against it" and "nothing against it" are told. What cannot be evaluated now
(a lamp that is not commanded on) changes nothing; a member that has told nothing counts as well.
"""

from typing import NamedTuple

from streams.contracts import Members, Rule
from streams.rules.conditions import meets_limit
from streams.rules.probes import Given, evaluable
from streams.rules.track import Membership, Track


class Standing(NamedTuple):
    """A change to be told to the second stage; ``condition`` None: the device has left."""

    group: str
    rule: str
    at: int
    condition: bool | None


class Crowd:
    """Changes ``track.members`` (of a fork) and collects what is to be ``told``."""

    __slots__ = ("told", "track")

    def __init__(self, track: Track) -> None:
        self.track = track
        self.told: list[Standing] = []

    def judge(self, rule: Rule, given: Given, now: int | None = None) -> None:
        """By a sample: does the member's own condition hold?"""
        measure = rule.measure
        probe = self.track.plan.probes.get(rule.id)
        group = rule.group_of(self.track.device)
        if probe is None or not group or not isinstance(measure, Members):
            return
        value = probe.look(given)
        if value is None or not evaluable(self.track.plan.gates[rule.id], rule.schedule, given):
            return
        self._set(
            rule, group, given.sample.at if now is None else now, dark=meets_limit(measure.op, measure.limit, value)
        )

    def silent(self, rule: Rule, group: str, at: int) -> None:
        """By time: the member has said nothing for too long."""
        self._set(rule, group, at, silent=True)

    def heard(self, at: int) -> None:
        """A message of any quality: whatever else it says, the member is not silent."""
        for rule in self.track.plan.crowds:
            membership = self.track.members.get(rule.id)
            if membership is not None and membership.silent:
                self._set(rule, membership.group, at, silent=False)

    def moved(self, at: int) -> None:
        """The device, or the rules for it, have changed: leave the groups it no longer counts in."""
        track = self.track
        for rule_id, membership in list(track.members.items()):
            rule = track.plan.rules.get(rule_id)
            counts = track.watched and not track.in_maintenance and isinstance(rule and rule.measure, Members)
            if rule is None or not counts or rule.group_of(track.device) != membership.group:
                self._leave(rule_id, membership, at)

    def leave(self, at: int) -> None:
        """The device has gone for good."""
        for rule_id, membership in list(self.track.members.items()):
            self._leave(rule_id, membership, at)

    def _leave(self, rule_id: str, membership: Membership, at: int) -> None:
        del self.track.members[rule_id]
        if membership.told:
            self.told.append(Standing(membership.group, rule_id, at, None))

    def _set(self, rule: Rule, group: str, at: int, *, dark: bool | None = None, silent: bool | None = None) -> None:
        if self.track.in_maintenance:
            return
        old = self.track.members.get(rule.id) or Membership(group)
        dark = old.dark if dark is None else dark
        silent = old.silent if silent is None else silent
        condition = dark or silent
        if condition != old.told:
            self.told.append(Standing(group, rule.id, at, condition))
        if condition:
            self.track.members[rule.id] = Membership(group, dark, silent, condition)
        else:
            self.track.members.pop(rule.id, None)
