"""One suite over the registry's stores: in memory, and in PostgreSQL with the registry's own role."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec
import pytest

from services.adapters.postgres import open_pool
from services.audit import Did, Entry
from services.registry.domain import Area, DeviceFilter, Identity, Layer, Revision, Role, Token, TokenKind, Unit, User
from services.registry.postgres import PostgresDevices, PostgresPeople, PostgresPlaces, PostgresRules
from streams.contracts import Device, DeviceState, Refused, Rule
from tests.fakes.registry import MemoryDevices, MemoryPeople, MemoryPlaces, MemoryRules, rule

COUNTY, STREET = "990101", "990101001"
GRIDS = ("990101001001001", "990101001001002", "990101002001001")
POLYGON = {"type": "Polygon", "coordinates": [[[106.5, 29.5], [106.6, 29.5], [106.6, 29.6], [106.5, 29.5]]]}
NOW = 1_795_312_800_000


@dataclass
class Stores:
    devices: MemoryDevices | PostgresDevices
    places: MemoryPlaces | PostgresPlaces
    rules: MemoryRules | PostgresRules
    people: MemoryPeople | PostgresPeople

    def audited(self) -> list[str]:
        """The subjects of the audit log."""
        if isinstance(self.devices, MemoryDevices):
            return [entry.subject for entry in self.devices.chain.entries]
        with self.devices._pool.connection() as connection:
            return [str(row[0]) for row in connection.execute("SELECT subject FROM registry.audit ORDER BY number")]


@pytest.fixture(params=["memory", "postgres"])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    if request.param == "memory":
        places = MemoryPlaces()
        yield Stores(places.devices, places, MemoryRules(), MemoryPeople())
        return
    database = request.getfixturevalue("database")
    database.migrate("registry")
    with open_pool(database.url("linli_registry"), name="test", size=2) as pool:
        yield Stores(PostgresDevices(pool), PostgresPlaces(pool), PostgresRules(pool), PostgresPeople(pool))


def district(stores: Stores) -> list[Device]:
    stores.places.add_areas(
        [
            Area(COUNTY, "county", "邻里区", "Linli District", POLYGON, 106.55, 29.55),
            Area(STREET, "street", "柳荫街道", "Liuyin Street"),
            *(Area(code, "grid", f"网格{code[-1]}", f"Grid {code[-1]}", facts={"key": "门岗"}) for code in GRIDS),
        ]
    )
    devices = [
        Device(
            id=f"{kind}-{number}", kind=kind, area=grid, name=f"Device {number}", lon=106.5, lat=29.5,
            attributes={"zone": "bay"}, installed=NOW, state=state,
        )
        for number, (kind, grid, state) in enumerate(
            [
                ("gas", GRIDS[0], DeviceState.ACTIVE),
                ("gas", GRIDS[1], DeviceState.RETIRED),
                ("light", GRIDS[1], DeviceState.ACTIVE),
                ("light", GRIDS[2], DeviceState.ACTIVE),
            ]
        )
    ]  # fmt: skip
    assert stores.places.add_devices(devices, by="seed", now=NOW) == 4
    return devices


def ids(stores: Stores, filters: DeviceFilter, scope: str = "") -> list[str]:
    return [device.id for device in stores.devices.list_devices(filters, scope=scope, limit=100, after=None).items]


def test_a_device_comes_back_as_it_was_kept(stores: Stores) -> None:
    for device in district(stores):
        assert stores.devices.get_device(device.id) == device
    assert stores.devices.get_device("nobody") is None


def test_a_taken_id_is_not_inserted_again(stores: Stores) -> None:
    device = district(stores)[0]
    assert not stores.devices.insert_device(msgspec.structs.replace(device, name="x"), by="a", now=NOW)
    assert stores.devices.get_device(device.id) == device


def test_only_the_next_version_is_kept(stores: Stores) -> None:
    device = district(stores)[0]
    second = msgspec.structs.replace(device, name="二", version=2)
    assert stores.devices.update_device(second, by="a", now=NOW)
    assert not stores.devices.update_device(msgspec.structs.replace(device, name="又", version=2), by="b", now=NOW)
    assert stores.devices.get_device(device.id) == second
    assert not stores.devices.update_device(msgspec.structs.replace(device, id="nobody", version=2), by="a", now=NOW)


def test_devices_are_listed_by_filter_and_never_outside_the_scope(stores: Stores) -> None:
    district(stores)
    assert ids(stores, DeviceFilter()) == ["gas-0", "gas-1", "light-2", "light-3"]
    assert ids(stores, DeviceFilter(), scope=STREET) == ["gas-0", "gas-1", "light-2"]
    assert ids(stores, DeviceFilter(area=GRIDS[2]), scope=STREET) == []
    assert ids(stores, DeviceFilter(kind="light", area=STREET)) == ["light-2"]
    assert ids(stores, DeviceFilter(state="retired")) == ["gas-1"]
    assert ids(stores, DeviceFilter(device="light-3")) == ["light-3"]
    assert ids(stores, DeviceFilter(text="DEVICE 2")) == ["light-2"]
    assert ids(stores, DeviceFilter(area="%")) == []


def test_pages_of_devices_join_without_gap_or_overlap(stores: Stores) -> None:
    district(stores)
    first = stores.devices.list_devices(DeviceFilter(), scope="", limit=3, after=None)
    second = stores.devices.list_devices(DeviceFilter(), scope="", limit=3, after=first.next)
    assert [device.id for device in first.items + second.items] == ["gas-0", "gas-1", "light-2", "light-3"]
    assert second.next is None


def test_devices_in_maintenance_come_the_longest_first_with_who_and_why(stores: Stores) -> None:
    gas, _, light, other = district(stores)

    def put(device: Device, state: DeviceState, version: int, now: int, by: str, why: str = "") -> None:
        after = msgspec.structs.replace(device, state=state, version=version)
        assert stores.devices.update_device(after, by=by, now=now, why=why)

    put(other, DeviceState.MAINTENANCE, 2, NOW + 5, "ann", "换灯")
    put(gas, DeviceState.MAINTENANCE, 2, NOW + 1, "ann", "旧的")
    put(gas, DeviceState.ACTIVE, 3, NOW + 2, "ann")
    put(gas, DeviceState.MAINTENANCE, 4, NOW + 9, "bob")
    put(gas, DeviceState.MAINTENANCE, 5, NOW + 11, "ann", "等配件")
    put(light, DeviceState.MAINTENANCE, 2, NOW + 9, "cat")

    def found(scope: str = "", devices: Sequence[str] | None = None, limit: int = 9) -> list[tuple[str, int, str, str]]:
        listed = stores.devices.in_maintenance(scope=scope, devices=devices, limit=limit)
        assert all(each.device == stores.devices.get_device(each.device.id) for each in listed)
        return [(each.device.id, each.since, each.by, each.why) for each in listed]

    longest = [
        ("light-3", NOW + 5, "ann", "换灯"),
        ("gas-0", NOW + 9, "bob", "等配件"),
        ("light-2", NOW + 9, "cat", ""),
    ]
    assert found() == longest
    assert found(limit=1) == longest[:1]
    assert found(STREET) == longest[1:]
    assert found(devices=["light-2", "gas-1", "nobody"]) == longest[2:]
    assert found(devices=[]) == []


def test_an_entry_about_a_change_is_kept_with_it_or_not_at_all(stores: Stores) -> None:
    gas = district(stores)[0]
    entry = Entry(NOW, "ann", Did.MAINTENANCE, "device gas-0", "{}")
    after = msgspec.structs.replace(gas, state=DeviceState.MAINTENANCE, version=2)
    assert stores.devices.update_device(after, by="ann", now=NOW, entry=entry)
    assert not stores.devices.update_device(after, by="ann", now=NOW, entry=entry)
    assert stores.audited() == ["device gas-0"]


def test_devices_are_counted_by_kind_and_state(stores: Stores) -> None:
    district(stores)
    assert stores.devices.count_devices(scope=STREET) == {
        ("gas", "active"): 1,
        ("gas", "retired"): 1,
        ("light", "active"): 1,
    }


def test_an_area_exists_or_not(stores: Stores) -> None:
    district(stores)
    assert stores.devices.area_exists(GRIDS[0])
    assert not stores.devices.area_exists("990101009")


def test_areas_come_back_as_drawn(stores: Stores) -> None:
    district(stores)
    county = stores.places.get_area(COUNTY)
    assert county == Area(COUNTY, "county", "邻里区", "Linli District", POLYGON, 106.55, 29.55)
    assert county.parent is None
    grid = stores.places.get_area(GRIDS[0])
    assert grid is not None
    assert (grid.facts, grid.parent) == ({"key": "门岗"}, GRIDS[0][:12])


def test_areas_are_listed_by_level_and_prefix_in_pages(stores: Stores) -> None:
    district(stores)
    page = stores.places.list_areas(level="grid", within=STREET, scope=COUNTY, limit=1, after=None)
    assert [area.code for area in page.items] == [GRIDS[0]]
    page = stores.places.list_areas(level="grid", within=STREET, scope=COUNTY, limit=1, after=page.next)
    assert ([area.code for area in page.items], page.next) == ([GRIDS[1]], None)
    assert not stores.places.list_areas(scope="990102", limit=9, after=None).items


def test_areas_are_found_by_words_of_either_name_the_shortest_first(stores: Stores) -> None:
    district(stores)
    stores.places.add_areas(
        [Area(f"{GRIDS[0]}0000{n}", "building", f"棉纺二村{n}栋", f"Mianfang {n}") for n in (1, 4)]
        + [Area(f"{GRIDS[0]}00014", "building", "棉纺二村14栋", "Mianfang 100%")]
    )

    def found(words: str, **more: str) -> list[str]:
        return [area.name_zh for area in stores.places.find_areas(words, **{"scope": "", **more}, limit=9)]

    assert found("棉纺 4") == ["棉纺二村4栋", "棉纺二村14栋"]
    assert found("mianfang 1") == ["棉纺二村1栋", "棉纺二村14栋"]
    assert found("100%") == ["棉纺二村14栋"]
    assert found("村") == ["棉纺二村1栋", "棉纺二村4栋", "棉纺二村14栋"], "a single character"
    assert found("栋 村14") == ["棉纺二村14栋"], "in any order"
    assert found("FANG 10") == ["棉纺二村14栋"]
    assert found("村 鼓楼") == found("栋Mian") == [], "a word does not reach from one name into the other"
    assert found("棉_") == found("") == []
    assert found(GRIDS[1]) == [f"网格{GRIDS[1][-1]}"]
    assert found("01") == [], "digits are a part of a name, not of every code"
    assert found("棉纺", level="grid") == found("棉纺", scope="990202") == []
    assert len(stores.places.find_areas("棉纺", scope="", limit=2)) == 2
    named = stores.places.areas_named([COUNTY, "110101"])
    assert {code: (area.name_zh, area.geometry) for code, area in named.items()} == {COUNTY: ("邻里区", None)}


def test_units_are_those_in_the_scope_and_around_it(stores: Stores) -> None:
    gas = Unit("gas-company", "燃气公司", "Gas company", COUNTY, ("gas", "valve"), "0000-1")
    property_office = Unit("property", "物业", "Property office", GRIDS[2])
    assert stores.places.add_units([gas, property_office]) == 2
    assert stores.places.add_units([gas]) == 0
    assert stores.places.list_units(scope=GRIDS[0]) == (gas,)
    assert stores.places.list_units(scope="") == (gas, property_office)
    assert stores.places.get_unit("property") == property_office
    assert stores.places.get_unit("nobody") is None


def test_layers_are_kept_whole(stores: Stores) -> None:
    layer = Layer("water", {"type": "FeatureCollection", "features": []})
    assert stores.places.add_layers([layer]) == 1
    assert stores.places.list_layers() == (layer,)


def test_the_newest_version_of_a_rule_is_in_force_and_the_others_are_kept(stores: Stores) -> None:
    first, second = rule(), rule(version=2, enabled=False)
    assert stores.rules.put_rule(first, by="seed", now=NOW)
    assert stores.rules.put_rule(second, by="administrator", now=NOW)
    assert not stores.rules.put_rule(first, by="seed", now=NOW)
    assert stores.rules.get_rule("gas.ch4") == second
    assert stores.rules.list_versions("gas.ch4") == (second, first)
    assert stores.rules.author("gas.ch4") == "administrator"
    assert stores.rules.list_rules(kind="gas") == (second,)
    assert stores.rules.list_rules(kind="light") == ()
    assert (stores.rules.get_rule("none"), stores.rules.author("none")) == (None, "")


def test_a_version_keeps_author_reason_time_and_command(stores: Stores) -> None:
    assert stores.rules.put_rule(rule(), by="seed", now=NOW)
    second = rule(version=2)
    assert stores.rules.put_rule(second, by="ann", now=NOW + 1, why="探头更换", command="c1")
    revision = Revision(second, NOW + 1, "ann", "探头更换")
    assert stores.rules.list_revisions("gas.ch4") == (revision, Revision(rule(), NOW, "seed"))
    assert stores.rules.revision_of("c1") == revision
    assert stores.rules.revision_of("c2") is None
    assert not stores.rules.put_rule(rule(version=3), by="bob", now=NOW, why="again", command="c1")
    assert stores.rules.get_rule("gas.ch4") == second


def test_what_the_judge_of_a_rule_refuses_leaves_nothing(stores: Stores) -> None:
    assert stores.rules.put_rule(rule(), by="seed", now=NOW)
    shown: list[tuple[Rule, ...]] = []

    def judge(rules: Sequence[Rule]) -> None:
        shown.append(tuple(rules))
        raise Refused("invalid", "no")

    with pytest.raises(Refused):
        stores.rules.put_rule(rule(version=2), by="ann", now=NOW, judge=judge)
    assert shown == [(rule(),)]
    assert stores.rules.list_versions("gas.ch4") == (rule(),)


def test_a_user_is_added_once(stores: Stores) -> None:
    worker = User("worker", "网格员", Role.GRID_WORKER, scope=GRIDS[0], unit="")
    assert stores.people.add_user(worker, "hash")
    assert not stores.people.add_user(worker, "other")
    assert stores.people.get_user("worker") == worker
    assert stores.people.list_users() == (worker,)
    assert stores.people.password_hash("worker") == "hash"
    assert (stores.people.get_user("x"), stores.people.password_hash("x")) == (None, None)


def test_a_token_identifies_until_it_ends_or_is_dropped(stores: Stores) -> None:
    worker = User("worker", "网格员", Role.GRID_WORKER)
    stores.people.add_user(worker, "hash")
    for number in (1, 2, 3):
        stores.people.add_token(
            Token(bytes([number]) * 32, "worker", TokenKind.SESSION, f"csrf-{number}", NOW, NOW + 1_000 * number)
        )
    assert stores.people.identify(b"\1" * 32, NOW + 999) == Identity(worker, TokenKind.SESSION, "csrf-1")
    assert stores.people.identify(b"\1" * 32, NOW + 1_000) is None
    stores.people.drop_token("worker", "csrf-2", now=NOW)
    assert stores.people.identify(b"\2" * 32, NOW) is None
    assert stores.people.drop_expired(NOW + 1_000) == 1
    assert stores.people.identify(b"\3" * 32, NOW) is not None
