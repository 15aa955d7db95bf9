"""One device's step, all or nothing: on a forked track, so that a bug rolls it back for free."""

from collections.abc import Callable

from streams.contracts import Action, Cause, Rule, Sample
from streams.contracts.devices import Device, DeviceState
from streams.contracts.inputs import OFFLINE
from streams.rules import acts, machine
from streams.rules.bench import Bench
from streams.rules.built_in import BUILT_IN, CLOCK, ISOLATED
from streams.rules.clock import ClockPolicy, judge
from streams.rules.crowd import Crowd
from streams.rules.judging import judged, raw
from streams.rules.plan import Plan
from streams.rules.probes import Given
from streams.rules.slots import ARRIVAL, Reading, Slot, Verdict
from streams.rules.timers import next_due
from streams.rules.track import Track


class DeviceStep(Bench):
    """Steps ``track`` (a fork); ``rule`` is the one at work.

    ``crowd`` keeps the device's standing in the groups that rules count. ``offset`` is that of the
    record, ``resumed`` the time before which nobody's silence proves anything.
    """

    __slots__ = ("crowd", "offset", "resumed", "rule")

    def __init__(self, track: Track, offset: int = -1, resumed: int = 0) -> None:
        super().__init__(track)
        self.offset = offset
        self.resumed = resumed
        self.crowd = Crowd(track)
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
        if verdict is Verdict.LIVE:
            self._say_clock(sample)
            self._live(sample, judgement.clock, backlog=judgement.backlog)
        elif track.plan.has_reorder and track.watched:
            self._late(sample, judgement.clock)
        return verdict

    def timers(self, due: int) -> None:
        """Time has reached ``due`` and nothing in the log came first.

        Raises:
            RuntimeError: a bug, of a timer that would fire for ever and hold up every other device.
        """
        track = self.track
        for rule_id in [rule_id for rule_id in (*track.plan.rules, *BUILT_IN) if rule_id in track.slots]:
            rule = track.rule(rule_id)
            if rule is not None:
                self._elapse(rule, due)
        for rule, at in track.silences(self.resumed):
            if at <= due:
                self.rule = rule
                hushed = machine.hush(self.slot(rule), track.device.id, track.heard, at, joins=self.safety())
                self.take(rule, hushed)
        for rule, group, at in track.crowd_silences(self.resumed):
            if at <= due:
                self.rule = rule
                self.crowd.silent(rule, group, at)
        self.rule = None
        following = self.track.next_due(self.resumed)
        if following is not None and following <= due:
            raise RuntimeError(f"a timer that was due at {due} has fired and is due again at {following}")

    def act(self, action: Action, rule: Rule) -> None:
        self.rule = rule
        self._carry(rule, action.at)
        self.take(rule, acts.act(self.track.slot(rule), action, rule))

    def adopt(
        self, device: Device, plan: Plan, now: int, changed: Callable[[Rule], bool], known: Callable[[str], Rule | None]
    ) -> None:
        """Another device record, other rules, other versions: judge the last values at once.

        ``changed`` says whether a rule is news here, ``known`` finds a rule that is no longer in force,
        also one that no longer exists.
        """
        track = self.track
        was_watched, was_in_maintenance = track.watched, track.in_maintenance
        previous, track.plan, track.device, track.version = track.plan, plan, device, device.version
        self._enable(now)
        for rule_id in sorted(set(track.slots) - set(plan.rules) - set(BUILT_IN)):
            rule = previous.rules.get(rule_id) or known(rule_id)
            if rule is not None:
                self.take(
                    rule, machine.end(machine.under(track.slots[rule_id], rule), Cause.RULE, now, "rule withdrawn")
                )
            track.slots.pop(rule_id, None)
        track.windows = {key: window for key, window in track.windows.items() if key in plan.keys}
        self.crowd.moved(now)
        if not track.watched:
            return
        if was_watched and was_in_maintenance is not track.in_maintenance:
            self._maintenance(now)
        for rule in plan.rules.values():
            if changed(rule):
                self._reconsider(rule, Cause.RULE if was_watched else Cause.CONFIRMED, now)

    def retire(self, now: int, why: str, known: Callable[[str], Rule | None]) -> None:
        """The device has gone: its alarms end with it; ``known`` as for :meth:`adopt`."""
        for rule_id in sorted(self.track.slots):
            rule = self.track.plan.rules.get(rule_id) or BUILT_IN.get(rule_id) or known(rule_id)
            if rule is not None:
                self.take(rule, machine.end(machine.under(self.track.slots[rule_id], rule), Cause.DEVICE, now, why))
        self.crowd.leave(now)

    def isolated(self, on: bool, at: int) -> None:
        """Raise or clear the health alarm that says a rule is off."""
        reading = Reading(at, at, 1.0 if on else 0.0)
        self.take(ISOLATED, machine.observe(self.slot(ISOLATED), reading, ISOLATED, self.track.device.id))

    def _known(self, sample: Sample) -> bool:
        seen = [self.track.seen(metric) for metric in sample.values]
        return all(last is not None and last.ts == sample.ts for last in seen)

    def _hear(self, at: int) -> None:
        track = self.track
        track.hear(at)
        if not track.watched:
            return
        for rule in track.plan.silent:
            if rule.id in track.slots and track.rule(rule.id):
                self.rule = rule
                self._carry(rule, at)
                self.take(rule, machine.hear(track.slot(rule), track.device.id, at))
        if track.members:
            self.crowd.heard(at)
        self.rule = None

    def _live(self, sample: Sample, clock: int, *, backlog: bool) -> None:
        track = self.track
        fresh = [metric for metric in sample.values if (seen := track.seen(metric)) is None or seen.ts != sample.ts]
        track.remember(sample, fresh)
        if not track.watched:
            return
        given = self._given(sample, clock)
        for planned in track.plan.touched(tuple(fresh)):
            self._evaluate(planned, given, backlog=backlog)
        for planned in track.plan.reports:
            self._evaluate(planned, given, backlog=backlog)
        for planned in track.plan.crowds:
            if track.rule(planned.id):
                self.rule = planned
                self.crowd.judge(planned, given)
        self.rule = None

    def _late(self, sample: Sample, clock: int) -> None:
        """An older sample still counts for the rules that put samples in order first."""
        given = self._given(sample, clock)
        for planned in self.track.plan.touched(tuple(sample.values)):
            if planned.reorder_wait_ms:
                self._evaluate(planned, given, backlog=False)
        self.rule = None

    def _given(self, sample: Sample, clock: int) -> Given:
        track = self.track
        time = sample.at if clock == ARRIVAL else sample.ts
        return Given(track, sample, time, clock)

    def _evaluate(
        self, planned: Rule, given: Given, *, backlog: bool, cause: Cause = Cause.CONFIRMED, at: int | None = None
    ) -> None:
        """Judge a sample of this record or, dated ``at``, one from state, whose record is not known any more."""
        track = self.track
        rule = track.rule(planned.id)
        if rule is None:
            return
        self.rule = rule
        stamp = given.sample.at if at is None else at
        self._carry(rule, stamp)
        if rule.reorder_wait_ms and at is None:
            reading = raw(rule, given, backlog=backlog, offset=self.offset)
            if reading is not None:
                track.keep(rule, machine.wait_in_order(track.slot(rule), reading, rule))
            return
        offset = self.offset if at is None else -1
        reading = judged(rule, track.plan, given, backlog=backlog, offset=offset)
        if reading is not None:
            self.take(rule, machine.observe(self.slot(rule), reading, rule, track.device.id, cause=cause, at=stamp))

    def _elapse(self, rule: Rule, due: int) -> None:
        """Everything that is due for one rule, in its order."""
        track = self.track
        self.rule = rule
        self._carry(rule, due)
        while (slot := track.slots.get(rule.id)) is not None and slot.due is not None and slot.due <= due:
            ripe = [reading.ts for reading in slot.waiting if reading.at + rule.reorder_wait_ms <= slot.due]
            if ripe:
                self._release(rule, slot, max(ripe), slot.due)
            else:
                self.take(rule, machine.elapse(slot, rule, track.device.id, slot.due))

    def _release(self, rule: Rule, slot: Slot, newest: int, now: int) -> None:
        """Step what has waited long enough, and what is older than that, in the order of device time."""
        track = self.track
        ready = sorted((reading for reading in slot.waiting if reading.ts <= newest), key=lambda reading: reading.ts)
        slot = slot.fork()
        slot.waiting = [reading for reading in slot.waiting if reading.ts > newest]
        slot.due = next_due(slot, rule)
        track.keep(rule, slot)
        for reading in ready:
            sample = Sample(track.device.id, track.device.kind, reading.ts, reading.at, {rule.metric: reading.value})
            given = self._given(sample, reading.clock)
            ordered = (
                reading
                if reading.over
                else judged(rule, track.plan, given, backlog=reading.backlog, offset=reading.offset)
            )
            if ordered is not None:
                self.take(rule, machine.observe(self.slot(rule), ordered, rule, track.device.id, at=now))

    def _reconsider(self, rule: Rule, cause: Cause, now: int) -> None:
        """Judge the last value under a rule that is new here; what is due by now happens now."""
        track = self.track
        self._carry(rule, now)
        if rule.id not in track.plan.probes or track.rule(rule.id) is None:
            return
        sample = track.seen(rule.metric)
        if sample is not None:
            clock = ARRIVAL if track.clock.offset is not None else track.clock.life
            given = self._given(sample, clock)
            if rule in track.plan.crowds:
                self.crowd.judge(rule, given, now)
            else:
                self._evaluate(rule, given, backlog=False, cause=cause, at=now)
        while (slot := track.slots.get(rule.id)) is not None and slot.due is not None and slot.due <= now:
            if slot.waiting:
                break
            self.take(rule, machine.elapse(slot, rule, track.device.id, now, cause=Cause.RULE))
        self.rule = None

    def _carry(self, rule: Rule, at: int) -> None:
        """Put what is remembered under the rule's present version, and tell what that makes of the severity."""
        slot = self.track.slots.get(rule.id)
        if slot is not None and slot.version != rule.version:
            self.take(rule, machine.carried(slot, rule, at))

    def _maintenance(self, now: int) -> None:
        """The device went into maintenance or came back: what stands says so."""
        why = "the device is in maintenance" if self.track.in_maintenance else "the maintenance has ended"
        for rule_id in sorted(self.track.slots):
            rule = self.track.rule(rule_id)
            if rule is not None:
                self._carry(rule, now)
                slot = self.track.slot(rule).fork()
                self.take(rule, (slot, machine.shown(slot, now, why=why)))

    def _enable(self, now: int) -> None:
        """A new version of a rule (or of the device) lifts the ban that a bug brought."""
        track = self.track
        if not track.disabled:
            return
        track.disabled = {
            rule_id: version
            for rule_id, version in track.disabled.items()
            if rule_id in track.plan.rules and track.plan.rules[rule_id].version == version
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
        reading = Reading(sample.ts, sample.at, max(1.0, abs(offset)) if wrong else 0.0, ARRIVAL, offset=self.offset)
        self.take(CLOCK, machine.observe(self.slot(CLOCK), reading, CLOCK, self.track.device.id))


def gone(state: DeviceState | None) -> bool:
    """Whether a device in this state has left for good."""
    return state is None or state is DeviceState.RETIRED
