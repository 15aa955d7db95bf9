"""The KPI through the front door: scope, drill-down, files, rules."""

import io
from typing import Any

import pytest
from openpyxl import load_workbook

from services.adapters import spreadsheets
from tests.fakes.api import HERE, THERE, MemoryPlatform
from tests.unit.tickets.ticket_stories import MINUTE

ADDRESS = "/api/v1/kpi"
EVIL = '=HYPERLINK("http://x","点我")'


def act_on(platform: MemoryPlatform, role: str, ticket: str, **step: Any) -> None:
    """One action on a ticket as it stands."""
    person = platform.as_(role)
    version = person.get(f"/api/v1/tickets/{ticket}").json()["version"]
    answer = person.post(f"/api/v1/tickets/{ticket}/actions", {**step, "version": version})
    assert answer.status_code == 200, answer.text


def live(
    platform: MemoryPlatform, area: str, *, title: str = "路灯不亮", satisfied: str = "mostly", until: str = ""
) -> str:
    """A call that is dispatched, finished, checked and called back, or as far as before ``until``; returns it."""
    asked = {"title": title, "text": "三号楼前", "area": area, "caller": {"name": "王女士", "phone": "13812345621"}}
    ticket = platform.as_("operator").post("/api/v1/tickets", asked).json()
    steps: list[tuple[str, dict[str, Any]]] = [
        ("operator", {"action": "accept"}),
        ("dispatcher", {"action": "classify", "category": "lighting", "area": area, "urgency": 0}),
        ("dispatcher", {"action": "dispatch", "unit": "gas-co"}),
        ("unit_handler", {"action": "sign"}),
        ("unit_handler", {"action": "contact", "text": "已电话联系"}),
        ("unit_handler", {"action": "finish", "outcome": "已修复", "photo": "照片"}),
        ("grid_worker" if area == HERE else "supervisor", {"action": "check_ok"}),
        ("operator", {"action": "callback", "contacted": True, "solved": True, "satisfied": satisfied}),
    ]  # fmt: skip
    actions = [step["action"] for _, step in steps]
    most = actions.index(until) if until else len(steps)
    for role, step in steps[: most if area == HERE else 3]:
        platform.clock.advance(MINUTE)
        address, asked = f"/api/v1/tickets/{ticket['id']}/actions", {**step, "version": ticket["version"]}
        answer = platform.as_(role).post(address, asked)
        assert answer.status_code == 200, answer.text
        ticket = answer.json()
    return str(ticket["id"])


@pytest.fixture
def platform() -> MemoryPlatform:
    """Besides the leak of everybody's platform."""
    made = MemoryPlatform()
    live(made, HERE)
    live(made, HERE, title=EVIL, satisfied="satisfied")
    live(made, THERE)
    return made


def test_rates_counts_and_durations_of_the_month_that_runs(platform: MemoryPlatform) -> None:
    body = platform.as_("supervisor").get(ADDRESS).json()
    whole = body["whole"]
    assert (body["period"], body["rules"]["version"]) == ("2026-12", 1)
    assert (whole["received"], whole["accepted"], whole["closed"]) == (4, 4, 2)
    assert whole["measures"]["satisfaction"] == {"hits": 1, "half": 1, "of": 2, "rate": 0.95}
    assert whole["measures"]["solution"]["rate"] == 1.0
    assert whole["score"] == pytest.approx(0.1 + 0.5 + 0.4 * 0.95)
    assert whole["durations"]["accept"] == {"tickets": 2, "mean_ms": MINUTE}
    assert whole["durations"]["discover"] == {"tickets": 0, "mean_ms": None}
    assert [row["key"] for row in body["rows"]] == ["gas-co"]


@pytest.mark.parametrize("by", ["unit", "area", "category", "period"])
def test_rows_add_up_to_the_whole(platform: MemoryPlatform, by: str) -> None:
    body = platform.as_("supervisor").get(ADDRESS, by=by, period="2026-11-20..2026-12-02").json()
    for name in ("received", "accepted", "closed"):
        assert sum(row[name] for row in body["rows"]) == body["whole"][name] > 0
    assert all((row["start"] is None) is (by != "period") for row in body["rows"])


def test_a_person_sees_their_area_and_a_unit_its_own(platform: MemoryPlatform) -> None:
    rows = platform.as_("supervisor").get(ADDRESS, by="area").json()["rows"]
    assert {row["key"]: row["received"] for row in rows} == {"990101001": 3, "990101002": 1}
    mine = platform.as_("grid_manager").get(ADDRESS, by="area").json()
    assert [row["key"] for row in mine["rows"]] == ["990101001"]
    assert platform.as_("grid_manager").get(ADDRESS, area="990101002").status_code == 403
    assert platform.as_("unit_leader").get(ADDRESS, unit="another").json()["whole"]["received"] == 4
    assert platform.as_("citizen").get(ADDRESS).status_code == 403


