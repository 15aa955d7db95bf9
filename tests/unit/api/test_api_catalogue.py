"""The catalogue through the front door: the tree, the answer with its reason, lines, holes."""

from typing import Any

import msgspec
import pytest

from services.registry.domain import Unit
from services.tickets.domain import Actor, replay
from services.tickets.domain import Role as Part
from services.tickets.domain.profiles import DEFAULT
from services.tickets.handlers import KeepPolicies
from tests.fakes.api import HERE, MemoryPlatform

STREET = HERE[:9]


@pytest.fixture
def platform() -> MemoryPlatform:
    return MemoryPlatform()


def line(**changes: Any) -> dict[str, Any]:
    return {"category": "lighting", "area": STREET, "lead": "gas-co"} | changes


def test_the_tree_is_told_whole(platform: MemoryPlatform) -> None:
    items = platform.as_("operator").get("/api/v1/categories").json()["items"]
    leaf = next(item for item in items if item["code"] == "gas-leak")
    assert (leaf["parent"], leaf["kinds"], leaf["name_en"]) == ("safety", ["gas"], "Gas leak")


def test_who_is_responsible_comes_with_the_reason(platform: MemoryPlatform) -> None:
    operator = platform.as_("operator")
    own = operator.get("/api/v1/catalogue/responsible", category="gas-leak", area=HERE).json()
    assert (own["lead"], own["reason"]) == ("gas-co", "unit")
    none = operator.get("/api/v1/catalogue/responsible", category="noise", area=HERE).json()
    assert (none["lead"], none["reason"], none["line"]) == ("district", "district", None)
    written = platform.as_("dispatcher").post("/api/v1/catalogue/lines", line(category="environment", urgency=0))
    assert written.status_code == 200, written.text
    after = operator.get("/api/v1/catalogue/responsible", category="noise", area=HERE).json()
    assert (after["lead"], after["reason"], after["line"]["id"]) == ("gas-co", "line", written.json()["id"])


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"category": "gas-leek", "area": HERE}, "gas-leak"),
        ({"category": "noise", "area": "110101"}, "outside every area"),
    ],
)
def test_an_unknown_category_and_a_place_outside_every_area_are_refused(
    platform: MemoryPlatform, query: dict[str, str], field: str
) -> None:
    answer = platform.as_("operator").get("/api/v1/catalogue/responsible", **query)
    assert answer.status_code == 422
    assert field in answer.text


def test_a_line_replaces_the_one_for_the_same_question_and_can_be_taken_away(platform: MemoryPlatform) -> None:
    dispatcher = platform.as_("dispatcher")
    first = dispatcher.post("/api/v1/catalogue/lines", line()).json()
    second = dispatcher.post("/api/v1/catalogue/lines", line(policy="beijing")).json()
    assert (second["id"], second["policy"]) == (first["id"], "beijing")
    lines = dispatcher.get("/api/v1/catalogue/lines").json()["items"]
    assert [each["id"] for each in lines if not each["own"]] == [first["id"]]
    assert dispatcher.delete(f"/api/v1/catalogue/lines/{first['id']}").json() == second
    assert dispatcher.delete(f"/api/v1/catalogue/lines/{first['id']}").status_code == 404


