"""What is remembered of one device: its clock, its last values, its windows, and a slot for each rule at work."""

import math
from collections.abc import Iterable
from typing import Final

import msgspec

from streams.contracts import Device, Quality, Rule, Sample
from streams.contracts.devices import DeviceState
from streams.rules.built_in import BUILT_IN
from streams.rules.clock import Clock
from streams.rules.conditions import silent_after_ms
from streams.rules.machine import new_slot, under
from streams.rules.plan import Plan
from streams.rules.slots import Slot
from streams.rules.windows import Window

MOST_GAPS: Final = 20
UNKNOWN_PERIOD_MS: Final = 3_600_000
"""Until a device whose period nobody registered has spoken twice."""
NO_SLOTS: dict[str, Slot] = {}
NO_WINDOWS: dict[str, "Window[float]"] = {}
NO_SAMPLES: dict[str, Sample] = {}
NO_BANS: dict[str, int] = {}


class Membership(msgspec.Struct, array_like=True, frozen=True):
    """How a device stands in a group that a rule counts; absent means that nothing is against it."""

    group: str
    dark: bool = False
    silent: bool = False
    told: bool = False


NO_MEMBERS: dict[str, Membership] = {}


class Track:
    """One device in a grid. ``heard`` is the arrival of its last message of any quality.

    ``slots`` holds rules with something to remember; a rule at rest has none. ``due`` is that of
    the device's one entry in the grid's heap: never later than the first of its timers.
    ``quiet`` is the promise of the fast path: a good sample in order whose values lie within the
    plan's bounds, and whose watches say so, changes nothing but ``heard``, ``clock.newest`` and ``last``.
    The last sample of each metric is in ``newest``, or in ``older`` where ``newest`` lacks the metric
    (or knows it less well). Empty parts of a track at rest are shared by all of them: only forks change.
    ``disabled`` maps a rule that a bug has turned off to the version that failed.
    """

    __slots__ = (
        "clock", "device", "disabled", "due", "gaps", "heard", "members", "newest", "older", "plan", "quiet", "slots",
        "version", "windows",
    )  # fmt: skip

    def __init__(self, device: Device, plan: Plan, heard: int) -> None:
        self.device = device
        self.plan = plan
        self.heard = heard
        self.clock = Clock()
        self.newest: Sample | None = None
        self.older: dict[str, Sample] = {}
        self.slots: dict[str, Slot] = {}
        self.windows: dict[str, Window[float]] = {}
        self.members: dict[str, Membership] = {}
        self.disabled: dict[str, int] = {}
        self.due: int | None = None
        self.gaps: tuple[int, ...] = ()
        self.version = device.version
        self.quiet = False

    def fork(self) -> "Track":
        """A copy that may be stepped and thrown away when the step fails."""
        twin = Track(self.device, self.plan, self.heard)
        twin.clock = self.clock.fork()
        twin.newest = self.newest
        twin.older = self.older.copy()
        twin.slots = self.slots.copy()
        twin.windows = {key: window[:] for key, window in self.windows.items()}
        twin.members = self.members.copy()
        twin.disabled = self.disabled.copy()
        twin.due = self.due
        twin.gaps = self.gaps
        twin.version = self.version
        return twin

    @property
    def period_ms(self) -> int:
        """How often the device speaks: as registered, else the 95th percentile of its last gaps."""
        if self.device.period_s > 0:
            return self.device.period_s * 1000
        return sorted(self.gaps)[math.ceil(0.95 * len(self.gaps)) - 1] if self.gaps else UNKNOWN_PERIOD_MS

    def hear(self, at: int) -> None:
        """A message has arrived."""
        if self.device.period_s <= 0 and self.newest is not None and at > self.heard:
            self.gaps = (*self.gaps[1 - MOST_GAPS :], at - self.heard)
        self.heard = max(self.heard, at)

    def seen(self, metric: str) -> Sample | None:
        """The last sample that carried the metric."""
        older = self.older.get(metric)
        if older is not None:
            return older
        newest = self.newest
        return newest if newest is not None and metric in newest.values else None

    def remember(self, sample: Sample, metrics: Iterable[str]) -> None:
        """Take the sample as the last one of these metrics of it."""
        before = self.newest
        older = dict(self.older)
        if len(sample.values) > len(list(metrics)):
            older.update(dict.fromkeys(metrics, sample))
        else:
            if before is not None:
                for metric in before.values:
                    older.setdefault(metric, before)
            for metric in sample.values:
                older.pop(metric, None)
            self.newest = sample
        self.older = older or NO_SAMPLES

    @property
    def last(self) -> dict[str, Sample]:
        """The last sample of each metric."""
        newest = dict.fromkeys(self.newest.values, self.newest) if self.newest is not None else {}
        return newest | self.older

    @property
    def watched(self) -> bool:
        """Rules run for a device in service or in maintenance; any other's readings count all the same."""
        return self.device.state in {DeviceState.ACTIVE, DeviceState.MAINTENANCE}

    @property
    def in_maintenance(self) -> bool:
        return self.device.state is DeviceState.MAINTENANCE

    def rule(self, rule_id: str) -> Rule | None:
        """A rule in force for this device and not disabled by a bug."""
        rule = self.plan.rules.get(rule_id) or BUILT_IN.get(rule_id)
        if rule is None or self.disabled.get(rule_id) == rule.version:
            return None
        return rule

    def slot(self, rule: Rule) -> Slot:
        """The slot of a rule, a new one, or one carried over to the rule's present version."""
        slot = self.slots.get(rule.id)
        if slot is None:
            return new_slot(rule)
        return under(slot, rule)

    def keep(self, rule: Rule, slot: Slot) -> None:
        """Remember a slot, unless a new one would say the same."""
        rests = slot.idle and not slot.held and not (rule.reorder_wait_ms and slot.last) and not self.answered(slot)
        if rests:
            self.slots.pop(rule.id, None)
        else:
            self.slots[rule.id] = slot

    def answered(self, slot: Slot) -> bool:
        """Whether this very silence has been told and ended by a person: only a message begins another."""
        return slot.rule in self.plan.mute and slot.since == self.heard

    def next_due(self, resumed: int) -> int | None:
        """When time alone will change something; silence counts from ``resumed`` at the earliest."""
        if "*" in self.disabled:
            return None
        dues = [slot.due for slot in self.slots.values() if slot.due is not None and self.rule(slot.rule)]
        if self.watched:
            dues += [due for _, due in self.silences(resumed)]
            dues += [due for _, _, due in self.crowd_silences(resumed)]
        return min(dues, default=None)

    def silences(self, resumed: int) -> list[tuple[Rule, int]]:
        """The silence rules that are not firing, each with the time at which it would."""
        found = []
        for rule in self.plan.silent:
            slot = self.slots.get(rule.id)
            waits = slot is None or not (slot.on or self.answered(slot))
            if waits and self.rule(rule.id):
                found.append((rule, max(self.heard, resumed) + silent_after_ms(rule, self.period_ms)))
        return found

    def crowd_silences(self, resumed: int) -> list[tuple[Rule, str, int]]:
        """The groups in which this device will count as silent, in maintenance none: rule, group, and when."""
        found: list[tuple[Rule, str, int]] = []
        if self.in_maintenance:
            return found
        for rule in self.plan.crowds:
            periods = rule.measure.silent_periods  # type: ignore[union-attr]
            membership = self.members.get(rule.id)
            if not periods or (membership is not None and membership.silent) or not self.rule(rule.id):
                continue
            group = rule.group_of(self.device)
            if group:
                found.append((rule, group, max(self.heard, resumed) + periods * self.period_ms))
        return found

    def calm(self) -> bool:
        """Work out :attr:`quiet` after a careful step, and share what is empty."""
        self.slots = self.slots or NO_SLOTS
        self.members = self.members or NO_MEMBERS
        self.disabled = self.disabled or NO_BANS
        self.older = self.older or NO_SAMPLES
        if not self.plan.keys:
            self.windows = NO_WINDOWS
        self.quiet = (
            self.watched
            and not self.plan.has_reorder
            and not self.members
            and self.device.period_s > 0
            and self.clock.offset is None
            and self.clock.candidates == 0
            and self.clock.most_delayed == 0
            and "*" not in self.disabled
            and all(slot.idle and not self.answered(slot) for slot in self.slots.values())
        )
        return self.quiet


