"""The loop's longer ways and its deadlines through the JSON API and the pages' forms."""

from typing import Any

import pytest

from services.api.door.auth import CSRF_FIELD
from tests.fakes.api import HERE, NOW, MemoryPlatform, Person

HOUR = 3_600_000
REPORT = {"title": "路灯不亮", "place": "12栋", "area": HERE, "caller": {"name": "王", "phone": "13800001234"}}


@pytest.fixture
def platform() -> MemoryPlatform:
    return MemoryPlatform()


def opened(platform: MemoryPlatform) -> dict[str, Any]:
    made: dict[str, Any] = platform.as_("operator").post("/api/v1/tickets", REPORT).json()
    return made


def acts(person: Person, ticket: dict[str, Any], action: str, **details: Any) -> dict[str, Any]:
    body = {"action": action, "version": ticket["version"], **details}
    answer = person.post(f"/api/v1/tickets/{ticket['id']}/actions", body)
    assert answer.status_code == 200, answer.text
    after: dict[str, Any] = answer.json()
    return after


def refuses(person: Person, ticket: dict[str, Any], action: str, **details: Any) -> tuple[int, dict[str, Any]]:
    body = {"action": action, "version": ticket["version"], **details}
    answer = person.post(f"/api/v1/tickets/{ticket['id']}/actions", body)
    return answer.status_code, answer.json()


def working(platform: MemoryPlatform) -> dict[str, Any]:
    ticket = acts(platform.as_("operator"), opened(platform), "accept")
    dispatcher = platform.as_("dispatcher")
    ticket = acts(dispatcher, ticket, "classify", category="lighting", area=HERE, urgency=0)
    ticket = acts(dispatcher, ticket, "dispatch", unit="gas-co")
    return acts(platform.as_("unit_handler"), ticket, "arrive", place="12栋")


