"""The rule pages without a script: what a browser sends is kept, refused in place, or tried."""

import asyncio
import html
import re
from html.parser import HTMLParser
from typing import Any

import httpx
import msgspec
import pytest

from sensors.kinds import default_rules
from services.alarms.domain import HoldKind
from services.api.language.words import words
from services.api.pages.rules import rule_views
from services.registry.domain import Difference
from streams.contracts import Condition, DeviceState, Level, Rate, Severity, Value
from tests.fakes.city import MINUTE, MemoryCity


class Form(HTMLParser):
    """The fields of one form as a browser would send them."""

    def __init__(self, text: str, form: str) -> None:
        super().__init__()
        self.form, self.inside = form, False
        self.fields: dict[str, str] = {}
        self.select, self.area, self.chosen = "", "", False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = found.get("id") == self.form
        if not self.inside or "disabled" in found:
            return
        if tag == "input" and "name" in found:
            if found.get("type") not in {"checkbox", "radio"} or "checked" in found:
                self.fields[found["name"]] = found.get("value", "")
        elif tag == "select":
            self.select, self.chosen = found.get("name", ""), False
        elif tag == "option" and self.select and ("selected" in found or self.select not in self.fields):
            self.fields[self.select] = found.get("value", "")
        elif tag == "textarea":
            self.area = found.get("name", "")
            self.fields[self.area] = ""

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "form"
        if tag in {"select", "textarea"}:
            self.select = self.area = ""

    def handle_data(self, data: str) -> None:
        if self.area:
            self.fields[self.area] += data


class Visitor:
    """Somebody with a browser that runs no script."""

    def __init__(self, city: MemoryCity, role: str) -> None:
        self.city = city
        self.cookies = {"linli_session": city.session(role)}

    def send(self, method: str, path: str, data: dict[str, str] | None = None, files: Any = None) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.city.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://linli.test", cookies=self.cookies, headers={"Accept": "text/html"}
            ) as client:
                return await client.request(method, path, data=data, files=files)

        return asyncio.run(ask())

    def form(self, path: str, form: str = "rule-form") -> dict[str, str]:
        page = self.send("GET", path)
        assert page.status_code == 200, page.text
        return Form(page.text, form).fields

    @property
    def csrf(self) -> dict[str, str]:
        identity = self.city.identities.caller(self.cookies["linli_session"], now=self.city.clock.now())
        assert identity is not None
        return {"csrf_token": identity.csrf}


@pytest.fixture
def city() -> MemoryCity:
    return MemoryCity()


def test_a_form_that_nobody_touched_saves_the_same_rule(city: MemoryCity) -> None:
    author = Visitor(city, "supervisor")
    before = city.rules.get_rule("gas.ch4")
    fields = author.form("/rules/gas.ch4")
    answer = author.send("POST", "/rules/gas.ch4", {**fields, "reason": "例行核对", "do": "save"})
    assert (answer.status_code, answer.headers.get("location")) == (303, "/rules/gas.ch4?said=rule_kept"), answer.text
    after = city.rules.list_revisions("gas.ch4")[0]
    assert before is not None
    assert (after.rule.levels, after.rule.scope, after.why, after.by) == (
        before.levels, before.scope, "例行核对", "supervisor",
    )  # fmt: skip
    again = author.send("POST", "/rules/gas.ch4", {**fields, "reason": "例行核对", "do": "save"})
    assert again.status_code == 303
    assert len(city.rules.list_versions("gas.ch4")) == 2


def test_the_form_of_every_default_rule_can_be_saved_as_it_is(city: MemoryCity) -> None:
    author = Visitor(city, "administrator")
    for before in default_rules():
        fields = author.form(f"/rules/{before.id}")
        answer = author.send("POST", f"/rules/{before.id}", {**fields, "reason": "核对", "do": "save"})
        assert answer.status_code == 303, (before.id, answer.text)
        after = city.rules.get_rule(before.id)
        assert after == msgspec.structs.replace(before, version=before.version + 1), before.id


