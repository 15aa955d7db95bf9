"""A shift is handed over with what is open, and taken over by another person, once."""

import pytest

from tests.fakes.api import NOW, MemoryPlatform
from tests.unit.api.test_api_knowledge import look, send


@pytest.fixture
def platform() -> MemoryPlatform:
    return MemoryPlatform()


def test_a_shift_carries_what_is_open_and_is_acknowledged_by_the_next_person(platform: MemoryPlatform) -> None:
    operator, supervisor = platform.as_("operator"), platform.as_("supervisor")
    given = operator.post("/api/v1/shifts", {"text": "12栋等燃气公司回电"}).json()
    assert (given["given_by"], given["given_at"], given["taken_by"]) == ("operator", NOW, "")
    assert {each["stage"]: each["tickets"] for each in given["open"]} == {
        "discovery": 0, "dispatch": 1, "resolve": 0, "feedback": 0,
    }  # fmt: skip
    path = f"/api/v1/shifts/{given['id']}/taken"
    assert operator.post(path, {}).status_code == 403, "nobody takes over from themselves"
    taken = supervisor.post(path, {"remark": "已看"}).json()
    assert (taken["taken_by"], taken["taken_at"], taken["remark"]) == ("supervisor", NOW, "已看")
    assert supervisor.post(path, {}).status_code == 409
    assert supervisor.post("/api/v1/shifts/nothing/taken", {}).status_code == 404
    assert operator.post("/api/v1/shifts", {"text": "  "}).status_code == 422


def test_what_waits_comes_first_and_only_those_who_work_shifts_hand_over(platform: MemoryPlatform) -> None:
    operator, dispatcher = platform.as_("operator"), platform.as_("dispatcher")
    first = operator.post("/api/v1/shifts", {"text": "一"}).json()
    platform.clock.set(NOW + 1)
    second = operator.post("/api/v1/shifts", {"text": "二"}).json()
    dispatcher.post(f"/api/v1/shifts/{second['id']}/taken", {})
    assert [each["id"] for each in dispatcher.get("/api/v1/shifts").json()["items"]] == [first["id"], second["id"]]
    assert platform.as_("unit_handler").post("/api/v1/shifts", {"text": "三"}).status_code == 403
    assert platform.as_("citizen").get("/api/v1/shifts").status_code == 403
    assert platform.as_("grid_manager").get("/api/v1/shifts").json()["items"] == [], "the district's are not a grid's"
    assert platform.as_("grid_manager").post(f"/api/v1/shifts/{first['id']}/taken", {}).status_code == 403


def test_the_page_hands_over_and_takes_over(platform: MemoryPlatform) -> None:
    operator, supervisor = platform.as_("operator"), platform.as_("supervisor")
    assert send(operator, "/tickets/shifts", text="").status_code == 422
    assert send(operator, "/tickets/shifts", text="王女士 19 点后回访").status_code == 303
    [given] = operator.get("/api/v1/shifts").json()["items"]
    path = f"/tickets/shifts/{given['id']}"
    assert path not in look(operator, "/tickets/shifts")
    page = look(supervisor, "/tickets/shifts")
    assert "王女士 19 点后回访" in page
    assert path in page
    assert send(operator, path).status_code == 422
    assert send(supervisor, path, remark="已看").status_code == 303
    assert "已看" in look(operator, "/tickets/shifts")
