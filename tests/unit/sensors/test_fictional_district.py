"""The fictional district: codes that nest, places that hold, and the same answer for the same seed."""

from itertools import pairwise

import pytest

from sensors.kinds import CATEGORIES, KINDS
from sensors.models import MODELS
from sensors.simulator.district import Area, District, build
from streams.contracts.areas import level_of


@pytest.fixture(scope="module")
def district() -> District:
    return build(1, 400)


def test_one_seed_gives_one_district(district: District) -> None:
    assert build(1, 400) == district
    assert build(2, 400).devices != district.devices
    assert build(2, 400).areas == district.areas


@pytest.mark.parametrize("number", [0, 1, 2, 7, 400, 5_000])
def test_any_number_of_devices_can_be_asked_for(number: int) -> None:
    devices = build(1, number).devices
    assert len({device.id for device in devices}) == len(devices) == number


def test_more_devices_leave_the_first_ones_where_they_were(district: District) -> None:
    larger = {device.id: device for device in build(1, 1_000).devices}
    assert all(larger[device.id] == device for device in district.devices)


def test_areas_nest_by_their_codes_parents_first(district: District) -> None:
    seen = {""}
    for area in district.areas:
        assert level_of(area.code) == area.level
        assert area.parent in seen
        assert area.code.startswith(area.parent)
        seen.add(area.code)
    assert len(seen) == len(district.areas) + 1


def inside(area: Area, lon: float, lat: float) -> bool:
    """Ray casting; good enough for convex quads."""
    ring = area.geometry["coordinates"][0]
    crossings = 0
    for (x1, y1), (x2, y2) in pairwise(ring):
        if (y1 > lat) != (y2 > lat) and lon < x1 + (lat - y1) / (y2 - y1) * (x2 - x1):
            crossings += 1
    return crossings % 2 == 1


def test_every_device_stands_in_its_grid_and_its_building_in_the_same(district: District) -> None:
    areas = {area.code: area for area in district.areas}
    for device in district.devices:
        assert device.lon is not None
        assert device.lat is not None
        assert inside(areas[device.area], device.lon, device.lat), device.id
        assert device.building == "" or areas[device.building].parent == device.area


def test_grids_tile_the_streets_without_overlap(district: District) -> None:
    grids = [area for area in district.areas if area.level == "grid"]
    assert len(grids) == 36
    assert all(sum(inside(other, *area.center) for other in grids) == 1 for area in grids)


def test_every_device_is_of_a_kind_and_a_model_that_exist(district: District) -> None:
    assert {device.kind for device in district.devices} == set(KINDS)
    assert {device.model for device in district.devices} - {""} <= set(MODELS)
    assert {device.dialect for device in district.devices} == {"native", "tts", "chirpstack", "tasmota"}
    assert len({device.place for device in district.devices}) == len(district.devices)


def test_the_story_begins_in_the_kitchen_of_fangzhi_new_village(district: District) -> None:
    assert district.devices[0].id == "gas-000001"
    assert district.devices[0].place == "纺织新村 12栋2单元 402 厨房"
    assert district.devices[0].area.startswith("990101001")


def test_somebody_is_responsible_for_every_category_in_every_street(district: District) -> None:
    for street in (area.code for area in district.areas if area.level == "street"):
        covered = {c for unit in district.units if street.startswith(unit.area) for c in unit.categories}
        assert covered == set(CATEGORIES)


def test_the_map_has_its_layers_and_every_ring_is_closed(district: District) -> None:
    layers = district.layers()
    assert set(layers) == {"water", "green", "streets", "buildings", "labels"}
    for layer in layers.values():
        for feature in layer["features"]:
            if feature["geometry"]["type"] == "Polygon":
                ring = feature["geometry"]["coordinates"][0]
                assert ring[0] == ring[-1]
