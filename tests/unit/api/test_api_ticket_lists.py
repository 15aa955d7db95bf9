"""Lists of tickets through the JSON API: filters, orders, cursors, counts, kept filters, and many at once."""

import csv
import io
import json
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook

from services.adapters import spreadsheets
from services.api.tickets import export
from services.api.tickets.queries import TicketQuery, most_of
from services.tickets.domain.saved import MOST
from tests.fakes.api import HERE, NOW, THERE, MemoryPlatform, Person

AT = "/api/v1/tickets"


@pytest.fixture
def platform() -> MemoryPlatform:
    return MemoryPlatform()


def body(answer: httpx.Response, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    if status >= 400:
        assert found["remedy"]
    return found


def reported(platform: MemoryPlatform, *titles: str, area: str = HERE) -> list[dict[str, Any]]:
    """Calls, a second apart."""
    made = []
    for title in titles:
        platform.clock.advance(1_000)
        asked = {"title": title, "text": f"{title}，请处理", "area": area, "category": "lighting"}
        made.append(body(platform.as_("operator").post(AT, asked), 201))
    return made


def titles(person: Person, **query: str) -> list[str]:
    return [ticket["title"] for ticket in body(person.get(AT, **query))["items"]]


def test_a_list_is_searched_filtered_sorted_and_counted(platform: MemoryPlatform) -> None:
    reported(platform, "路灯不亮", "井盖松动", "路灯闪烁")
    operator = platform.as_("operator")
    assert titles(operator, text="路灯") == ["路灯闪烁", "路灯不亮"]
    assert titles(operator, text="路灯 闪") == ["路灯闪烁"]
    assert titles(operator, category="lighting", sort="opened") == ["路灯不亮", "井盖松动", "路灯闪烁"]
    assert titles(operator, urgency="2") == ["燃气泄漏"]
    assert titles(operator, sort="-urgency,-opened") == ["燃气泄漏", "路灯闪烁", "井盖松动", "路灯不亮"]
    page = body(operator.get(AT, count="true", limit="1"))
    assert (page["total"], len(page["items"])) == (4, 1)
    assert body(operator.get(AT))["total"] is None
    assert most_of(TicketQuery()) == 1_000
    assert most_of(TicketQuery(text="路灯")) == 200


@pytest.mark.parametrize("sort", ["", "-opened", "opened", "-urgency,deadline", "closed,-deadline,urgency"])
def test_every_order_is_read_page_by_page(platform: MemoryPlatform, sort: str) -> None:
    reported(platform, *"甲乙丙丁戊")
    operator = platform.as_("operator")
    whole = titles(operator, sort=sort)
    seen, cursor = [], None
    for _ in range(len(whole)):
        query = {"sort": sort, "limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = body(operator.get(AT, **query))
        seen += [ticket["title"] for ticket in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == whole
    assert len(seen) == 6


def test_a_cursor_that_is_not_this_lists_says_so(platform: MemoryPlatform) -> None:
    reported(platform, *"甲乙丙")
    operator = platform.as_("operator")
    cursor = body(operator.get(AT, sort="opened", limit="1"))["next"]
    for query in ({"sort": "deadline"}, {"sort": "-urgency,opened"}, {}):
        assert body(operator.get(AT, cursor=cursor, **query), 400)["field"] == "cursor"
    assert body(operator.get(AT, cursor="nonsense", sort="opened"), 400)["code"] == "cursor"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"sort": "colour"}, "sort"),
        ({"sort": "opened,-opened"}, "sort"),
        ({"sort": "--opened"}, "sort"),
        ({"urgency": "3"}, "urgency"),
        ({"text": "长" * 201}, "text"),
        ({"text": "a\0b"}, "text"),
    ],
    ids=str,
)
def test_what_a_list_cannot_be_asked_for_is_named(platform: MemoryPlatform, query: dict[str, str], field: str) -> None:
    assert body(platform.as_("operator").get(AT, **query), 422)["field"] == field


