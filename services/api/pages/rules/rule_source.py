"""The rule pages' view of the container: rules, versions, what a draft would do, what holds alarms back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.alarms.domain import Hold, HoldKind, HoldState
from services.alarms.handlers import Holding
from services.api.alarms.rehearsals import order_of
from services.api.alarms.rules import revisions, wish, written
from services.api.container import Container
from services.api.door.auth import Caller, require, user_of, within
from services.registry.domain import Applied, Permission, Revision
from services.registry.domain.rules import applying
from services.registry.handlers import (
    Judged,
    Kept,
    change_device,
    change_rule,
    create_rule,
    rehearse_rule,
    restore_rule,
)
from services.rehearsal.domain import Rehearsal, Scope
from streams.contracts import ActionName, Rule


@dataclass(frozen=True, slots=True)
class RuleDesk:
    """Reads and writes for one signed-in person."""

    container: Container

    def rule(self, rule_id: str) -> Rule | None:
        return self.container.rules.get_rule(rule_id)

    def rules(self) -> tuple[Rule, ...]:
        return self.container.rules.list_rules()

    def revisions(self, rule_id: str) -> tuple[Revision, ...]:
        """Raises: ProblemError, 404."""
        return revisions(self.container, rule_id)

    def names(self) -> dict[str, str]:
        """People's names by their sign-in names."""
        return {user.id: user.name for user in self.container.people.list_users()}

    def hits(self, who: Caller, since: int) -> Mapping[str, int]:
        """Alarms since then in the person's area, by rule."""
        return self.container.alarms.count_by_rule(scope=who.scope, since=since)

    def applying(self, who: Caller, device: str) -> list[Applied]:
        found = self.container.devices.get_device(device)
        if found is None:
            return []
        within(who, found.area, f"Device {device}")
        return applying(found, self.container.rules.list_rules())

    def rehearse(self, who: Caller, fields: dict[str, Any], *, counted: bool) -> Judged:
        """Judge a draft; ``counted``: with the devices that it would watch."""
        devices = self.container.devices if counted else None
        return rehearse_rule(self.container.rules, devices, fields, user=user_of(who))

    def begin(self, who: Caller, fields: dict[str, Any], scope: Scope) -> Rehearsal:
        """Raises: ProblemError; Refused, ``invalid`` with ``errors``, ``running``, ``crowded``."""
        return self.container.rehearsals.begin(order_of(self.container, who, fields, scope))

    def rehearsal(self, who: Caller, name: str) -> Rehearsal | None:
        return self.container.rehearsals.get(name, who.id)

    def cancel(self, who: Caller, name: str) -> Rehearsal | None:
        return self.container.rehearsals.cancel(name, who.id)

    def create(self, who: Caller, fields: dict[str, Any], why: str, key: str) -> Kept:
        wanted = wish(self.container, who, why, key)
        return written(create_rule(self.container.rules, self.container.devices, fields, wanted))

    def change(self, who: Caller, rule_id: str, version: int, fields: dict[str, Any], why: str, key: str) -> Kept:
        wanted = wish(self.container, who, why, key)
        return written(change_rule(self.container.rules, self.container.devices, rule_id, version, fields, wanted))

    def restore(self, who: Caller, rule_id: str, version: int, restored: int, why: str, key: str) -> Kept:
        require(who, Permission.RULES)
        wanted = wish(self.container, who, why, key)
        return written(restore_rule(self.container.rules, self.container.devices, rule_id, version, restored, wanted))

    def holds(self, who: Caller, rule: str, device: str) -> tuple[Hold, ...]:
        """What holds back this rule on this device now."""
        now = self.container.clock.now()
        return self.container.alarms.list_holds(scope=who.scope, now=now, rule=rule, device=device)

    def hold(self, who: Caller, alarm: str, action: ActionName, why: str, until: int | None) -> None:
        """Raises: ProblemError, 403; Refused, as the use case says."""
        require(who, Permission.RESET)
        command = self.container.ids.new()
        self.container.hold_alarm(Holding(alarm, action, who.id, command, why=why, until=until, scope=who.scope))

    def approve(self, who: Caller, alarm: str, kind: HoldKind) -> None:
        require(who, Permission.RESET)
        command = self.container.ids.new()
        self.container.hold_alarm.approve(alarm, by=who.id, command=command, scope=who.scope, kind=kind)

    def waiting(self, who: Caller) -> tuple[Hold, ...]:
        """What waits in the person's area for a second one, the oldest first."""
        now = self.container.clock.now()
        holds = self.container.alarms.list_holds(scope=who.scope, now=now)
        return tuple(sorted((hold for hold in holds if hold.state(now) is HoldState.WAITING), key=lambda h: h.at))

    def close(self, who: Caller, alarm: str, why: str) -> None:
        require(who, Permission.RESET)
        command = self.container.ids.new()
        self.container.ask_of_alarm(alarm, ActionName.CLOSE, by=who.id, command=command, why=why, scope=who.scope)

    def put_device(self, who: Caller, device: str, version: int, state: str, why: str) -> None:
        """Maintenance and back: a device in maintenance hides its alarms, which its page says.

        Raises:
            Refused: as the use case says.
        """
        now, changes = self.container.clock.now(), {"state": state}
        change_device(self.container.devices, device, changes, version, user=user_of(who), now=now, why=why)

    def device_version(self, device: str) -> int:
        found = self.container.devices.get_device(device)
        return found.version if found else 0
