"""Another system's tickets: mapped, tried, named by line and column, and taken over once."""

import json
from typing import Any

import httpx
import pytest

from services.api.tickets.importing import MOST
from services.registry.domain import Role, User
from tests.fakes.api import HERE, THERE, MemoryPlatform

AT = "/api/v1/tickets/import"
MAPPING = {"number": "工单编号", "title": "标题", "text": "诉求", "area": "区划", "caller_phone": "电话"}
FILE = f'工单编号,标题,诉求,区划,电话\nA-1,路灯不亮,三号楼前,{HERE},13812345621\nA-2,井盖松动,"雨后,更松",{THERE},\n'


@pytest.fixture
def platform() -> MemoryPlatform:
    return MemoryPlatform()


def sent(platform: MemoryPlatform, content: str = FILE, role: str = "operator", **changes: Any) -> httpx.Response:
    asked = {"system": "kaifeng", "format": "csv", "mapping": MAPPING, "content": content, **changes}
    return platform.as_(role).post(AT, asked)


def body(answer: httpx.Response, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_dry_run_opens_nothing(platform: MemoryPlatform) -> None:
    before = len(platform.tickets.state.tickets)
    assert body(sent(platform)) == {"rows": 2, "sound": 2, "known": 0, "fresh": 2, "faults": [], "taken": []}
    assert len(platform.tickets.state.tickets) == before


def test_a_file_is_taken_over_once_whoever_sends_it_and_however_often(platform: MemoryPlatform) -> None:
    first = body(sent(platform, dry_run=False))["taken"]
    assert [(each["line"], each["number"], each["known"]) for each in first] == [(2, "A-1", False), (3, "A-2", False)]
    platform.clock.advance(1_000)
    again = body(sent(platform, FILE + "A-3,积水,门口,,\n", role="supervisor", dry_run=False))["taken"]
    assert [each["known"] for each in again] == [True, True, False]
    assert [each["ticket"] for each in again[:2]] == [each["ticket"] for each in first]
    ticket = platform.as_("operator").get(f"/api/v1/tickets/{first[0]['ticket']}").json()
    assert (ticket["source"], ticket["title"], ticket["area"]) == ("system", "路灯不亮", HERE)
    assert ticket["text"] == "三号楼前\n原系统编号 kaifeng A-1"
    assert ticket["events"][0]["by"] == "import:kaifeng"
    found = platform.as_("operator").get("/api/v1/tickets", text="kaifeng A-2").json()["items"]
    assert [each["title"] for each in found] == ["井盖松动"]


def test_a_dry_run_lists_what_the_platform_itself_would_refuse(platform: MemoryPlatform) -> None:
    body(sent(platform, dry_run=False))
    platform.people.add_user(User("ann", "Ann", Role.OPERATOR, HERE[:9], ""), "plain:ann")
    changed = FILE.replace("路灯不亮", "路灯闪烁") + f"A-3,积水,门口,{HERE},\nA-4,井盖,门口,{THERE},\n"
    for _ in range(2):
        found = body(sent(platform, changed, role="ann"))
        assert [(fault["line"], fault["column"], fault["because"]) for fault in found["faults"]] == [
            (2, "工单编号", "idempotency"), (3, "区划", "forbidden"), (5, "区划", "forbidden"),
        ]  # fmt: skip
        assert (found["rows"], found["sound"], found["known"], found["fresh"]) == (4, 4, 0, 1)
        assert found["taken"] == []
    again = body(sent(platform, changed.replace("路灯闪烁", "路灯不亮")))
    assert (again["known"], again["fresh"], again["faults"]) == (2, 2, [])


def test_a_category_that_is_none_is_a_fault_of_its_own_column(platform: MemoryPlatform) -> None:
    content = "工单编号,标题,诉求,类别\nA-1,漏水,三楼,water\nA-2,路灯,三楼,lighting\n"
    mapping = {"number": "工单编号", "title": "标题", "text": "诉求", "category": "类别"}
    found = body(sent(platform, content, mapping=mapping))
    assert [(fault["line"], fault["column"], fault["value"]) for fault in found["faults"]] == [(2, "类别", "water")]
    assert "did you mean" in found["faults"][0]["detail"]


def test_a_code_that_a_spreadsheet_rounded_is_said_to_be_that(platform: MemoryPlatform) -> None:
    found = body(sent(platform, FILE.replace(HERE, "9.90101E+14"), dry_run=False))
    assert [(each["column"], each["value"], each["because"]) for each in found["faults"]] == [
        ("区划", "9.90101E+14", "rounded")
    ]
    assert found["taken"] == []


def test_json_lines_are_read_alike(platform: MemoryPlatform) -> None:
    lines = [{"工单编号": 7, "标题": "甲", "诉求": "一", "区划": None}, {"工单编号": 8, "标题": "乙", "诉求": "二"}]
    content = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
    mapping = {"number": "工单编号", "title": "标题", "text": "诉求", "area": "区划"}
    taken = body(sent(platform, content, format="jsonl", mapping=mapping, dry_run=False))["taken"]
    assert [each["number"] for each in taken] == ["7", "8"]


def test_every_fault_is_named_by_line_and_column_and_nothing_is_taken_over(platform: MemoryPlatform) -> None:
    content = FILE + f",无编号,x,,\nA-1,重复,x,,\nA-5,{'长' * 201},x,12,\nA-6,空,,,\n"
    before = len(platform.tickets.state.tickets)
    found = body(sent(platform, content, dry_run=False))
    assert [(fault["line"], fault["column"]) for fault in found["faults"]] == [
        (4, "工单编号"), (5, "工单编号"), (6, "标题"), (6, "区划"), (7, "标题"),
    ]  # fmt: skip
    assert "line 2 has the same number" in found["faults"][1]["detail"]
    assert (found["rows"], found["sound"], found["taken"]) == (6, 2, [])
    assert len(platform.tickets.state.tickets) == before


def test_what_is_refused_of_a_file_leaves_the_rest_of_it_alone(platform: MemoryPlatform) -> None:
    rows = [f"A-{number},路灯 {number},三号楼前,{HERE},\n" for number in range(120)]
    head = FILE.splitlines(keepends=True)[0]
    body(sent(platform, head + rows[7] + rows[60], dry_run=False))
    rows[7] = rows[7].replace("路灯", "井盖")
    rows[70] = "A-70,路灯 70,三号楼前,110101,\n"
    found = body(sent(platform, head + "".join(rows), dry_run=False))
    assert [(each["line"], each["column"], each["value"]) for each in found["faults"]] == [
        (9, "工单编号", "A-7"), (72, "区划", "110101"),
    ]  # fmt: skip
    assert (found["known"], found["fresh"], len(found["taken"])) == (1, 117, 118)
    assert sum(ticket.source == "system" for ticket in platform.tickets.state.tickets.values()) == 119


def test_a_number_that_came_back_with_another_content_is_a_fault(platform: MemoryPlatform) -> None:
    body(sent(platform, dry_run=False))
    found = body(sent(platform, FILE.replace("路灯不亮", "路灯闪烁"), dry_run=False))
    assert [fault["value"] for fault in found["faults"]] == ["A-1"]
    assert [each["number"] for each in found["taken"]] == ["A-2"]


@pytest.mark.parametrize(
    ("content", "changes", "field"),
    [
        (FILE, {"mapping": {"number": "工单编号"}}, "mapping.title"),
        (FILE, {"mapping": {**MAPPING, "colour": "标题"}}, "mapping.colour"),
        (FILE, {"mapping": {**MAPPING, "place": "哪里"}}, "mapping.place"),
        (FILE, {"system": "A b"}, "system"),
        (FILE + 'A-9,"x\n', {}, "content"),
        (FILE + "A-9,1,2,,,6,7\n", {}, "content"),
        ("{", {"format": "jsonl"}, "content"),
        ("[1]", {"format": "jsonl"}, "content"),
        ("工单编号,标题,诉求,区划,电话\n" + "a,b,c,,\n" * (MOST + 1), {}, "content"),
    ],
    ids=str,
)
def test_what_cannot_be_read_is_refused_whole(
    platform: MemoryPlatform, content: str, changes: dict[str, Any], field: str
) -> None:
    answer = body(sent(platform, content, **changes), 422)
    assert answer["field"] == field
    assert answer["remedy"]


def test_only_those_who_take_calls_may_import(platform: MemoryPlatform) -> None:
    for role in ("citizen", "grid_worker", "unit_leader", "oncall"):
        assert body(sent(platform, role=role), 403)["code"] == "role"


def test_a_row_of_another_area_is_a_fault(platform: MemoryPlatform) -> None:
    platform.people.add_user(User("ann", "Ann", Role.OPERATOR, HERE[:9], ""), "plain:ann")
    found = body(sent(platform, role="ann", dry_run=False))
    assert [each["number"] for each in found["taken"]] == ["A-1"]
    assert [(fault["line"], fault["value"]) for fault in found["faults"]] == [(3, THERE)]
