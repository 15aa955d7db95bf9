import msgspec

from sensors.kinds import default_rules
from sensors.kinds.pace import demo
from services.registry.domain import Area, Layer, Role, Unit, User
from services.registry.handlers import SEED, District, seed_administrator, seed_district, seed_rules, seed_users
from streams.contracts import Device
from tests.fakes.registry import MemoryPeople, MemoryPlaces, MemoryRules, PlainPasswords, rule

GRID = "990101001001001"
DISTRICT = District(
    areas=(Area("990101", "county", "邻里区", "Linli District"), Area(GRID, "grid", "一网格", "Grid 1")),
    units=(Unit("gas-company", "燃气公司", "Gas company", "990101", ("gas",)),),
    layers=(Layer("water", {"type": "FeatureCollection", "features": []}),),
    devices=(Device(id="gas-0001", kind="gas", area=GRID),),
)


def test_every_default_rule_is_seeded_once() -> None:
    store = MemoryRules()
    assert sorted(seed_rules(store, default_rules(), now=0)) == sorted(rule.id for rule in default_rules())
    assert seed_rules(store, default_rules(), now=1) == []
    assert len(store.queued) == len(default_rules())


def test_a_seeded_rule_follows_a_change_of_pace_as_its_next_version() -> None:
    store, real = MemoryRules(), rule()
    seed_rules(store, [real], now=0)
    assert seed_rules(store, [demo(real)], now=1) == ["gas.ch4"]
    assert store.get_rule("gas.ch4") == msgspec.structs.replace(demo(real), version=2)
    assert [version.version for version in store.list_versions("gas.ch4")] == [2, 1]


def test_a_rule_that_a_person_wrote_stays() -> None:
    store = MemoryRules()
    seed_rules(store, [rule()], now=0)
    own = rule(version=2, enabled=False)
    assert store.put_rule(own, by="administrator", now=1)
    assert seed_rules(store, [rule(version=9)], now=2) == []
    assert store.get_rule("gas.ch4") == own


def test_an_older_version_of_a_rule_is_not_kept() -> None:
    store = MemoryRules()
    assert store.put_rule(rule(version=3), by=SEED, now=0)
    assert not store.put_rule(rule(version=3), by=SEED, now=0)
    assert len(store.queued) == 1


def test_a_district_is_seeded_once_and_only_what_is_missing_later() -> None:
    store = MemoryPlaces()
    assert seed_district(store, DISTRICT, now=0) == {"areas": 2, "units": 1, "layers": 1, "devices": 1}
    assert seed_district(store, DISTRICT, now=0) == {"areas": 0, "units": 0, "layers": 0, "devices": 0}
    assert [device.id for device in store.devices.queued] == ["gas-0001"]


def test_demo_users_are_made_only_with_a_password_and_never_overwritten() -> None:
    store, users = MemoryPeople(), [User("operator", "话务员", Role.OPERATOR), User("oncall", "值班", Role.ONCALL)]
    assert seed_users(store, PlainPasswords(), users, {"operator": "one"}) == ["operator"]
    assert seed_users(store, PlainPasswords(), users, {"operator": "two"}) == []
    assert store.password_hash("operator") == "plain:one"
    assert store.password_hash("oncall") is None


def test_the_first_administrator_is_made_only_where_nobody_can_sign_in() -> None:
    store = MemoryPeople()
    assert seed_administrator(store, PlainPasswords(), "one")
    assert not seed_administrator(store, PlainPasswords(), "two")
    user = store.get_user("administrator")
    assert user is not None
    assert (user.role, user.scope, store.password_hash("administrator")) == (Role.ADMINISTRATOR, "", "plain:one")
