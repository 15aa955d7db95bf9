"""Work a recorded log of the second stage through it again: the same records give the same effects."""

from collections.abc import Iterable, Iterator

from streams.contracts import Undecodable, decode_group
from streams.contracts.partition import partition_of
from streams.contracts.topics import PARTITIONS
from streams.groups.shard import GroupShard
from streams.rules import Catalogue, Outcome


def replay(
    records: Iterable[tuple[int, int, bytes]], catalogue: Catalogue, *, partitions: int = PARTITIONS
) -> Iterator[Outcome]:
    """Outcomes of ``(partition, offset, value)`` records, each partition in its own order.

    Undecodable records are passed over, as the agent passes them to the dead letters.
    """
    shards: dict[int, GroupShard] = {}
    for partition, offset, value in records:
        shard = shards.get(partition)
        if shard is None:
            shard = shards[partition] = GroupShard(
                partition,
                catalogue,
                owns=lambda code, mine=partition: partition_of(code, partitions) == mine,  # type: ignore[misc]
            )
        try:
            record = decode_group(value)
        except Undecodable:
            continue
        yield shard.apply(record, offset)
