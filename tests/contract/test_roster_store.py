"""One suite over units' rosters: in memory, and in PostgreSQL as the front door's own role."""

from collections.abc import Iterator
from dataclasses import replace
from threading import Barrier, Thread
from typing import Any

import psycopg
import pytest

from services.adapters.postgres import Pool, open_pool
from services.audit import Did, Entry
from services.duty import Dated, Duty, Roster, Substitution, Weekly
from services.notices.postgres import PostgresNotices
from services.registry.domain import Area, Role, Unit, User
from services.registry.postgres import PostgresPlaces, PostgresRosters, PostgresStaff
from streams.contracts import Refused
from tests.conftest import Database, PostgresServer
from tests.fakes.databases import empty
from tests.fakes.registry import MemoryPeople, MemoryRosters

SCHEMAS = ("registry",)
NOW = 1_795_312_800_000
HOUR = 3_600_000
WEEK = Weekly(frozenset({1, 5, 7}), 480, 1440)
ENTRY = Entry(NOW, "leader", Did.DUTY, "unit gas", "x")


@pytest.fixture
def pool(migrated: Database, postgres_server: PostgresServer) -> Iterator[Pool]:
    empty(postgres_server.admin_url(migrated.name), "registry")
    with open_pool(migrated.url("linli_registry"), name="contract", size=1) as owner:
        PostgresPlaces(owner).add_areas([Area("990101", "county", "区", "District")])
        PostgresPlaces(owner).add_units(
            [Unit("gas", "燃气", "Gas", "990101"), Unit("lamps", "路灯", "Lamps", "990101")]
        )
    with open_pool(migrated.url("linli_api"), name="contract", size=4) as made:
        yield made


