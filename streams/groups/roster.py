"""Who belongs to which group that a rule counts: read once from the catalogue, whenever it changes."""

from functools import lru_cache
from zlib import crc32

from streams.contracts import Device, Members, Rule
from streams.contracts.devices import DeviceState
from streams.groups.overflow import MOST_MEMBERS
from streams.rules import Catalogue


@lru_cache(maxsize=2)
def roster_of(catalogue: Catalogue) -> "Roster":
    """The roster of a catalogue, read once for all partitions of a worker; a catalogue never changes."""
    return Roster(catalogue)


class Roster:
    """The members, in service, of every group of a rule with the measure ``members``.

    A group with more than :data:`MOST_MEMBERS` is judged by so many of them, chosen by a checksum of
    their ids: as good as at random for a share, the same in every worker, and nearly the same after
    one more device.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self.rules = {
            rule.id: rule
            for rule in catalogue.rules.values()
            if rule.enabled and rule.group and isinstance(rule.measure, Members)
        }
        self._members: dict[tuple[str, str], list[str]] = {}
        for device in catalogue.devices.values():
            for rule in self._counting(device):
                self._members.setdefault((rule.id, rule.group_of(device)), []).append(device.id)
        self._chosen: dict[tuple[str, str], frozenset[str]] = {}
        for key, members in self._members.items():
            if len(members) > MOST_MEMBERS:
                self._members[key] = sorted(members, key=lambda name: (crc32(name.encode()), name))[:MOST_MEMBERS]
                self._chosen[key] = frozenset(self._members[key])

    def judges(self, rule: str, group: str, device: str) -> bool:
        """Whether the device's condition counts; of a group that is too large, only those of the chosen."""
        chosen = self._chosen.get((rule, group))
        return chosen is None or device in chosen

    def total(self, rule: str, group: str) -> int:
        """How many members the group has for that rule, the chosen alone where they are too many."""
        return len(self._members.get((rule, group), ()))

    def hidden_by(self, rule: str, group: str) -> dict[str, tuple[str, tuple[str, ...]]]:
        """Device -> (its grid, its rules that the group's alarm hides)."""
        found: dict[str, tuple[str, tuple[str, ...]]] = {}
        for name in self._members.get((rule, group), ()):
            device = self._catalogue.devices[name]
            rules = tuple(
                other.id for other in self._catalogue.plan(device).rules.values() if rule in other.suppress_when
            )
            if rules:
                found[name] = (device.area, rules)
        return found

    def kind_of(self, rule: Rule, group: str) -> str:
        """The members' kind; the first by name where a gateway serves several."""
        if rule.kind != "*":
            return rule.kind
        kinds = {self._catalogue.devices[name].kind for name in self._members.get((rule.id, group), ())}
        return min(kinds, default="")

    def _counting(self, device: Device) -> list[Rule]:
        if device.state is not DeviceState.ACTIVE:
            return []
        likely = [rule for rule in self.rules.values() if rule.kind in {device.kind, "*"} and rule.group_of(device)]
        if not likely:
            return []
        plan = self._catalogue.plan(device).rules
        return [rule for rule in likely if rule.id in plan]
