"""What time alone will do to a slot, and when."""

from enum import Enum
from typing import NamedTuple

from streams.contracts import AlarmState, Rule
from streams.rules.schedule import next_open
from streams.rules.slots import Slot


class Alarm(Enum):
    """What an elapsed time may mean."""

    UNREFUTED = "unrefuted"
    SHELF = "shelf"
    AGAIN = "again"


class Due(NamedTuple):
    """``level`` is the one that :attr:`Alarm.UNREFUTED` is about."""

    at: int
    what: Alarm | None
    level: int = 0


NEVER = Due(1 << 62, None)


def earliest(slot: Slot, rule: Rule) -> Due:
    """The first thing that time will do, the worst level before milder ones."""
    found = NEVER
    for index, run in enumerate(slot.firing):
        if run is None or index >= len(rule.levels):
            continue
        wait = rule.levels[index].unrefuted_ms
        stands = slot.on >> index & 1 and not slot.gone >> index & 1
        if wait is None or stands:
            continue
        at: int | None = run.at + wait
        if rule.schedule is not None:
            at = next_open(rule.schedule, run.at + wait)
        if at is not None and at < found.at:
            found = Due(at, Alarm.UNREFUTED, index)
    if slot.shelved_until is not None and slot.shelved_until < found.at:
        found = Due(slot.shelved_until, Alarm.SHELF)
    if slot.acknowledged is not None and rule.realarm_after_ms is not None:
        again = slot.acknowledged + rule.realarm_after_ms
        if slot.state is AlarmState.ACTIVE_ACK and not slot.all_gone and again < found.at:
            found = Due(again, Alarm.AGAIN)
    return found


def next_due(slot: Slot, rule: Rule) -> int | None:
    """When time alone will change this slot, or None."""
    due = earliest(slot, rule).at
    for reading in slot.waiting:
        due = min(due, reading.at + rule.reorder_wait_ms)
    return None if due == NEVER.at else due
