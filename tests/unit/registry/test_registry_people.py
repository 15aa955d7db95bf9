from services.registry.domain import PERMISSIONS, Permission, Role, TokenKind, User, may
from services.registry.handlers import identify, sign_in, sign_in_as, sign_out
from services.registry.handlers.people import token_hash
from tests.fakes.registry import CountedSecrets, MemoryPeople, PlainPasswords

OPERATOR = User("operator", "话务员", Role.OPERATOR)


def people() -> MemoryPeople:
    store = MemoryPeople()
    store.add_user(OPERATOR, "plain:right")
    store.add_user(User("gone", "离职", Role.OPERATOR, active=False), "plain:right")
    return store


def test_every_role_has_its_permissions() -> None:
    assert set(PERMISSIONS) == set(Role)
    assert PERMISSIONS[Role.ADMINISTRATOR] == set(Permission)
    assert PERMISSIONS[Role.CITIZEN] == {Permission.REPORT}


def test_only_few_see_a_callers_number() -> None:
    assert {role for role in Role if Permission.CALLERS in PERMISSIONS[role]} == {
        Role.OPERATOR,
        Role.DISPATCHER,
        Role.SUPERVISOR,
        Role.ADMINISTRATOR,
    }


def test_a_permission_ends_at_the_border_of_ones_area() -> None:
    manager = User("manager", "网格长", Role.GRID_MANAGER, scope="990101001")
    assert may(manager, Permission.DEVICES, "990101001001001")
    assert not may(manager, Permission.DEVICES, "990101002001001")
    assert may(manager, Permission.DEVICES)
    assert not may(manager, Permission.PEOPLE)


def test_nobody_who_left_may_do_anything() -> None:
    assert not may(User("gone", "", Role.ADMINISTRATOR, active=False), Permission.WATCH)


def test_the_right_password_gives_a_token_that_identifies_its_person() -> None:
    store = people()
    grant = sign_in(store, PlainPasswords(), CountedSecrets(), "operator", "right", TokenKind.SESSION, now=1_000)
    assert grant is not None
    identity = identify(store, grant.token, now=grant.expires - 1)
    assert identity is not None
    assert (identity.user, identity.kind, identity.csrf) == (OPERATOR, TokenKind.SESSION, grant.csrf)


def test_a_token_ends() -> None:
    store = people()
    grant = sign_in(store, PlainPasswords(), CountedSecrets(), "operator", "right", TokenKind.API, now=0, lasts_ms=10)
    assert grant is not None
    assert identify(store, grant.token, now=9) is not None
    assert identify(store, grant.token, now=10) is None
    assert store.drop_expired(10) == 1


def test_the_store_never_sees_the_token_itself() -> None:
    store = people()
    grant = sign_in(store, PlainPasswords(), CountedSecrets(), "operator", "right", TokenKind.API, now=0)
    assert grant is not None
    assert set(store.tokens) == {token_hash(grant.token)}
    assert grant.token.encode() not in token_hash(grant.token)


def test_a_wrong_password_an_unknown_name_and_one_who_left_cost_the_same_work() -> None:
    for name, password in (("operator", "wrong"), ("nobody", "right"), ("gone", "right")):
        passwords = PlainPasswords()
        assert sign_in(people(), passwords, CountedSecrets(), name, password, TokenKind.API, now=0) is None
        assert passwords.work == 1


def test_signing_out_ends_this_session_only() -> None:
    store, secrets = people(), CountedSecrets()
    first = sign_in_as(store, secrets, "operator", now=0)
    second = sign_in_as(store, secrets, "operator", now=0)
    assert first is not None
    assert second is not None
    sign_out(store, "operator", first.csrf, now=0)
    assert identify(store, first.token, now=1) is None
    assert identify(store, second.token, now=1) is not None


def test_nobody_signs_in_as_one_who_left() -> None:
    assert sign_in_as(people(), CountedSecrets(), "gone", now=0) is None


def test_a_session_ends_when_its_person_leaves() -> None:
    store = people()
    grant = sign_in_as(store, CountedSecrets(), "operator", now=0)
    assert grant is not None
    store.users["operator"] = (User("operator", "话务员", Role.OPERATOR, active=False), "plain:right")
    assert identify(store, grant.token, now=1) is None