@pytest.fixture(params=["memory", "postgres"])
def sides(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    """(people, rosters): a, b, c and d work for gas, z for the lamps."""
    if request.param == "memory":
        people: Any = MemoryPeople()
        rosters: Any = MemoryRosters(people)
    else:
        pool = request.getfixturevalue("pool")
        people, rosters = PostgresStaff(pool), PostgresRosters(pool)
    for name in "abcd":
        people.add_user(User(name, name, Role.UNIT_HANDLER, unit="gas"), "hash")
    people.add_user(User("z", "z", Role.UNIT_HANDLER, unit="lamps"), "hash")
    people.add_user(User("boss", "boss", Role.ADMINISTRATOR), "hash")
    return people, rosters


@pytest.fixture
def rosters(sides: tuple[Any, Any]) -> Any:
    return sides[1]


def duty(name: str, person: str, when: Weekly | Dated, unit: str = "gas") -> Duty:
    return Duty(name, unit, person, when)


def dated(since: int, until: int) -> Dated:
    return Dated(NOW + since * HOUR, NOW + until * HOUR)


def away(person: str, substitute: str, since: int = 0, until: int = 9, name: str = "") -> Substitution:
    name = name or f"{person}{substitute}{since}"
    return Substitution(name, "gas", person, substitute, NOW + since * HOUR, NOW + until * HOUR)


def refusal(write: Any, what: Any) -> str:
    with pytest.raises(Refused) as refused:
        write(what, entry=ENTRY)
    return refused.value.code


def test_duties_come_back_as_they_were_written_and_the_past_is_left_out(rosters: Any) -> None:
    weekly, past, coming = duty("1", "a", WEEK), duty("2", "a", dated(-3, -1)), duty("3", "a", dated(1, 2))
    assert all(rosters.add_duty(each, entry=ENTRY) for each in (weekly, past, coming))
    assert rosters.duties("gas", since=NOW) == (weekly, coming)
    assert rosters.duties("gas", since=NOW - 2 * HOUR) == (weekly, past, coming)
    assert rosters.duties("lamps", since=0) == ()
    assert (rosters.duty("2"), rosters.duty("x")) == (past, None)
    assert not rosters.add_duty(duty("1", "b", WEEK), entry=ENTRY)
    assert not rosters.remove_duty("lamps", "1", entry=ENTRY)
    assert rosters.remove_duty("gas", "1", entry=ENTRY)
    assert not rosters.remove_duty("gas", "1", entry=ENTRY)


def test_dated_duties_of_one_person_in_one_unit_do_not_overlap(rosters: Any) -> None:
    assert rosters.add_duty(duty("1", "a", dated(0, 2)), entry=ENTRY)
    assert refusal(rosters.add_duty, duty("2", "a", dated(1, 3))) == "overlap"
    assert rosters.add_duty(duty("3", "a", dated(2, 3)), entry=ENTRY), "the end is not included"
    assert rosters.add_duty(duty("4", "b", dated(1, 3)), entry=ENTRY)
    assert rosters.add_duty(duty("5", "a", WEEK), entry=ENTRY), "a weekly one is another matter"


def test_whoever_is_on_a_roster_is_of_the_units_people(rosters: Any) -> None:
    assert refusal(rosters.add_duty, duty("1", "z", WEEK)) == "fields"
    assert refusal(rosters.add_duty, duty("1", "nobody", WEEK)) == "fields"
    assert refusal(rosters.add_substitution, away("a", "z")) == "fields"
    assert refusal(rosters.add_substitution, away("z", "a")) == "fields"


def test_substitutions_come_back_and_do_not_overlap(rosters: Any) -> None:
    first = away("a", "b", 0, 2)
    assert rosters.add_substitution(first, entry=ENTRY)
    assert refusal(rosters.add_substitution, away("a", "c", 1, 3)) == "overlap"
    assert rosters.add_substitution(away("a", "c", 2, 3), entry=ENTRY)
    assert rosters.substitutions("gas", since=NOW + 2 * HOUR) == (away("a", "c", 2, 3),)
    assert rosters.substitution(first.id) == first
    assert not rosters.add_substitution(replace(first, substitute="d"), entry=ENTRY)
    assert rosters.remove_substitution("gas", first.id, entry=ENTRY)
    assert not rosters.remove_substitution("gas", first.id, entry=ENTRY)


def test_substitutes_form_no_ring(rosters: Any) -> None:
    for each in (away("a", "b", 0, 4), away("b", "c", 2, 8)):
        assert rosters.add_substitution(each, entry=ENTRY)
    assert refusal(rosters.add_substitution, away("c", "a", 3, 5)) == "ring"
    assert refusal(rosters.add_substitution, away("c", "b", 7, 9)) == "ring"
    assert rosters.add_substitution(away("c", "a", 4, 5), entry=ENTRY), "a is back by then"
    assert rosters.add_substitution(away("d", "a", 0, 9), entry=ENTRY)


def test_whoever_leaves_the_unit_leaves_its_roster(sides: tuple[Any, Any]) -> None:
    people, rosters = sides
    rosters.add_duty(duty("1", "a", WEEK), entry=ENTRY)
    rosters.add_duty(duty("2", "b", WEEK), entry=ENTRY)
    for each in (away("a", "b"), away("c", "a"), away("d", "b")):
        rosters.add_substitution(each, entry=ENTRY)
    assert people.change_user(User("a", "a", Role.UNIT_HANDLER, unit="lamps", version=2), entry=ENTRY)
    assert [each.id for each in rosters.duties("gas", since=0)] == ["2"]
    assert [each.person for each in rosters.substitutions("gas", since=0)] == ["d"]
    late = User("b", "b", Role.UNIT_HANDLER, unit="lamps", version=5)
    assert not people.change_user(late, entry=ENTRY)
    assert [each.id for each in rosters.duties("gas", since=0)] == ["2"], "a change that came too late changes nothing"


def test_the_units_people_are_those_who_can_sign_in(sides: tuple[Any, Any]) -> None:
    people, rosters = sides
    people.change_user(User("b", "b", Role.UNIT_HANDLER, unit="gas", active=False, version=2), entry=ENTRY)
    assert [user.id for user in rosters.people_of("gas")] == ["a", "c", "d"]
    assert rosters.people_of("") == ()


def test_a_roster_is_its_people_and_all_that_is_not_over(rosters: Any) -> None:
    for each in (duty("2", "b", WEEK), duty("1", "a", Dated(0, 5))):
        rosters.add_duty(each, entry=ENTRY)
    rosters.add_substitution(away("a", "b", 3, 8), entry=ENTRY)
    for since in (0, 6, 9):
        people, duties, substitutions = rosters.roster("gas", since=since)
        assert [user.id for user in people] == ["a", "b", "c", "d"]
        assert duties == rosters.duties("gas", since=since)
        assert substitutions == rosters.substitutions("gas", since=since)
    assert rosters.roster("gas", since=0)[1] != rosters.roster("gas", since=6)[1]
    assert rosters.roster("nobody's", since=0) == ((), (), ())


def test_two_halves_of_a_ring_written_at_once_leave_one(pool: Pool) -> None:
    rosters = PostgresRosters(pool)
    for name in "ab":
        PostgresStaff(pool).add_user(User(name, name, Role.UNIT_HANDLER, unit="gas"), "hash")
    for number in range(5):
        gate, refused = Barrier(2), []

        def write(new: Substitution, gate: Barrier = gate, refused: list[str] = refused) -> None:
            gate.wait()
            try:
                rosters.add_substitution(new, entry=ENTRY)
            except Refused as error:
                refused.append(error.code)

        since = number * 10
        pair = [away("a", "b", since, since + 9), away("b", "a", since, since + 9)]
        threads = [Thread(target=write, args=(new,)) for new in pair]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert refused == ["ring"]


@pytest.mark.parametrize(
    "values",
    [
        "NULL, NULL, NULL, NULL, NULL",
        "'{1}', 0, 60, 1, 2",
        "'{8}', 0, 60, NULL, NULL",
        "'{}', 0, 60, NULL, NULL",
        "'{1}', 1440, 60, NULL, NULL",
        "NULL, NULL, NULL, 2, 2",
        "'{1}', NULL, 60, NULL, NULL",
    ],
)
def test_the_database_keeps_no_duty_that_is_neither_weekly_nor_dated(pool: Pool, values: str) -> None:
    PostgresStaff(pool).add_user(User("a", "a", Role.UNIT_HANDLER, unit="gas"), "hash")
    into = "INSERT INTO registry.duties (id, unit, person, days, begins, ends, since, until)"
    with pytest.raises(psycopg.errors.CheckViolation), pool.connection() as connection:
        connection.execute(f"{into} VALUES ('x', 'gas', 'a', {values})".encode())


def test_the_database_lets_nobody_stand_in_for_themselves(pool: Pool) -> None:
    PostgresStaff(pool).add_user(User("a", "a", Role.UNIT_HANDLER, unit="gas"), "hash")
    with pytest.raises(psycopg.errors.CheckViolation):
        PostgresRosters(pool).add_substitution(away("a", "a"), entry=ENTRY)


def test_the_notices_know_a_substitute_of_a_unit_without_duties(pool: Pool, migrated: Database) -> None:
    """Who stands in for a leader is told as one, whether anybody keeps a rota or not."""
    people, kept = PostgresStaff(pool), PostgresRosters(pool)
    for name in "ab":
        people.add_user(User(name, name, Role.UNIT_HANDLER, unit="gas"), "hash")
    kept.add_substitution(away("a", "b"), entry=ENTRY)
    with open_pool(migrated.url("linli_notices"), name="contract", size=1) as told:
        found = PostgresNotices(told).rosters(NOW)
        assert found == {"gas": Roster(frozenset("ab"), substitutions=(away("a", "b"),))}
        assert PostgresNotices(told).rosters(NOW + 9 * HOUR) == {}