def test_a_wrong_form_comes_back_with_every_character_and_each_error_at_its_field(city: MemoryCity) -> None:
    author = Visitor(city, "supervisor")
    fields = {**author.form("/rules/gas.ch4"), "critical.limit": "5O", "major.limit": "25.5", "do": "save"}
    answer = author.send("POST", "/rules/gas.ch4", {**fields, "suppress_when": "gas.ch4, gas.alarm"})
    assert answer.status_code == 422
    back = Form(answer.text, "rule-form").fields
    assert (back["critical.limit"], back["major.limit"], back["suppress_when"]) == ("5O", "25.5", "gas.ch4, gas.alarm")
    assert 'id="critical.limit-error"' in answer.text
    assert "<title>问题：" in answer.text
    answer = author.send("POST", "/rules/gas.ch4", {**author.form("/rules/gas.ch4"), "do": "save"})
    assert answer.status_code == 422
    assert 'id="reason-error"' in answer.text
    assert len(city.rules.list_versions("gas.ch4")) == 1


def test_trying_keeps_nothing_and_warns(city: MemoryCity) -> None:
    author = Visitor(city, "supervisor")
    fields = {**author.form("/rules/gas.ch4"), "scope.model": "no-such", "critical.deadband": "30", "do": "try"}
    answer = author.send("POST", "/rules/gas.ch4", fields)
    assert answer.status_code == 200
    assert "范围内没有设备" in answer.text
    assert "紧急 回差“30”：填不小于 0 的数" in html.unescape(answer.text)
    assert len(city.rules.list_versions("gas.ch4")) == 1


def test_a_rule_is_given_another_measure_and_a_side_condition(city: MemoryCity) -> None:
    author = Visitor(city, "supervisor")
    at = "/rules/gas.ch4"
    asked = {**author.form(at), "measure.type": "rate", "do": "try"}
    assert "measure.window_ms" not in asked
    fields = Form(author.send("POST", at, asked).text, "rule-form").fields
    assert (fields["measure.type"], fields["measure.was"], fields["measure.window_ms"]) == ("rate", "rate", "1")
    before = city.rules.get_rule("gas.ch4")
    assert before is not None
    assert before.measure == Value(), "trying keeps nothing"
    typed = {"measure.window_ms": "30", "measure.window_ms.unit": "min", "critical.given": "valve_open true"}
    kept = author.send("POST", at, {**fields, **typed, "reason": "看上升速度", "do": "save"})
    assert kept.status_code == 303, kept.text
    after = city.rules.get_rule("gas.ch4")
    assert after is not None
    assert after.measure == Rate(1_800_000)
    assert after.levels[0].given == (Condition("valve_open"),)
    odd = author.send("POST", at, {**author.form(at), "measure.type": "sum", "reason": "两量", "do": "save"})
    assert odd.status_code == 422
    assert 'href="#measure.other"' in odd.text
    assert 'id="measure.other-error"' in odd.text


def test_a_new_rule_is_made_from_another(city: MemoryCity) -> None:
    author = Visitor(city, "administrator")
    fields = author.form("/rules/new?from=gas.rising")
    wanted = {**fields, "id": "gas.rising.fast", "warning.limit": "90", "scope.area": "990101001", "do": "save"}
    answer = author.send("POST", "/rules/new", {**wanted, "reason": "更快才报"})
    assert answer.headers.get("location") == "/rules/gas.rising.fast?said=rule_kept", answer.text
    made, model = city.rules.get_rule("gas.rising.fast"), city.rules.get_rule("gas.rising")
    assert made is not None
    assert model is not None
    assert (made.measure, made.kin, made.scope.area, made.levels[0].limit) == (
        model.measure, model.kin, "990101001", 90.0,
    )  # fmt: skip
    taken = author.send("POST", "/rules/new", {**wanted, "key": "other", "reason": "更快才报"})
    assert taken.status_code == 409


def test_somebody_elses_version_is_told_and_the_text_stays(city: MemoryCity) -> None:
    author, other = Visitor(city, "supervisor"), Visitor(city, "administrator")
    mine, theirs = author.form("/rules/gas.ch4"), other.form("/rules/gas.ch4")
    assert other.send("POST", "/rules/gas.ch4", {**theirs, "reason": "先改", "do": "save"}).status_code == 303
    answer = author.send("POST", "/rules/gas.ch4", {**mine, "major.limit": "24", "reason": "后改", "do": "save"})
    assert answer.status_code == 409
    assert " 刚存了第 4 版，您的内容还在" in answer.text
    assert "理由：先改。" in answer.text
    assert Form(answer.text, "rule-form").fields["major.limit"] == "24"


