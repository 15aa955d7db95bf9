"""Both stages of the engine in one process, joined as their topics join them: grids, then groups, then back."""

from collections.abc import Iterable
from itertools import count
from typing import Protocol

from sensors.kinds import default_rules
from streams.contracts import AlarmEvent, Batch, Device, Tick, group_key
from streams.contracts.partition import partition_of
from streams.groups import GroupShard
from streams.rules import Catalogue, Outcome, Shard

GATEWAY = "scorer"
MOST_ROUNDS = 8
"""A suppression is the effect of an effect; more rounds than a few would be a loop."""


class Packed(Protocol):
    """A shard of either stage, as far as a restart is concerned."""

    @property
    def codes(self) -> list[str]: ...

    def pack(self, code: str) -> bytes: ...


class Engine:
    """The partitions that have devices or groups, fed record by record; :meth:`restart` is what a crash is."""

    def __init__(self, devices: Iterable[Device]) -> None:
        self.catalogue = Catalogue.of(default_rules(), devices)
        self.faults: list[str] = []
        self._offsets = count()
        partitions = {partition_of(device.area) for device in self.catalogue.devices.values()}
        self._grids = {number: self._grid_shard(number, None) for number in sorted(partitions)}
        self._groups: dict[int, GroupShard] = {}

    def _grid_shard(self, number: int, stored: dict[str, bytes] | None) -> Shard:
        return Shard(number, self.catalogue, owns=lambda grid: partition_of(grid) == number, stored=stored)

    def _group_shard(self, number: int, stored: dict[str, bytes] | None) -> GroupShard:
        return GroupShard(number, self.catalogue, stored=stored)

    def restart(self) -> None:
        """Every worker is killed and comes back with what it had stored."""
        for number, grids in self._grids.items():
            self._grids[number] = self._grid_shard(number, _stored(grids))
        for number, groups in self._groups.items():
            self._groups[number] = self._group_shard(number, _stored(groups))

    def batch(self, batch: Batch) -> list[AlarmEvent]:
        shard = self._grids.get(partition_of(batch.grid))
        return [] if shard is None else self._follow([shard.apply(batch, next(self._offsets))])

    def tick(self, at: int) -> list[AlarmEvent]:
        """A second has passed, for the first stage and then for the second."""
        tick = Tick(GATEWAY, at)
        events = self._follow([shard.apply(tick, next(self._offsets)) for shard in self._grids.values()])
        if self._groups:
            events += self._follow([shard.apply(tick, next(self._offsets)) for shard in self._groups.values()])
        return events

    def _follow(self, outcomes: list[Outcome]) -> list[AlarmEvent]:
        """The alarm events of some outcomes and of what they set off on the other topic."""
        events: list[AlarmEvent] = []
        for _ in range(MOST_ROUNDS):
            further: list[Outcome] = []
            for outcome in outcomes:
                self.faults += [fault.error for fault in outcome.faults]
                events += outcome.events
                further += self._across(outcome)
            if not further:
                return events
            outcomes = further
        raise RuntimeError(
            f"the two stages have answered each other {MOST_ROUNDS} times; a suppression goes in a circle"
        )

    def _across(self, outcome: Outcome) -> list[Outcome]:
        """What a step set off on the other topic; time goes there by itself."""
        groups = [record for record in outcome.groups if not isinstance(record, Tick)]
        return [
            *(self._group(group_key(record)).apply(record, next(self._offsets)) for record in groups),
            *(self._grids[partition_of(action.grid)].apply(action, next(self._offsets)) for action in outcome.inputs),
        ]

    def _group(self, code: str) -> GroupShard:
        number = partition_of(code)
        if number not in self._groups:
            self._groups[number] = self._group_shard(number, None)
        return self._groups[number]


def _stored(shard: Packed) -> dict[str, bytes]:
    return {code: shard.pack(code) for code in shard.codes}
