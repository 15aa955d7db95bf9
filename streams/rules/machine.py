"""The alarm state machine for one rule on one metric of one device (alarms.md rules 1 to 8).

Each level is a latch of its own: it goes on by its own confirmation, taking the milder levels
with it, and off by its own deadband and off-delay. The alarm's severity is the worst level that
is on; the alarm stands while any is.
"""

from streams.contracts import Action, ActionName, AlarmState, Cause, Op, Rule
from streams.rules.conditions import beyond_deadband, meets
from streams.rules.slots import Reading, Run, Slot, Transition, first
from streams.rules.transitions import Standing, settle, standing, tell

Steps = tuple[Slot, list[Transition]]


def new_slot(rule: Rule) -> Slot:
    """The state of a device that this rule has not seen yet."""
    return Slot(
        rule.id,
        rule.version,
        tuple(level.severity for level in rule.levels),
        tuple(level.limit for level in rule.levels),
        firing=[None] * len(rule.levels),
        clearing=[None] * len(rule.levels),
    )


def step(slot: Slot, happened: Reading | Action | None, rule: Rule, device: str, now: int) -> Steps:
    """Step one slot: by a sample, by a person's act, or by time alone (None)."""
    if isinstance(happened, Reading):
        return observe(slot, happened, rule, device)
    if isinstance(happened, Action):
        return act(slot, happened, rule)
    return elapse(slot, rule, device, now)


def observe(
    slot: Slot,
    reading: Reading,
    rule: Rule,
    device: str,
    *,
    cause: Cause = Cause.CONFIRMED,
    at: int | None = None,
) -> Steps:
    """Step one usable sample, stamped with its arrival or ``at``; a NaN changes nothing."""
    if reading.value != reading.value:
        return slot, []
    slot = slot.fork()
    before = standing(slot)
    opening: Run | None = None
    for index, level in enumerate(rule.levels):
        if reading.over or meets(rule.op, level, reading.value):
            run = slot.firing[index]
            run = slot.firing[index] = first(reading) if run is None else run.and_then(reading)
            slot.clearing[index] = None
            held = reading.over or run.lasted(reading) >= level.on_delay_ms
            if held and run.count >= level.repeat and _confirm(slot, rule, index, over=reading.over):
                opening = opening or run
        else:
            slot.firing[index] = None
            _refute(slot, rule, index, reading)
    slot.last = reading
    stamp = reading.at if at is None else at
    made = settle(slot, before, device, cause, stamp, opening=opening, live=not reading.backlog)
    slot.due = next_due(slot, rule)
    return slot, made


def elapse(slot: Slot, rule: Rule, device: str, now: int, *, cause: Cause = Cause.UNREFUTED) -> Steps:
    """Confirm what nothing has refuted for long enough by ``now``; stamped with its due time."""
    found = min(
        ((due, index) for index, due in enumerate(_unrefuted_dues(slot, rule)) if due is not None and due <= now),
        default=None,
    )
    if found is None:
        return slot, []
    due, index = found
    slot = slot.fork()
    before = standing(slot)
    run = slot.firing[index]
    _confirm(slot, rule, index, over=slot.last is not None and slot.last.over)
    at = now if cause is Cause.RULE else due
    made = settle(slot, before, device, cause, at, opening=run, live=True)
    slot.due = next_due(slot, rule)
    return slot, made


def hush(slot: Slot, device: str, heard: int, due: int) -> Steps:
    """A device said nothing from ``heard`` until ``due``: its silence rule fires."""
    slot = slot.fork()
    before = standing(slot)
    slot.on = 1
    slot.last = None
    slot.due = None
    opening = Run(heard, heard, 0, 1, heard)
    return slot, settle(slot, before, device, Cause.CONFIRMED, due, opening=opening, live=True)


def hear(slot: Slot, device: str, at: int) -> Steps:
    """A message of any quality ends a silence."""
    if not slot.on:
        return slot, []
    slot = slot.fork()
    before = standing(slot)
    slot.on = 0
    slot.normal_since = at
    return slot, settle(slot, before, device, Cause.RETURNED, at)


def act(slot: Slot, action: Action, rule: Rule) -> Steps:
    """A named person acknowledges, resets or closes. An act on another episode has no effect."""
    if action.episode != slot.episode or slot.state is AlarmState.NORMAL:
        return slot, []
    slot = slot.fork()
    before = standing(slot)
    match action.action:
        case ActionName.ACKNOWLEDGE:
            made = _acknowledge(slot, action)
        case ActionName.RESET:
            made = _reset(slot, before, action)
        case ActionName.CLOSE:
            made = [_end(slot, before, Cause.CLOSED, action.at, by=action.by, why=action.why)]
        case _:
            made = []
    slot.due = next_due(slot, rule)
    return slot, made


def end(slot: Slot, cause: Cause, at: int, why: str) -> Steps:
    """The rule or the device has gone: what stood is over, what was pending is forgotten."""
    slot = slot.fork()
    if slot.state is AlarmState.NORMAL:
        _forget(slot)
        return slot, []
    return slot, [_end(slot, standing(slot), cause, at, why=why)]