@pytest.mark.parametrize("text", ["'; DROP TABLE tickets; --", "<script>", "%", "_", "\\", "${jndi:x}"])
def test_code_in_a_search_is_a_search_for_it(platform: MemoryPlatform, text: str) -> None:
    reported(platform, f"见到 {text} 字样")
    assert f"见到 {text} 字样" in titles(platform.as_("operator"), text=text)
    assert titles(platform.as_("operator"), text=f"{text}x") == []


def test_a_search_keeps_within_area_unit_and_own_reports(platform: MemoryPlatform) -> None:
    reported(platform, "路灯不亮", area=THERE)
    assert titles(platform.as_("operator"), text="路灯") == ["路灯不亮"]
    for role in ("grid_manager", "unit_handler", "citizen"):
        assert titles(platform.as_(role), text="路灯") == []
        assert body(platform.as_(role).get(AT, text="路灯", count="true"))["total"] == 0


# Kept filters


def put(person: Person, name: str, **query: str) -> httpx.Response:
    path = f"{AT}/filters/{name}"
    return person.platform.ask("PUT", path, json={"query": query}, headers=person.headers)


def test_a_filter_is_kept_with_what_it_finds_now(platform: MemoryPlatform) -> None:
    reported(platform, "路灯不亮")
    operator = platform.as_("operator")
    kept = body(put(operator, "路灯", text="路灯", sort="deadline", cursor="x", limit="7"))
    assert kept == {"name": "路灯", "query": {"text": "路灯", "sort": "deadline"}, "count": 1}
    reported(platform, "路灯闪烁")
    assert body(operator.get(f"{AT}/filters"))["items"] == [kept | {"count": 2}]
    assert body(platform.as_("supervisor").get(f"{AT}/filters"))["items"] == []
    assert body(put(operator, "路灯", text="井盖"))["count"] == 0
    assert body(operator.delete(f"{AT}/filters/路灯"))["query"] == {"text": "井盖"}
    assert body(operator.delete(f"{AT}/filters/路灯"), 404)["value"] == "路灯"


def test_a_filter_that_is_none_is_not_kept(platform: MemoryPlatform) -> None:
    manager = platform.as_("grid_manager")
    assert body(put(manager, "x", colour="red"), 422)["field"] == "colour"
    assert body(put(manager, "x", state="lost"), 422)["field"] == "state"
    assert body(put(manager, "x", sort="colour"), 422)["field"] == "sort"
    assert body(put(manager, "x", area=THERE), 403)["field"] == "area"
    assert body(put(manager, "长" * 41, text="x"), 422)["field"] == "name"
    assert body(manager.get(f"{AT}/filters"))["items"] == []


def test_one_person_keeps_thirty(platform: MemoryPlatform) -> None:
    operator = platform.as_("operator")
    for number in range(MOST):
        body(put(operator, f"f{number}", text="x"))
    assert body(put(operator, "another", text="x"), 409)["code"] == "many"
    body(put(operator, "f0", text="y"))


# Many at once


def many(person: Person, tickets: list[dict[str, Any]], key: str = "", **action: Any) -> httpx.Response:
    chosen = [{"ticket": ticket["number"], "version": ticket["version"]} for ticket in tickets]
    asked = {"tickets": chosen, "action": {"version": 1, **action}}
    return person.post(f"{AT}/bulk", asked, **({"Idempotency_Key": key} if key else {}))


def test_each_ticket_of_many_has_its_own_result(platform: MemoryPlatform) -> None:
    made = reported(platform, "甲", "乙", "丙")
    operator = platform.as_("operator")
    body(operator.post(f"{AT}/{made[1]['id']}/actions", {"action": "note", "version": 1, "text": "x"}))
    gone = {"number": "LY-0", "version": 1}
    found = body(many(operator, [*made, gone, made[0]], action="accept"))
    assert (found["done"], found["refused"]) == (2, 3)
    assert [item["result"] for item in found["items"]] == ["done", "refused", "done", "refused", "refused"]
    assert [item["ticket"] for item in found["items"]] == [each["number"] for each in (*made, gone, made[0])]
    assert (found["items"][0]["state"], found["items"][0]["version"]) == ("accepted", 2)
    problems = [item["problem"]["code"] for item in found["items"] if item["problem"]]
    assert problems == ["conflict", "not_found", "conflict"]
    assert found["items"][1]["problem"]["current"] == 2


