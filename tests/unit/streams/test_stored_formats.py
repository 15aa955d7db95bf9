"""State that another version has written: taken over, or refused and worked out again; never misread (ADR 51).

``tests/data/engine_state`` holds what each format's version wrote of the life in ``stored_life.py``. A change of
the stored structure fails here: give it a new format, write its file beside the others
(``python -m tests.unit.streams.stored_life``), and say in ``FORMATS`` whether the old one is taken over.
"""

import zlib
from pathlib import Path

import msgspec
import pytest

from streams.contracts import AlarmEvent, Tick
from streams.groups import GroupShard
from streams.groups.state import FORMAT as GROUP_FORMAT
from streams.groups.state import FORMATS
from streams.rules import Catalogue, ForeignState, Grid, Shard
from streams.rules.grid_state import FORMAT as GRID_FORMAT
from streams.rules.grid_state import FORMATS as GRID_FORMATS
from streams.rules.stored import format_of
from tests.unit.streams.group_table import MAIN, GroupTable
from tests.unit.streams.rule_table import GRID, HOUR, MIN, T0, S, Table
from tests.unit.streams.stored_life import grid_table, group_table

KEPT = Path(__file__).parents[2] / "data" / "engine_state"


def kept(kind: str, number: int) -> bytes:
    return (KEPT / f"{kind}-{number}.bin").read_bytes()


def of_format(data: bytes, number: int) -> bytes:
    """The same array, said to be of another format."""
    plain = msgspec.msgpack.decode(data)
    return msgspec.msgpack.encode([number, *plain[1:]])


def test_a_grid_is_stored_as_its_format_promises() -> None:
    now = zlib.decompress(grid_table().shard.pack(GRID))
    assert now == zlib.decompress(kept("grid", GRID_FORMAT)), "the structure has changed: it needs a format of its own"
    assert format_of(now) == GRID_FORMAT


def test_a_group_is_stored_as_its_format_promises() -> None:
    now = zlib.decompress(group_table().shard.pack(MAIN))
    assert now == zlib.decompress(kept("group", GROUP_FORMAT)), (
        "the structure has changed: it needs a format of its own"
    )
    assert format_of(now) == GROUP_FORMAT


def test_every_format_that_is_taken_over_has_its_file() -> None:
    assert {int(path.stem.split("-")[1]) for path in KEPT.glob("group-*.bin")} == FORMATS
    assert {int(path.stem.split("-")[1]) for path in KEPT.glob("grid-*.bin")} == GRID_FORMATS


@pytest.mark.parametrize("number", sorted(FORMATS))
def test_a_group_of_each_format_goes_on_as_if_nothing_had_been(number: int) -> None:
    without, taken = group_table(), group_table()
    clock = without.shard.clock_code
    taken.shard = _shard(taken, {MAIN: kept("group", number), clock: without.shard.pack(clock)})
    assert taken.shard.refused == []
    assert taken.shard.groups[MAIN].state == without.shard.groups[MAIN].state
    for table in (without, taken):
        for after in range(3 * MIN, 6 * MIN, S):
            table.tick(after)
    assert without.events[-1].rule == "light.feeder"
    assert without.events == taken.events
    assert without.shard.pack(MAIN) == taken.shard.pack(MAIN)


@pytest.mark.parametrize("number", sorted(GRID_FORMATS))
def test_a_grid_of_each_format_goes_on_as_if_nothing_had_been(number: int) -> None:
    without, taken = grid_table(), grid_table()
    clock = without.shard.clock_code
    taken.shard = Shard(
        0, taken.catalogue, owns=lambda _: True, policy=taken.policy,
        stored={GRID: kept("grid", number), clock: without.shard.pack(clock)},
    )  # fmt: skip
    for table in (without, taken):
        for after in range(7 * MIN, 2 * HOUR, 10 * MIN):
            table.tick(after)
    assert without.events == taken.events
    assert {event.cause for event in without.events} >= {"hidden", "shown"}


@pytest.mark.parametrize("found", [1, 4, 99])
def test_a_foreign_grid_is_refused_and_its_partition_begins_at_the_log(found: int) -> None:
    table = grid_table()
    foreign = zlib.compress(of_format(zlib.decompress(table.shard.pack(GRID)), found))
    with pytest.raises(ForeignState, match=f"state of {GRID}: format {found}, this version takes 2, {GRID_FORMAT}"):
        Grid.unpack(GRID, foreign, table.catalogue)
    stored = {code: table.shard.pack(code) for code in table.shard.codes} | {GRID: foreign}
    shard = Shard(0, table.catalogue, owns=lambda _: True, stored=stored)
    assert [(error.code, error.found) for error in shard.refused] == [(GRID, found)]
    assert (shard.offset, shard.grids) == (-1, {})


@pytest.mark.parametrize(
    "broken", [b"", b"\x00", b"no zlib", zlib.compress(b""), zlib.compress(msgspec.msgpack.encode([GRID_FORMAT, 1]))]
)
def test_what_is_no_state_at_all_is_refused_too(broken: bytes) -> None:
    with pytest.raises(ForeignState):
        Grid.unpack(GRID, broken, Catalogue({}, {}))
    shard = Shard(0, Catalogue({}, {}), owns=lambda _: True, stored={"#0": b"[1]"})
    assert [error.code for error in shard.refused] == ["#0"]


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (b"no zlib", "format None, this version takes 2, 3 (Error -3"),
        (
            zlib.compress(msgspec.msgpack.encode([GRID_FORMAT, 1])),
            "format 3, this version takes 2, 3 (Exp",
        ),
        (zlib.compress(msgspec.msgpack.encode([9])), "format 9, this version takes 2, 3"),
        (zlib.compress(msgspec.msgpack.encode(["9"])), "format None, this version takes 2, 3"),
    ],
)
def test_a_refusal_names_the_state_what_was_found_and_what_is_taken(broken: bytes, said: str) -> None:
    with pytest.raises(ForeignState) as refusal:
        Grid.unpack(GRID, broken, Catalogue({}, {}))
    assert str(refusal.value).startswith(f"state of {GRID}: {said}")
    assert refusal.value.code == GRID
    assert str(refusal.value).endswith(")") == ("(" in said), "the reason, where there is one"
    shard = Shard(0, Catalogue({}, {}), owns=lambda _: True, stored={"#0": b"[1]"})
    (clock,) = map(str, shard.refused)
    assert clock.startswith("state of #0: format None, this version takes three numbers (Expected `array` of")


def test_what_is_worked_out_again_from_the_log_is_what_would_have_been_there() -> None:
    """The same records from the first on give the same events under the same ids, so that nobody is told twice."""
    straight = Table()
    records = [Tick("gw", T0)]
    straight.feed(records[0])
    straight.leak(S)
    first: list[AlarmEvent] = list(straight.events)
    again = Table()
    again.shard = Shard(
        0, again.catalogue, owns=lambda _: True, policy=again.policy,
        stored={GRID: b"foreign", again.shard.clock_code: b"[1,2,900]"},
    )  # fmt: skip
    assert again.shard.refused
    again.feed(records[0])
    again.leak(S)
    assert again.events == first


def _shard(table: GroupTable, stored: dict[str, bytes]) -> GroupShard:
    return GroupShard(table.shard.partition, table.shard.catalogue, stored=stored)
