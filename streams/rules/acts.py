"""What people do to an alarm, and what hides one: acknowledging, resetting, closing, shelving (rules 8 and 11)."""

from streams.contracts import Action, ActionName, AlarmState, Cause, Rule
from streams.rules.machine import Steps, elapse, end, observe, shown
from streams.rules.slots import Reading, Slot, Transition
from streams.rules.timers import next_due
from streams.rules.transitions import Standing, standing, tell


def step(slot: Slot, happened: Reading | Action | None, rule: Rule, device: str, now: int) -> Steps:
    """Step one slot: by a sample, by a person's act, or by time alone (None)."""
    if isinstance(happened, Reading):
        return observe(slot, happened, rule, device)
    if isinstance(happened, Action):
        return act(slot, happened, rule)
    return elapse(slot, rule, device, now)


def act(slot: Slot, action: Action, rule: Rule) -> Steps:
    """Do what a named person asks, as far as the alarm allows; what it does not allow has no effect."""
    match action.action:
        case ActionName.ACKNOWLEDGE | ActionName.RESET | ActionName.CLOSE:
            return _answer(slot, action, rule)
        case _:
            return _hide(slot, action, rule)


def _answer(slot: Slot, action: Action, rule: Rule) -> Steps:
    """An act on an episode; on another than the present one it has no effect."""
    if action.episode != slot.episode or slot.state is AlarmState.NORMAL:
        return slot, []
    if action.action is ActionName.CLOSE:
        slot, made = end(slot, Cause.CLOSED, action.at, action.why, by=action.by)
    else:
        slot = slot.fork()
        before = standing(slot)
        answer = _acknowledge if action.action is ActionName.ACKNOWLEDGE else _reset
        made = answer(slot, before, action)
    slot.due = next_due(slot, rule)
    return slot, made


def _acknowledge(slot: Slot, before: Standing, action: Action) -> list[Transition]:
    if before.state is AlarmState.ACTIVE_UNACK:
        slot.state = AlarmState.ACTIVE_ACK
        slot.acknowledged = action.at
    elif before.state is AlarmState.RTN_UNACK:
        slot.state = AlarmState.NORMAL
    else:
        return []
    return [tell(slot, before, Cause.ACKNOWLEDGED, action.at, by=action.by, why=action.why)]


def _reset(slot: Slot, before: Standing, action: Action) -> list[Transition]:
    """Release the latches whose condition has gone; one that stands cannot be reset."""
    released = slot.latched & slot.gone
    if not released:
        return []
    slot.on &= ~released
    slot.latched &= ~released
    slot.gone &= ~released
    if slot.on == 0:
        slot.state = AlarmState.NORMAL
        slot.acknowledged = None
    return [tell(slot, before, Cause.RESET, action.at, by=action.by, why=action.why)]


def _hide(slot: Slot, action: Action, rule: Rule) -> Steps:
    """Hide or show; the state machine runs on beneath, so that nothing is lost."""
    facts = slot.shelved_until, slot.out_of_service, slot.suppressed_by
    slot = slot.fork()
    match action.action:
        case ActionName.SHELVE:
            slot.shelved_until = shelf_end(action, rule) or slot.shelved_until
        case ActionName.UNSHELVE:
            slot.shelved_until = None
        case ActionName.OUT_OF_SERVICE:
            slot.out_of_service = slot.out_of_service or agreed(action, rule)
        case ActionName.IN_SERVICE:
            slot.out_of_service = False
        case ActionName.SUPPRESS:
            if action.by not in slot.suppressed_by:
                slot.suppressed_by = (*slot.suppressed_by, action.by)
        case ActionName.UNSUPPRESS:
            slot.suppressed_by = tuple(by for by in slot.suppressed_by if by != action.by)
    slot.due = next_due(slot, rule)
    if (slot.shelved_until, slot.out_of_service, slot.suppressed_by) == facts:
        return slot, []
    return slot, shown(slot, action.at, by=action.by, why=action.why)


def shelf_end(action: Action, rule: Rule) -> int | None:
    """When a shelving ends; None where the rule does not allow it (alarms.md rule 11).

    It has an end not later than the rule's longest, and where the rule says so a second person.
    """
    if action.until is None or action.until <= action.at or not action.by or rule.max_shelve_ms <= 0:
        return None
    if not agreed(action, rule):
        return None
    return min(action.until, action.at + rule.max_shelve_ms)


def agreed(action: Action, rule: Rule) -> bool:
    """Whether as many people want it hidden as the rule asks for; out of service hides for longer than any shelving."""
    return not rule.second_approver or action.second not in {"", action.by}
