"""Deadline policies: what is in force, one as a table, versions and what differs, the next one with its dates."""

import re

import pytest

from tests.fakes.city import MINUTE, MemoryCity
from tests.unit.pages.test_kpi_page import cells
from tests.unit.pages.test_rule_pages import Form, Visitor

WHY = "市里 2026 年的决定"
NEXT = "/policies/default/next"
COPY = "/policies/default/copy"


@pytest.fixture(scope="module")
def shared() -> MemoryCity:
    """For tests that put nothing in force: a city takes its time."""
    return MemoryCity()


@pytest.fixture
def city() -> MemoryCity:
    return MemoryCity()


def draft(visitor: Visitor, do: str, path: str = NEXT, **changes: str) -> tuple[int, str]:
    fields = Form(visitor.send("GET", path).text, "policy-form").fields
    fields |= {name.replace("__", "."): value for name, value in changes.items()}
    answer = visitor.send("POST", path, {**fields, **visitor.csrf, "do": do})
    return answer.status_code, answer.headers.get("location", "") or answer.text


def test_the_list_says_which_is_in_force_and_that_open_tickets_keep_theirs(shared: MemoryCity) -> None:
    page = Visitor(shared, "operator").send("GET", "/policies").text
    assert "现行：平台默认 第 1 版" in page
    assert "已开的工单一直按开单时的方案计时" in page
    beijing, default, shandong, shanghai = cells(page)[1:]
    assert beijing[0].startswith("北京")
    assert beijing[2:] == ["2 小时", "24 小时", "7 天", "24 小时", "第 1 版"]
    assert "现行第 1 版" in default[0]
    assert default[2:5] == ["24 小时", "24 小时", "5 个工作日"]
    assert (shandong[0][:2], shanghai[0][:4]) == ("山东", "上海街镇")
    assert "还没有人选过方案" in page
    assert 'href="/policies"' in Visitor(shared, "administrator").send("GET", "/people").text


def test_a_policy_reads_as_a_table_in_both_languages(shared: MemoryCity) -> None:
    supervisor = Visitor(shared, "supervisor")
    page = supervisor.send("GET", "/policies/default").text
    rows = re.findall(r'<th scope="row">([^<]+)<.*?</th>((?:<td>[^<]*</td>)+)', page)
    table = {name: re.findall(r"<td>([^<]*)</td>", row) for name, row in rows}
    assert table["签收"] == ["5 分钟", "15 分钟", "4 个工作小时"]
    assert table["首次联系"] == ["1 个工作日"] * 3
    assert table["阶段结果"] == ["2 小时", "8 小时", "3 个工作日"]
    assert table["办结"] == ["24 小时", "24 小时", "5 个工作日"]
    assert table["可退单"] == ["不允许", "2 小时", "2 个工作日"]
    assert table["延期最多"] == ["不允许", "24 小时", "10 个工作日"]
    assert "最多 2 次" in page
    assert "最长 90 天" in page
    assert "08:30–12:00、13:00–17:30" in page
    supervisor.cookies["linli_language"] = "en"
    english = supervisor.send("GET", "/policies/default").text
    assert "4 working hours" in english
    assert "<td>1 working day</td>" in english
    assert "open tickets stay as they are" in english


def test_a_draft_shows_the_dates_that_a_ticket_would_get_over_the_holidays(shared: MemoryCity) -> None:
    supervisor = Visitor(shared, "supervisor")
    status, page = draft(supervisor, "preview", limits__0__finish="3", opens="2026-09-30T10:00")
    assert status == 200
    table = page.partition('id="preview"')[2]
    finish = next(row for row in re.findall(r"<tr>.*?</tr>", table) if ">办结<" in row)
    assert "<del>10月13日 周二 24:00</del> → <b>10月10日 周六 24:00</b>" in finish, "the 10th is worked"
    assert "国庆节 10月1日–10月7日 放假；10月10日 上班（国庆节调休）" in page
    assert 'value="3"' in page, "the draft stays in the form"
    assert "现行：平台默认 第 1 版" in supervisor.send("GET", "/policies").text


