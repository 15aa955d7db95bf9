"""Suggestions, merging and a caller's earlier tickets through the JSON API and the pages."""

from typing import Any

import msgspec
import pytest

from services.tickets.domain import Caller
from tests.fakes.api import HERE, NOW, THERE, MemoryPlatform
from tests.unit.api.test_api_whole_loop import acts, refuses

ALIKE = "/api/v1/alike"
DRAIN = {"title": "下水道堵了", "text": "一楼返水", "place": "棉纺二村4栋", "area": HERE, "category": "drainage"}


@pytest.fixture
def platform() -> MemoryPlatform:
    return MemoryPlatform()


def report(platform: MemoryPlatform, phone: str, **changes: Any) -> dict[str, Any]:
    body = {**DRAIN, "caller": {"name": "王", "phone": phone}, **changes}
    made: dict[str, Any] = platform.as_("operator").post("/api/v1/tickets", body).json()
    return made


def test_a_suggestion_says_what_each_part_is_worth(platform: MemoryPlatform) -> None:
    first = report(platform, "13800001111")
    second = report(platform, "13800002222", title="污水倒灌", place="棉纺二村 四幢")
    [found] = platform.as_("operator").get(f"/api/v1/tickets/{second['number']}/alike").json()["items"]
    assert (found["id"], found["score"]) == (first["id"], 1.0)
    assert [reason["part"] for reason in found["reasons"]] == ["place", "category", "time", "words"]
    assert found["reasons"][0] == {
        "part": "place", "why": "building", "points": 0.35, "most": 0.35, "zh": "同一栋楼", "en": "the same building",
    }  # fmt: skip


def test_while_typing_the_report_so_far_is_compared(platform: MemoryPlatform) -> None:
    first = report(platform, "13800001111")
    operator = platform.as_("operator")
    found = operator.get(ALIKE, area=HERE, place="棉纺二村4栋", text="地漏往上冒水").json()["items"]
    assert [each["id"] for each in found] == [first["id"]]
    assert operator.get(ALIKE, area=HERE, text="路灯不亮").json()["items"] == []
    assert operator.get(ALIKE, colour="red").status_code == 422


def test_a_unit_and_a_citizen_learn_of_no_foreign_ticket(platform: MemoryPlatform) -> None:
    report(platform, "13800001111")
    asked = {"area": HERE, "place": "棉纺二村4栋", "text": "返水", "category": "drainage"}
    assert platform.as_("unit_handler").get(ALIKE, **asked).json()["items"] == []
    assert platform.as_("citizen").get(ALIKE, **asked).status_code == 403


def test_a_suggestion_outside_the_askers_area_is_refused(platform: MemoryPlatform) -> None:
    assert platform.as_("grid_worker").get(ALIKE, area=THERE, text="返水").status_code == 403


def test_merging_and_taking_apart_gives_the_clocks_back(platform: MemoryPlatform) -> None:
    first, second = report(platform, "13800001111"), report(platform, "13800002222")
    operator = platform.as_("operator")
    merged = acts(operator, second, "merge", master=first["number"])
    assert (merged["state"], merged["master"]) == ("merged", first["id"])
    assert refuses(operator, first, "merge", master=second["number"])[1]["because"] == "taken_in"
    platform.clock.set(NOW + 600_000)
    apart = acts(operator, merged, "unmerge", reason="两户两件事")
    assert apart["state"] == "reported"
    before = {clock["clock"]: clock["due"] for clock in second["clocks"]}
    after = {clock["clock"]: clock["due"] for clock in apart["clocks"] if not clock["task"]}
    assert after["accept"] == before["accept"] + 600_000


def test_itself_a_ring_and_a_closed_master_are_refused_with_the_reason(platform: MemoryPlatform) -> None:
    first, second, third, fourth = (report(platform, f"1380000{number}") for number in (1111, 2222, 3333, 4444))
    operator = platform.as_("operator")
    assert refuses(operator, first, "merge", master=first["id"])[1]["because"] == "itself"
    acts(operator, second, "merge", master=first["id"])
    acts(operator, first, "merge", master=third["number"])
    for member in (first, second):  # into what went into it, at once and round a corner
        status, refused = refuses(operator, third, "merge", master=member["id"])
        assert (status, refused["because"], refused["field"]) == (409, "taken_in", "master")
        assert "Nothing is left to do" in refused["remedy"]
        status, refused = refuses(operator, fourth, "merge", master=member["id"])
        assert (status, refused["because"], refused["value"]) == (409, "merged", member["id"])
        assert (refused["master"], refused["remedy"]) == (third["number"], f"Name its master, {third['number']}.")
    acts(operator, fourth, "answer", text="已答复")
    assert refuses(operator, third, "merge", master=fourth["id"])[1]["because"] == "ended"


