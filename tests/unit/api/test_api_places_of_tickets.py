"""A place that no area holds, an area, unit or category that there is not, a unit outside its area: each says so."""

from typing import Any

import pytest

from services.registry.domain import Area
from tests.fakes.api import HERE, THERE, MemoryPlatform, Person

WEST, EAST = 113.0, 113.2


def square(west: float, east: float) -> dict[str, Any]:
    ring = [[west, 23.0], [east, 23.0], [east, 23.2], [west, 23.2], [west, 23.0]]
    return {"type": "Polygon", "coordinates": [ring]}


@pytest.fixture
def platform() -> MemoryPlatform:
    """A drawn district whose eastern half no street has been drawn in, with one building in the west."""
    made = MemoryPlatform()
    shapes = {HERE[:6]: (WEST, EAST), HERE[:9]: (WEST, 113.1), HERE[:12]: (WEST, 113.1), HERE: (WEST, 113.1)}
    for code, (west, east) in shapes.items():
        old = made.places.areas[code]
        made.places.areas[code] = Area(code, old.level, old.name_zh, old.name_en, square(west, east))
    made.places.add_areas([Area(f"{HERE}00001", "building", "一栋", "Building 1", None, 113.05, 23.1)])
    return made


def report(who: Person, **fields: Any) -> Any:
    return who.post("/api/v1/tickets", {"title": "路灯不亮", "place": "三号楼"} | fields, Idempotency_Key=repr(fields))


def refused(answer: Any) -> tuple[int, str, str]:
    body = answer.json()
    assert body["remedy"]
    assert body["detail"]
    return answer.status_code, body["code"], body["field"]


def test_a_point_outside_every_area_is_refused_and_opens_nothing(platform: MemoryPlatform) -> None:
    before = len(platform.tickets.state.tickets)
    answer = report(platform.as_("operator"), position=[121.4, 31.2])
    assert refused(answer) == (422, "outside", "position")
    assert "121.4" in answer.json()["value"]
    assert len(platform.tickets.state.tickets) == before


def test_a_point_in_a_grid_gets_its_grid_and_one_beside_a_building_the_building(platform: MemoryPlatform) -> None:
    operator = platform.as_("operator")
    plain = report(operator, position=[113.02, 23.02]).json()
    assert (plain["area"], plain["building"]) == (HERE, "")
    beside = report(operator, position=[113.0501, 23.1001]).json()
    assert (beside["area"], beside["building"]) == (HERE, f"{HERE}00001")


def test_a_point_that_no_street_holds_is_the_districts(platform: MemoryPlatform) -> None:
    """Within the district and in no grid of it: the backstop has it, and says why."""
    ticket = report(platform.as_("operator"), position=[113.15, 23.1]).json()
    assert ticket["area"] == HERE[:6]
    found = platform.as_("dispatcher").get("/api/v1/catalogue/responsible", category="noise", area=ticket["area"])
    assert (found.json()["lead"], found.json()["reason"]) == ("district", "district")


def test_an_area_that_is_none_of_the_registrys_is_refused_when_opening_and_when_classifying(
    platform: MemoryPlatform,
) -> None:
    operator, dispatcher = platform.as_("operator"), platform.as_("dispatcher")
    assert refused(report(operator, area="990101009009009")) == (422, "fields", "area")
    ticket = report(operator, area=HERE).json()
    ticket = act(operator, ticket, "accept").json()
    classify = {"category": "noise", "urgency": 0}
    assert refused(act(dispatcher, ticket, "classify", area="990101009009009", **classify)) == (422, "fields", "area")
    assert act(dispatcher, ticket, "classify", area=HERE, **classify).status_code == 200


def test_a_category_that_is_none_is_refused_with_the_nearest(platform: MemoryPlatform) -> None:
    answer = report(platform.as_("operator"), area=HERE, category="lightning")
    assert refused(answer) == (422, "fields", "category")
    assert "lighting" in answer.json()["nearest"]


@pytest.mark.parametrize(("unit", "field"), [("nobody", "unit"), ("roads", "unit")])
def test_a_unit_that_is_none_or_works_elsewhere_gets_no_ticket(platform: MemoryPlatform, unit: str, field: str) -> None:
    operator, dispatcher = platform.as_("operator"), platform.as_("dispatcher")
    ticket = act(operator, report(operator, area=THERE).json(), "accept").json()
    ticket = act(dispatcher, ticket, "classify", category="noise", urgency=0, area=THERE).json()
    assert refused(act(dispatcher, ticket, "dispatch", unit=unit)) == (422, "fields", field)
    helped = act(dispatcher, ticket, "dispatch", unit="gas-co", assisting=[unit])
    assert refused(helped) == (422, "fields", "assisting")
    assert act(dispatcher, ticket, "dispatch", unit="district").json()["lead"] == "district"


def test_urgency_is_the_hotlines_to_say(platform: MemoryPlatform) -> None:
    assert report(platform.as_("operator"), area=HERE, urgency=2).json()["urgency"] == 2
    assert refused(report(platform.as_("citizen"), area=HERE, urgency=2)) == (422, "fields", "urgency")


def act(who: Person, ticket: dict[str, Any], action: str, **details: Any) -> Any:
    body = {"action": action, "version": ticket["version"], **details}
    return who.post(f"/api/v1/tickets/{ticket['id']}/actions", body)
