"""The page of a rehearsal without a script: from the editor's draft to what would have been different."""

import msgspec
import pytest

from services.rehearsal.domain import DAY_MS, Away, Report, Sides
from streams.contracts import Refused
from tests.fakes.city import MemoryCity
from tests.fakes.rehearsals import MemoryRun, reported
from tests.unit.pages.test_rule_pages import Form, Visitor

AT = "/rules/gas.ch4/rehearse"
FORM = "rehearse-form"


@pytest.fixture
def city() -> MemoryCity:
    return MemoryCity()


@pytest.fixture
def author(city: MemoryCity) -> Visitor:
    return Visitor(city, "supervisor")


def begun(visitor: Visitor, **changes: str) -> str:
    """Start from the rule's own page; the address of the rehearsal."""
    answer = visitor.send("POST", AT, {**visitor.form(AT, FORM), "do": "start", **changes})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def test_the_editors_draft_is_carried_over_and_rehearsed(city: MemoryCity, author: Visitor) -> None:
    draft = {**author.form("/rules/gas.ch4"), "critical.limit": "44", "major.on_delay_ms": "40"}
    opened = author.send("POST", AT, {**draft, "do": "open"})
    assert opened.status_code == 200, opened.text
    sent = Form(opened.text, FORM).fields
    assert sent["critical.limit"] == "44"
    device = city.of_kind("gas").id
    start = author.send(
        "POST", AT, {**sent, "do": "start", "major.limit": "24", "over.days": "30", "over.device": device}
    )
    assert start.status_code == 303, start.text
    (run,) = city.runs.runs
    assert [level.limit for level in run.order.rule.levels][:2] == [44.0, 24.0]
    assert run.order.rule.levels[1].on_delay_ms == 40_000
    assert (run.order.scope.device, run.order.scope.end - run.order.scope.start) == (device, 30 * DAY_MS)
    page = author.send("GET", start.headers["location"]).text
    assert "<del>50.0 %LEL</del>" in page
    assert "<ins>44.0 %LEL</ins>" in page


def test_progress_is_shown_and_the_result_takes_its_place(city: MemoryCity, author: Visitor) -> None:
    address = begun(author)
    (run,) = city.runs.runs
    run.told.reached(0.42)
    city.rehearsals.turn()
    page = author.send("GET", address).text
    assert "42 %" in page
    assert "data-follow" in page
    device = city.of_kind("gas").id
    run.told.ended(reported(device, run.order.scope.start, run.order.scope.end))
    page = author.send("GET", address).text
    assert "data-follow" not in page
    for heading in ("新增的告警", "不再有的告警", "提前的告警", "推后的告警"):
        assert heading in page
    assert f'href="/devices/{device}"' in page
    assert "90 秒" in page, "by how much an alarm is earlier"
    assert page.count("ll-c-last ll-s-major") == 8, "a band for each alarm under each version"
    assert "规则没有改动" in page
    whole, near = (
        author.send("GET", f"{address}&device={device}{more}").text for more in ("", f"&at={city.clock.now() - DAY_MS}")
    )
    assert "看整个时段" not in whole
    assert author.send("GET", f"{address}&at={'9' * 5_000}").status_code == 200
    assert "看整个时段" in near


def test_a_period_without_readings_is_not_taken_for_a_calm_one(city: MemoryCity, author: Visitor) -> None:
    address = begun(author)
    (run,) = city.runs.runs
    start, end = run.order.scope.start, run.order.scope.end
    calm = Report(start, end, 118, 5, Away(0, 0, start), Sides(0, 0), Sides(0, 0), {}, ())
    run.told.ended(msgspec.structs.replace(calm, messages=0))
    assert "这段时间没有存下读数" in author.send("GET", address).text
    heard = begun(author)
    city.runs.runs[-1].told.ended(calm)
    assert "这段时间没有存下读数" not in author.send("GET", heard).text


def test_what_does_not_fit_is_said_and_nothing_runs(city: MemoryCity, author: Visitor) -> None:
    answer = author.send("POST", AT, {**author.form(AT, FORM), "do": "start", "major.limit": "60"})
    assert answer.status_code == 422
    assert "重要 限值“60”：要读数能够达到，且比上一级轻" in answer.text
    assert Form(answer.text, FORM).fields["major.limit"] == "60"
    odd = author.send("POST", AT, {**author.form(AT, FORM), "do": "start", "over.days": "8"})
    assert odd.status_code == 422
    assert city.runs.runs == []


