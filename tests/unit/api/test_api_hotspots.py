"""Chronic places through the JSON API and the page."""

from tests.fakes.api import HERE, NOW, THERE, MemoryPlatform
from tests.unit.api.test_api_knowledge import look

DAY = 86_400_000


def test_places_that_keep_coming_back_are_listed_with_their_figures() -> None:
    platform = MemoryPlatform()
    platform.leak("e8", "gas-1", HERE, incident="again:gas-1", ticket=None)
    platform.leak("e9", "gas-1", HERE, incident="again:gas-1")
    operator = platform.as_("operator")
    [found] = operator.get("/api/v1/hotspots").json()["items"]
    assert (found["device"], found["kind"], found["tickets"], found["alarms"]) == ("gas-1", "gas", 2, 2)
    assert operator.get("/api/v1/hotspots", by="building").json()["items"] == []
    assert operator.get("/api/v1/hotspots", area=THERE).json()["items"] == []
    assert operator.get("/api/v1/hotspots", days="7").status_code == 422
    assert platform.as_("grid_manager").get("/api/v1/hotspots", area=THERE).status_code == 403
    assert platform.as_("unit_handler").get("/api/v1/hotspots").status_code == 403
    page = look(operator, "/tickets/hotspots?days=90")
    assert "反复发生的设备" in page
    assert 'href="/devices/gas-1"' in page
    platform.clock.set(NOW + 31 * DAY)
    operator = platform.as_("operator")
    assert operator.get("/api/v1/hotspots").json()["items"] == []
    assert len(operator.get("/api/v1/hotspots", days="90").json()["items"]) == 1
