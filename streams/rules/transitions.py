"""From what stood before a step and what stands after it to the one transition that tells of it."""

import hashlib
from typing import Final, NamedTuple

from streams.contracts import AlarmState, Cause
from streams.rules.slots import Reading, Run, Slot, Transition

BY_A_PERSON: Final = frozenset({Cause.ACKNOWLEDGED, Cause.RESET, Cause.CLOSED, Cause.HIDDEN, Cause.DEVICE})


def episode_id(device: str, rule: str, ts: int) -> str:
    """Idempotency key of the alarm row and the notification (alarms.md rule 5)."""
    return hashlib.sha256(f"{device}\n{rule}\n{ts}".encode()).hexdigest()[:32]


class Standing(NamedTuple):
    state: AlarmState
    worst: int
    all_gone: bool


def standing(slot: Slot) -> Standing:
    """What stands now: to be compared after the step."""
    return Standing(slot.state, slot.worst, slot.all_gone)


def settle(  # noqa: PLR0911 - one return a transition reads as the table it is
    slot: Slot,
    before: Standing,
    device: str,
    cause: Cause,
    at: int,
    *,
    opening: Run | None = None,
    live: bool,
) -> list[Transition]:
    """Compare with what stood before and tell what has changed: at most one transition."""
    if not slot.all_gone and slot.on:
        slot.normal_since = None
    if not before.state.active:
        return _rise(slot, before, device, cause, at, opening, live=live) if slot.on else []
    if not slot.on:
        return [_fall(slot, before, at)]
    if slot.worst < before.worst:
        slot.state = AlarmState.ACTIVE_UNACK
        slot.backlog = not live
        slot.acknowledged = None
        return [tell(slot, before, Cause.RULE if cause is Cause.RULE else Cause.SEVERITY_UP, at)]
    if slot.worst > before.worst:
        return [tell(slot, before, Cause.SEVERITY_DOWN, at)]
    if slot.all_gone != before.all_gone:
        return [tell(slot, before, Cause.RETURNED if slot.all_gone else Cause.REALARM, at)]
    if slot.backlog and live and slot.firing[slot.worst] is not None:
        slot.backlog = False
        return [tell(slot, before, Cause.CONFIRMED, at)]
    return []


def _rise(
    slot: Slot, before: Standing, device: str, cause: Cause, at: int, opening: Run | None, *, live: bool
) -> list[Transition]:
    slot.state = AlarmState.ACTIVE_UNACK
    slot.backlog = not live
    if before.state is AlarmState.RTN_UNACK:
        return [tell(slot, before, Cause.REALARM, at)]
    if opening is None:
        raise ValueError(f"{slot.rule} is on without a run that confirmed it")
    slot.episode = episode_id(device, slot.rule, opening.ts)
    slot.since = opening.since
    slot.number = 0
    return [tell(slot, before, cause, at)]


def _fall(slot: Slot, before: Standing, at: int) -> Transition:
    acknowledged = before.state is AlarmState.ACTIVE_ACK
    slot.state = AlarmState.NORMAL if acknowledged else AlarmState.RTN_UNACK
    slot.latched = slot.gone = 0
    slot.acknowledged = None
    return tell(slot, before, Cause.RETURNED, at)


def tell(slot: Slot, before: Standing, cause: Cause, at: int, *, by: str = "", why: str = "") -> Transition:
    slot.number += 1
    level = slot.worst if slot.on else max(before.worst, 0)
    return Transition(
        episode=slot.episode,
        number=slot.number,
        old=before.state,
        new=slot.state,
        cause=cause,
        at=at,
        level=level,
        since=slot.since,
        reading=slot.last,
        normal_since=slot.normal_since,
        backlog=slot.backlog,
        latched=slot.latched != 0,
        by=by,
        why=why,
        evidence=() if cause in BY_A_PERSON else _that_decided(slot, cause),
        shelved_until=slot.shelved_until,
        out_of_service=slot.out_of_service,
        suppressed_by=slot.masked_by or (slot.suppressed_by[0] if slot.suppressed_by else ""),
    )


def _that_decided(slot: Slot, cause: Cause) -> tuple[Reading, ...]:
    """What counted: for a return the readings of the way down, else all since the first."""
    if cause is Cause.RETURNED:
        left = slot.normal_since
        return tuple(reading for reading in slot.evidence if left is None or reading.time >= left)
    return tuple(slot.evidence)
