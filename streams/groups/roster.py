"""Who belongs to which group that a rule counts: read once from the catalogue, whenever it changes."""

from collections.abc import Callable

from streams.contracts import Device, Members, Rule
from streams.contracts.devices import DeviceState
from streams.rules import Catalogue


class Roster:
    """The members, in service, of every owned group of a rule with the measure ``members``."""

    def __init__(self, catalogue: Catalogue, owns: Callable[[str], bool]) -> None:
        self._catalogue = catalogue
        self.rules = {
            rule.id: rule
            for rule in catalogue.rules.values()
            if rule.enabled and rule.group and isinstance(rule.measure, Members)
        }
        self._members: dict[tuple[str, str], list[str]] = {}
        owned: dict[str, bool] = {}
        for device in catalogue.devices.values():
            for rule in self._counting(device):
                group = rule.group_of(device)
                if group not in owned:
                    owned[group] = owns(group)
                if owned[group]:
                    self._members.setdefault((rule.id, group), []).append(device.id)

    def total(self, rule: str, group: str) -> int:
        """How many members the group has for that rule."""
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
