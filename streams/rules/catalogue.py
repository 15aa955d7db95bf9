"""Which rules watch which device: the rules and devices in force, ready for the step."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from streams.contracts import Device, Rule
from streams.rules.plan import Plan


class Withdrawn(NamedTuple):
    """The ids of rules and of devices that were taken back by name."""

    rules: frozenset[str] = frozenset()
    devices: frozenset[str] = frozenset()


class Catalogue:
    """Rules and devices at one moment. Never changed: :meth:`with_changes` makes the next one.

    ``versions`` are those of the enabled rules. ``withdrawn`` is what somebody took back where that alone is the end
    of a rule or a device, and what else is missing may be lost: read from a topic that may be. None: a catalogue that
    is sure of itself, in which whatever is missing has been withdrawn.
    """

    def __init__(
        self, rules: Mapping[str, Rule], devices: Mapping[str, Device], withdrawn: Withdrawn | None = None
    ) -> None:
        self.rules = dict(rules)
        self.devices = dict(devices)
        self.withdrawn = withdrawn
        self._kinds: dict[str, list[Rule]] = {}
        for rule in self.rules.values():
            if rule.enabled:
                self._kinds.setdefault(rule.kind, []).append(rule)
        self.versions = {rule.id: rule.version for rule in self.rules.values() if rule.enabled}
        self._plans: dict[tuple[str, ...], Plan] = {}

    @classmethod
    def of(cls, rules: Iterable[Rule], devices: Iterable[Device]) -> "Catalogue":
        return cls({rule.id: rule for rule in rules}, {device.id: device for device in devices})

    def with_changes(
        self, rules: Mapping[str, Rule | None] | None = None, devices: Mapping[str, Device | None] | None = None
    ) -> "Catalogue":
        """The catalogue after some records of the compacted topics; None is a tombstone."""
        rules, devices, withdrawn = rules or {}, devices or {}, self.withdrawn
        if withdrawn is not None:
            withdrawn = Withdrawn(_taken_back(withdrawn.rules, rules), _taken_back(withdrawn.devices, devices))
        return Catalogue(_merged(self.rules, rules), _merged(self.devices, devices), withdrawn)

    def has_lost_rule(self, rule_id: str) -> bool:
        """Whether a rule is missing that nobody is known to have withdrawn."""
        return self.withdrawn is not None and rule_id not in self.rules and rule_id not in self.withdrawn.rules

    def has_lost_device(self, device_id: str) -> bool:
        """Whether a device is missing that nobody is known to have withdrawn."""
        return self.withdrawn is not None and device_id not in self.devices and device_id not in self.withdrawn.devices

    def keeping(self, rules: Mapping[str, Rule], devices: Mapping[str, Device] | None = None) -> "Catalogue":
        """The catalogue with those of ``rules`` and ``devices`` that it has lost; itself where it has lost none."""
        kept = {key: rule for key, rule in rules.items() if self.has_lost_rule(key)}
        known = {key: device for key, device in (devices or {}).items() if self.has_lost_device(key)}
        return self.with_changes(kept, known) if kept or known else self

    def plan(self, device: Device) -> Plan:
        """The plan for a device: of each family of rules the one with the most specific scope.

        Two that are equally specific are told apart by their ids, so that every worker chooses alike.
        """
        best: dict[str, Rule] = {}
        for rule in (*self._kinds.get(device.kind, ()), *self._kinds.get("*", ())):
            if rule.scope.covers(device):
                rival = best.get(rule.kin)
                if rival is None or (rule.scope.rank, rival.id) > (rival.scope.rank, rule.id):
                    best[rule.kin] = rule
        matching = best.values()
        key = tuple(sorted(rule.id for rule in matching))
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = Plan(matching)
        return plan


def _merged(old: Mapping[str, object], changes: Mapping[str, object | None]) -> dict:  # type: ignore[type-arg]
    merged = {**old, **changes}
    return {key: value for key, value in merged.items() if value is not None}


def _taken_back(before: frozenset[str], changes: Mapping[str, object | None]) -> frozenset[str]:
    return before - changes.keys() | {key for key, value in changes.items() if value is None}
