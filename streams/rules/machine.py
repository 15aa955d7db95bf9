"""The alarm state machine for one rule on one subject (alarms.md rules 1 to 5): samples and time.

Each level is a latch of its own: it goes on by its own confirmation, taking the milder levels
with it, and off by its own deadband and off-delay. The alarm's severity is the worst level that
is on; the alarm stands while any is. What people do is in :mod:`streams.rules.acts`.
"""

from streams.contracts import MOST_EVIDENCE, AlarmState, Cause, Rule
from streams.rules.conditions import beyond_deadband, meets
from streams.rules.slots import Reading, Run, Slot, Transition, first
from streams.rules.timers import Alarm, earliest, next_due
from streams.rules.transitions import settle, standing, tell

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
        if not (reading.over or meets(rule.op, level, reading.value)):
            slot.firing[index] = None
            _refute(slot, rule, index, reading)
            continue
        slot.clearing[index] = None
        run = _run(slot, index, reading)
        if run is None:
            continue
        held = reading.over or run.lasted(reading) >= level.on_delay_ms
        if held and run.count >= level.repeat:
            _confirm(slot, rule, index, over=reading.over)
            opening = opening or run
    slot.last = reading
    _remember(slot, reading)
    stamp = reading.at if at is None else at
    made = settle(slot, before, device, cause, stamp, opening=opening, live=not reading.backlog)
    slot.due = next_due(slot, rule)
    return slot, made


def elapse(slot: Slot, rule: Rule, device: str, now: int, *, cause: Cause = Cause.UNREFUTED) -> Steps:
    """Do the one thing that is due first, if that is by ``now``; stamped with its due time."""
    due, what, index = earliest(slot, rule)
    if what is None or due > now:
        return slot, []
    slot = slot.fork()
    before = standing(slot)
    at = now if cause is Cause.RULE else due
    match what:
        case Alarm.UNREFUTED:
            run = slot.firing[index]
            _confirm(slot, rule, index, over=slot.last is not None and slot.last.over)
            made = settle(slot, before, device, cause, at, opening=run, live=True)
        case Alarm.SHELF:
            slot.shelved_until = None
            made = shown(slot, at, why="the shelving has ended")
        case Alarm.AGAIN:
            slot.state = AlarmState.ACTIVE_UNACK
            slot.acknowledged = None
            made = [tell(slot, before, Cause.REALARM, at)]
    slot.due = next_due(slot, rule)
    return slot, made


def shown(slot: Slot, at: int, *, by: str = "", why: str = "") -> list[Transition]:
    """Something that hid the alarm has ended, or another thing hides it now (alarms.md rule 7)."""
    if slot.state is AlarmState.NORMAL:
        return []
    cause = Cause.HIDDEN if slot.hidden else Cause.SHOWN
    return [tell(slot, standing(slot), cause, at, by=by, why=why)]


def hush(slot: Slot, device: str, heard: int, due: int, *, joins: str) -> Steps:
    """A device said nothing from ``heard`` until ``due``: its silence rule fires.

    ``joins`` is the episode of a safety alarm that stands on the device: its silence belongs to that.
    """
    slot = slot.fork()
    before = standing(slot)
    slot.on = 1
    slot.last = None
    slot.joins = joins
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
    return slot, settle(slot, before, device, Cause.RETURNED, at, live=True)


def end(slot: Slot, cause: Cause, at: int, why: str, *, by: str = "") -> Steps:
    """The rule or the device has gone, or a person closed it: what stood is over, what was pending forgotten."""
    slot = slot.fork()
    before = standing(slot)
    stood = slot.state is not AlarmState.NORMAL
    slot.state = AlarmState.NORMAL
    forget(slot)
    if not stood:
        return slot, []
    slot.normal_since = slot.normal_since or at
    return slot, [tell(slot, before, cause, at, by=by, why=why)]