def test_two_people_at_one_rule_keep_both_changes_and_each_sees_the_others(city: MemoryCity) -> None:
    author, other, at = Visitor(city, "supervisor"), Visitor(city, "administrator"), "/rules/gas.ch4"
    mine, theirs = author.form(at), other.form(at)
    changed = {"critical.limit": "52", "critical.repeat": "3", "major.off_delay_ms": "7", "reason": "先改"}
    assert other.send("POST", at, {**theirs, **changed, "do": "save"}).status_code == 303
    typed = {**mine, "critical.limit": "48", "warning.on_delay_ms": "2", "warning.on_delay_ms.unit": "min"}
    answer = author.send("POST", at, {**typed, "reason": "后改", "do": "save"})
    text = re.sub(r"<[^>]+>", "", html.unescape(answer.text))
    assert answer.status_code == 409
    assert "已把对方改的并入下表：紧急 次数、重要 恢复延时。" in text
    assert "紧急 限值 对方改为 52" in text
    back = Form(answer.text, "rule-form").fields
    assert back["version"] == "4"
    assert author.send("POST", at, {**back, "do": "save"}).status_code == 303
    kept = city.rules.list_revisions("gas.ch4")[0]
    critical, major, warning = kept.rule.levels
    assert (kept.rule.version, kept.by, kept.why) == (5, "supervisor", "后改")
    assert (critical.limit, critical.repeat, major.off_delay_ms, warning.on_delay_ms) == (48, 3, 420_000, 120_000)


def test_a_new_warning_has_to_be_meant_before_a_rule_is_kept(city: MemoryCity) -> None:
    author, at = Visitor(city, "supervisor"), "/rules/gas.ch4"
    typed = {**author.form(at), "scope.model": "no-such", "reason": "只管新型号", "do": "save"}
    answer = author.send("POST", at, typed)
    assert answer.status_code == 422
    assert "还没有存：请先看这几点" in answer.text
    assert "范围：范围内没有设备" in answer.text
    assert len(city.rules.list_versions("gas.ch4")) == 1
    back = Form(answer.text, "rule-form").fields
    assert (back["scope.model"], back["reason"]) == ("no-such", "只管新型号")
    more = author.send("POST", at, {**back, "critical.deadband": "30", "do": "save"})
    assert more.status_code == 422, "what was read before says nothing of another warning"
    assert author.send("POST", at, {**back, "do": "save"}).status_code == 303
    again = author.send("POST", at, {**author.form(at), "reason": "照旧", "do": "save"})
    assert again.status_code == 303, "what the version in force has against it is not asked again"