def test_the_next_version_has_author_reason_and_time_and_is_compared_and_taken_back(city: MemoryCity) -> None:
    supervisor = Visitor(city, "supervisor")
    status, page = draft(supervisor, "enforce", limits__0__finish="3", wait__unit="d")
    assert (status, "依据有 0 个字" in page) == (422, True)
    city.clock.advance(20 * MINUTE)
    done = draft(supervisor, "enforce", limits__0__finish="3", wait__unit="d", reason=WHY)
    assert done == (303, "/policies/default?said=policy_kept")
    page = supervisor.send("GET", "/policies/default").text
    assert "平台默认 第 2 版" in page
    versions = cells(page.partition('id="versions-title"')[2])
    assert versions[1][-2:] == ["卫督办", WHY]
    assert versions[2][-2:] == ["随平台发布", "—"]
    differences = cells(page.partition('id="diff-title"')[2])[1:]
    assert differences == [
        ["普通：办结", "5 个工作日", "3 个工作日"],
        ["等诉求人", "最长 3 个工作日", "最长 3 天"],
    ]
    back = supervisor.send("GET", "/policies/default?from=2&to=1").text
    assert ["普通：办结", "3 个工作日", "5 个工作日"] in cells(back.partition('id="diff-title"')[2])
    short = supervisor.send("POST", "/policies/default/enforce", {**supervisor.csrf, "version": "1", "reason": "急"})
    assert (short.status_code, "依据有 1 个字" in short.text) == (422, True)
    sent = {**supervisor.csrf, "version": "1", "reason": "先按老办法"}
    assert supervisor.send("POST", "/policies/default/enforce", sent).status_code == 303
    listed = supervisor.send("GET", "/policies").text
    assert "现行：平台默认 第 1 版" in listed
    history = cells(listed.partition('id="history-title"')[2])[1:]
    assert [row[1:] for row in history] == [
        ["平台默认 第 1 版", "卫督办", "先按老办法"],
        ["平台默认 第 2 版", "卫督办", WHY],
    ]
    audit = Visitor(city, "administrator").send("GET", "/audit?did=policy").text
    assert audit.count("时限政策 default") == 2
    assert WHY in audit


