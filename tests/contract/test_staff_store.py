"""One suite over what administrators change of people: in memory, and in PostgreSQL as the front door's own role."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from threading import Barrier, Thread

import pytest

from services.adapters.audit import PostgresAudit
from services.adapters.postgres import Pool, open_pool
from services.audit import AuditFilter, Did, Entry
from services.registry.domain import Role, Token, TokenKind, User
from services.registry.domain.lockout import ACCOUNT
from services.registry.ports import StaffStore
from services.registry.postgres import PostgresStaff
from streams.contracts import Refused
from tests.conftest import Database, PostgresServer
from tests.fakes.databases import empty
from tests.fakes.registry import MemoryPeople

SCHEMAS = ("registry", "tickets", "alarms")
NOW = 1_795_312_800_000
CHEN = User("chen", "陈强", Role.UNIT_HANDLER, unit="gas-repair")
ADMIN = User("admin", "沈管理", Role.ADMINISTRATOR)
OTHER = User("other", "另一位", Role.ADMINISTRATOR)


@pytest.fixture
def pool(migrated: Database, postgres_server: PostgresServer) -> Iterator[Pool]:
    empty(postgres_server.admin_url(migrated.name), "registry")
    with open_pool(migrated.url("linli_api"), name="contract", size=4) as made:
        yield made


@pytest.fixture(params=["memory", "postgres"])
def store(request: pytest.FixtureRequest) -> StaffStore:
    return MemoryPeople() if request.param == "memory" else PostgresStaff(request.getfixturevalue("pool"))


@pytest.fixture
def told(request: pytest.FixtureRequest, store: StaffStore) -> Callable[[], list[str]]:
    """What the audit log says, oldest first."""

    def said() -> list[str]:
        if isinstance(store, MemoryPeople):
            return [entry.detail for entry in store.chain.entries if entry.did == Did.PERSON]
        reader = PostgresAudit(request.getfixturevalue("pool"))
        page = reader.list_entries(AuditFilter(did=Did.PERSON), limit=50, after=None)
        return [entry.detail for entry in reversed(page.items)]

    return said


def entry(what: str = "x") -> Entry:
    return Entry(NOW, "admin", Did.PERSON, "person chen", what)


def token(store: StaffStore, user: str, number: int) -> None:
    store.add_token(Token(bytes([number]) * 32, user, TokenKind.SESSION, f"csrf-{number}", NOW, NOW + 9_000))


def identified(store: StaffStore, number: int) -> bool:
    return store.identify(bytes([number]) * 32, NOW) is not None


def test_somebody_new_cannot_sign_in_and_is_made_once_by_a_request(
    store: StaffStore, told: Callable[[], list[str]]
) -> None:
    assert store.create_user(CHEN, command="c1", entry=entry("made"))
    assert not store.create_user(CHEN, command="c2", entry=entry("again"))
    assert not store.create_user(replace(CHEN, id="chen2"), command="c1", entry=entry("again"))
    assert store.made_by("c1") == store.get_user("chen") == CHEN
    assert store.made_by("c2") is None
    assert store.password_hash("chen") is None
    assert told() == ["made"]


def test_only_the_next_version_of_an_entry_is_kept(store: StaffStore, told: Callable[[], list[str]]) -> None:
    store.create_user(CHEN, command="c", entry=entry("made"))
    second = replace(CHEN, name="陈大强", role=Role.UNIT_LEADER, version=2)
    assert store.change_user(second, entry=entry("second"))
    assert not store.change_user(replace(second, name="晚了"), entry=entry("late"))
    assert store.get_user("chen") == second
    assert told() == ["made", "second"]


def test_who_is_disabled_loses_every_session_with_the_same_change(store: StaffStore) -> None:
    store.create_user(CHEN, command="c", entry=entry())
    store.add_user(ADMIN, "hash")
    token(store, "chen", 1)
    token(store, "chen", 2)
    token(store, "admin", 3)
    assert store.change_user(replace(CHEN, active=False, version=2), entry=entry())
    assert [identified(store, number) for number in (1, 2, 3)] == [False, False, True]
    assert store.change_user(replace(CHEN, version=3), entry=entry())
    assert not identified(store, 1), "an old session does not wake up with its person"


def test_a_new_password_ends_every_session_but_ones_own(store: StaffStore) -> None:
    store.create_user(CHEN, command="c", entry=entry())
    token(store, "chen", 1)
    token(store, "chen", 2)
    assert store.set_password("chen", "hash", once_until=NOW + 5, entry=entry(), keep_csrf="csrf-2")
    assert [identified(store, number) for number in (1, 2)] == [False, True]
    assert store.password_hash("chen") == "hash"
    assert store.get_user("chen") == replace(CHEN, once_until=NOW + 5, version=2)
    assert store.set_password("chen", "own", once_until=None, entry=entry())
    assert not identified(store, 2)
    assert store.get_user("chen") == replace(CHEN, version=3)
    assert not store.set_password("nobody", "hash", once_until=None, entry=entry())


def test_a_lock_is_released_once_and_the_log_has_it(store: StaffStore, told: Callable[[], list[str]]) -> None:
    store.count_try("account chen", ACCOUNT, NOW)
    assert set(store.locks(NOW)) == {"account chen"}
    assert store.release("account chen", entry=entry("released"))
    assert not store.release("account chen", entry=entry("again"))
    assert not store.locks(NOW)
    assert told() == ["released"]


@pytest.mark.parametrize(
    "change", [{"role": Role.OPERATOR}, {"active": False}, {"scope": "990101001"}], ids=["role", "active", "scope"]
)
def test_the_last_administrator_of_the_district_stays(store: StaffStore, change: dict[str, object]) -> None:
    store.add_user(ADMIN, "hash")
    store.create_user(OTHER, command="c", entry=entry())  # nobody who cannot sign in counts
    store.add_user(replace(OTHER, id="part", scope="990101001"), "hash")
    gone = replace(ADMIN, version=2, **change)  # type: ignore[arg-type]
    with pytest.raises(Refused, match="last one") as refused:
        store.change_user(gone, entry=entry())
    assert refused.value.code == "last_administrator"
    assert store.get_user("admin") == ADMIN
    assert store.set_password("other", "hash", once_until=None, entry=entry())
    assert store.change_user(gone, entry=entry())


def test_two_administrators_who_demote_each_other_at_once_leave_one(pool: Pool) -> None:
    store = PostgresStaff(pool)
    for round_ in range(5):
        pair = [replace(ADMIN, id=f"{name}{round_}") for name in "ab"]
        for one in pair:
            store.add_user(one, "hash")
        for old in store.list_users():
            if old.id not in {one.id for one in pair} and old.active:
                store.change_user(replace(old, active=False, version=old.version + 1), entry=entry())
        gate, refused = Barrier(2), []

        def demote(one: User, gate: Barrier = gate, refused: list[str] = refused) -> None:
            gate.wait()
            try:
                store.change_user(replace(one, role=Role.OPERATOR, version=2), entry=entry())
            except Refused as error:
                refused.append(error.code)

        threads = [Thread(target=demote, args=(one,)) for one in pair]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert refused == ["last_administrator"]
