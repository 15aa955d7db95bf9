"""From a message to the one reading that a rule may use (alarms.md rule 1), or none."""

from streams.contracts import Flag, Flagged, Quality, Rule, Sample, Value
from streams.rules.plan import Givens, Plan
from streams.rules.probes import Given, evaluable
from streams.rules.slots import Reading


def raw(rule: Rule, given: Given, *, backlog: bool, offset: int = -1) -> Reading | None:
    """The metric's own value as the message carries it; None where its quality forbids."""
    sample = given.sample
    value = sample.values.get(rule.metric)
    if value is None or _proving(sample):
        return None
    quality = sample.quality.get(rule.metric, Quality.GOOD) if sample.quality else Quality.GOOD
    over = quality is Quality.OVER_RANGE and rule.latch_over_range
    if quality is not Quality.GOOD and not over:
        return None
    return Reading(sample.ts, sample.at, value, given.clock, over, backlog, offset)


def judged(rule: Rule, plan: Plan, given: Given, *, backlog: bool, offset: int = -1) -> Reading | None:
    """The rule's measure as a reading; None where it cannot be evaluated now."""
    if isinstance(rule.measure, Value):
        reading = raw(rule, given, backlog=backlog, offset=offset)
        if reading is None and rule.metric not in given.sample.values:
            reading = _again(rule, given, backlog=backlog)
    else:
        reading = _measured(rule, plan, given, backlog=backlog, offset=offset)
    if reading is None or not evaluable(plan.gates[rule.id], rule.schedule, given):
        return None
    sides = plan.givens.get(rule.id)
    return reading if sides is None else _beside(reading, sides, given)


def _measured(rule: Rule, plan: Plan, given: Given, *, backlog: bool, offset: int) -> Reading | None:
    sample = given.sample
    if _proving(sample) and not isinstance(rule.measure, Flagged):
        return None
    value = plan.probes[rule.id].look(given)
    if value is None:
        return None
    return Reading(sample.ts, sample.at, value, given.clock, backlog=backlog, offset=offset)


def _again(rule: Rule, given: Given, *, backlog: bool) -> Reading | None:
    """The last value once more, since something beside it has changed."""
    value = given.value(rule.metric, rule)
    last = given.track.seen(rule.metric)
    if value is None or last is None or _proving(given.sample):
        return None
    return Reading(last.ts, last.at, value, given.clock, backlog=backlog)


def _beside(reading: Reading, sides: Givens, given: Given) -> Reading:
    """Note which levels may not fire on this reading, or cannot be told."""
    barred = blind = 0
    for index, level in enumerate(sides):
        for side in level:
            holds = side.holds(given)
            if holds is None:
                blind |= 1 << index
            elif not holds:
                barred |= 1 << index
    return Reading(
        reading.ts,
        reading.at,
        reading.value,
        reading.clock,
        reading.over,
        reading.backlog,
        reading.offset,
        barred,
        blind & ~barred,
    )


def _proving(sample: Sample) -> bool:
    """A self-test or a warm-up: nothing in it may open a ticket."""
    return bool(sample.flags) and (Flag.TEST in sample.flags or Flag.WARMUP in sample.flags)
