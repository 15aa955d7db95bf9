"""The catalogue as a file through the front door: out, in, tried first, once, and who may."""

import base64
from typing import Any

import pytest

from services.adapters import spreadsheets
from services.adapters.spreadsheets import Sheet
from tests.fakes.api import HERE, THERE, MemoryPlatform, Person

STREET, NEXT = HERE[:9], THERE[:9]
HEADER = "category,area,urgency,lead,assisting,policy"


@pytest.fixture
def platform() -> MemoryPlatform:
    return MemoryPlatform()


def bring(who: Person, *rows: str, **more: Any) -> Any:
    return who.post("/api/v1/catalogue/import", {"content": "\n".join((HEADER, *rows)), **more})


def test_a_dry_run_lists_every_conflict_and_writes_nothing(platform: MemoryPlatform) -> None:
    dispatcher = platform.as_("dispatcher")
    plan = bring(dispatcher, f"lighting,{STREET},,gas-co,,", "", f"nonsense,{HERE[:6]}9,,nobody,,paris").json()
    assert (plan["added"], plan["written"]) == (1, False)
    assert [(each["row"], each["field"], each["value"]) for each in plan["conflicts"]] == [
        (4, "category", "nonsense"), (4, "area", "9901019"), (4, "lead", "nobody"), (4, "policy", "paris"),
    ]  # fmt: skip
    assert all(each["remedy"] and each["remedy_zh"] and each["column"] for each in plan["conflicts"])
    refused = bring(dispatcher, f"lighting,{STREET},,gas-co,,", f"x,{STREET},,gas-co,,", dry_run=False)
    assert (refused.status_code, refused.json()["code"]) == (422, "conflicts")
    assert [each["row"] for each in refused.json()["conflicts"]] == [3]
    assert platform.directory.written == {}
    named = bring(dispatcher, f"lighting,{STREET},,gas-co,,beijing", f"noise,{STREET},,gas-co,,").json()
    assert named["policies"] == {"beijing": 1}, "the version that such tickets would get"


def test_a_file_is_written_once_on_record_and_in_the_audit_chain(platform: MemoryPlatform) -> None:
    dispatcher = platform.as_("dispatcher")
    rows = (f"lighting,{STREET},,gas-co,,", f"*,{NEXT},紧急,district,gas-co,beijing")
    plan = bring(dispatcher, *rows, dry_run=False).json()
    assert (plan["added"], plan["changed"], plan["written"]) == (2, 0, True)
    again = bring(dispatcher, *rows, dry_run=False).json()
    assert (again["added"], again["changed"], again["same"]) == (0, 0, 2)
    rewritten = bring(dispatcher, f"lighting,{STREET},,district,,", dry_run=False).json()
    assert [(each["old"]["lead"], each["new"]["lead"]) for each in rewritten["changes"]] == [("gas-co", "district")]
    listed = dispatcher.get("/api/v1/catalogue/changes").json()["items"]
    assert [(each["by"], (each["old"] or {}).get("lead"), each["new"]["lead"]) for each in listed] == [
        ("dispatcher", "gas-co", "district"), ("dispatcher", None, "district"), ("dispatcher", None, "gas-co"),
    ]  # fmt: skip
    entries = platform.as_("administrator").get("/api/v1/audit", did="catalogue").json()["items"]
    assert [each["subject"] for each in entries] == ["import", "import"]


def test_what_went_out_comes_back_in_without_a_change(platform: MemoryPlatform) -> None:
    dispatcher = platform.as_("dispatcher")
    bring(dispatcher, f"lighting,{STREET},,gas-co,,", f"*,{NEXT},2,district,gas-co,beijing", dry_run=False)
    text = dispatcher.get("/api/v1/catalogue/export", format="csv").content.decode("utf-8-sig")
    assert "燃气公司" in text
    workbook = dispatcher.get("/api/v1/catalogue/export", format="xlsx").content
    for body in ({"content": text}, {"workbook": base64.b64encode(workbook).decode()}):
        plan = dispatcher.post("/api/v1/catalogue/import", body).json()
        assert (plan["rows"], plan["same"], plan["conflicts"]) == (2, 2, [])


def test_a_plan_that_the_catalogue_has_overtaken_is_not_written(platform: MemoryPlatform) -> None:
    dispatcher = platform.as_("dispatcher")
    row = f"noise,{STREET},,gas-co,,"
    basis = bring(dispatcher, row).json()["basis"]
    bring(dispatcher, f"dust,{STREET},,gas-co,,", dry_run=False)
    late = bring(dispatcher, row, dry_run=False, basis=basis)
    assert (late.status_code, late.json()["code"]) == (409, "basis")
    assert bring(dispatcher, row, dry_run=False, basis=late.json()["basis"]).json()["added"] == 1


def test_only_those_who_keep_the_catalogue_bring_files_and_only_within_their_area(platform: MemoryPlatform) -> None:
    assert bring(platform.as_("operator"), f"noise,{STREET},,gas-co,,").status_code == 403
    platform.people.users["dispatcher"] = (
        type(platform.people.users["dispatcher"][0])("dispatcher", "d", "dispatcher", STREET),
        "plain:dispatcher",
    )
    bound = platform.as_("dispatcher")
    plan = bring(bound, f"noise,{NEXT},,gas-co,,").json()
    assert [each["fault"] for each in plan["conflicts"]] == ["not_yours"]
    bring(platform.as_("supervisor"), f"noise,{NEXT},,gas-co,,", f"dust,{STREET},,gas-co,,", dry_run=False)
    assert [each["new"]["area"] for each in bound.get("/api/v1/catalogue/changes").json()["items"]] == [STREET]
    out = spreadsheets.read(bound.get("/api/v1/catalogue/export", format="csv").content)
    assert [line[0] for line in out[1:]] == ["dust"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"content": "a,b\n1,2"}, "column"),
        ({}, "empty"),
        ({"workbook": "%%%"}, "Base64"),
        ({"workbook": base64.b64encode(spreadsheets.to_xlsx([Sheet("x", ["category"], [])])).decode()}, "column"),
    ],
)
def test_what_is_no_catalogue_is_refused_whole(platform: MemoryPlatform, body: dict[str, str], said: str) -> None:
    answer = platform.as_("dispatcher").post("/api/v1/catalogue/import", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "file")
    assert said in answer.json()["detail"]
