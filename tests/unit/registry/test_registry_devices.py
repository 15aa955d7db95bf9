import msgspec
import pytest

from services.registry.domain import Area, Role, User
from services.registry.handlers import change_device, register_device
from streams.contracts import Device, DeviceState, Refused
from tests.fakes.registry import MemoryDevices, MemoryPlaces

GRID = "990101001001001"
OTHER = "990101002001001"
MANAGER = User("manager", "网格长", Role.GRID_MANAGER, scope="990101001")
GAS = Device(id="gas-0001", kind="gas", area=GRID)


def store() -> MemoryDevices:
    places = MemoryPlaces()
    places.add_areas([Area(code, "grid", "网格", "Grid") for code in (GRID, OTHER)])
    return places.devices


def refusal(device: Device, user: User = MANAGER) -> Refused:
    with pytest.raises(Refused) as caught:
        register_device(store(), device, user=user, now=0)
    return caught.value


def test_a_registered_device_is_kept_and_mirrored_at_version_one() -> None:
    devices = store()
    kept = register_device(devices, msgspec.structs.replace(GAS, version=7), user=MANAGER, now=0)
    assert kept.version == 1
    assert devices.get_device("gas-0001") == kept
    assert devices.queued == [kept]


def test_an_id_is_taken_once() -> None:
    devices = store()
    register_device(devices, GAS, user=MANAGER, now=0)
    with pytest.raises(Refused) as caught:
        register_device(devices, GAS, user=MANAGER, now=0)
    assert caught.value.code == "exists"
    assert len(devices.queued) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "gas/1"),
        ("id", "#"),
        ("id", ""),
        ("id", "a" * 65),
        ("id", "gas-1\n"),
        ("kind", "toaster"),
        ("area", "990101"),
        ("area", "990101001001009"),
        ("building", "99010100200100100001"),
        ("period_s", 0),
        ("lat", 30.0),
        ("name", "bell\x07"),
        ("place", "x" * 201),
    ],
)
def test_an_entry_that_does_not_fit_is_refused_with_its_field_and_the_remedy(field: str, value: object) -> None:
    refused = refusal(msgspec.structs.replace(GAS, **{field: value}))
    assert refused.code == "invalid"
    assert refused.extra["field"] == ("lon" if field == "lat" else field)
    assert refused.extra["remedy"]


def test_a_position_off_the_globe_is_refused() -> None:
    assert refusal(msgspec.structs.replace(GAS, lon=181.0, lat=30.0)).extra["field"] == "lon"
    assert refusal(msgspec.structs.replace(GAS, lon=106.5, lat=-91.0)).extra["field"] == "lat"


def test_an_operator_registers_nothing_and_a_manager_nothing_next_door() -> None:
    assert refusal(GAS, User("operator", "话务员", Role.OPERATOR)).code == "role"
    assert refusal(msgspec.structs.replace(GAS, area=OTHER)).code == "scope"


def test_a_change_makes_the_next_version() -> None:
    devices = store()
    register_device(devices, GAS, user=MANAGER, now=0)
    after = change_device(devices, "gas-0001", {"state": "retired", "name": "厨房"}, 1, user=MANAGER, now=1)
    assert (after.version, after.state, after.name) == (2, DeviceState.RETIRED, "厨房")
    assert devices.queued[-1] == after


def test_a_change_of_an_old_version_is_refused_with_the_current_one() -> None:
    devices = store()
    register_device(devices, GAS, user=MANAGER, now=0)
    change_device(devices, "gas-0001", {"name": "a"}, 1, user=MANAGER, now=1)
    with pytest.raises(Refused) as caught:
        change_device(devices, "gas-0001", {"name": "b"}, 1, user=MANAGER, now=2)
    assert caught.value.code == "version"
    assert caught.value.extra == {"current": 2}


@pytest.mark.parametrize("changes", [{"id": "other"}, {"version": 9}, {"colour": "red"}, {"period_s": "soon"}])
def test_a_field_that_is_fixed_unknown_or_of_a_wrong_type_is_refused(changes: dict[str, object]) -> None:
    devices = store()
    register_device(devices, GAS, user=MANAGER, now=0)
    with pytest.raises(Refused) as caught:
        change_device(devices, "gas-0001", changes, 1, user=MANAGER, now=1)
    assert caught.value.code == "invalid"


def test_a_device_cannot_be_moved_out_of_ones_own_area() -> None:
    devices = store()
    register_device(devices, GAS, user=MANAGER, now=0)
    with pytest.raises(Refused) as caught:
        change_device(devices, "gas-0001", {"area": OTHER}, 1, user=MANAGER, now=1)
    assert caught.value.code == "scope"


def test_an_unregistered_device_cannot_be_changed() -> None:
    with pytest.raises(Refused) as caught:
        change_device(store(), "gas-0001", {}, 1, user=MANAGER, now=1)
    assert caught.value.code == "not_found"