def test_a_rule_on_groups_says_who_takes_part_and_names_the_groups_that_alarm(
    city: MemoryCity, author: Visitor
) -> None:
    group = "/rules/light.feeder/rehearse"
    assert "范围内设备所在的组整组参加" in author.send("GET", group).text
    assert "范围内设备所在的组整组参加" not in author.send("GET", AT).text
    address = author.send("POST", group, {**author.form(group, FORM), "do": "start"}).headers["location"]
    run = city.runs.runs[-1]
    run.told.ended(reported("feeder:F-07", run.order.scope.start, run.order.scope.end))
    page = author.send("GET", address)
    assert page.status_code == 200
    assert "馈线 F-07" in page.text
    assert "<svg" not in page.text.partition('id="chart-title"')[2]


def test_a_second_one_waits_for_the_first_which_can_be_cancelled(city: MemoryCity, author: Visitor) -> None:
    address = begun(author)
    busy = author.send("POST", AT, {**author.form(AT, FORM), "do": "start"})
    assert busy.status_code == 409
    assert address in busy.text
    form = {**author.csrf, "run": address.partition("run=")[2], "do": "cancel"}
    assert author.send("POST", AT, form).headers["location"] == address
    assert "试演已取消" in author.send("GET", address).text
    assert city.runs.runs[0].stopped == 1
    begun(author)


def test_a_failure_says_what_to_do(city: MemoryCity, author: Visitor) -> None:
    address = begun(author)
    city.runs.runs[0].told.ended(Refused("time", "too long"))
    assert "请缩短时段或缩小范围" in author.send("GET", address).text


def test_who_may_only_look_rehearses_their_own_area(city: MemoryCity) -> None:
    manager = Visitor(city, "grid_manager")
    assert f'href="{AT}"' in manager.send("GET", "/rules/gas.ch4").text
    address = begun(manager)
    scope = city.runs.runs[0].order.scope.area
    assert scope
    assert Visitor(city, "supervisor").send("GET", address).status_code == 404, "a result is its asker's"
    foreign = manager.send("POST", AT, {**manager.form(AT, FORM), "do": "start", "over.area": "1"})
    assert foreign.status_code == 403


def test_a_rule_that_nobody_has_yet_is_rehearsed_and_rehearsed_again(city: MemoryCity, author: Visitor) -> None:
    draft = {**author.form("/rules/new?from=gas.ch4"), "id": "gas.kitchen", "family": "gas.ch4", "do": "start"}
    first = author.send("POST", "/rules/new/rehearse", draft)
    assert first.status_code == 303, first.text
    assert city.runs.runs[0].order.rule.id == "gas.kitchen"
    city.runs.runs[0].told.ended(reported(city.of_kind("gas").id, city.clock.now() - DAY_MS, city.clock.now()))
    again = {**author.form(first.headers["location"], FORM), "do": "start", "critical.limit": "45"}
    second = author.send("POST", "/rules/new/rehearse", again)
    assert second.status_code == 303, second.text
    assert city.runs.runs[1].order.rule.levels[0].limit == 45.0


def test_the_platforms_own_absence_is_said(city: MemoryCity, author: Visitor) -> None:
    def said(away: Away) -> list[bool]:
        address = begun(author)
        run = city.runs.runs[-1]
        run.told.ended(msgspec.structs.replace(reported("gas-1", *period(run)), away=away))
        page = author.send("GET", address).text
        return [text in page for text in ("有 2 段、共 37 分没有收到任何数据", "还没有记录过自己的中断", "起才有记录")]

    assert said(Away(2, 37 * 60_000, 1)) == [True, False, False]
    assert said(Away(0, 0, 1)) == [False, False, False]
    assert said(Away(0, 0, None)) == [False, True, False]
    assert said(Away(2, 37 * 60_000, city.clock.now())) == [True, False, True]


def period(run: MemoryRun) -> tuple[int, int]:
    return run.order.scope.start, run.order.scope.end