def test_a_callers_earlier_tickets_by_number_and_by_ticket(platform: MemoryPlatform) -> None:
    first = report(platform, "13800001111", title="路灯不亮", category="lighting", text="")
    second = report(platform, "13800001111")
    operator = platform.as_("operator")
    found = operator.post("/api/v1/callers/tickets", {"phone": "13800001111"}).json()["items"]
    assert {each["id"] for each in found} == {first["id"], second["id"]}
    [earlier] = operator.get(f"/api/v1/tickets/{second['id']}/earlier").json()["items"]
    assert earlier["id"] == first["id"]
    assert "13800001111" not in str(earlier)
    assert platform.as_("grid_manager").post("/api/v1/callers/tickets", {"phone": "13800001111"}).status_code == 403
    assert operator.post("/api/v1/callers/tickets", {"phone": "没有"}).status_code == 422


def test_neither_a_number_nor_a_ticket_tells_whose_a_confidential_report_is(platform: MemoryPlatform) -> None:
    plain = report(platform, "13800001111", title="路灯不亮", category="lighting", text="")
    operator = platform.as_("operator")
    caller = {"name": "匿名", "phone": "13800001111", "confidential": True}
    hidden = operator.post(
        "/api/v1/tickets", {"title": "举报群租", "place": "棉纺二村", "area": HERE, "caller": caller}
    ).json()
    for found in (
        operator.post("/api/v1/callers/tickets", {"phone": "13800001111"}),
        operator.get(f"/api/v1/tickets/{plain['id']}/earlier"),
    ):
        assert hidden["id"] not in found.text
    assert operator.get(f"/api/v1/tickets/{hidden['id']}/earlier").json()["items"] == []
    body = {"phone": "13800001111", "reason": "来电人本人问起"}
    assert hidden["id"] in operator.post("/api/v1/callers/tickets", body).text
    (entry,) = platform.as_("administrator").get("/api/v1/audit", did="unmask").json()["items"]
    assert (entry["by"], entry["detail"]["why"], entry["detail"]["number"]) == (
        "operator", "来电人本人问起", [hidden["number"]],
    )  # fmt: skip


def test_the_page_shows_both_and_merges_with_one_button(platform: MemoryPlatform) -> None:
    first, second = report(platform, "13800001111"), report(platform, "13800001111", text="返水了")
    operator = platform.as_("operator")
    page = platform.ask("GET", f"/tickets/{second['id']}", headers={**operator.headers, "Accept": "text/html"}).text
    assert "可能是同一件事" in page
    assert "同一栋楼" in page
    assert "来电人的其他工单" in page
    assert f'name="master" value="{first["number"]}"' in page


def test_the_intake_page_shows_both_while_the_operator_types(platform: MemoryPlatform) -> None:
    first = report(platform, "13800001111")
    typed = {"area": HERE, "place": "棉纺二村四幢", "text": "地漏冒水", "phone": "13800001111"}

    def pane(role: str, **form: str) -> str:
        answer = platform.ask("POST", "/tickets/new/preview", data=form, headers=platform.as_(role).headers)
        return answer.text if answer.status_code == 200 else str(answer.status_code)

    shown = pane("operator", **typed)
    assert shown.count(first["number"]) == 2
    assert "可能是同一件事" in shown
    assert 'name="master"' not in shown, "there is no ticket yet that could be merged"
    assert first["number"] not in pane("operator", area=HERE, phone="138")
    assert pane("citizen", **typed) == "403"
    assert "来电人的其他工单" not in pane("grid_worker", **typed)


@pytest.mark.parametrize("phone", ["12", "已清除"])
def test_a_caller_without_a_whole_number_has_no_other_tickets_and_the_ticket_is_still_read(
    platform: MemoryPlatform, phone: str
) -> None:
    made = report(platform, "13800001111")
    kept = platform.tickets.state.tickets
    kept[made["id"]] = msgspec.structs.replace(kept[made["id"]], caller=Caller("王", phone))  # as it once was taken
    operator = platform.as_("operator")
    assert operator.get(f"/api/v1/tickets/{made['id']}/earlier").json()["items"] == []
    page = platform.ask("GET", f"/tickets/{made['id']}", headers={**operator.headers, "Accept": "text/html"})
    assert page.status_code == 200
