"""One suite for where rehearsals stand: in memory, and on PostgreSQL in the front door's role."""

import dataclasses
import threading
from collections.abc import Iterator

import pytest

from sensors.kinds.gas import RULES
from services.adapters.postgres import open_pool
from services.rehearsal.domain import DAY_MS, Order, Rehearsal, Scope, State
from services.rehearsal.ports import Shelf
from services.rehearsal.postgres import PostgresShelf
from streams.contracts import Refused
from tests.conftest import Database
from tests.fakes.rehearsals import MemoryShelf, reported

SCHEMAS = ("alarms",)
T0 = 1_795_312_800_000
SCOPE = Scope(T0 - DAY_MS, T0, "990101", "gas-1")


@pytest.fixture(params=["memory", "postgres"])
def shelf(request: pytest.FixtureRequest) -> Iterator[Shelf]:
    if request.param == "memory":
        yield MemoryShelf()
        return
    yield from _postgres(request.getfixturevalue("migrated"))


def _postgres(database: Database) -> Iterator[Shelf]:
    with open_pool(database.url("linli_api"), name="test", size=8) as pool:
        yield PostgresShelf(pool)
        with pool.connection() as connection:
            connection.execute("DELETE FROM alarms.rehearsals")


def asked(name: str, by: str = "") -> Rehearsal:
    return Rehearsal(name, Order(RULES[0], SCOPE, by or f"of-{name}"), T0)


def at(shelf: Shelf, name: str) -> Rehearsal:
    found = shelf.get(name, f"of-{name}")
    assert found is not None
    return found


def test_what_was_asked_is_read_by_its_asker_alone(shelf: Shelf) -> None:
    shelf.begin(asked("a"), 2)
    assert at(shelf, "a") == asked("a")
    assert at(shelf, "a").state is State.RUNNING
    assert shelf.get("a", "another") is None
    assert shelf.get("b", "of-a") is None


def test_a_person_has_one_and_all_have_so_many(shelf: Shelf) -> None:
    shelf.begin(asked("a"), 2)
    with pytest.raises(Refused) as mine:
        shelf.begin(asked("b", by="of-a"), 2)
    assert (mine.value.code, mine.value.extra["rehearsal"]) == ("running", "a")
    shelf.begin(asked("c"), 2)
    with pytest.raises(Refused) as crowded:
        shelf.begin(asked("d"), 2)
    assert crowded.value.code == "crowded"
    assert shelf.end("a", None, T0 + 1)
    shelf.begin(asked("d"), 2)
    assert shelf.get("b", "of-a") is None, "what is refused leaves nothing"


def test_progress_never_falls_and_ends_with_the_run(shelf: Shelf) -> None:
    shelf.begin(asked("a"), 2)
    for told, kept in ((0.5, 0.5), (0.25, 0.5), (1.5, 1.0)):
        assert shelf.reach("a", told, T0 + 1)
        assert at(shelf, "a").progress == kept
    assert shelf.end("a", None, T0 + 2)
    assert not shelf.reach("a", 0.7, T0 + 3)
    assert not shelf.reach("none", 0.7, T0 + 3)


def test_the_first_end_counts(shelf: Shelf) -> None:
    found = reported("gas-1", SCOPE.start, SCOPE.end)
    shelf.begin(asked("a"), 2)
    assert shelf.end("a", found, T0 + 1)
    assert not shelf.end("a", None, T0 + 2)
    assert at(shelf, "a") == dataclasses.replace(asked("a"), progress=1.0, ended=T0 + 1, outcome=found)
    assert not shelf.end("none", None, T0 + 1)


def test_a_failure_keeps_all_that_it_says(shelf: Shelf) -> None:
    shelf.begin(asked("a"), 2)
    shelf.reach("a", 0.25, T0)
    assert shelf.end("a", Refused("time", "too long", field="scope", remedy="Narrow it."), T0 + 1)
    kept = at(shelf, "a")
    assert (kept.state, kept.progress, kept.ended, kept.report) == (State.FAILED, 0.25, T0 + 1, None)
    assert kept.problem is not None
    assert (kept.problem.code, kept.problem.detail) == ("time", "too long")
    assert kept.problem.extra == {"field": "scope", "remedy": "Narrow it."}


def test_who_is_not_heard_is_forsaken(shelf: Shelf) -> None:
    shelf.begin(asked("a"), 2)
    shelf.begin(asked("b"), 2)
    shelf.reach("b", 0.1, T0 + 5)
    assert list(shelf.forsake(T0, T0 + 9)) == []
    assert list(shelf.forsake(T0 + 5, T0 + 9)) == ["a"]
    lost = at(shelf, "a")
    assert (lost.state, lost.ended) == (State.FAILED, T0 + 9)
    assert lost.problem is not None
    assert lost.problem.code == "interrupted"
    shelf.begin(asked("c"), 2)


def test_what_ended_long_ago_is_forgotten_and_what_runs_never(shelf: Shelf) -> None:
    for number, name in enumerate("abcd"):
        shelf.begin(asked(name), 2)
        shelf.end(name, None, T0 + number)
    shelf.begin(asked("e"), 2)
    shelf.forget(T0 + 1, 2)
    left = [name for name in "abcde" if shelf.get(name, f"of-{name}") is not None]
    assert left == ["c", "d", "e"]
    shelf.forget(T0 + 3, 9)
    assert shelf.get("c", "of-c") is None
    assert shelf.get("d", "of-d") is not None


def test_of_many_at_one_moment_as_many_begin_as_may(shelf: Shelf) -> None:
    outcomes: list[str] = []
    start = threading.Barrier(8)

    def begin(name: str) -> None:
        start.wait(30)
        try:
            shelf.begin(asked(name), 2)
            outcomes.append("begun")
        except Refused as refused:
            outcomes.append(refused.code)

    threads = [threading.Thread(target=begin, args=(name,)) for name in "abcdefgh"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["begun"] * 2 + ["crowded"] * 6
