"""Answers and announced works through the JSON API and the pages."""

from typing import Any

import httpx
import pytest

from tests.fakes.api import HERE, NOW, THERE, MemoryPlatform, Person
from tests.unit.api.test_api_whole_loop import acts, refuses

HOUR = 3_600_000
PERMIT = {"question": "居住证去哪里办理？", "text": "带身份证到派出所。", "category": "affairs"}
PUMPING = {"kind": "gas", "area": HERE, "start": NOW - HOUR, "end": NOW + HOUR, "text": "管道碰口，可能有少量气味"}


@pytest.fixture
def platform() -> MemoryPlatform:
    return MemoryPlatform()


def look(person: Person, path: str) -> str:
    answer = person.platform.ask("GET", path, headers={**person.headers, "Accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return answer.text


def send(person: Person, path: str, **form: str) -> httpx.Response:
    return person.platform.ask("POST", path, data=form, headers={**person.headers, "Accept": "text/html"})


def test_an_answer_is_found_while_the_caller_still_speaks(platform: MemoryPlatform) -> None:
    operator = platform.as_("operator")
    made = operator.post("/api/v1/answers", PERMIT).json()
    operator.post("/api/v1/answers", {"question": "停水了什么时候来？", "text": "请看公告。", "category": "water"})
    found = operator.get("/api/v1/answers", text="居住证在哪办").json()["items"]
    assert [each["id"] for each in found] == [made["id"]]
    assert operator.get("/api/v1/answers", text="树倒了").json()["items"] == []
    [cut] = operator.get("/api/v1/answers", text="家里没水").json()["items"]
    assert cut["category"] == "water", "the matter is the same, the letters are not"
    assert len(operator.get("/api/v1/answers", category="water").json()["items"]) == 1


def test_a_change_is_a_new_version_and_the_old_one_stays(platform: MemoryPlatform) -> None:
    operator = platform.as_("operator")
    made = operator.post("/api/v1/answers", PERMIT).json()
    path = f"/api/v1/answers/{made['id']}"
    changed = put(operator, path, {**PERMIT, "text": "可在网上办。", "version": 1})
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    late = put(operator, path, {**PERMIT, "version": 1})
    assert (late.status_code, late.json()["version"]) == (409, 2)
    assert [each["text"] for each in operator.get(f"{path}/versions").json()["items"]] == [
        PERMIT["text"], "可在网上办。",
    ]  # fmt: skip
    put(operator, path, {**PERMIT, "retired": True, "version": 2})
    assert operator.get("/api/v1/answers").json()["items"] == []
    assert put(operator, "/api/v1/answers/nothing", {**PERMIT, "version": 1}).status_code == 404


def put(person: Person, path: str, body: Any) -> httpx.Response:
    return person.platform.ask("PUT", path, json=body, headers=person.headers)


@pytest.mark.parametrize("role", ["unit_handler", "grid_worker", "dispatcher"])
def test_operators_supervisors_and_administrators_keep_the_knowledge_base(platform: MemoryPlatform, role: str) -> None:
    assert platform.as_(role).post("/api/v1/answers", PERMIT).status_code == 403
    assert platform.as_("supervisor").post("/api/v1/answers", PERMIT).status_code == 201


def test_a_direct_answer_cites_the_very_version_that_was_said(platform: MemoryPlatform) -> None:
    operator = platform.as_("operator")
    cite = operator.post("/api/v1/answers", PERMIT).json()["cite"]
    ticket = operator.post("/api/v1/tickets", {"title": "居住证怎么办", "text": "问地点", "area": HERE}).json()
    for wrong in ("nothing@1", cite.replace("@1", "@2"), "居住证"):
        status, refused = refuses(operator, ticket, "answer", text="去派出所", cites=wrong)
        assert (status, refused["wrong"]) == (422, ["cites"])
    closed = acts(operator, ticket, "answer", text="去派出所", cites=cite)
    assert closed["state"] == "closed"
    assert closed["events"][-1]["evidence"]["cites"] == cite


def test_works_are_known_where_they_are_and_when_they_are(platform: MemoryPlatform) -> None:
    operator = platform.as_("operator")
    now = operator.post("/api/v1/works", PUMPING).json()
    operator.post("/api/v1/works", {**PUMPING, "start": NOW + HOUR, "end": NOW + 2 * HOUR})
    street = operator.post("/api/v1/works", {**PUMPING, "area": HERE[:9], "kind": "water", "text": "停水"}).json()
    found = operator.get("/api/v1/works", area=f"{HERE}00001").json()["items"]
    assert {each["id"] for each in found} == {now["id"], street["id"]}
    assert operator.get("/api/v1/works", area="990102001").json()["items"] == []
    assert len(operator.get("/api/v1/works").json()["items"]) == 3
    platform.clock.set(NOW + HOUR)
    assert len(operator.get("/api/v1/works").json()["items"]) == 1
    assert len(operator.get("/api/v1/works", past=True).json()["items"]) == 3


def test_works_that_are_cancelled_or_changed_are_shown_as_they_are_now(platform: MemoryPlatform) -> None:
    operator = platform.as_("operator")
    made = operator.post("/api/v1/works", PUMPING).json()
    put(operator, f"/api/v1/works/{made['id']}", {**PUMPING, "cancelled": True, "version": 1})
    assert operator.get("/api/v1/works", area=HERE).json()["items"] == []
    assert put(operator, f"/api/v1/works/{made['id']}", {**PUMPING, "version": 1}).status_code == 409
    assert put(operator, "/api/v1/works/nothing", {**PUMPING, "version": 1}).status_code == 404


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"area": "99"}, 422),
        ({"end": NOW - 2 * HOUR}, 422),
        ({"end": NOW + 100 * 24 * HOUR}, 422),
        ({"text": "  "}, 422),
        ({"kind": "party"}, 422),
    ],
    ids=["no area", "ends before it starts", "too long", "says nothing", "no kind"],
)
def test_wrong_works_get_a_clear_answer(platform: MemoryPlatform, change: dict[str, Any], status: int) -> None:
    assert platform.as_("operator").post("/api/v1/works", {**PUMPING, **change}).status_code == status