def adapt(slot: Slot, rule: Rule) -> Slot:
    """Carry the state over to another version of its rule.

    Levels are matched by severity, and one whose severity has gone by its limit: the same hazard, now
    worse or milder. What was pending stays pending only where the limit is the same.
    """
    old = {severity: index for index, severity in enumerate(slot.levels)}
    stay = {level.severity for level in rule.levels}
    renamed = {limit: index for index, limit in enumerate(slot.limits) if slot.levels[index] not in stay}
    fresh = new_slot(rule)
    moved = slot.fork()
    moved.version, moved.levels, moved.limits = fresh.version, fresh.levels, fresh.limits
    moved.firing, moved.clearing = fresh.firing, fresh.clearing
    moved.on = moved.latched = moved.gone = 0
    for index, level in enumerate(rule.levels):
        was = old.get(level.severity, renamed.get(level.limit))
        if was is None:
            continue
        moved.on |= (slot.on >> was & 1) << index
        moved.latched |= (slot.latched >> was & 1) << index
        moved.gone |= (slot.gone >> was & 1) << index
        if slot.limits[was] == level.limit:
            moved.firing[index] = slot.firing[was]
            moved.clearing[index] = slot.clearing[was]
    moved.due = next_due(moved, rule)
    return moved


def under(slot: Slot, rule: Rule) -> Slot:
    """The slot under the present version of its rule."""
    return slot if slot.version == rule.version else adapt(slot, rule)


def carried(slot: Slot, rule: Rule, at: int) -> Steps:
    """The slot under another version of its rule, which may give what stands another severity."""
    moved = under(slot, rule)
    before, after = standing(slot), standing(moved)
    if after.worst < 0:
        return moved, []
    rise = moved.levels[after.worst].rank - slot.levels[before.worst].rank
    if rise == 0:
        return moved, []
    moved = moved.fork()
    if rise > 0:
        moved.state = AlarmState.ACTIVE_UNACK
        moved.acknowledged = None
        moved.due = next_due(moved, rule)
    return moved, [tell(moved, before, Cause.RULE if rise > 0 else Cause.SEVERITY_DOWN, at)]


def wait_in_order(slot: Slot, reading: Reading, rule: Rule) -> Slot:
    """Hold a sample back for the rule's ``reorder_wait``; one that came too late or twice is not kept."""
    known = slot.last is not None and reading.ts <= slot.last.ts
    if known or any(waiting.ts == reading.ts for waiting in slot.waiting):
        return slot
    slot = slot.fork()
    slot.waiting.append(reading)
    slot.due = next_due(slot, rule)
    return slot


def forget(slot: Slot) -> None:
    slot.on = slot.latched = slot.gone = 0
    slot.firing = [None] * len(slot.levels)
    slot.clearing = [None] * len(slot.levels)
    slot.waiting = []
    slot.evidence = []
    slot.acknowledged = None


def _run(slot: Slot, index: int, reading: Reading) -> Run | None:
    """The level's run with this reading in it; None where a side condition forbids one."""
    run = slot.firing[index]
    if not reading.over:
        if reading.blind >> index & 1:
            return None
        if reading.barred >> index & 1:
            slot.firing[index] = None
            return None
    run = slot.firing[index] = first(reading) if run is None else run.and_then(reading)
    return run


def _remember(slot: Slot, reading: Reading) -> None:
    """Keep what may have to be explained: the first reading since rest, and the newest."""
    evidence = slot.evidence
    if not slot.on and slot.state is AlarmState.NORMAL and not any(slot.firing):
        evidence.clear()
        return
    if evidence and evidence[-1].ts == reading.ts:
        evidence[-1] = reading
        return
    if len(evidence) == MOST_EVIDENCE:
        del evidence[1]
    evidence.append(reading)


def _confirm(slot: Slot, rule: Rule, index: int, *, over: bool) -> None:
    """Put a level and the milder ones on."""
    for below in range(index, len(rule.levels)):
        bit = 1 << below
        slot.on |= bit
        slot.gone &= ~bit
        slot.clearing[below] = None
        if rule.levels[below].latch or (over and below == 0 and rule.latch_over_range):
            slot.latched |= bit


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
