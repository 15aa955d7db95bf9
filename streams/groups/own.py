"""A group's own alarm: the share of its members whose condition holds, stepped by the same state machine.

It is judged at ticks only, so that all members that became true before one count alike, in whatever
order they arrived; it is dated by the member with which the limit was reached.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Final

import msgspec

from streams.contracts import Action, Cause, Device, Members, Rule
from streams.rules import Reading, Slot, Transition, new_slot
from streams.rules.acts import act
from streams.rules.conditions import meets_limit
from streams.rules.machine import Steps, elapse, end, observe
from streams.rules.machine import carried as carried_over

MOST_STEPS: Final = 64
"""Timers of one slot that one tick may fire: far more than there are levels."""


class Affected(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A member whose condition holds, since when, and where it stands."""

    at: int
    grid: str


def share(rule: Rule, held: int, total: int) -> float:
    """Percent of the members whose condition holds; 0 below the minimum (or all, where there are fewer)."""
    least = rule.measure.minimum if isinstance(rule.measure, Members) else 1
    return 100.0 * held / total if total and held >= max(1, min(least, total)) else 0.0


def judge(slot: Slot | None, rule: Rule, group: str, held: Mapping[str, Affected], total: int, now: int) -> Steps:
    """What a tick makes of the members; a group at rest is left alone."""
    ats = sorted(member.at for member in held.values() if member.at <= now)
    value = share(rule, len(ats), total)
    meets = any(meets_limit(rule.op, level.limit, value) for level in rule.levels)
    if slot is None:
        slot = new_slot(rule)
    if slot.idle:
        if not meets:
            return slot, []
        return _begin(slot, rule, group, ats, total, now)
    return observe(slot, Reading(now, now, value), rule, group)


def _begin(slot: Slot, rule: Rule, group: str, ats: list[int], total: int, now: int) -> Steps:
    """The way up, member by member, and then the tick itself: the run begins where the limit was met."""
    made: list[Transition] = []
    for number, at in enumerate(ats, 1):
        value = share(rule, number, total)
        if any(meets_limit(rule.op, level.limit, value) for level in rule.levels):
            slot, more = observe(slot, Reading(at, at, value), rule, group)
            made += more
    slot, more = observe(slot, Reading(now, now, share(rule, len(ats), total)), rule, group)
    return slot, made + more


def due(slot: Slot, rule: Rule, group: str, now: int) -> Steps:
    """Timers: a shelving that ends, an acknowledged alarm that asks again."""
    made: list[Transition] = []
    for _ in range(MOST_STEPS):
        if slot.due is None or slot.due > now:
            break
        slot, more = elapse(slot, rule, group, now)
        made += more
    return slot, made


def asked(slot: Slot | None, rule: Rule, action: Action) -> Steps:
    """A person's act on the group's alarm."""
    return act(new_slot(rule) if slot is None else slot, action, rule)


def carried(slot: Slot, rule: Rule | None, now: int) -> Steps:
    """The slot under another catalogue: ended where the rule has gone, carried over where it has changed."""
    if rule is None:
        return end(slot, Cause.RULE, now, "rule withdrawn")
    return carried_over(slot, rule, now)


def busiest(held: Mapping[str, Affected]) -> str:
    """The grid with most affected members (the first by code among equals): where the alarm is listed."""
    counted = Counter(member.grid for member in held.values())
    return min(counted, key=lambda grid: (-counted[grid], grid), default="")


def subject(group: str, kind: str, grid: str) -> Device:
    """The group in the place of a device, for an event's address."""
    return Device(id=group, kind=kind, area=grid)