@pytest.mark.parametrize("do", ["enforce", "publish"])
def test_two_who_draft_at_once_do_not_overwrite_each_other(city: MemoryCity, do: str) -> None:
    supervisor = Visitor(city, "supervisor")
    stale = Form(supervisor.send("GET", NEXT).text, "policy-form").fields
    assert draft(supervisor, do, limits__0__finish="3", reason=WHY)[0] == 303
    late = {**stale, **supervisor.csrf, "limits.0.finish": "4", "reason": WHY, "do": do}
    answer = supervisor.send("POST", NEXT, late)
    assert answer.status_code == 422
    assert "别人刚发布了第 2 版" in answer.text
    again = {**Form(answer.text, "policy-form").fields, **supervisor.csrf, "do": do}
    assert (again["version"], again["limits.0.finish"]) == ("3", "4"), "nothing that was typed is lost"
    assert supervisor.send("POST", NEXT, again).status_code == 303


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"limits__0__sign": "soon"}, "普通：签收“soon”不行，请填 1 到 9999 的整数"),
        ({"limits__2__accept": "0"}, "紧急：受理“0”不行"),
        ({"limits__0__sign__unit": "weeks"}, "普通：签收“weeks”不是单位"),
        ({"limits__1__finish": "9999", "limits__1__finish__unit": "wd"}, "重要：办结“9999wd”太长，请填不到一年"),
        ({"wait": "-1"}, "等诉求人“-1”不行"),
        ({"extensions": "10"}, "“10”不行，请填 0 到 9 的整数"),
        ({"park_days": ""}, "“”不行，请填 1 到 90 的整数"),
        ({"hours__0__from": "13:00"}, "办公时间须是先后不重叠的时段"),
        ({"hours__0__to": ""}, "办公时间须是先后不重叠的时段"),
        ({"opens": "tomorrow"}, "“tomorrow”不是时间"),
        ({"opens": "2200-01-01T00:00"}, "那一年的节假日还推算不到"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_at_its_field(shared: MemoryCity, changes: dict[str, str], words: str) -> None:
    status, page = draft(Visitor(shared, "supervisor"), "preview", **changes)
    assert status == 422
    assert page.count(words) == 2, "in the summary and at the field"
    assert "问题：" in page


def test_who_may_not_change_deadlines_reads_them(shared: MemoryCity) -> None:
    operator = Visitor(shared, "operator")
    page = operator.send("GET", "/policies/beijing").text
    assert "方案由督办和管理员启用和修改" in page
    assert "enforce-title" not in page
    assert "/next" not in page
    assert operator.send("GET", NEXT).status_code == 403
    assert operator.send("GET", COPY).status_code == 403
    for path in (NEXT, COPY):
        assert operator.send("POST", path, {**operator.csrf, "do": "publish"}).status_code == 403
    sent = {**operator.csrf, "version": "1", "reason": WHY}
    assert operator.send("POST", "/policies/beijing/enforce", sent).status_code == 403
    assert Visitor(shared, "citizen").send("GET", "/policies").status_code == 403
    assert operator.send("GET", "/policies/nowhere").status_code == 404


def test_another_policys_draft_says_that_it_replaces_the_one_in_force(shared: MemoryCity) -> None:
    page = Visitor(shared, "supervisor").send("GET", "/policies/shandong/next").text
    assert "现在用的是平台默认，启用后改用这一套" in page


def line(city: MemoryCity, policy: str) -> None:
    """The catalogue names these deadlines for noise in one street."""
    form = {"category": "noise", "area": "990101001", "lead": "gas-repair", "urgency": "", "policy": policy}
    dispatcher = Visitor(city, "dispatcher")
    assert dispatcher.send("POST", "/catalogue", {**dispatcher.csrf, **form}).status_code == 303


def test_a_version_is_published_alone_counts_where_the_catalogue_names_it_and_is_enforced_later(
    city: MemoryCity,
) -> None:
    line(city, "default")
    supervisor = Visitor(city, "supervisor")
    page = supervisor.send("GET", NEXT).text
    assert "现行方案不变；只有派单目录指定本方案的事项" in page
    assert "现在指定它的有 1 条" in page
    assert draft(supervisor, "publish", limits__0__finish="3")[0] == 422, "publishing alone has its reason, too"
    done = draft(supervisor, "publish", limits__0__finish="3", reason=WHY)
    assert done == (303, "/policies/default?version=2&said=policy_published")
    page = supervisor.send("GET", done[1]).text
    assert "新版已发布，没有启用；现行方案不变" in page
    versions = cells(page.partition('id="versions-title"')[2])
    assert [row[0] for row in versions[1:3]] == ["第 2 版 已发布，未启用", "第 1 版 现行"]
    assert versions[1][-2:] == ["卫督办", WHY]
    assert "派单目录有 1 条指定本方案，按最新的第 2 版计时" in page
    assert "第 2 版 （已发布，未启用）</option>" in page
    listed = supervisor.send("GET", "/policies").text
    assert "现行：平台默认 第 1 版" in listed
    default = next(row for row in cells(listed) if row[0].startswith("平台默认"))
    assert (default[4], default[-1]) == ("5 个工作日", "第 2 版 已发布，未启用"), "its limits are those in force"
    catalogue = Visitor(city, "operator").send("GET", "/catalogue?category=noise&area=990101001").text
    assert '<a href="/policies/default">平台默认 第 2 版</a>' in catalogue
    assert '<a href="/policies/default">现行：平台默认 第 1 版</a>' in catalogue, "of the lines that name none"
    audit = Visitor(city, "administrator").send("GET", "/audit?did=policy_published").text
    assert "时限政策 default" in audit
    sent = {**supervisor.csrf, "version": "2", "reason": "试行期满"}
    assert supervisor.send("POST", "/policies/default/enforce", sent).status_code == 303
    page = supervisor.send("GET", "/policies/default").text
    assert "未启用" not in page
    versions = cells(page.partition('id="versions-title"')[2])
    assert versions[1][-2:] == ["卫督办", WHY], "who wrote it stays, whoever puts it in force"


def test_a_policy_of_a_citys_own_begins_as_a_copy_under_its_name(city: MemoryCity) -> None:
    supervisor = Visitor(city, "supervisor")
    assert f'href="{COPY}?version=1"' in supervisor.send("GET", "/policies/default").text
    path = f"{COPY}?version=1"
    for name, words in (
        ("", "“”不行，请用小写字母"), ("成都", "“成都”不行，请用小写字母"), ("beijing", "已经有叫“beijing”的方案"),
        ("default", "已经有叫“default”的方案"),
    ):  # fmt: skip
        status, page = draft(supervisor, "publish", path, name=name, reason=WHY)
        assert (status, page.count(words)) == (422, 2), "in the summary and at the field"
    done = draft(supervisor, "publish", path, name="chengdu-gas", limits__0__finish="3", reason=WHY)
    assert done == (303, "/policies/chengdu-gas?version=1&said=policy_published")
    assert draft(supervisor, "publish", path, name="chengdu-gas", limits__0__finish="3", reason=WHY) == done, (
        "a button that was hit twice"
    )
    status, page = draft(supervisor, "publish", path, name="chengdu-gas", limits__0__finish="4", reason=WHY)
    assert (status, "已经有叫“chengdu-gas”的方案" in page) == (422, True)
    page = supervisor.send("GET", done[1]).text
    assert "chengdu-gas 第 1 版" in page
    assert page.count("已发布，未启用") == 3, "beside the title, among the versions, in the choice"
    line(city, "chengdu-gas")
    dispatched = Visitor(city, "operator").send("GET", "/catalogue?category=noise&area=990101001").text
    assert '<a href="/policies/chengdu-gas">chengdu-gas 第 1 版</a>' in dispatched
    assert "chengdu-gas" in supervisor.send("GET", "/policies").text
    assert draft(supervisor, "preview", path, name="kunming")[0] == 200
    assert supervisor.send("GET", "/policies/kunming").status_code == 404, "trying its dates keeps nothing"
