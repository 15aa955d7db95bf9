"""Both stages in one process, without Kafka: for replays, rehearsals, scorers and tests."""

from collections.abc import Callable, Iterable, Iterator

from streams.contracts import AlarmEvent, GroupRecord, Input, Tick, Undecodable, decode_input, group_key
from streams.contracts.partition import partition_of
from streams.contracts.topics import PARTITIONS
from streams.groups.shard import GroupShard
from streams.rules import Catalogue, Fault, Outcome, Shard


class Chain:
    """Gives a record of ``linli.inputs`` to both stages, one after the other; what it leads to comes back at once.

    ``back``: what a group's alarm hides is told to the first stage, as the agents do it by way of
    the topic. A recorded log holds those acts already, so that a replay leaves it off.
    """

    def __init__(self, catalogue: Catalogue, *, partitions: int = PARTITIONS, back: bool = True) -> None:
        self._catalogue = catalogue
        self._partitions = partitions
        self._back = back
        self._first: dict[int, Shard] = {}
        self._second: dict[int, GroupShard] = {}
        self._ends: dict[int, int] = {}
        self.faults: list[Fault] = []

    def apply(self, record: Input, partition: int, offset: int) -> list[AlarmEvent]:
        """The alarms that one record leads to, in the order in which they come about."""
        outcome = self._shard(partition).apply(record, offset)
        events = self._taken(outcome)
        for passed in outcome.groups:
            events += self._pass_on(passed, partition)
        return events

    def adopt(self, catalogue: Catalogue) -> None:
        """Other rules or devices, in force at the next Tick."""
        self._catalogue = catalogue
        for shard in self._first.values():
            shard.adopt(catalogue)
        for groups in self._second.values():
            groups.adopt(catalogue)

    def _pass_on(self, record: GroupRecord, partition: int) -> list[AlarmEvent]:
        place = partition if isinstance(record, Tick) else partition_of(group_key(record), self._partitions)
        end = self._ends[place] = self._ends.get(place, -1) + 1
        outcome = self._group_shard(place).apply(record, end)
        events = self._taken(outcome)
        for action in outcome.inputs if self._back else ():
            home = partition_of(action.grid, self._partitions)
            shard = self._shard(home)
            events += self._taken(answer := shard.apply(action, shard.offset + 1))
            for passed in answer.groups:
                events += self._pass_on(passed, home)
        return events

    def _taken(self, outcome: Outcome) -> list[AlarmEvent]:
        self.faults += outcome.faults
        return list(outcome.events)

    def _shard(self, number: int) -> Shard:
        if number not in self._first:
            self._first[number] = Shard(number, self._catalogue, owns=self._owns(number))
        return self._first[number]

    def _group_shard(self, number: int) -> GroupShard:
        if number not in self._second:
            self._second[number] = GroupShard(number, self._catalogue, owns=self._owns(number))
        return self._second[number]

    def _owns(self, number: int) -> Callable[[str], bool]:
        return lambda key: partition_of(key, self._partitions) == number


def alarms(
    records: Iterable[tuple[int, int, bytes]], catalogue: Catalogue, *, partitions: int = PARTITIONS
) -> Iterator[AlarmEvent]:
    """What both stages make of ``(partition, offset, value)`` records of ``linli.inputs``.

    An incident's name is that of whichever member came first here; live, partitions may arrive in
    another order. To get the live bytes of grouped alarms replay ``linli.groups`` itself.
    """
    chain = Chain(catalogue, partitions=partitions, back=False)
    for partition, offset, value in records:
        try:
            record = decode_input(value)
        except Undecodable:
            continue
        yield from chain.apply(record, partition, offset)