@pytest.mark.parametrize(
    ("field", "typed", "zh", "en"),
    [
        ("critical.limit", "5000", "紧急 限值“5000”：要读数能够达到，且比上一级轻（读数在 0 – 100 %LEL）",
         "Critical Limit “5000”: within reach of readings, and milder than the level above (readings lie in 0 – 100"),
        ("major.on_delay_ms", "abc", "重要 触发延时“abc 秒”：请写数字", "Major On-delay “abc s”: write a number"),
        ("critical.on_delay_ms", "9000", "紧急 触发延时“9000 秒”：要短于判为无声的时间（1 时）", "(1 h)"),
        ("reorder_wait_ms", "9999", "等待乱序“9999 秒”：告警会晚来这么久", "every alarm comes that much later"),
        ("no_data_periods", "0", "判为无声的周期数“0”：填 1 或更多的整数", "give a whole number, 1 or more"),
        ("cause", "燃气 泄漏", "隐患代码“燃气 泄漏”：用小写字母、数字和连字符", "small letters, digits and hyphens"),
        ("scope.area", "123", "区域“123”：填完整的区域代码", "give a whole area code"),
        ("name_en", "x" * 81, "英文名称“", "at most 80 characters"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_told_with_its_field_its_value_and_what_helps(
    city: MemoryCity, field: str, typed: str, zh: str, en: str
) -> None:
    author, at = Visitor(city, "supervisor"), "/rules/gas.ch4"
    sent = {**author.form(at), field: typed, "reason": "改", "do": "save"}
    for lang, said in (("zh", zh), ("en", en)):
        author.cookies["linli_language"] = lang
        answer = author.send("POST", at, sent)
        assert answer.status_code == 422
        text = html.unescape(answer.text)
        assert said in text
        assert "Expected" not in text
        assert Form(answer.text, "rule-form").fields[field] == typed


def test_versions_are_compared_and_restored(city: MemoryCity) -> None:
    author = Visitor(city, "supervisor")
    first = city.rules.get_rule("gas.ch4")
    assert first is not None
    fields = {**author.form("/rules/gas.ch4"), "major.limit": "24", "reason": "更严", "do": "save"}
    assert author.send("POST", "/rules/gas.ch4", fields).status_code == 303
    page = author.send("GET", "/rules/gas.ch4/versions").text
    assert "重要 限值" in page
    assert "<del>25.0 %LEL</del>" in page
    assert "<ins>24 %LEL</ins>" in page or "<ins>24.0 %LEL</ins>" in page
    form = author.form("/rules/gas.ch4/versions", "restore-form")
    assert author.send("POST", "/rules/gas.ch4/restore", {**form, "reason": ""}).status_code == 422
    assert author.send("POST", "/rules/gas.ch4/restore", {**form, "reason": "误报"}).status_code == 303
    now = city.rules.get_rule("gas.ch4")
    assert now is not None
    assert (now.version, now.levels) == (first.version + 2, first.levels)
    late = author.send("POST", "/rules/gas.ch4/restore", {**form, "key": "late", "reason": "再恢复"})
    assert (late.status_code, f"已有第 {now.version} 版：请看过它" in late.text) == (409, True)
    back = Form(late.text, "restore-form").fields
    assert (back["version"], back["reason"]) == (str(now.version), "再恢复")


def test_an_old_version_that_no_longer_fits_says_why_in_the_readers_words(city: MemoryCity) -> None:
    author, at = Visitor(city, "supervisor"), "/rules/gas.jump"
    hidden = {**author.form(at), "suppress_when": "gas.ch4", "reason": "先藏", "do": "save"}
    assert author.send("POST", at, hidden).status_code == 303
    shown = {**author.form(at), "suppress_when": "", "reason": "再露", "do": "save"}
    assert author.send("POST", at, shown).status_code == 303
    other = {**author.form("/rules/gas.ch4"), "suppress_when": "gas.jump", "reason": "反过来", "do": "save"}
    assert author.send("POST", "/rules/gas.ch4", other).status_code == 303
    newest, older = city.rules.list_revisions("gas.jump")[:2]
    sent = {"version": str(newest.rule.version), "restore": str(older.rule.version), "reason": "恢复", "key": "k"}
    answer = author.send("POST", f"{at}/restore", {**author.csrf, **sent})
    assert answer.status_code == 422
    assert "被这些规则抑制“gas.ch4”：不能互相抑制成圈" in html.unescape(answer.text)


@pytest.mark.parametrize(
    ("level", "zh", "en"),
    [
        ({"on_delay_ms": 10_000, "repeat": 2, "unrefuted_ms": 90_000, "off_delay_ms": 300_000},
         ("持续 10 秒 且 2 次，或 1 分 30 秒 无反证", "恢复 5 分"),
         ("10 s and 2 samples, or 1 min 30 s unrefuted", "normal for 5 min")),
        ({"repeat": 2}, ("连续 2 次", "恢复即解除"), ("2 samples in a row", "as soon as it is normal")),
        ({}, ("立即", "恢复即解除"), ("at once", "as soon as it is normal")),
    ],
    ids=["a delay of 90 s is not a minute", "samples only", "at once"],
)  # fmt: skip
def test_the_list_says_exactly_how_a_level_comes_and_goes(
    level: dict[str, int], zh: tuple[str, str], en: tuple[str, str]
) -> None:
    shown = Level(Severity.MAJOR, 25.0, **level)
    for lang, said in (("zh", zh), ("en", en)):
        t = words("en" if lang == "en" else "zh")
        assert (rule_views.raises(shown, t), rule_views.clears(shown, t)) == said


def test_a_change_of_seconds_shows_in_the_comparison() -> None:
    told = rule_views.difference(Difference("levels[major].unrefuted_ms", 90_000, 60_000, "ms"), words("zh"))
    assert (told.before, told.after) == ("1 分 30 秒", "1 分")


def test_a_limit_in_days_is_in_words_and_a_rule_that_is_off_says_so(city: MemoryCity) -> None:
    author = Visitor(city, "supervisor")
    page = author.send("GET", "/rules").text
    assert "≤ 30 天" in page
    assert "≤ 30 d" not in page
    assert "未启用" not in page
    fields = {name: value for name, value in author.form("/rules/gas.jump").items() if name != "enabled"}
    assert author.send("POST", "/rules/gas.jump", {**fields, "reason": "检修", "do": "save"}).status_code == 303
    assert "未启用" in author.send("GET", "/rules").text


def test_those_who_may_not_write_see_the_rule_and_cannot_send_it(city: MemoryCity) -> None:
    manager = Visitor(city, "grid_manager")
    page = manager.send("GET", "/rules/gas.ch4").text
    assert 'name="do"' not in page
    assert manager.send("GET", "/rules/new").status_code == 403
    fields = Visitor(city, "supervisor").form("/rules/gas.ch4")
    sent = {**fields, **manager.csrf, "reason": "我来改", "do": "save"}
    assert manager.send("POST", "/rules/gas.ch4", sent).status_code == 403
    assert manager.send("POST", "/rules/gas.ch4/restore", {**sent, "restore": "1"}).status_code == 403
    assert manager.send("GET", "/rules/nothing").status_code == 404


def test_critical_gas_is_shelved_on_its_page_by_two_people(city: MemoryCity) -> None:
    gas = city.of_kind("gas")
    city.alarm(gas, "gas.ch4", "critical", MINUTE, 58.0)
    alarm = next(iter(city.alarms.state.alarms.values()))
    manager, supervisor = Visitor(city, "grid_manager"), Visitor(city, "supervisor")
    page = f"/alarms/{alarm.id}"
    assert "申请搁置" in manager.send("GET", page).text
    asked = {**manager.csrf, "length": str(30 * MINUTE), "reason": "动火"}
    assert manager.send("POST", f"{page}/hold/shelve", asked).status_code == 303
    waiting = manager.send("GET", page).text
    assert "第二人同意之前照常催叫" in waiting
    assert "1 项申请等第二人同意" in supervisor.send("GET", "/alarms").text
    assert "1 项申请" not in Visitor(city, "grid_worker").send("GET", "/alarms").text
    own = manager.send("POST", f"{page}/approve", manager.csrf)
    assert (own.status_code, "自己的申请不能自己同意" in own.text) == (409, True)
    assert "同意搁置" not in waiting
    assert ("撤回申请" in waiting, "结束搁置" in waiting) == (True, False), "nothing is shelved yet"
    assert "同意搁置" in supervisor.send("GET", page).text
    assert supervisor.send("POST", f"{page}/approve", supervisor.csrf).status_code == 303
    (hold,) = city.alarms.state.holds.values()
    assert (hold.kind, hold.by, hold.second) == (HoldKind.SHELVE, "grid_manager", "supervisor")
    assert "结束搁置" in manager.send("GET", page).text
    audited = html.unescape(Visitor(city, "administrator").send("GET", "/audit?did=hold").text)
    assert "搁置、停用告警" in audited
    assert "同意搁置" in audited
    assert f"告警 {alarm.id}" in audited
    assert manager.send("POST", f"{page}/hold/unshelve", manager.csrf).status_code == 303
    assert manager.send("POST", f"{page}/close", {**manager.csrf, "reason": "设备已换"}).status_code == 303
    actions: list[Any] = [str(action.action) for action in city.alarms.state.sent]
    assert actions == ["shelve", "unshelve", "close"]
    assert manager.send("POST", f"{page}/hold/nothing", manager.csrf).status_code == 404
    worker = Visitor(city, "grid_worker")
    assert worker.send("POST", f"{page}/close", {**worker.csrf, "reason": "x"}).status_code == 403


def test_a_device_is_set_to_maintenance_and_shows_its_rules(city: MemoryCity) -> None:
    gas = city.of_kind("gas")
    manager = Visitor(city, "grid_manager")
    page = manager.send("GET", f"/devices/{gas.id}").text
    assert "适用的规则" in page
    assert "转为检修" in page
    sent = {**manager.csrf, "version": "1", "state": "maintenance", "why": "换传感器"}
    assert manager.send("POST", f"/devices/{gas.id}/state", sent).status_code == 303
    changed = city.places.devices.get_device(gas.id)
    assert changed is not None
    assert changed.state is DeviceState.MAINTENANCE
    assert "检修完毕" in manager.send("GET", f"/devices/{gas.id}").text
    assert manager.send("POST", f"/devices/{gas.id}/state", sent).status_code == 409
