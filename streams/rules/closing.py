"""Closing by hand an alarm that nobody knows any more (ADR 67).

A worker may be killed between telling of an alarm and storing that it stands. What follows is worked
out again, but under the rules and devices of then: where the rule is disabled or the device retired
meanwhile, nobody remembers the alarm, and nobody would tell its end. So who closes it sends along what
was last told of it, and that is enough to end it.
"""

import msgspec

from streams.contracts import Action, ActionName, AlarmEvent, AlarmState, Cause, Source
from streams.rules.slots import Slot


def forgotten(action: Action, slot: Slot | None) -> AlarmEvent | None:
    """What was last told of an alarm that ``action`` closes and ``slot`` does not know; None for any other act."""
    if action.action is not ActionName.CLOSE or action.told is None or action.told.episode != action.episode:
        return None
    known = slot is not None and slot.episode == action.episode and slot.state is not AlarmState.NORMAL
    return None if known else action.told


def ended(told: AlarmEvent, action: Action, source: Source) -> AlarmEvent:
    """The transition that ends it: the one after ``told``.

    Where the alarm is in truth only just over, that transition has been told, and this is its second delivery.
    """
    number = int(told.id.rpartition("-")[2]) + 1
    return msgspec.structs.replace(
        told,
        id=f"{told.episode}-{number}",
        old=told.new,
        new=AlarmState.NORMAL,
        cause=Cause.CLOSED,
        at=action.at,
        source=source,
        normal_since=told.normal_since or action.at,
        latched=False,
        by=action.by,
        why=action.why,
        samples=(),
        page=None,
        flood=False,
    )