def test_the_same_key_acts_once_on_each(platform: MemoryPlatform) -> None:
    made = reported(platform, "甲", "乙")
    operator = platform.as_("operator")
    first = body(many(operator, made, key="k", action="note", text="已电话告知"))
    again = body(many(operator, made, key="k", action="note", text="已电话告知"))
    assert first == again
    assert first["done"] == 2
    for ticket in made:
        assert body(operator.get(f"{AT}/{ticket['id']}"))["version"] == 2


def test_another_areas_ticket_among_many_is_refused_alone(platform: MemoryPlatform) -> None:
    made = [*reported(platform, "甲"), *reported(platform, "乙", area=THERE)]
    found = body(many(platform.as_("grid_manager"), made, action="note", text="x"))
    assert [item["result"] for item in found["items"]] == ["done", "refused"]
    assert found["items"][1]["problem"]["code"] == "not_found"  # another area's ticket is not even said to be there


@pytest.mark.parametrize("count", [0, 201])
def test_none_and_too_many_are_no_bulk(platform: MemoryPlatform, count: int) -> None:
    tickets = [{"number": f"LY-{number}", "version": 1} for number in range(count)]
    assert "tickets" in body(many(platform.as_("operator"), tickets, action="note", text="x"), 422)["field"]


def test_the_opening_carries_where_it_is(platform: MemoryPlatform) -> None:
    asked = {"title": "积水", "text": "门口", "area": HERE, "position": [109.98, 30.01]}
    made = body(platform.as_("citizen").post(AT, asked), 201)
    assert made["position"] == [109.98, 30.01]
    assert made["opened_at"] == NOW


# The list as a file


def test_a_list_leaves_as_csv_in_which_no_cell_starts_a_formula_and_no_number_is_whole(
    platform: MemoryPlatform,
) -> None:
    operator = platform.as_("operator")
    caller = {"name": "王女士", "phone": "13812345621", "confidential": True}
    asked = {"title": "=1+1", "text": "+cmd|' /C calc'!A0, \"x\"", "place": "@SUM(A1)", "area": HERE, "caller": caller}
    body(operator.post(AT, asked), 201)
    answer = operator.get(f"{AT}/export", source="hotline")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="linli-tickets.csv"'
    (header, row) = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    found = dict(zip(header, row, strict=True))
    assert (found["标题"], found["地点"]) == ("'=1+1", "'@SUM(A1)")
    assert found["内容"].startswith("'+cmd")
    assert (found["电话"], found["称呼"]) == ("138****5621", "***")
    assert found["登记时间"] == "2026-11-22 10:00:00"


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_file_says_of_a_caller_no_more_than_the_list_does(platform: MemoryPlatform, form: str) -> None:
    """A confidential caller is none for those who do not call back, in a file as on the page."""
    operator, manager = platform.as_("operator"), platform.as_("grid_manager")
    for name, confidential in (("王女士", True), ("李先生", False)):
        caller = {"name": name, "phone": "13812345621", "confidential": confidential}
        body(operator.post(AT, {"title": name[0], "text": "x", "area": HERE, "caller": caller}), 201)
    listed = body(manager.get(AT, source="hotline"))["items"]
    assert [item["caller"]["name"] for item in listed if item["caller"]] == ["李先生"]
    text = manager.get(f"{AT}/export", source="hotline", format=form).text
    assert text.count("138****5621") == text.count("李先生") == 1
    unnamed = {"csv": ",***,", "jsonl": '"***"'}[form]
    assert unnamed not in text, "nor that there is one"
    assert operator.get(f"{AT}/export", source="hotline", format=form).text.count(unnamed) == 1


