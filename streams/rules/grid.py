"""All devices of one grid: the fast path for calm samples, timers by heap, isolation of bugs.

A grid is stored as one packed value with the offset of the last record in it (design section 2).
"""

import traceback
from collections.abc import Callable
from heapq import heapify, heappop, heappush

from streams.contracts import Action, Device, Rule, Sample
from streams.contracts.devices import DeviceState
from streams.rules.built_in import BUILT_IN
from streams.rules.catalogue import Catalogue
from streams.rules.clock import DEFAULT_CLOCK, ClockPolicy
from streams.rules.device_step import DeviceStep, gone
from streams.rules.grid_state import FORMAT, PackedGrid, unpacked, with_alarms
from streams.rules.outcome import Fault, Outcome
from streams.rules.probes import at_rest
from streams.rules.slots import Verdict
from streams.rules.stored import packed, wordless
from streams.rules.track import Track, pack, unpack

MOST_STRANGERS = 256


class Grid:
    """State of one grid. ``offset`` is that of the last record it has seen; ``dirty``: unsaved.

    ``rules`` are the versions in force here; a rule that exists no more tells the end of its alarms
    as it was when they were stored. The heap has one entry a device, (due, device); one
    that is not its track's ``due`` any more is passed over.
    """

    __slots__ = (
        "_catalogue", "_heap", "_policy", "_stored_rules", "_strangers", "code", "dirty", "offset", "resumed", "rules",
        "tracks",
    )  # fmt: skip

    def __init__(self, code: str, catalogue: Catalogue, policy: ClockPolicy = DEFAULT_CLOCK) -> None:
        self.code = code
        self.offset = -1
        self.tracks: dict[str, Track] = {}
        self.dirty = False
        self.resumed = 0
        self.rules = catalogue.versions
        self._strangers: list[Sample] = []
        self._stored_rules: dict[str, Rule] = {}
        self._catalogue = catalogue
        self._policy = policy
        self._heap: list[tuple[int, str]] = []

    def batch(self, samples: tuple[Sample, ...], outcome: Outcome) -> None:
        """Step every sample in order; a timer due before a sample fires before it."""
        tracks, heap, policy = self.tracks, self._heap, self._policy
        ahead, slow = -policy.ahead, policy.slow
        outcome.samples += len(samples)
        self.dirty = True
        for sample in samples:
            at = sample.at
            if heap and heap[0][0] <= at:
                self.advance(at, outcome)
            track = tracks.get(sample.device)
            if track is None or not track.quiet or sample.flags or sample.quality:
                self._careful(sample, outcome)
                continue
            ts = sample.ts
            clock = track.clock
            if ts <= clock.newest or not ahead <= at - ts <= slow:
                self._careful(sample, outcome)
                continue
            plan = track.plan
            bounds = plan.bounds
            for metric, value in sample.values.items():
                interval = bounds.get(metric)
                if interval is not None and not interval[0] < value < interval[1]:
                    self._careful(sample, outcome)
                    break
            else:
                if plan.watches and not at_rest(track, plan.watches, sample):
                    self._careful(sample, outcome)
                    continue
                clock.newest = ts
                clock.proven = True
                if at > track.heard:  # noqa: PLR1730 - a call of max() costs more than the rest of the line
                    track.heard = at
                newest = track.newest
                if newest is None or track.older or newest.values.keys() != sample.values.keys():
                    track.remember(sample, sample.values)
                else:
                    track.newest = sample

    def advance(self, now: int, outcome: Outcome) -> None:
        """Fire every timer due by ``now``, oldest first."""
        heap = self._heap
        while heap and heap[0][0] <= now:
            due, device = heappop(heap)
            track = self.tracks.get(device)
            if track is None or track.due != due:
                continue
            track.due = None
            real = track.next_due(self.resumed)
            if real == due:
                self.dirty = True
                self._attempt(track, due, outcome, lambda step, due=due: step.timers(due))  # type: ignore[misc]
            else:
                self._schedule(track, real)

    def act(self, action: Action, outcome: Outcome) -> None:
        """A person's act; on a device or rule that is not here it has no effect."""
        track = self.tracks.get(action.device)
        if track is None:
            return
        rule = track.plan.rules.get(action.rule) or BUILT_IN.get(action.rule)
        if rule is None:
            return
        self.dirty = True
        self._attempt(track, action.at, outcome, lambda step: step.act(action, rule), again=False)

    def adopt(self, catalogue: Catalogue, devices: list[str], now: int, outcome: Outcome) -> None:
        """Put another catalogue in force for ``devices`` (ids, in order); one that it has lost stays as it is."""
        self._catalogue = catalogue
        known, self.rules = self.rules, catalogue.versions
        for device_id in devices:
            device = catalogue.devices.get(device_id)
            track = self.tracks.get(device_id)
            if device is None and catalogue.has_lost_device(device_id):
                continue
            if device is None or device.area != self.code or gone(device.state):
                if track is not None:
                    self._drop(track, now, outcome)
                continue
            if track is None:
                track = self._admit(device, now)
            self._readopt(track, device, known, now, outcome)

    def _readopt(self, track: Track, device: Device, known: dict[str, int], now: int, outcome: Outcome) -> None:
        plan = self._catalogue.plan(device)
        before = track.plan.rules
        other = track.version != device.version or track.device.state is not device.state
        left_over = track.slots.keys() - before.keys() - BUILT_IN.keys()
        same = plan is track.plan and all(known.get(name) == rule.version for name, rule in before.items())
        if same and not other and not left_over:
            track.device = device
            self._schedule(track, track.next_due(self.resumed))
            return
        self.dirty = True

        def changed(rule: Rule) -> bool:
            return other or rule.id not in before or known.get(rule.id) != rule.version

        self._attempt(
            track,
            now,
            outcome,
            lambda step: step.adopt(device, plan, now, changed, self._rule),
            anew=track.version != device.version,
        )

    @property
    def told_by(self) -> dict[str, Rule]:
        """The rules, without their words, of the alarms that stood here when the grid was stored."""
        return self._stored_rules

    def revisit(self, outcome: Outcome) -> None:
        """Step the samples of devices that have become known; whoever is still strange is let go."""
        if self._strangers:
            waiting, self._strangers = self._strangers, []
            for sample in waiting:
                if sample.device in self.tracks:
                    self.dirty = True
                    outcome.strangers -= 1
                    self._careful(sample, outcome)

    def pack(self) -> bytes:
        """The whole state as bytes."""
        tracks = [pack(track) for track in self.tracks.values()]
        return packed(PackedGrid(FORMAT, self.code, self.offset, self.rules, tracks, self._told_by()))

    @classmethod
    def unpack(cls, code: str, data: bytes, catalogue: Catalogue, policy: ClockPolicy = DEFAULT_CLOCK) -> "Grid":
        """A grid as it was packed; devices that nobody knows any more wait for the next Tick.

        Raises:
            ForeignState: another version packed it.
        """
        kept = unpacked(code, data)
        grid = cls(kept.code, catalogue, policy)
        grid.offset = kept.offset
        grid.rules = kept.rules
        grid._stored_rules = {rule.id: rule for rule in kept.told_by}
        for stored in kept.tracks:
            device = catalogue.devices.get(stored.device)
            if device is None:
                device = Device(stored.device, stored.kind, kept.code, state=DeviceState.PLANNED)
            grid.tracks[stored.device] = track = unpack(stored, device, catalogue.plan(device))
            track.due = track.next_due(0)
            if track.due is not None:
                grid._heap.append((track.due, stored.device))
        heapify(grid._heap)
        return grid

    def _careful(self, sample: Sample, outcome: Outcome) -> None:
        track = self.tracks.get(sample.device)
        if track is None:
            device = self._catalogue.devices.get(sample.device)
            if device is None or device.area != self.code or gone(device.state):
                self._meet(sample, outcome)
                return
            track = self._admit(device, sample.at)
        verdict = self._attempt(track, sample.at, outcome, lambda step: step.sample(sample, self._policy))
        if verdict is Verdict.LATE:
            outcome.late += 1
        elif verdict is Verdict.DUPLICATE:
            outcome.duplicates += 1

    def _rule(self, name: str) -> Rule | None:
        """A rule by its id, in force or not; one that is gone as it was when its alarms were stored."""
        return self._catalogue.rules.get(name) or self._stored_rules.get(name)

    def _told_by(self) -> list[Rule]:
        standing = with_alarms(self.tracks.values())
        rules = (track.plan.rules.get(name) or self._rule(name) for name, track in standing.items())
        return [wordless(rule) for rule in rules if rule is not None]

    def _meet(self, sample: Sample, outcome: Outcome) -> None:
        """The gateway knew this device before we did: keep its sample until the next Tick."""
        outcome.strangers += 1
        if len(self._strangers) < MOST_STRANGERS:
            self._strangers.append(sample)

    def _admit(self, device: Device, now: int) -> Track:
        track = self.tracks[device.id] = Track(device, self._catalogue.plan(device), now)
        return track

    def _drop(self, track: Track, now: int, outcome: Outcome) -> None:
        self.dirty = True
        self._attempt(
            track, now, outcome, lambda step: step.retire(now, "device retired or moved", self._rule), anew=True
        )
        del self.tracks[track.device.id]

    def _attempt(
        self,
        track: Track,
        at: int,
        outcome: Outcome,
        work: Callable[[DeviceStep], Verdict | None],
        *,
        again: bool = True,
        anew: bool = False,
    ) -> Verdict | None:
        """Do ``work`` on a fork; a bug leaves the device as it was, without the rule that failed.

        ``again`` is for work that passes over a rule that is off; what means that rule is tried once.
        ``anew`` is for work that may be what a device waits for which is off as a whole.
        """
        while anew or "*" not in track.disabled:
            anew = False
            step = DeviceStep(track.fork(), outcome.source.offset, self.resumed)
            try:
                verdict = work(step)
            except Exception as error:  # noqa: BLE001 - any bug isolates one device, not the grid
                self._isolate(track, step.rule, error, at, outcome)
                if not again:
                    return None
                track = self.tracks[track.device.id]
                continue
            self._keep(step, outcome)
            return verdict
        return None

    def _isolate(self, track: Track, rule: Rule | None, error: Exception, at: int, outcome: Outcome) -> None:
        fault = Fault(track.device.id, rule.id if rule else None, repr(error), traceback.format_exc(), outcome.source)
        outcome.faults.append(fault)
        step = DeviceStep(track.fork(), outcome.source.offset, self.resumed)
        if rule is None or rule.id in BUILT_IN:
            step.track.disabled["*"] = track.device.version
        else:
            step.track.disabled[rule.id] = rule.version
        step.isolated(True, at)
        self._keep(step, outcome)

    def _keep(self, step: DeviceStep, outcome: Outcome) -> None:
        track = step.track
        track.calm()
        self.tracks[track.device.id] = track
        self._schedule(track, track.next_due(self.resumed))
        for told in step.told:
            outcome.tell(told, track.device, self.code)
        for standing in step.crowd.told:
            outcome.stand(standing, track.device, self.code)

    def _schedule(self, track: Track, due: int | None) -> None:
        """Make sure that the heap wakes the device in time; too early does no harm."""
        if due is not None and (track.due is None or due < track.due):
            track.due = due
            heappush(self._heap, (due, track.device.id))
