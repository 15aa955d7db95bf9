"""A rehearsal of a rule on groups: the live second stage behind the first, and time as it would pass there. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

from services.rehearsal.domain.feed import GATEWAY
from streams.contracts import Action, AlarmEvent, Candidate, Device, GroupRecord, Members, Rule, Tick
from streams.groups import GroupShard
from streams.rules import DEFAULT_CLOCK, Catalogue

SECOND_MS: Final = 1_000


def about_groups(rule: Rule) -> bool:
    """Whether the rule counts members instead of looking at one device."""
    return isinstance(rule.measure, Members)


def whole_groups(rules: Iterable[Rule], devices: Sequence[Device], everybody: Sequence[Device]) -> list[Device]:
    """``devices`` with all the other members of the groups that any of them belongs to: a share needs the whole."""
    grouped = [rule for rule in rules if about_groups(rule)]
    groups = {(rule.id, rule.group_of(device)) for rule in grouped for device in devices}
    chosen = {device.id for device in devices}
    return [
        device for device in everybody
        if device.id in chosen
        or any(rule.group_of(device) and (rule.id, rule.group_of(device)) in groups for rule in grouped)
    ]  # fmt: skip


class Groups:
    """The second stage of one side. It is judged at ticks, which come each second while anything can change.

    After the last change of a member every delay of the rule runs out within ``settles``; a member
    that stays dark for a month costs no tick more.
    """

    def __init__(self, catalogue: Catalogue, settles: int) -> None:
        self._shard = GroupShard(0, catalogue)
        self._settles = settles
        self._offset = 0
        self._now = 0
        self._until = 0

    def pass_time(self, now: int) -> list[AlarmEvent]:
        """What the seconds before ``now`` bring; while the platform was away there were none."""
        events: list[AlarmEvent] = []
        if now - self._now > DEFAULT_CLOCK.outage:
            return events
        while self._now + SECOND_MS < min(now, self._until):
            events += self._apply(Tick(GATEWAY, self._now + SECOND_MS))
        return events

    def take(self, records: Iterable[GroupRecord]) -> list[AlarmEvent]:
        """What the first stage hands on; alarms of single devices have nothing to do with the rule."""
        return [event for record in records if not isinstance(record, Candidate) for event in self._apply(record)]

    def _apply(self, record: GroupRecord) -> list[AlarmEvent]:
        if isinstance(record, Tick):
            self._now = max(self._now, record.at)
        elif not isinstance(record, Candidate):
            self._until = max(self._until, (self._now if isinstance(record, Action) else record.at) + self._settles)
        self._offset += 1
        return self._shard.apply(record, self._offset).events


def settling_ms(rules: Iterable[Rule]) -> int:
    """How long after its last change a group can still come to an alarm, or out of it."""
    delays = [
        level.on_delay_ms + level.off_delay_ms + (level.unrefuted_ms or 0) for rule in rules for level in rule.levels
    ]
    return max(delays, default=0) + 60_000