def test_works_outside_the_area_are_not_announced(platform: MemoryPlatform) -> None:
    manager = platform.as_("grid_manager")
    assert manager.post("/api/v1/works", {**PUMPING, "area": THERE}).status_code == 403
    made = platform.as_("operator").post("/api/v1/works", {**PUMPING, "area": THERE}).json()
    assert put(manager, f"/api/v1/works/{made['id']}", {**PUMPING, "version": 1}).status_code == 403
    assert platform.as_("unit_handler").post("/api/v1/works", PUMPING).status_code == 403


def test_works_and_answers_stand_beside_the_intake_the_ticket_and_the_alarm(platform: MemoryPlatform) -> None:
    operator = platform.as_("operator")
    operator.post("/api/v1/works", PUMPING)
    cite = operator.post("/api/v1/answers", PERMIT).json()["cite"]
    pane = send(operator, "/tickets/new/preview", area=HERE, text="居住证在哪办").text
    assert PUMPING["text"] in pane
    assert PERMIT["text"] in pane
    ticket = operator.post("/api/v1/tickets", {"title": "居住证怎么办", "text": "问地点", "area": HERE}).json()
    page = look(operator, f"/tickets/{ticket['id']}")
    assert PUMPING["text"] in page
    assert f'name="cites" value="{cite}"' in page
    alarm = operator.get("/api/v1/alarms").json()["items"][0]["id"]
    assert PUMPING["text"] in look(operator, f"/alarms/{alarm}")


def test_the_pages_keep_both(platform: MemoryPlatform) -> None:
    operator = platform.as_("operator")
    empty = send(operator, "/knowledge", question="", text="好")
    assert (empty.status_code, "请写来电人会怎样问" in empty.text) == (422, True)
    assert send(operator, "/knowledge", question="怎样问", text="这样答").status_code == 303
    [kept] = operator.get("/api/v1/answers").json()["items"]
    assert "存为新版本" in look(operator, f"/knowledge?edit={kept['id']}")
    stale = send(operator, "/knowledge", id=kept["id"], version="0", question="怎样问", text="改")
    assert (stale.status_code, "刚被别人改动过" in stale.text) == (422, True)
    form = {"kind": "water", "area": HERE, "start": "2026-11-22T09:00", "end": "2026-11-22T12:00", "text": "水管抢修"}
    assert send(operator, "/knowledge/works", **form).status_code == 303
    wrong = send(operator, "/knowledge/works", **{**form, "end": "2026-11-21T12:00"})
    assert (wrong.status_code, "结束须晚于开始" in wrong.text) == (422, True)
    assert "水管抢修" in look(operator, "/knowledge/works?past=1")
    assert "加入知识库" not in look(platform.as_("grid_worker"), "/knowledge")


@pytest.mark.parametrize(
    ("path", "body"),
    [("/api/v1/answers", PERMIT), ("/api/v1/works", PUMPING), ("/api/v1/shifts", {"text": "12栋等回电"})],
)
def test_the_same_request_again_finds_what_it_made(platform: MemoryPlatform, path: str, body: dict[str, Any]) -> None:
    operator, supervisor = platform.as_("operator"), platform.as_("supervisor")

    def made(person: Person, key: str) -> dict[str, Any]:
        headers = {**person.headers, "Idempotency-Key": key}
        answer = platform.ask("POST", path, json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    first = made(operator, "once")
    assert made(operator, "once") == first
    others = {made(operator, "twice")["id"], made(supervisor, "once")["id"]}
    assert len(others | {first["id"]}) == 3, "a key is its person's own"
    assert len(operator.get(path).json()["items"]) == 3
