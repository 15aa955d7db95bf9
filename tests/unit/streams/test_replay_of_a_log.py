"""A whole log, partition by partition, through the pure rules."""

from streams.contracts import Batch, Cause, Input, Sample, Tick, decode, encode
from streams.contracts.alarms import AlarmEvent
from streams.rules import Catalogue, outcomes, partition_of, replay, replay_bytes
from tests.unit.streams.rule_table import CH4, HOUR, MIN, SILENT, SPARSE_TICKS, T0, S, gas

FEW = 3
GRIDS = [
    code
    for code in (f"990101001001{number:03d}" for number in range(40))
    if partition_of(code, FEW) != partition_of(code)
][:6]
CATALOGUE = Catalogue.of([CH4, SILENT], [gas(f"g{place}", area=grid) for place, grid in enumerate(GRIDS)])
Log = list[tuple[int, int, bytes]]


def log(partitions: int) -> Log:
    """A leak in the first grid, ticks for hours in all; of the other devices nobody ever hears."""
    leak = [Sample("g0", "gas", T0 + at, T0 + at, {"ch4_lel": 60.0}) for at in (S, 11 * S)]
    home = partition_of(GRIDS[0], partitions)
    found: Log = []

    def put(partition: int, record: Input | bytes) -> None:
        offset = sum(1 for place, _, _ in found if place == partition)
        found.append((partition, offset, record if isinstance(record, bytes) else encode(record)))

    for number in range(partitions):
        put(number, Tick("gw", T0))
    put(home, b"\xff no record")
    put(home, Batch("gw", GRIDS[0], T0 + 12 * S, tuple(leak)))
    for step in range(1, 12):
        for number in range(partitions):
            put(number, Tick("gw", T0 + step * HOUR))
    return found


def told(events: list[AlarmEvent]) -> set[tuple[str, str, Cause]]:
    return {(event.device, event.rule, event.cause) for event in events}


def test_every_device_of_every_partition_is_judged_once_by_the_policy_given() -> None:
    events = list(replay(log(FEW), CATALOGUE, partitions=FEW, policy=SPARSE_TICKS))
    silent = {(f"g{place}", SILENT.id, Cause.CONFIRMED) for place in range(len(GRIDS))}
    assert {one for one in told(events) if one[1] == SILENT.id} == silent
    assert ("g0", CH4.id, Cause.CONFIRMED) in told(events)
    assert len({event.id for event in events}) == len(events)
    steps = list(outcomes(log(FEW), CATALOGUE, partitions=FEW, policy=SPARSE_TICKS))
    assert [event for outcome in steps for event in outcome.events] == events
    assert len(steps) == len(log(FEW)) - 1, "what cannot be read is passed over"


def test_the_bytes_are_those_of_the_events_on_as_many_partitions_as_there_are() -> None:
    records = log(12)
    values = replay_bytes(records, CATALOGUE)
    assert [decode(value, AlarmEvent) for value in values] == list(replay(records, CATALOGUE))
    assert ("g0", CH4.id, Cause.CONFIRMED) in told([decode(value, AlarmEvent) for value in values])
    assert min(event.at for event in replay(records, CATALOGUE)) < T0 + MIN