def test_a_person_opens_a_csv_in_chinese_and_a_program_reads_codes(platform: MemoryPlatform) -> None:
    operator = platform.as_("operator")
    made = body(operator.post(AT, {"title": "吵", "text": "x", "area": HERE, "category": "construction-noise"}), 201)
    body(operator.post(f"{AT}/{made['id']}/actions", {"action": "accept", "version": 1}))
    answer = operator.get(f"{AT}/export", source="hotline")
    (header, row) = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    found = dict(zip(header, row, strict=True))
    wanted = {
        "状态": "已受理",
        "阶段": "发现",
        "来源": "热线",
        "紧急程度": "普通",
        "类别": "施工噪声",
        "主办单位": "",
        "满意度": "",
    }
    assert found | wanted == found
    line = json.loads(operator.get(f"{AT}/export", source="hotline", format="jsonl").text)
    assert (line["state"], line["source"], line["urgency"]) == ("accepted", "hotline", 0)
    assert line["category"] == "construction-noise"


def test_a_list_leaves_as_a_workbook_with_the_same_rows_scope_and_audit(
    platform: MemoryPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "MAX_LIMIT", 2)
    reported(platform, "=1+1", *"甲乙丙丁")
    reported(platform, "别处", area=THERE)
    manager = platform.as_("grid_manager")
    answer = manager.get(f"{AT}/export", format="xlsx", sort="opened", source="hotline")
    assert answer.headers["content-type"] == spreadsheets.XLSX
    assert answer.headers["content-disposition"] == 'attachment; filename="linli-tickets.xlsx"'
    (header, *rows) = load_workbook(io.BytesIO(answer.content)).worksheets[0].iter_rows()
    names = [str(cell.value) for cell in header]
    found = [dict(zip(names, row, strict=True)) for row in rows]
    assert [row["标题"].value for row in found] == ["=1+1", *"甲乙丙丁"]
    assert {row["标题"].data_type for row in found} == {"s"}
    assert str(found[0]["登记时间"].value) == "2026-11-22 10:00:01"
    assert {row["电话"].value for row in found} <= {"138****5621", None}
    csv_rows = list(csv.reader(io.StringIO(manager.get(f"{AT}/export", source="hotline").content.decode("utf-8-sig"))))
    assert csv_rows[0] == names
    entries = platform.as_("administrator").get("/api/v1/audit", did="export").json()["items"]
    assert {"format": "xlsx", "sort": "opened", "source": "hotline", "area": HERE[:9]} in [
        entry["detail"] for entry in entries
    ]


def test_a_workbook_that_would_be_too_long_is_refused_and_kept_nowhere(
    platform: MemoryPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "MOST_ROWS", 2)
    reported(platform, *"甲乙丙")
    said = body(platform.as_("operator").get(f"{AT}/export", format="xlsx"), 422)
    assert (said["field"], said["value"]) == ("format", "xlsx")
    assert "format=csv" in said["remedy"]
    assert platform.as_("administrator").get("/api/v1/audit", did="export").json()["items"] == []


def test_a_list_leaves_as_json_lines_page_by_page_and_within_the_callers_scope(
    platform: MemoryPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "MAX_LIMIT", 2)
    reported(platform, *"甲乙丙丁戊")
    reported(platform, "别处", area=THERE)
    answer = platform.as_("grid_manager").get(f"{AT}/export", format="jsonl", sort="opened", source="hotline")
    assert answer.headers["content-type"].startswith("application/jsonl")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [line["title"] for line in lines] == list("甲乙丙丁戊")
    assert lines[0]["opened_at"] == NOW + 1_000
    assert "13812345621" not in answer.text


def test_a_wrong_list_is_no_file(platform: MemoryPlatform) -> None:
    operator = platform.as_("operator")
    assert body(operator.get(f"{AT}/export", format="doc"), 422)["field"] == "format"
    assert body(operator.get(f"{AT}/export", state="lost"), 422)["field"] == "state"
    assert body(platform.as_("grid_manager").get(f"{AT}/export", area=THERE), 403)["field"] == "area"
    assert platform.as_("oncall").get(f"{AT}/export").status_code == 403
