"""When a worker leaves what it holds out of collections: once it rests, and anew only when it has grown."""

import asyncio
import gc
from collections.abc import Iterator

import pytest

from streams.agents.heap import YOUNGEST, Heap, settle
from tests.unit.streams.group_table import GroupTable, alarm
from tests.unit.streams.rule_table import Table, gas


def told(*counts: int) -> list[bool]:
    heap = Heap()
    return [heap.at_rest(count) for count in counts]


def test_what_still_grows_is_waited_for_and_what_rests_is_left_out_once() -> None:
    assert told(0, 10, 500, 500, 500, 500) == [False, False, False, True, False, False]


def test_a_few_more_are_not_worth_a_collection_and_many_are() -> None:
    assert told(100, 100, 110, 110, 125, 125, 130, 130) == [False, True, False, False, False, False, False, True]


def test_an_incident_that_begins_keeps_nothing_from_being_left_out() -> None:
    assert told(1_000, 1_003) == [False, True]
    assert told(1_000, 1_030) == [False, False]


def test_partitions_that_went_and_came_back_are_left_out_anew() -> None:
    assert told(100, 100, 0, 0, 100, 100) == [False, True, False, False, False, True]


def test_a_worker_that_holds_nothing_yet_leaves_its_libraries_out() -> None:
    assert told(0, 0, 0, 7, 7) == [False, True, False, False, True]


@pytest.fixture
def collector() -> Iterator[None]:
    """Python's collector as the other tests want it."""
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.mark.usefixtures("collector")
@pytest.mark.parametrize(("counts", "left_out"), [([2, 1], False), ([3, 3], True)])
def test_what_rests_is_left_out_and_young_objects_are_looked_through_less_often(
    counts: list[int], left_out: bool
) -> None:
    with pytest.raises(IndexError):
        asyncio.run(settle(counts.pop, every_s=0))
    assert gc.get_threshold()[0] == YOUNGEST
    assert (gc.get_freeze_count() > 1_000) is left_out


def test_devices_and_groups_are_counted() -> None:
    table = Table(devices=[gas("g1"), gas("g2")])
    assert table.shard.subjects == 0
    table.tick(0)
    assert table.shard.subjects == 2
    groups = GroupTable()
    groups.send(alarm("g1", 0))
    assert groups.shard.subjects == 1
