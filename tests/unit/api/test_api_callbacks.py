"""Call-backs through the front door: by when they are due, booked, answered, and no number whole."""

import pytest

from tests.fakes.api import HERE, THERE, MemoryPlatform
from tests.unit.api.test_api_kpi import act_on, live
from tests.unit.tickets.ticket_stories import HOUR

LIST = "/api/v1/tickets/callbacks"


@pytest.fixture
def platform() -> MemoryPlatform:
    return MemoryPlatform()


def test_calls_stand_by_when_they_are_due_and_go_page_by_page(platform: MemoryPlatform) -> None:
    early, late = (live(platform, HERE, title=title, until="callback") for title in ("甲", "乙"))
    operator = platform.as_("operator")
    assert [item["id"] for item in operator.get(LIST).json()["items"]] == [early, late]
    until = platform.clock.now() + HOUR
    act_on(platform, "operator", late, action="book", until=until)
    body = operator.get(LIST, limit=1).json()
    (first,) = body["items"]
    assert (first["id"], first["booked"], first["bookings"], first["due"]) == (late, until, 1, until + HOUR)
    assert first["phone"] == "138****5621"
    assert "13812345621" not in operator.get(LIST).text
    assert [item["id"] for item in operator.get(LIST, cursor=body["next"]).json()["items"]] == [early]
    assert operator.get(LIST, area="990101002").json()["items"] == []


def test_a_call_in_vain_counts_and_an_answer_ends_it(platform: MemoryPlatform) -> None:
    name, operator = live(platform, HERE, until="callback"), platform.as_("operator")
    act_on(platform, "operator", name, action="callback", contacted=False)
    (found,) = operator.get(LIST).json()["items"]
    assert found["misses"] == [platform.clock.now()]
    act_on(platform, "operator", name, action="callback", contacted=True, solved=True, satisfied="very_satisfied")
    assert operator.get(LIST).json()["items"] == []
    assert operator.get(f"/api/v1/tickets/{name}").json()["satisfied"] == "very_satisfied"


def test_only_those_who_call_back_see_the_list_and_their_area_of_it(platform: MemoryPlatform) -> None:
    live(platform, HERE, until="callback")
    live(platform, THERE)
    for role in ("unit_leader", "grid_manager", "citizen"):
        assert platform.as_(role).get(LIST).status_code == 403
    assert len(platform.as_("supervisor").get(LIST).json()["items"]) == 1
    assert platform.as_("operator").get(LIST, colour="red").status_code == 422


def test_supervision_is_a_filter_of_the_list(platform: MemoryPlatform) -> None:
    supervisor = platform.as_("supervisor")
    asked = {"open": "true", "watched": "true", "sort": "deadline"}
    assert supervisor.get("/api/v1/tickets", **asked).json()["items"] == []
    assert len(supervisor.get("/api/v1/tickets", watched="false", level="grid").json()["items"]) == 1
    assert supervisor.get("/api/v1/tickets", level="moon").status_code == 422