def test_a_ticket_says_whose_it_is_and_by_which_policy(platform: MemoryPlatform) -> None:
    ticket = opened(platform)
    assert ticket["responsible"] == {"role": "operator", "level": "grid", "unit": ""}
    assert (ticket["policy"], ticket["level"], ticket["supervised"]) == ("default 1", "grid", False)
    accept = next(clock for clock in ticket["clocks"] if clock["clock"] == "accept")
    assert (accept["limit"], accept["due"], accept["warn"]) == ("2h", NOW + 2 * HOUR, NOW + 3 * HOUR // 2)
    finish = next(clock for clock in ticket["clocks"] if clock["clock"] == "finish")
    assert (finish["limit"], finish["left"], finish["assumed"]) == ("5wd", None, False)
    assert "policy" not in ticket["events"][0]["evidence"], "a log shows what happened, not the city's rules"


def test_a_whistle_gives_a_sub_task_and_its_clock(platform: MemoryPlatform) -> None:
    ticket = acts(platform.as_("dispatcher"), working(platform), "whistle", unit="roads", text="围挡", until=NOW + HOUR)
    assert ticket["tasks"] == [
        {"number": 1, "unit": "roads", "text": "围挡", "until": NOW + HOUR, "done_at": None, "done_by": "",
         "outcome": ""},
    ]  # fmt: skip
    assert [(clock["task"], clock["due"]) for clock in ticket["clocks"] if clock["clock"] == "task"] == [
        (1, NOW + HOUR)
    ]
    status, body = refuses(platform.as_("unit_handler"), ticket, "finish", outcome="已换", photo="照片")
    assert (status, body["because"]) == (409, "tasks_open")


def test_times_may_be_written_with_their_zone(platform: MemoryPlatform) -> None:
    ticket = acts(
        platform.as_("supervisor"), working(platform), "park", plan="列入改造", until="2026-12-20T09:00:00+08:00"
    )
    assert (ticket["state"], ticket["plan"]) == ("parked", "列入改造")
    assert ticket["responsible"]["role"] == "supervisor"


def test_a_date_beyond_its_bounds_names_them(platform: MemoryPlatform) -> None:
    status, body = refuses(
        platform.as_("supervisor"), working(platform), "park", plan="以后", until=NOW + 91 * 24 * HOUR
    )
    assert (status, body["field"]) == (422, "until")
    assert body["most"] == NOW + 90 * 24 * HOUR


def test_a_date_outside_the_calendar_is_422_and_says_what_to_install(platform: MemoryPlatform) -> None:
    status, body = refuses(
        platform.as_("unit_leader"), working(platform), "extend", reason="等配件", until="2099-01-01T00:00:00+08:00"
    )
    assert (status, body["code"], body["field"]) == (422, "calendar", "until")
    assert "chinesecalendar" in body["detail"]
    assert body["until"] < "2027", "the extension's own end is nearer than the calendar's"
    assert body["remedy"] == f"Choose a date until {body['until']}."


def test_the_merged_are_found_by_their_master(platform: MemoryPlatform) -> None:
    operator = platform.as_("operator")
    master, other = opened(platform), opened(platform)
    merged = acts(operator, other, "merge", master=master["number"])
    assert (merged["state"], merged["master"], merged["responsible"]) == ("merged", master["id"], None)
    found = operator.get("/api/v1/tickets", master=master["id"]).json()["items"]
    assert [ticket["id"] for ticket in found] == [merged["id"]]
    status, body = refuses(operator, opened(platform), "merge", master="LY-19990101-0001")
    assert (status, body["field"]) == (422, "master")


def test_supervised_tickets_are_a_list(platform: MemoryPlatform) -> None:
    operator = platform.as_("operator")
    assert operator.get("/api/v1/tickets", supervised="true").json()["items"] == []


def test_the_policies_are_listed_with_the_one_in_force(platform: MemoryPlatform) -> None:
    listed = platform.as_("operator").get("/api/v1/policies").json()["items"]
    assert [policy["name"] for policy in listed] == ["beijing", "default", "shandong", "shanghai-street"]
    assert [policy["name"] for policy in listed if policy["in_force"]] == ["default"]


def test_a_supervisor_puts_another_policy_in_force_and_new_tickets_get_it(platform: MemoryPlatform) -> None:
    supervisor = platform.as_("supervisor")
    beijing = next(p for p in supervisor.get("/api/v1/policies").json()["items"] if p["name"] == "beijing")
    beijing = {name: value for name, value in beijing.items() if name not in {"in_force", "by", "at"}}
    beijing["reason"] = "市里 2026 年的决定"
    answer = supervisor.post("/api/v1/policies", beijing)
    assert (answer.status_code, answer.json()["in_force"]) == (200, True)
    assert opened(platform)["policy"] == "beijing 1"
    assert supervisor.post("/api/v1/policies", {**beijing, "wait": "1d"}).status_code == 409
    assert supervisor.post("/api/v1/policies", {**beijing, "wait": "soon"}).json()["code"] == "policy"
    assert platform.as_("operator").post("/api/v1/policies", beijing).status_code == 403


# The pages' forms


def signed_in(platform: MemoryPlatform, role: str) -> tuple[dict[str, str], str]:
    answer = platform.ask("POST", "/sign-in", data={"name": role, "password": role})
    session = answer.headers["set-cookie"].split(";")[0]
    csrf = next(token.csrf for token in reversed(platform.people.tokens.values()) if token.user == role)
    return {"Cookie": session, "Accept": "text/html"}, csrf


def test_a_ticket_is_parked_by_its_form_and_its_page_shows_the_plan(platform: MemoryPlatform) -> None:
    ticket = working(platform)
    cookie, csrf = signed_in(platform, "supervisor")
    form = {
        CSRF_FIELD: csrf, "action": "park", "version": str(ticket["version"]), "plan": "列入明年改造",
        "until": "2026-12-20T09:00",
    }  # fmt: skip
    answer = platform.ask("POST", f"/tickets/{ticket['id']}/actions", headers=cookie, data=form)
    assert answer.status_code == 303, answer.text
    page = platform.ask("GET", f"/tickets/{ticket['id']}", headers=cookie).text
    for shown in ("挂账计划", "列入明年改造", "恢复处置", "现由"):
        assert shown in page


@pytest.mark.parametrize(
    ("until", "said", "status"),
    [("", "请选日期和时间", 422), ("soon", "请选日期和时间", 422), ("2031-01-01T00:00", "日期须在", 422)],
)
def test_a_wrong_date_is_named_and_what_was_written_is_kept(
    platform: MemoryPlatform, until: str, said: str, status: int
) -> None:
    ticket = working(platform)
    cookie, csrf = signed_in(platform, "supervisor")
    form = {
        CSRF_FIELD: csrf, "action": "park", "version": str(ticket["version"]), "plan": "列入明年改造", "until": until,
    }  # fmt: skip
    answer = platform.ask("POST", f"/tickets/{ticket['id']}/actions", headers=cookie, data=form)
    assert answer.status_code == status
    assert said in answer.text
    assert "列入明年改造" in answer.text


def test_a_rule_is_said_in_the_readers_language(platform: MemoryPlatform) -> None:
    ticket = working(platform)
    cookie, csrf = signed_in(platform, "operator")
    form = {CSRF_FIELD: csrf, "action": "merge", "version": str(ticket["version"]), "master": ticket["number"]}
    answer = platform.ask("POST", f"/tickets/{ticket['id']}/actions", headers=cookie, data=form)
    assert (answer.status_code, "不能并入自己" in answer.text) == (422, True)  # at the field that names it
    english = {**cookie, "Cookie": f"{cookie['Cookie']}; linli_language=en"}
    answer = platform.ask("POST", f"/tickets/{ticket['id']}/actions", headers=english, data=form)
    assert "cannot be merged into itself" in answer.text


def test_a_merged_ticket_is_not_shown_as_resolved(platform: MemoryPlatform) -> None:
    operator = platform.as_("operator")
    merged = acts(operator, opened(platform), "merge", master=opened(platform)["id"])
    cookie, _ = signed_in(platform, "operator")
    page = platform.ask("GET", f"/tickets/{merged['id']}", headers=cookie).text
    assert ("已合并" in page, "看主单" in page, "拆回原状" in page) == (True, True, True)
    assert 'class="ll-done"' not in page


HOSTILE = "'; DROP TABLE tickets.tickets; -- <script>alert(1)</script>"


@pytest.mark.parametrize(
    ("role", "action", "details"),
    [
        ("unit_handler", "contact", {"text": HOSTILE}),
        ("unit_handler", "wait", {"text": HOSTILE, "until": NOW + HOUR}),
        ("unit_handler", "finish", {"outcome": HOSTILE, "photo": HOSTILE, "reading": HOSTILE}),
        ("unit_leader", "extend", {"reason": HOSTILE, "until": "2026-11-30T00:00:00+08:00"}),
        ("dispatcher", "reassign", {"unit": "roads", "reason": HOSTILE}),
        ("dispatcher", "whistle", {"unit": "roads", "text": HOSTILE, "until": NOW + HOUR}),
        ("supervisor", "park", {"plan": HOSTILE, "until": NOW + HOUR}),
        ("supervisor", "close_unresolved", {"reason": HOSTILE, "told": HOSTILE}),
        ("operator", "transfer", {"to": HOSTILE, "at": NOW, "reference": HOSTILE, "text": HOSTILE}),
        ("operator", "note", {"text": HOSTILE, "photo": HOSTILE, "reading": HOSTILE}),
    ],
)
def test_script_and_sql_are_words_like_any_other(
    platform: MemoryPlatform, role: str, action: str, details: dict[str, Any]
) -> None:
    ticket = acts(platform.as_(role), working(platform), action, **details)
    assert [value for value in ticket["events"][-1]["evidence"].values() if value == HOSTILE]
    cookie, _ = signed_in(platform, "supervisor")
    page = platform.ask("GET", f"/tickets/{ticket['id']}", headers=cookie)
    assert page.status_code == 200
    assert "<script>alert" not in page.text