def called(platform: MemoryPlatform, **changes: Any) -> dict[str, Any]:
    asked = {"title": "路灯不亮", "text": "三号楼前", "area": HERE, "caller": {"phone": "13812345621"}} | changes
    answer = platform.as_("operator").post("/api/v1/tickets", asked)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def acted(platform: MemoryPlatform, role: str, ticket: dict[str, Any], action: str, **given: Any) -> dict[str, Any]:
    asked = {"action": action, "version": ticket["version"]} | given
    answer = platform.as_(role).post(f"/api/v1/tickets/{ticket['id']}/actions", asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def due(ticket: dict[str, Any], clock: str) -> int:
    return next(each["due"] for each in ticket["clocks"] if each["clock"] == clock)


def test_a_call_about_a_category_has_the_deadlines_that_the_catalogue_names(platform: MemoryPlatform) -> None:
    platform.as_("dispatcher").post("/api/v1/catalogue/lines", line(policy="beijing"))
    assert called(platform, category="lighting")["policy"] == "beijing 1"
    assert called(platform, category="noise")["policy"] == called(platform)["policy"] == "default 1"


def test_a_line_names_the_deadlines_of_a_citys_own(platform: MemoryPlatform) -> None:
    """They are known once they are published, and whatever is in force stays."""
    keep = KeepPolicies(platform.tickets, platform.clock)
    administrator = Actor("admin", Part.ADMINISTRATOR)
    own = msgspec.structs.replace(DEFAULT, name="chenghu", wait="1wd")
    assert platform.as_("dispatcher").post("/api/v1/catalogue/lines", line(policy="chenghu")).status_code == 422
    keep.publish(own, who=administrator, reason="区里的决定")
    answer = platform.as_("dispatcher").post("/api/v1/catalogue/lines", line(policy="chenghu"))
    assert answer.status_code == 200, answer.text
    assert called(platform, category="lighting")["policy"] == "chenghu 1"
    keep.publish(msgspec.structs.replace(own, version=2, wait="2wd"), who=administrator, reason="区里的决定")
    told = platform.as_("operator").get("/api/v1/catalogue/responsible", category="lighting", area=HERE).json()
    assert (told["policy"], told["policy_version"]) == ("chenghu", 2)
    assert called(platform, category="lighting")["policy"] == "chenghu 2"
    assert (called(platform, category="noise")["policy"], keep.in_force()) == ("default 1", DEFAULT)
    none = platform.as_("operator").get("/api/v1/catalogue/responsible", category="noise", area=HERE).json()
    assert (none["policy"], none["policy_version"]) == ("", 0)


def test_classifying_back_gives_the_version_that_was_in_force_and_none_that_was_only_published(
    platform: MemoryPlatform,
) -> None:
    keep, administrator = KeepPolicies(platform.tickets, platform.clock), Actor("admin", Part.ADMINISTRATOR)
    keep.enforce(msgspec.structs.replace(DEFAULT, version=2, wait="1wd"), who=administrator, reason="区里的决定")
    platform.as_("dispatcher").post("/api/v1/catalogue/lines", line(policy="shandong"))
    ticket = acted(platform, "operator", called(platform, category="lighting"), "accept")
    keep.publish(msgspec.structs.replace(DEFAULT, version=3, wait="2wd"), who=administrator, reason="区里的决定")
    given = {"category": "noise", "area": HERE, "urgency": 0}
    ticket = acted(platform, "dispatcher", ticket, "classify", **given)
    assert ticket["policy"] == "default 2"
    kept, events = platform.tickets.state.tickets[ticket["id"]], platform.tickets.state.events[ticket["id"]]
    assert replay(events) == kept, "the log rebuilds it whatever was published since"


def test_what_is_imported_has_the_deadlines_that_the_catalogue_names(platform: MemoryPlatform) -> None:
    platform.as_("dispatcher").post("/api/v1/catalogue/lines", line(policy="beijing"))
    asked = {
        "system": "kaifeng", "format": "csv", "dry_run": False,
        "mapping": {name: name for name in ("number", "title", "text", "area", "category")},
        "content": f"number,title,text,area,category\n1,路灯不亮,三号楼,{HERE},lighting\n2,吵,三号楼,{HERE},noise\n",
    }  # fmt: skip
    answer = platform.as_("operator").post("/api/v1/tickets/import", asked)
    assert answer.status_code == 200, answer.text
    found = [platform.as_("operator").get(f"/api/v1/tickets/{each['ticket']}") for each in answer.json()["taken"]]
    assert [each.json()["policy"] for each in found] == ["beijing 1", "default 1"]


def test_classifying_settles_whose_deadlines_a_ticket_has(platform: MemoryPlatform) -> None:
    """They follow the category, there and back; every clock takes the nearer date, and the log rebuilds it."""
    platform.as_("dispatcher").post("/api/v1/catalogue/lines", line(policy="shandong", urgency=0))
    ticket = acted(platform, "operator", called(platform), "accept")
    given = {"category": "lighting", "area": HERE, "urgency": 0}
    ticket = acted(platform, "dispatcher", ticket, "classify", **given)
    assert ticket["policy"] == "shandong 1"
    assert "policy" not in ticket["events"][-1]["evidence"], "the log says the step, the ticket whose deadlines"
    ticket = acted(platform, "dispatcher", ticket, "dispatch", unit="gas-co")
    assert next(each["limit"] for each in ticket["clocks"] if each["clock"] == "sign") == "1wd", "Shandong's"
    kept, events = platform.tickets.state.tickets[ticket["id"]], platform.tickets.state.events[ticket["id"]]
    assert replay(events) == kept

    back = acted(platform, "operator", called(platform, category="lighting"), "accept")
    assert back["policy"] == "shandong 1"
    back = acted(platform, "dispatcher", back, "classify", **given | {"category": "noise"})
    assert back["policy"] == "default 1"


def test_deadlines_that_classifying_settles_come_nearer_and_none_goes_further(platform: MemoryPlatform) -> None:
    platform.as_("dispatcher").post("/api/v1/catalogue/lines", line(policy="beijing", urgency=2))
    before = acted(platform, "operator", called(platform), "accept")
    given = {"category": "lighting", "area": HERE, "urgency": 2}
    after = acted(platform, "dispatcher", before, "classify", **given)
    now = platform.clock.now()
    assert due(after, "finish") == now + 2 * 3_600_000 < due(before, "finish"), "Beijing's two hours"
    assert due(after, "dispatch") == due(before, "dispatch")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"category": "tea"}, "tea"),
        ({"lead": "nobody"}, "no unit 'nobody'"),
        ({"area": "110101"}, "outside every area"),
        ({"assisting": ["gas-co"]}, "cannot assist itself"),
        ({"policy": "mars"}, "Use one of: beijing"),
        ({"urgency": 3}, "urgency"),
    ],
)
def test_a_wrong_line_is_refused_with_its_field(platform: MemoryPlatform, wrong: dict[str, Any], said: str) -> None:
    answer = platform.as_("supervisor").post("/api/v1/catalogue/lines", line(**wrong))
    assert answer.status_code == 422
    assert said in answer.text


