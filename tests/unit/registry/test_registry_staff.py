"""Administering people: entries, passwords that are good once, lock-outs, and what nobody may do to themselves."""

from dataclasses import dataclass, field, replace

import pytest

from services.audit import Did
from services.registry.domain import Area, Role, TokenKind, Unit, User
from services.registry.domain.staff import ONCE_MS, Changes
from services.registry.handlers import KeepPeople, identify, sign_in
from streams.contracts import Refused
from tests.fakes.clock import ManualClock
from tests.fakes.registry import CountedSecrets, MemoryPeople, MemoryPlaces, PlainPasswords

NOW = 1_795_312_800_000
ADMIN = User("admin", "沈管理", Role.ADMINISTRATOR)
CHEN = User("chen", "陈强", Role.UNIT_HANDLER, unit="gas")


@dataclass
class Office:
    """A register with one administrator, one handler and one who has left."""

    people: MemoryPeople = field(default_factory=MemoryPeople)
    places: MemoryPlaces = field(default_factory=MemoryPlaces)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    secrets: CountedSecrets = field(default_factory=CountedSecrets)

    def __post_init__(self) -> None:
        self.places.add_areas([Area("990101", "county", "区", "District")])
        self.places.add_units([Unit("gas", "燃气", "Gas", "990101")])
        for user in (ADMIN, CHEN, User("other", "另一位", Role.ADMINISTRATOR)):
            self.people.add_user(user, f"plain:{user.id}")

    @property
    def keep(self) -> KeepPeople:
        return KeepPeople(self.people, self.places, PlainPasswords(), self.secrets, self.clock)

    def signs_in(self, name: str, password: str) -> str:
        grant = sign_in(
            self.people, PlainPasswords(), self.secrets, name, password, TokenKind.SESSION, now=self.clock.now(),
            address="10.0.0.1",
        )  # fmt: skip
        return grant.token if grant else ""

    def known(self, token: str) -> bool:
        return identify(self.people, token, now=self.clock.now()) is not None

    def said(self) -> list[str]:
        return [entry.detail for entry in self.people.chain.entries if entry.did == Did.PERSON]


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.mark.parametrize(
    "by", [CHEN, replace(ADMIN, scope="990101001"), replace(ADMIN, active=False)], ids=["role", "part", "left"]
)
def test_only_administrators_of_the_whole_district_keep_the_register(office: Office, by: User) -> None:
    for ask in (
        lambda: office.keep.listed(by=by),
        lambda: office.keep.get("chen", by=by),
        lambda: office.keep.create(replace(CHEN, id="new"), by=by, command="c"),
        lambda: office.keep.change("chen", Changes(name="x"), seen=1, by=by),
        lambda: office.keep.give_password("chen", by=by),
        lambda: office.keep.locks(by=by),
        lambda: office.keep.release("account", "chen", by=by),
    ):
        with pytest.raises(Refused) as refused:
            ask()
        assert refused.value.code == "forbidden"
    assert not office.said()


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (replace(CHEN, id="Chen"), "id"),
        (replace(CHEN, id="c"), "id"),
        (replace(CHEN, id="c hen"), "id"),
        (replace(CHEN, id="new", name=" "), "name"),
        (replace(CHEN, id="new", name="a\u202eb"), "name"),
        (replace(CHEN, id="new", scope="110101"), "scope"),
        (replace(CHEN, id="new", unit="water"), "unit"),
        (replace(CHEN, id="new", unit=""), "unit"),
        (replace(CHEN, id="new", role=Role.OPERATOR), "unit"),
    ],
)
def test_an_entry_that_cannot_stand_names_the_field(office: Office, wanted: User, field: str) -> None:
    with pytest.raises(Refused) as refused:
        office.keep.create(wanted, by=ADMIN, command="c")
    assert (refused.value.code, refused.value.extra["field"]) == ("fields", field)
    assert refused.value.extra["remedy"]


def test_the_same_request_makes_one_person_and_another_with_its_key_is_refused(office: Office) -> None:
    wanted = User("wang", "王", Role.OPERATOR)
    assert office.keep.create(wanted, by=ADMIN, command="c") == office.keep.create(wanted, by=ADMIN, command="c")
    assert len(office.said()) == 1
    with pytest.raises(Refused, match="names li"):
        office.keep.create(replace(wanted, id="li"), by=ADMIN, command="c")
    with pytest.raises(Refused) as refused:
        office.keep.create(replace(wanted, name="别人"), by=ADMIN, command="d")
    assert refused.value.code == "exists"


def test_a_change_says_what_it_was_before_and_an_old_version_is_refused(office: Office) -> None:
    changed = office.keep.change("chen", Changes(role=Role.OPERATOR, scope="990101"), seen=1, by=ADMIN)
    assert changed == User("chen", "陈强", Role.OPERATOR, "990101", "", version=2), "an operator belongs to no unit"
    assert office.said() == [
        '{"role":"unit_handler → operator","scope":"— → 990101","unit":"gas → —","what":"changed"}'
    ]
    with pytest.raises(Refused) as refused:
        office.keep.change("chen", Changes(name="x"), seen=1, by=ADMIN)
    assert (refused.value.code, refused.value.extra["current"]) == ("version", 2)
    assert office.keep.change("chen", Changes(name="陈强"), seen=2, by=ADMIN) == changed
    assert len(office.said()) == 1, "nothing changed"