def test_no_data_is_null_and_never_zero(platform: MemoryPlatform) -> None:
    whole = platform.as_("supervisor").get(ADDRESS, period="2025-01").json()["whole"]
    assert (whole["received"], whole["score"]) == (0, None)
    there = platform.as_("supervisor").get(ADDRESS, by="area").json()["rows"][1]
    assert there["score"] is None
    assert there["measures"].get("solution", {"rate": None})["rate"] is None


def test_behind_a_figure_are_its_tickets_page_by_page(platform: MemoryPlatform) -> None:
    ask = platform.as_("supervisor")
    first = ask.get(f"{ADDRESS}/tickets", measure="satisfaction", limit=1).json()
    second = ask.get(f"{ADDRESS}/tickets", measure="satisfaction", limit=1, cursor=first["next"]).json()
    assert [first["items"][0]["title"], second["items"][0]["title"]] == [EVIL, "路灯不亮"]
    assert second["next"] is None
    assert {item["hit"] for item in (*first["items"], *second["items"])} == {True}
    assert ask.get(f"{ADDRESS}/tickets", measure="satisfaction", hit="false").json()["items"] == []
    assert len(ask.get(f"{ADDRESS}/tickets").json()["items"]) == 4
    assert len(ask.get(f"{ADDRESS}/tickets", closed="true").json()["items"]) == 2
    assert len(platform.as_("grid_manager").get(f"{ADDRESS}/tickets").json()["items"]) == 3


def test_a_mean_and_the_accepted_count_are_made_of_what_is_behind_them(platform: MemoryPlatform) -> None:
    ask = platform.as_("supervisor")
    whole = ask.get(ADDRESS).json()["whole"]
    for name, span in whole["durations"].items():
        items, cursor = [], None
        while True:
            page = ask.get(f"{ADDRESS}/tickets", measure=name, limit=1, **({"cursor": cursor} if cursor else {})).json()
            items += page["items"]
            cursor = page["next"]
            if cursor is None:
                break
        parts = [item["span_ms"] for item in items]
        assert (len(parts), sum(parts) / len(parts) if parts else None) == (span["tickets"], span["mean_ms"]), name
        assert parts == sorted(parts, reverse=True)
    accepted = ask.get(f"{ADDRESS}/tickets", measure="accepted").json()["items"]
    assert len(accepted) == whole["accepted"] == 4
    assert {(item["span_ms"], item["hit"]) for item in accepted} == {(None, None)}
    assert len(platform.as_("grid_manager").get(f"{ADDRESS}/tickets", measure="accepted").json()["items"]) == 3
    assert len(ask.get(f"{ADDRESS}/tickets", measure="closed").json()["items"]) == whole["closed"]


@pytest.mark.parametrize(
    ("query", "field"), [({"measure": "speed"}, "measure"), ({"measure": "resolve", "hit": "false"}, "hit")]
)
def test_what_no_figure_is_called_and_what_it_has_not_is_refused(
    platform: MemoryPlatform, query: dict[str, str], field: str
) -> None:
    answer = platform.as_("supervisor").get(f"{ADDRESS}/tickets", **query)
    assert answer.status_code == 422
    problem = answer.json()
    assert (problem["field"], problem["value"]) == (field, query[field])
    assert "satisfaction" in problem["remedy"]


def test_the_workbook_has_chinese_headers_and_lines_that_add_up(platform: MemoryPlatform) -> None:
    answer = platform.as_("supervisor").get(f"{ADDRESS}/export", by="area")
    assert answer.headers["content-type"] == spreadsheets.XLSX
    assert answer.headers["content-disposition"] == 'attachment; filename="linli-kpi-2026-12.xlsx"'
    figures, rules = load_workbook(io.BytesIO(answer.content)).worksheets
    header, *rows = [list(row) for row in figures.iter_rows(values_only=True)]
    assert header[:4] == ["区域", "受理件(创建)", "已受理", "办结件(办结)"]
    assert {"响应率", "解决率", "满意率", "按时签收率", "按时办结率", "重复诉求率", "退单率", "综合成绩"} <= set(header)
    *parts, whole = rows
    assert whole[0] == "合计"
    for column, name in enumerate(header):
        if isinstance(whole[column], int) and not str(name).endswith("率"):
            assert sum(row[column] or 0 for row in parts) == whole[column], name
    assert parts[1][header.index("满意率")] is None, "no data is an empty cell"
    assert ("规则版本", 1) in list(rules.iter_rows(values_only=True))


