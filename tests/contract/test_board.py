"""One suite over the board in memory and in PostgreSQL, as the front door's own role."""

from collections.abc import Iterator

import pytest

from services.adapters.postgres import open_pool
from services.tickets.domain.board import Noun, Posted
from services.tickets.domain.reach import EVERYTHING
from services.tickets.ports import Board
from services.tickets.postgres import PostgresBoard, PostgresMatchReader
from services.transactions import Clash
from tests.conftest import Database
from tests.fakes.alarm_events import T0
from tests.fakes.board import MemoryBoard

SCHEMAS = ("registry", "tickets")


@pytest.fixture(params=["memory", "postgres"])
def board(request: pytest.FixtureRequest) -> Iterator[Board]:
    if request.param == "memory":
        yield MemoryBoard()
        return
    pool = open_pool(request.getfixturevalue("migrated").url("linli_api"), name="contract")
    yield PostgresBoard(pool)
    pool.close()


def post(board: Board, noun: Noun, named: str, version: int, at: int = T0) -> Posted:
    posted = Posted(noun, named, version, at, "operator", {"text": f"{named} {version}"})
    board.post(posted)
    return posted


def test_the_newest_version_holds_the_old_ones_stay_and_nouns_do_not_mix(board: Board) -> None:
    first = post(board, Noun.ANSWER, "a", 1)
    other = post(board, Noun.ANSWER, "b", 1, T0 + 1)
    second = post(board, Noun.ANSWER, "a", 2, T0 + 2)
    works = post(board, Noun.WORKS, "a", 1)
    assert board.newest(Noun.ANSWER, limit=9) == (second, other)
    assert board.newest(Noun.ANSWER, limit=1) == (second,)
    assert board.versions(Noun.ANSWER, "a") == (first, second)
    assert board.versions(Noun.WORKS, "a") == (works,)
    assert board.versions(Noun.WORKS, "b") == ()
    with pytest.raises(Clash):
        post(board, Noun.ANSWER, "a", 2)


def test_the_front_door_may_look_for_tickets_that_are_alike(migrated: Database) -> None:
    pool = open_pool(migrated.url("linli_api"), name="contract", tell=EVERYTHING.settings)
    matches = PostgresMatchReader(pool)
    assert matches.open_near(["990101001001"], near=None, scope="", since=0, limit=9) == ()
    assert matches.of_caller("13800001111", scope="", limit=9) == ()
    pool.close()
