"""Work a recorded log through the rules again: the same records give the same alarms, byte for byte."""

from collections.abc import Iterable, Iterator

from streams.contracts import AlarmEvent, Undecodable, decode_input, encode
from streams.contracts.partition import partition_of
from streams.contracts.topics import PARTITIONS
from streams.rules.catalogue import Catalogue
from streams.rules.clock import DEFAULT_CLOCK, ClockPolicy
from streams.rules.outcome import Outcome
from streams.rules.shard import Shard


def replay(
    records: Iterable[tuple[int, int, bytes]],
    catalogue: Catalogue,
    *,
    partitions: int = PARTITIONS,
    policy: ClockPolicy = DEFAULT_CLOCK,
) -> Iterator[AlarmEvent]:
    """Alarm events of ``(partition, offset, value)`` records, each partition in its own order."""
    for outcome in outcomes(records, catalogue, partitions=partitions, policy=policy):
        yield from outcome.events


def outcomes(
    records: Iterable[tuple[int, int, bytes]],
    catalogue: Catalogue,
    *,
    partitions: int = PARTITIONS,
    policy: ClockPolicy = DEFAULT_CLOCK,
) -> Iterator[Outcome]:
    """Every effect of ``(partition, offset, value)`` records, each partition in its own order.

    Undecodable records are passed over, as the agent passes them to the dead letters.
    """
    shards: dict[int, Shard] = {}
    for partition, offset, value in records:
        shard = shards.get(partition)
        if shard is None:
            shard = shards[partition] = Shard(
                partition,
                catalogue,
                owns=lambda code, mine=partition: partition_of(code, partitions) == mine,  # type: ignore[misc]
                policy=policy,
            )
        try:
            record = decode_input(value)
        except Undecodable:
            continue
        yield shard.apply(record, offset)


def replay_bytes(records: Iterable[tuple[int, int, bytes]], catalogue: Catalogue) -> list[bytes]:
    """The values that the live engine writes to ``linli.alarms`` for these records."""
    return [encode(event) for event in replay(records, catalogue)]