class PackedSample(msgspec.Struct, array_like=True, frozen=True):
    ts: int
    at: int
    values: dict[str, float]
    quality: dict[str, Quality]
    flags: tuple[str, ...] = ()


class PackedTrack(msgspec.Struct, array_like=True, frozen=True):
    """A device as it lies in the state topic."""

    device: str
    kind: str
    version: int
    heard: int
    clock: Clock
    samples: list[PackedSample]
    slots: list[Slot]
    windows: dict[str, list[float]]
    members: dict[str, Membership]
    disabled: dict[str, int]
    gaps: tuple[int, ...]


def pack(track: Track) -> PackedTrack:
    """The part of a track that must survive a restart."""
    groups: dict[tuple[int, int, tuple[str, ...]], tuple[dict[str, float], dict[str, Quality]]] = {}
    for metric, sample in track.last.items():
        values, quality = groups.setdefault((sample.ts, sample.at, sample.flags), ({}, {}))
        values[metric] = sample.values[metric]
        if metric in sample.quality:
            quality[metric] = sample.quality[metric]
    return PackedTrack(
        track.device.id,
        track.device.kind,
        track.version,
        track.heard,
        track.clock,
        [PackedSample(ts, at, values, quality, flags) for (ts, at, flags), (values, quality) in groups.items()],
        list(track.slots.values()),
        {key: window.tolist() for key, window in track.windows.items()},
        track.members,
        track.disabled,
        track.gaps,
    )


def unpack(packed: PackedTrack, device: Device, plan: Plan) -> Track:
    """A track as it was packed, under the rules now in force."""
    track = Track(device, plan, packed.heard)
    track.version = packed.version
    track.clock = packed.clock
    for group in packed.samples:
        sample = Sample(packed.device, packed.kind, group.ts, group.at, group.values, group.quality, group.flags)
        track.remember(sample, group.values)
    track.slots = {slot.rule: slot for slot in packed.slots}
    for key, numbers in packed.windows.items():
        track.windows[key] = Window("d", numbers)
    track.members = dict(packed.members)
    track.disabled = dict(packed.disabled)
    track.gaps = packed.gaps
    track.calm()
    return track