@pytest.mark.parametrize("changes", [Changes(role=Role.OPERATOR), Changes(active=False), Changes(scope="990101")])
def test_nobody_takes_their_own_administrators_rights_away(office: Office, changes: Changes) -> None:
    with pytest.raises(Refused) as refused:
        office.keep.change("admin", changes, seen=1, by=ADMIN)
    assert refused.value.code == "own_role"
    assert office.keep.change("admin", Changes(name="沈"), seen=1, by=ADMIN).name == "沈"
    assert office.keep.change("other", changes, seen=1, by=ADMIN).version == 2


def test_whoever_is_disabled_is_out_at_once(office: Office) -> None:
    token = office.signs_in("chen", "chen")
    assert office.known(token)
    office.keep.change("chen", Changes(active=False), seen=1, by=ADMIN)
    assert not office.known(token)
    assert not office.signs_in("chen", "chen")
    with pytest.raises(Refused, match="disabled"):
        office.keep.give_password("chen", by=ADMIN)


def test_a_password_that_was_given_is_good_once_and_for_three_days(office: Office) -> None:
    old = office.signs_in("chen", "chen")
    given = office.keep.give_password("chen", by=ADMIN)
    assert not office.known(old)
    assert not office.signs_in("chen", "chen")
    assert given.until == NOW + ONCE_MS
    assert given.password not in "".join(office.said())
    office.clock.advance(ONCE_MS - 1)
    token = office.signs_in("chen", given.password)
    assert office.known(token)
    office.clock.advance(1)
    assert not office.signs_in("chen", given.password)


def test_ones_own_password_replaces_it_and_this_session_stays(office: Office) -> None:
    given = office.keep.give_password("chen", by=ADMIN)
    token, other = office.signs_in("chen", given.password), office.signs_in("chen", given.password)
    csrf = next(kept.csrf for kept in list(office.people.tokens.values())[:1])
    office.keep.choose_password("chen", given.password, "三号楼下的老槐树还开花吗", csrf=csrf, address="10.0.0.1")
    assert (office.known(token), office.known(other)) == (True, False)
    found = office.people.get_user("chen")
    assert found is not None
    assert found.once_until is None
    assert office.signs_in("chen", "三号楼下的老槐树还开花吗")


@pytest.mark.parametrize(
    ("current", "wanted", "field"),
    [
        ("chen", "short", "password"),
        ("chen", "x" * 12, "password"),
        ("chen", "i-am-chen-and-so-what", "password"),
        ("chen", "y" * 201, "password"),
        ("wrong", "a long enough new word", "current"),
    ],
)
def test_a_weak_password_or_a_wrong_one_changes_nothing(office: Office, current: str, wanted: str, field: str) -> None:
    with pytest.raises(Refused) as refused:
        office.keep.choose_password("chen", current, wanted, csrf="", address="10.0.0.1")
    assert (refused.value.code, refused.value.extra["field"]) == ("fields", field)
    assert wanted not in str(refused.value)
    assert office.people.password_hash("chen") == "plain:chen"


def test_whoever_guesses_a_password_in_anothers_session_is_locked_too(office: Office) -> None:
    def guess() -> str:
        with pytest.raises(Refused) as refused:
            office.keep.choose_password("chen", "wrong", "a long enough new word", csrf="", address="10.0.0.1")
        return refused.value.code

    assert [guess() for _ in range(6)] == ["fields"] * 5 + ["locked"]


def test_locks_are_listed_and_released_and_a_name_that_is_nobodys_is_not_shown(office: Office) -> None:
    for name in ("chen", "my-secret-password"):
        for _ in range(5):
            office.signs_in(name, "wrong")
    assert [(lock.kind, lock.name) for lock in office.keep.locks(by=ADMIN)] == [("account", ""), ("account", "chen")]
    with pytest.raises(Refused, match="account nobody"):
        office.keep.release("account", "nobody", by=ADMIN)
    with pytest.raises(Refused, match="failed"):
        office.keep.release("door", "chen", by=ADMIN)
    office.keep.release("account", "chen", by=ADMIN)
    assert office.said() == ['{"what":"lock released"}']
    assert office.known(office.signs_in("chen", "chen"))


def test_an_address_is_released_by_itself(office: Office) -> None:
    for number in range(30):
        office.signs_in(f"name{number}", "wrong")
    assert [lock.name for lock in office.keep.locks(by=ADMIN)] == ["10.0.0.1"]
    office.keep.release("address", "10.0.0.1", by=ADMIN)
    assert not office.keep.locks(by=ADMIN)
    assert office.people.chain.entries[-1].subject == "address 10.0.0.1"


def test_a_new_password_ends_the_lock_of_its_person(office: Office) -> None:
    for _ in range(6):
        try:
            office.signs_in("chen", "wrong")
        except Refused:
            break
    given = office.keep.give_password("chen", by=ADMIN)
    assert office.signs_in("chen", given.password)