def test_a_unit_outside_its_area_is_refused(platform: MemoryPlatform) -> None:
    platform.places.add_units([Unit("street-co", "街道", "Street", STREET)])
    answer = platform.as_("administrator").post("/api/v1/catalogue/lines", line(area=HERE[:6], lead="street-co"))
    assert answer.status_code == 422
    assert "lies outside it" in answer.text


def test_only_dispatchers_supervisors_and_administrators_change_lines(platform: MemoryPlatform) -> None:
    assert platform.as_("operator").post("/api/v1/catalogue/lines", line()).status_code == 403
    assert platform.as_("citizen").get("/api/v1/catalogue/lines").status_code == 403


def test_holes_are_listed_until_somebody_takes_them(platform: MemoryPlatform) -> None:
    operator, dispatcher = platform.as_("operator"), platform.as_("dispatcher")
    before = operator.get("/api/v1/catalogue/holes").json()["items"]
    assert {"category": "noise", "area": STREET} in before
    assert {"category": "gas-leak", "area": STREET} not in before
    dispatcher.post("/api/v1/catalogue/lines", line(category="", area=HERE[:6]))
    assert operator.get("/api/v1/catalogue/holes").json()["items"] == []


def test_a_report_of_an_unknown_category_is_told_the_nearest_names(platform: MemoryPlatform) -> None:
    body = {"title": "路灯不亮", "place": "三号楼", "area": HERE, "category": "lightning"}
    answer = platform.as_("operator").post("/api/v1/tickets", body)
    assert answer.status_code == 422
    assert "lighting" in answer.text
