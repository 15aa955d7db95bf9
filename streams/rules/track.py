"""What is remembered of one device: its clock, its last values, and a slot for each rule."""

import msgspec

from streams.contracts import Device, Quality, Rule, Sample, Severity
from streams.contracts.devices import DeviceState
from streams.rules.catalogue import BUILT_IN, Plan
from streams.rules.clock import Clock
from streams.rules.machine import adapt, new_slot
from streams.rules.slots import Run, Slot


class Track:
    """One device in a grid. ``heard`` is the arrival of its last message of any quality.

    ``quiet`` is the promise of the fast path: a good sample in order whose values lie within the
    plan's bounds changes nothing but ``heard``, ``clock.newest`` and ``last``.
    ``disabled`` maps a rule that a bug has turned off to the version that failed.
    """

    __slots__ = ("clock", "device", "disabled", "heard", "last", "plan", "quiet", "slots")

    def __init__(self, device: Device, plan: Plan, heard: int) -> None:
        self.device = device
        self.plan = plan
        self.heard = heard
        self.clock = Clock()
        self.last: dict[str, Sample] = {}
        self.slots: dict[str, Slot] = {}
        self.disabled: dict[str, int] = {}
        self.quiet = False

    def fork(self) -> "Track":
        """A copy that may be stepped and thrown away when the step fails."""
        twin = Track(self.device, self.plan, self.heard)
        twin.clock = self.clock.fork()
        twin.last = self.last.copy()
        twin.slots = self.slots.copy()
        twin.disabled = self.disabled.copy()
        return twin

    @property
    def watched(self) -> bool:
        """Rules run only for a device in service; its readings count all the same."""
        return self.device.state is DeviceState.ACTIVE

    def rule(self, rule_id: str) -> Rule | None:
        """A rule in force for this device and not disabled by a bug."""
        rule = self.plan.rules.get(rule_id) or BUILT_IN.get(rule_id)
        if rule is None or self.disabled.get(rule_id) == rule.version:
            return None
        return rule

    def slot(self, rule: Rule) -> Slot:
        """The slot of a rule, made or carried over to the rule's present version."""
        slot = self.slots.get(rule.id)
        if slot is None:
            slot = self.slots[rule.id] = new_slot(rule)
        elif slot.version != rule.version:
            slot = self.slots[rule.id] = adapt(slot, rule)
        return slot

    def calm(self) -> bool:
        """Work out :attr:`quiet` after a careful step."""
        self.quiet = (
            self.watched
            and not self.plan.has_reorder
            and self.clock.offset is None
            and self.clock.candidates == 0
            and self.clock.most_delayed == 0
            and "*" not in self.disabled
            and all(slot.idle for slot in self.slots.values())
            and all(rule.id in self.slots and self.slots[rule.id].due is not None for rule in self.plan.silent)
        )
        return self.quiet


def good(sample: Sample, metric: str) -> bool:
    """Whether the sample's value of ``metric`` may be believed."""
    return sample.quality.get(metric, Quality.GOOD) is Quality.GOOD


class PackedSample(msgspec.Struct, array_like=True, frozen=True):
    ts: int
    at: int
    values: dict[str, float]
    quality: dict[str, Quality]


class PackedTrack(msgspec.Struct, array_like=True, frozen=True):
    """A device as it lies in the state topic. Idle slots are only their ids and versions."""

    device: str
    kind: str
    heard: int
    clock: Clock
    samples: list[PackedSample]
    idle: list[tuple[str, int, tuple[Severity, ...], tuple[float, ...], int | None]]
    slots: list[Slot]
    disabled: dict[str, int]


def pack(track: Track) -> PackedTrack:
    """The part of a track that must survive a restart."""
    groups: dict[tuple[int, int], tuple[dict[str, float], dict[str, Quality]]] = {}
    for metric, sample in track.last.items():
        values, quality = groups.setdefault((sample.ts, sample.at), ({}, {}))
        values[metric] = sample.values[metric]
        if metric in sample.quality:
            quality[metric] = sample.quality[metric]
    plain = {
        slot.rule: slot
        for slot in track.slots.values()
        if slot.idle and (slot.last is None or not track.plan.has_reorder)
    }
    return PackedTrack(
        track.device.id,
        track.device.kind,
        track.heard,
        track.clock,
        [PackedSample(ts, at, values, quality) for (ts, at), (values, quality) in groups.items()],
        [(slot.rule, slot.version, slot.levels, slot.limits, slot.due) for slot in plain.values()],
        [slot for slot in track.slots.values() if slot.rule not in plain],
        track.disabled,
    )


def unpack(packed: PackedTrack, device: Device, plan: Plan) -> Track:
    """A track as it was packed, under the rules now in force."""
    track = Track(device, plan, packed.heard)
    track.clock = packed.clock
    for group in packed.samples:
        sample = Sample(packed.device, packed.kind, group.ts, group.at, group.values, group.quality)
        track.last.update(dict.fromkeys(group.values, sample))
    for rule_id, version, levels, limits, due in packed.idle:
        nothing: list[Run | None] = [None] * len(levels)
        track.slots[rule_id] = Slot(
            rule_id, version, levels, limits, firing=nothing.copy(), clearing=nothing.copy(), due=due
        )
    track.slots.update({slot.rule: slot for slot in packed.slots})
    track.disabled = dict(packed.disabled)
    track.calm()
    return track