def test_in_a_file_every_category_has_its_name(platform: MemoryPlatform) -> None:
    asked = {"title": "半夜施工", "text": "吵", "area": HERE, "category": "construction-noise"}
    platform.as_("operator").post("/api/v1/tickets", asked)
    answer = platform.as_("supervisor").get(f"{ADDRESS}/export", by="category", format="csv")
    assert "施工噪声" in [row[0] for row in spreadsheets.read(answer.content)]


def test_the_csv_says_the_same(platform: MemoryPlatform) -> None:
    answer = platform.as_("supervisor").get(f"{ADDRESS}/export", format="csv")
    assert answer.headers["content-type"] == spreadsheets.CSV
    header, unit, whole = spreadsheets.read(answer.content)
    assert (unit[0], whole[0]) == ("燃气公司", "合计")
    assert unit[1:] == whole[1:]
    assert unit[header.index("满意率")] == "0.95"


def test_rules_are_versions_and_figures_by_an_older_one_stay(platform: MemoryPlatform) -> None:
    weights = {"response": 0.2, "solution": 0.4, "satisfaction": 0.4}
    asked = {"version": 2, "mostly": 0.5, "weights": weights, "reason": "按考核办法第 12 条"}
    assert platform.as_("operator").post(f"{ADDRESS}/rules", asked).status_code == 403
    supervisor = platform.as_("supervisor")
    assert supervisor.post(f"{ADDRESS}/rules", asked).json()["mostly"] == 0.5
    assert supervisor.post(f"{ADDRESS}/rules", asked).status_code == 409
    assert [each["version"] for each in supervisor.get(f"{ADDRESS}/rules").json()["items"]] == [1, 2]
    assert supervisor.get(ADDRESS).json()["whole"]["measures"]["satisfaction"]["rate"] == 0.75
    assert supervisor.get(ADDRESS, version=1).json()["whole"]["measures"]["satisfaction"]["rate"] == 0.95


def test_a_version_has_an_author_and_a_reason_and_a_draft_is_tried_on_last_month(platform: MemoryPlatform) -> None:
    platform.clock.advance(31 * 24 * 60 * MINUTE)
    weights = {"response": 0.1, "solution": 0.5, "satisfaction": 0.4}
    draft = {"mostly": 0.5, "weights": weights, "scale": "four"}
    supervisor = platform.as_("supervisor")
    tried = supervisor.post(f"{ADDRESS}/rules/preview", draft).json()
    rates = [tried[name]["whole"]["measures"]["satisfaction"]["rate"] for name in ("in_force", "drafted")]
    assert (tried["in_force"]["period"], rates) == ("2026-12", [0.95, 0.75])
    assert [row["key"] for row in tried["drafted"]["rows"]] == ["gas-co"]
    assert platform.as_("operator").post(f"{ADDRESS}/rules/preview", draft).status_code == 403
    assert [each["version"] for each in supervisor.get(f"{ADDRESS}/rules").json()["items"]] == [1]
    published = supervisor.post(f"{ADDRESS}/rules", {**draft, "version": 2, "reason": "市里 2027 年办法"}).json()
    assert (published["by"], published["reason"], published["scale"]) == ("supervisor", "市里 2027 年办法", "four")
    assert published["at"] == platform.clock.now()
    unreasoned = supervisor.post(f"{ADDRESS}/rules", {**draft, "version": 3, "reason": "x"})
    assert (unreasoned.status_code, unreasoned.json()["field"]) == (422, "reason")


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ({"period": "2026-02-30"}, 422, "period"),
        ({"period": "'; DROP TABLE tickets; --"}, 422, "period"),
        ({"by": "person"}, 422, "by"),
        ({"area": "99x"}, 422, "area"),
        ({"version": 9}, 404, ""),
        ({"colour": "red"}, 422, "colour"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_its_field(
    platform: MemoryPlatform, query: dict[str, Any], status: int, field: str
) -> None:
    answer = platform.as_("supervisor").get(ADDRESS, **query)
    assert (answer.status_code, answer.json().get("field") or "") == (status, field)


def test_weights_that_do_not_add_up_are_refused(platform: MemoryPlatform) -> None:
    asked = {"version": 2, "weights": {"response": 0.5, "solution": 0.5, "satisfaction": 0.5}, "reason": "考核办法"}
    answer = platform.as_("supervisor").post(f"{ADDRESS}/rules", asked)
    assert (answer.status_code, answer.json()["field"]) == (422, "weights")
