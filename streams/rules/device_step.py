"""One device's step, all or nothing: on a forked track, so that a bug rolls it back for free."""

from streams.contracts import Action, Cause, Flag, Op, Quality, Rule, Sample
from streams.contracts.devices import DeviceState
from streams.contracts.inputs import OFFLINE
from streams.rules import machine
from streams.rules.catalogue import BUILT_IN, CLOCK, ISOLATED, Plan
from streams.rules.clock import ClockPolicy, judge
from streams.rules.conditions import silent_after_ms
from streams.rules.slots import ARRIVAL, Reading, Slot, Transition, Verdict
from streams.rules.track import Track

Told = list[tuple[Rule, Transition]]


class DeviceStep:
    """Steps ``track`` (a fork); ``told`` collects the transitions, ``rule`` is the one at work."""

    __slots__ = ("rule", "told", "track")

    def __init__(self, track: Track) -> None:
        self.track = track
        self.told: Told = []
        self.rule: Rule | None = None

    def sample(self, sample: Sample, policy: ClockPolicy) -> Verdict:
        """A message of the device, whatever its quality; a last will is the broker's and proves no life."""
        track = self.track
        if OFFLINE in sample.flags:
            return Verdict.LIVE
        if not sample.usable_time:
            self._hear(sample.at)
            return Verdict.LIVE
        before = track.clock.newest
        judgement = judge(track.clock, sample, policy)
        verdict = judgement.verdict
        if verdict is Verdict.LIVE and sample.ts == before and self._known(sample):
            verdict = Verdict.DUPLICATE
        if verdict is Verdict.DUPLICATE:
            return verdict
        self._hear(sample.at)
        reading_clock = judgement.clock
        if verdict is Verdict.LIVE:
            self._say_clock(sample)
            for metric in sample.values:
                seen = track.last.get(metric)
                if seen is None or seen.ts != sample.ts:
                    track.last[metric] = sample
                    self._metric(sample, metric, reading_clock, backlog=judgement.backlog)
        elif track.plan.has_reorder:
            for metric in sample.values:
                self._metric(sample, metric, reading_clock, backlog=False, late=True)
        return verdict

    def timer(self, rule: Rule, due: int) -> None:
        """Time has reached ``due`` and nothing in the log came first."""
        self.rule = rule
        slot = self.track.slot(rule)
        if rule.op is Op.SILENT:
            self._take(rule, machine.hush(slot, self.track.device.id, self.track.heard, due))
        elif slot.waiting and rule.reorder_wait_ms:
            self._take(rule, machine.release(slot, rule, self.track.device.id, due))
            self._take(rule, machine.elapse(self.track.slots[rule.id], rule, self.track.device.id, due))
        else:
            self._take(rule, machine.elapse(slot, rule, self.track.device.id, due))

    def act(self, action: Action, rule: Rule) -> None:
        self.rule = rule
        slot = self.track.slots.get(rule.id)
        if slot is not None:
            self._take(rule, machine.act(slot, action, rule))

    def adopt(self, plan: Plan, was_watched: bool, now: int) -> None:
        """Other rules, other versions, or back in service: judge the last values at once."""
        track = self.track
        previous, track.plan = track.plan, plan
        self._enable(now)
        for rule_id in sorted(set(track.slots) - set(plan.rules) - set(BUILT_IN)):
            rule = previous.rules.get(rule_id)
            if rule is not None:
                self._take(rule, machine.end(track.slots[rule_id], Cause.RULE, now, "rule withdrawn"))
            del track.slots[rule_id]
        if not track.watched:
            return
        for rule in plan.rules.values():
            slot = track.slots.get(rule.id)
            if slot is None or slot.version != rule.version or not was_watched:
                self._reconsider(rule, Cause.RULE if was_watched else Cause.CONFIRMED, now)
        self.arm(anew=True)

    def retire(self, now: int, why: str) -> None:
        """The device has gone: its alarms end with it."""
        for rule_id in sorted(self.track.slots):
            rule = self.track.plan.rules.get(rule_id) or BUILT_IN.get(rule_id)
            if rule is not None:
                self._take(rule, machine.end(self.track.slots[rule_id], Cause.DEVICE, now, why))

    def arm(self, *, anew: bool = False) -> None:
        """Every silence rule that is not firing has a due time (``anew``: by the period now in force)."""
        track = self.track
        if not track.watched:
            return
        for rule in track.plan.silent:
            slot = track.slot(rule)
            if not slot.on and (anew or slot.due is None):
                slot = track.slots[rule.id] = slot.fork()
                slot.due = track.heard + silent_after_ms(rule, track.device.period_s)

    def isolated(self, on: bool, at: int) -> None:
        """Raise or clear the health alarm that says a rule is off."""
        slot = self.track.slot(ISOLATED)
        reading = Reading(at, at, 1.0 if on else 0.0)
        self._take(ISOLATED, machine.observe(slot, reading, ISOLATED, self.track.device.id))

    def _known(self, sample: Sample) -> bool:
        last = self.track.last
        return all(metric in last and last[metric].ts == sample.ts for metric in sample.values)

    def _hear(self, at: int) -> None:
        track = self.track
        track.heard = max(track.heard, at)
        if not track.watched:
            return
        for rule in track.plan.silent:
            slot = track.slots.get(rule.id)
            if slot is not None and slot.on and track.rule(rule.id):
                self.rule = rule
                self._take(rule, machine.hear(slot, track.device.id, at))
        self.rule = None
        self.arm()

    def _metric(self, sample: Sample, metric: str, clock: int, *, backlog: bool, late: bool = False) -> None:
        track = self.track
        if not track.watched:
            return
        for planned in track.plan.by_metric.get(metric, ()):
            rule = track.rule(planned.id)
            if rule is None or (late and not rule.reorder_wait_ms):
                continue
            reading = as_reading(sample, metric, rule, clock, backlog=backlog)
            if reading is None:
                continue
            self.rule = rule
            slot = track.slot(rule)
            if rule.reorder_wait_ms:
                track.slots[rule.id] = machine.wait_in_order(slot, reading, rule)
            else:
                self._take(rule, machine.observe(slot, reading, rule, track.device.id))
        self.rule = None

    def _reconsider(self, rule: Rule, cause: Cause, now: int) -> None:
        track = self.track
        if track.rule(rule.id) is None:
            return
        self.rule = rule
        slot = track.slot(rule)
        sample = track.last.get(rule.metric)
        clock = ARRIVAL if track.clock.offset is not None else track.clock.life
        reading = as_reading(sample, rule.metric, rule, clock, backlog=False) if sample else None
        if reading is not None and rule.op is not Op.SILENT:
            slot = self._take(rule, machine.observe(slot, reading, rule, track.device.id, cause=cause, at=now))
            while slot.due is not None and slot.due <= now and not slot.waiting:
                slot = self._take(rule, machine.elapse(slot, rule, track.device.id, now, cause=Cause.RULE))
        self.rule = None

    def _enable(self, now: int) -> None:
        """A new version of a rule (or of the device) lifts the ban that a bug brought."""
        track = self.track
        if not track.disabled:
            return
        track.disabled = {
            rule_id: version
            for rule_id, version in track.disabled.items()
            if (rule_id == "*" and version == track.device.version)
            or (rule_id in track.plan.rules and track.plan.rules[rule_id].version == version)
        }
        if not track.disabled:
            self.isolated(False, now)

    def _say_clock(self, sample: Sample) -> None:
        """The health alarm for an offset that has become steady, or has gone."""
        wrong = self.track.clock.offset is not None
        slot = self.track.slots.get(CLOCK.id)
        if wrong == bool(slot and slot.on):
            return
        offset = float(self.track.clock.offset or 0)
        reading = Reading(sample.ts, sample.at, max(1.0, abs(offset)) if wrong else 0.0, ARRIVAL)
        slot = self.track.slot(CLOCK)
        self._take(CLOCK, machine.observe(slot, reading, CLOCK, self.track.device.id))

    def _take(self, rule: Rule, steps: tuple[Slot, list[Transition]]) -> Slot:
        slot, made = steps
        self.track.slots[rule.id] = slot
        self.told.extend((rule, transition) for transition in made)
        return slot


def as_reading(sample: Sample, metric: str, rule: Rule, clock: int, *, backlog: bool) -> Reading | None:
    """The value as the machine may use it; None where its quality forbids (alarms.md rule 1)."""
    if Flag.TEST in sample.flags or Flag.WARMUP in sample.flags:
        return None
    quality = sample.quality.get(metric, Quality.GOOD)
    if quality is Quality.GOOD:
        over = False
    elif quality is Quality.OVER_RANGE and rule.latch_over_range:
        over = True
    else:
        return None
    return Reading(sample.ts, sample.at, sample.values[metric], clock, over, backlog)


def gone(state: DeviceState | None) -> bool:
    """Whether a device in this state has left for good."""
    return state is None or state is DeviceState.RETIRED
