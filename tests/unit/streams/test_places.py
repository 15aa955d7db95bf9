"""After a move a partition goes on with the record it was moved to, whatever is still in flight."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from faust.types import TP

from streams.agents.places import AGAIN_S, PlacedConsumer, Places
from streams.app import Settings, build
from streams.process.health import Progress

A, B = TP("linli.inputs", 3), TP("linli.inputs", 4)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_unmoved_partition_lets_everything_through() -> None:
    assert [Places().passes(A, offset) for offset in (7, 8, 3)] == [True, True, True]


def test_what_was_fetched_before_the_move_is_dropped_until_the_record_moved_to_comes() -> None:
    places = Places()
    places.go_on({A: 189})
    assert [places.passes(A, offset) for offset in (195, 196, 189, 190, 195)] == [False, False, True, True, True]


def test_an_earlier_record_ends_the_wait_since_the_awaited_one_follows_it() -> None:
    places = Places()
    places.go_on({A: 189})
    assert [places.passes(A, offset) for offset in (180, 189)] == [True, True]


def test_an_assigned_partition_is_held_until_it_is_placed_and_no_other_with_it() -> None:
    places = Places()
    places.go_on({B: 5})
    places.hold([A])
    assert not places.passes(A, 0)
    assert places.passes(B, 9), "B is not assigned any more, so nothing of before is waited for"
    places.go_on({A: 0})
    assert not places.passes(A, 1)
    assert places.passes(A, 0)
    assert not places.waiting(A)


def test_a_move_that_was_lost_is_made_again_once_a_second() -> None:
    clock = Clock()
    places = Places(clock)
    places.go_on({A: 189})
    assert places.overdue(A) is None
    clock.now = AGAIN_S
    assert [places.overdue(A), places.overdue(A)] == [189, None]
    clock.now = 2 * AGAIN_S
    assert places.passes(A, 189)
    assert places.overdue(A) is None


def test_a_held_partition_is_never_moved_by_itself() -> None:
    clock = Clock()
    places = Places(clock)
    places.hold([A])
    clock.now = 100
    assert places.overdue(A) is None


@dataclass
class Thread:
    """In place of the thread that talks to Kafka: a fetch lasts until ``arrived`` is set."""

    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    story: list[str] = field(default_factory=list)

    async def getmany(self, active: set[TP], timeout: float) -> dict[TP, list[Any]]:  # noqa: ASYNC109 - as Faust has it
        self.story.append("fetch")
        await self.arrived.wait()
        self.story.append("fetched")
        return {tp: ["record"] for tp in active}

    async def seek_wait(self, partitions: dict[TP, int]) -> None:
        self.story.append(f"seek to {sorted(partitions.values())}")


@pytest.fixture
def consumer(tmp_path: Path) -> PlacedConsumer:
    app = build(Settings(state_dir=tmp_path), Progress())
    made = app.consumer
    assert isinstance(made, PlacedConsumer)
    return made


def test_a_recovery_waits_for_the_fetch_in_flight_before_it_seeks(consumer: PlacedConsumer) -> None:
    """What a fetch brings into a stopped flow is thrown away: it must not have come from behind the recovery's seek."""
    changelog = TP(min(consumer.app.tables.changelog_topics), 3)

    async def rebalance() -> list[str]:
        thread = Thread()
        consumer._thread = thread  # type: ignore[assignment]
        fetch = asyncio.create_task(consumer._getmany({A}, 1.0))
        await asyncio.sleep(0)
        await consumer.seek_wait({A: 5, B: 6})
        assert thread.story == ["fetch", "seek to [5, 6]"], "what inputs lose is seen and read again"
        seek = asyncio.create_task(consumer.seek_wait({changelog: 7}))
        for _ in range(5):
            await asyncio.sleep(0)
        assert not seek.done()
        thread.arrived.set()
        await asyncio.gather(fetch, seek)
        return thread.story[2:]

    assert asyncio.run(rebalance()) == ["fetched", "seek to [7]"]