def adapt(slot: Slot, rule: Rule) -> Slot:
    """Carry the state over to another version of its rule.

    Levels are matched by severity; what was pending stays pending only where the limit is the same.
    """
    old = {severity: index for index, severity in enumerate(slot.levels)}
    moved = new_slot(rule)
    for index, level in enumerate(rule.levels):
        was = old.get(level.severity)
        if was is None:
            continue
        for name in ("on", "latched", "gone"):
            if getattr(slot, name) >> was & 1:
                setattr(moved, name, getattr(moved, name) | 1 << index)
        if slot.limits[was] == level.limit:
            moved.firing[index] = slot.firing[was]
            moved.clearing[index] = slot.clearing[was]
    for name in ("state", "episode", "since", "number", "backlog", "normal_since", "last"):
        setattr(moved, name, getattr(slot, name))
    moved.waiting = slot.waiting.copy()
    moved.due = None if rule.op is Op.SILENT else next_due(moved, rule)
    return moved


def wait_in_order(slot: Slot, reading: Reading, rule: Rule) -> Slot:
    """Hold a sample back for the rule's ``reorder_wait``; one that came too late or twice is not kept."""
    known = slot.last is not None and reading.ts <= slot.last.ts
    if known or any(waiting.ts == reading.ts for waiting in slot.waiting):
        return slot
    slot = slot.fork()
    slot.waiting.append(reading)
    slot.due = next_due(slot, rule)
    return slot


def release(slot: Slot, rule: Rule, device: str, now: int) -> Steps:
    """Step what has waited long enough, and what is older than that, in the order of device time."""
    ripe = [reading.ts for reading in slot.waiting if reading.at + rule.reorder_wait_ms <= now]
    if not ripe:
        return slot, []
    newest = max(ripe)
    ready = sorted((reading for reading in slot.waiting if reading.ts <= newest), key=lambda reading: reading.ts)
    slot = slot.fork()
    slot.waiting = [reading for reading in slot.waiting if reading.ts > newest]
    made: list[Transition] = []
    for reading in ready:
        slot, more = observe(slot, reading, rule, device, at=now)
        made += more
    slot = slot.fork()
    slot.due = next_due(slot, rule)
    return slot, made


def next_due(slot: Slot, rule: Rule) -> int | None:
    """When time alone will change this slot, or None."""
    if rule.op is Op.SILENT:
        return slot.due
    dues = [due for due in _unrefuted_dues(slot, rule) if due is not None]
    dues.extend(reading.at + rule.reorder_wait_ms for reading in slot.waiting)
    return min(dues, default=None)


def _unrefuted_dues(slot: Slot, rule: Rule) -> list[int | None]:
    dues: list[int | None] = []
    for index, level in enumerate(rule.levels):
        run = slot.firing[index] if index < len(slot.firing) else None
        stands = slot.on >> index & 1 and not slot.gone >> index & 1
        waits = run is not None and level.unrefuted_ms is not None and not stands
        dues.append(run.at + level.unrefuted_ms if waits else None)  # type: ignore[union-attr,operator]
    return dues


def _confirm(slot: Slot, rule: Rule, index: int, *, over: bool) -> bool:
    """Put a level and the milder ones on; True when that is news."""
    stands = slot.on >> index & 1 and not slot.gone >> index & 1
    for below in range(index, len(rule.levels)):
        bit = 1 << below
        slot.on |= bit
        slot.gone &= ~bit
        slot.clearing[below] = None
        if rule.levels[below].latch or (over and below == 0 and rule.latch_over_range):
            slot.latched |= bit
    if over and index == 0 and rule.latch_over_range:
        slot.latched |= 1
    return not stands


def _refute(slot: Slot, rule: Rule, index: int, reading: Reading) -> None:
    """A good sample without the condition: the level's way off."""
    bit = 1 << index
    if not slot.on & bit or slot.gone & bit:
        return
    level = rule.levels[index]
    if not beyond_deadband(rule.op, level, reading.value):
        slot.clearing[index] = None
        return
    run = slot.clearing[index]
    if run is None:
        run = slot.clearing[index] = first(reading)
    if run.lasted(reading) < level.off_delay_ms:
        return
    slot.normal_since = max(slot.normal_since or run.since, run.since)
    if slot.latched & bit:
        slot.gone |= bit
    else:
        slot.on &= ~bit
        slot.clearing[index] = None


def _acknowledge(slot: Slot, action: Action) -> list[Transition]:
    before = standing(slot)
    if before.state is AlarmState.ACTIVE_UNACK:
        slot.state = AlarmState.ACTIVE_ACK
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
    return [tell(slot, before, Cause.RESET, action.at, by=action.by, why=action.why)]


def _end(slot: Slot, before: Standing, cause: Cause, at: int, *, by: str = "", why: str = "") -> Transition:
    slot.state = AlarmState.NORMAL
    _forget(slot)
    slot.normal_since = slot.normal_since or at
    return tell(slot, before, cause, at, by=by, why=why)


def _forget(slot: Slot) -> None:
    slot.on = slot.latched = slot.gone = 0
    slot.firing = [None] * len(slot.levels)
    slot.clearing = [None] * len(slot.levels)
    slot.waiting = []
    slot.due = None
