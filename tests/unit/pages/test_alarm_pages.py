"""The alarm pages over the demo district in memory: what a person reads on them."""

import asyncio
import html
import re
from typing import Any

import httpx
import msgspec
import pytest

from services.alarms.domain import Alarm
from services.alarms.domain.quality_targets import Bound, Targets
from services.api.language.words import words
from services.api.pages import formatting as fmt
from streams.contracts import AlarmState, Cause, Evidence
from tests.fakes.city import HOUR, MemoryCity, incident


@pytest.fixture(scope="module")
def city() -> MemoryCity:
    """A morning with an incident, and a source that chattered in the night."""
    made = incident(MemoryCity())
    rule = made.rules.get_rule("gas.ch4")
    assert rule is not None
    loud = made.of_kind("gas", 7)
    for number in range(4):
        event = made.event(loud, rule, "major", made.clock.now() - 5 * HOUR + number * 9_000, 30.0)
        made.happen(event)
        made.step(event, AlarmState.ACTIVE_ACK, Cause.ACKNOWLEDGED, by="grid_manager")
        made.step(event, AlarmState.NORMAL, Cause.RETURNED, normal_since=event.at + 5_000)
    return made


def read(city: MemoryCity, path: str, *, role: str = "grid_manager", status: int = 200, lang: str = "zh") -> str:
    """The page's text with its tags, entities resolved."""
    return html.unescape(ask(city, "GET", path, role=role, status=status, lang=lang).text)


def ask(
    city: MemoryCity,
    method: str,
    path: str,
    *,
    role: str = "grid_manager",
    status: int,
    lang: str = "zh",
    session: str = "",
    **more: Any,
) -> httpx.Response:
    async def send() -> httpx.Response:
        cookies = {"linli_session": session or city.session(role), "linli_language": lang}
        transport = httpx.ASGITransport(city.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://linli.test", cookies=cookies) as client:
            return await client.request(method, path, headers={"Accept": "text/html"}, **more)

    answer = asyncio.run(send())
    assert answer.status_code == status, answer.text
    return answer


def rows(text: str) -> list[str]:
    return re.findall(r'<tr id="alarm-([^"]+)"', text)


def find(city: MemoryCity, **wanted: str) -> Alarm:
    return next(a for a in city.alarms.state.alarms.values() if all(getattr(a, k) == v for k, v in wanted.items()))


def test_only_who_may_see_tickets_is_led_to_the_ticket_of_an_alarm(city: MemoryCity) -> None:
    alarm = find(city, severity="critical")
    for path in ("/alarms", f"/devices/{alarm.device}", f"/cockpit?alarm={alarm.id}"):
        led = {role: 'href="/tickets/' in read(city, path, role=role) for role in ("grid_manager", "oncall")}
        keyed = {role: "data-ticket=" in read(city, path, role=role) for role in ("grid_manager", "oncall")}
        assert led == {"grid_manager": True, "oncall": False}, path
        assert keyed == {"grid_manager": path.startswith("/cockpit"), "oncall": False}, path


def test_the_list_shows_what_has_not_ended_and_every_filter_narrows_it(city: MemoryCity) -> None:
    alarms = city.alarms.state.alarms.values()
    mine = [alarm for alarm in alarms if alarm.area.startswith("990101001")]
    open_ = [alarm for alarm in mine if alarm.state != "normal"]
    assert len(rows(read(city, "/alarms"))) == len(open_) > 3
    assert len(rows(read(city, "/alarms?state=all"))) == len(mine) > len(open_)
    assert len(rows(read(city, "/alarms?state=normal&kind=gas&severity=major"))) == 4
    assert rows(read(city, "/alarms?severity=critical")) == [find(city, severity="critical").id]
    assert rows(read(city, "/alarms?state=shelved")) == []
    assert rows(read(city, "/alarms?state=rtn_unack")) == []
    assert "没有符合的告警" in read(city, "/alarms?state=rtn_unack")
    area = find(city, severity="critical").area
    assert len(rows(read(city, f"/alarms?state=all&area={area}"))) == sum(a.area == area for a in mine)


def test_the_shelved_alone_can_be_listed_and_every_list_says_until_when() -> None:
    city = incident(MemoryCity())
    alarm = find(city, severity="critical")
    event = next(e for e in city.alarms.state.events.values() if e.episode == alarm.episode)
    city.step(
        event, AlarmState.ACTIVE_UNACK, Cause.HIDDEN, by="grid_manager", shelved_until=city.clock.now() + 2 * HOUR
    )
    text = read(city, "/alarms?state=shelved")
    assert rows(text) == [alarm.id]
    assert '<option value="shelved" selected>已搁置</option>' in text
    assert "已搁置到 " in text
    assert "已搁置到 " in read(city, "/alarms")
    assert "Shelved until " in read(city, "/alarms", lang="en")


def test_the_list_goes_on_page_by_page_without_a_gap(city: MemoryCity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.api.pages.alarms.alarm_source.PAGE", 3)
    seen, path = [], "/alarms?state=all"
    for _ in range(9):
        text = read(city, path)
        seen += rows(text)
        onward = re.search(r'href="(/alarms\?[^"]*cursor=[^"]+)"', text)
        if onward is None:
            break
        path = onward[1]
    assert seen == rows_in_order(city)


def rows_in_order(city: MemoryCity) -> list[str]:
    mine = [a for a in city.alarms.state.alarms.values() if a.area.startswith("990101001")]
    return [a.id for a in sorted(mine, key=lambda a: (a.active_since, a.episode), reverse=True)]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/alarms?state=asleep", 422), ("/alarms?severity=red", 422), ("/alarms?cursor=nonsense", 400),
        ("/alarms?area=990102", 403), ("/alarms/no-such", 404), ("/alarms/quality?days=8", 422),
        ("/alarms/quality?by=house", 422), ("/alarms/quality?area=9901020", 422), ("/alarms/quality?area=990102", 403),
    ],
)  # fmt: skip
def test_an_address_that_makes_no_sense_is_answered_by_a_page(city: MemoryCity, path: str, status: int) -> None:
    assert "<h1" in read(city, path, status=status)


def test_one_alarm_tells_its_states_its_samples_and_its_rule(city: MemoryCity) -> None:
    leak = find(city, severity="critical")
    event = city.alarms.state.events[f"{leak.episode}-1"]
    samples = tuple(Evidence(event.at - 20_000 + n * 10_000, event.at, 40.0 + n, offset=70 + n) for n in range(3))
    city.alarms.state.events[event.id] = msgspec.structs.replace(event, samples=samples)
    text = read(city, f"/alarms/{leak.episode}")
    assert 'aria-current="step"' in text
    assert "42.0 %LEL" in text
    assert "晚 20 秒" in text
    assert f'href="/rules/{leak.rule}"' in text
    assert "确认告警" in text
    assert "复位理由" not in text, "its condition stands: a reset would be refused"
    assert "LY-" in text


def test_critical_gas_shows_whom_it_has_called_and_what_comes_next(city: MemoryCity) -> None:
    leak = find(city, severity="critical")
    text = read(city, f"/alarms/{leak.episode}")
    panel = text[text.index('id="ladder"') : text.index('id="path-title"')]
    assert "正在呼叫，等人确认" in panel
    assert "等待到场" in panel
    for word in (
        "住户",
        "物业公司",
        "燃气公司",
        "网格员",
        "人工拨打 119",
        "勿按门铃、勿动开关、勿在室内打电话",
        "街道值班",
    ):
        assert word in panel
    assert "浓度已达拨打119的限值" in panel
    assert "No doorbell, no switch" in read(city, f"/alarms/{leak.episode}", lang="en")


def test_the_large_value_says_when_it_was_read(city: MemoryCity) -> None:
    """What decided is not what is measured now."""
    alarm = find(city, severity="critical", kind="gas")
    assert alarm.ts is not None
    text = read(city, f"/alarms/{alarm.id}")
    big = text[text.index('class="ll-big"') :].partition("</div>")[0]
    assert f"{fmt.near(alarm.ts, city.clock.now(), words('zh'))} 的读数" in big


def test_on_a_phone_each_figure_of_quality_names_its_column(city: MemoryCity) -> None:
    named = re.findall(r'<td data-th="([^"]+)"', read(city, "/alarms/quality"))
    assert named[:5] == ["本期", "目标", "上限", "结论", "该调的规则"]


def test_an_alarm_that_calls_nobody_has_no_such_panel(city: MemoryCity) -> None:
    assert 'id="ladder"' not in read(city, f"/alarms/{find(city, severity='warning', kind='septic').episode}")


def test_an_ended_alarm_has_its_whole_path_and_no_form(city: MemoryCity) -> None:
    ended = find(city, severity="major", state="normal")
    text = read(city, f"/alarms/{ended.id}", lang="en")
    path = re.search(r'<ol class="ll-path">.*?</ol>', text, re.DOTALL)
    assert path is not None
    assert re.findall(r"<b>([^<]+)</b>", path[0]) == ["Unacknowledged", "Acknowledged", "Over"]
    assert "alarm-actions" not in text


def test_an_acknowledgement_on_the_alarms_page_comes_back_to_it(city: MemoryCity) -> None:
    waiting, session = find(city, severity="warning", kind="septic"), city.session("grid_manager")
    caller = city.identities.caller(session, now=city.clock.now())
    assert caller is not None
    path, form = f"/alarms/{waiting.id}/acknowledge", {"comment": "去看", "csrf_token": caller.csrf}
    answer = ask(city, "POST", path, status=303, data={**form, "back": "page"}, session=session)
    assert answer.headers["location"] == f"/alarms/{waiting.id}?said=acknowledged"
    answer = ask(city, "POST", path, status=303, data={**form, "back": "//evil.test"}, session=session)
    assert answer.headers["location"] == f"/cockpit?alarm={waiting.id}&said=acknowledged"
    assert [action.why for action in city.alarms.state.sent] == ["去看", "去看"]


def test_quality_names_the_chattering_source_and_links_its_rule(city: MemoryCity) -> None:
    text = read(city, "/alarms/quality?days=1")
    row = re.search(r'<th scope="row">抖动来源</th>.*?</tr>', text, re.DOTALL)
    assert row is not None
    assert "超过上限" in row[0]
    assert 'href="/rules/gas.ch4"' in row[0]
    assert f'href="/devices/{city.of_kind("gas", 7).id}"' in row[0]
    assert "告警太少，不作评判" in text
    assert re.search(r"<dt>最忙的 10 分钟</dt><dd>4</dd>", text)
    assert "告警记录自" in text


def test_quality_by_community_has_a_row_each_and_the_busiest_first(city: MemoryCity) -> None:
    text = read(city, "/alarms/quality?by=community", lang="en")
    codes = re.findall(r'href="/alarms/quality\?days=7&area=(\d+)"', text)
    found = {code: sum(a.area.startswith(code) for a in city.alarms.state.alarms.values()) for code in codes}
    assert len(codes) >= 2
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert sum(found.values()) == len(rows_in_order(city))


def test_quality_of_a_city_without_any_alarm_is_no_data_and_never_zero() -> None:
    text = read(MemoryCity(), "/alarms/quality")
    table = re.search(r"<tbody>.*?</tbody>", text, re.DOTALL)
    assert table is not None
    values = re.findall(r"<b>([^<]+)</b>", table[0])
    assert values == ["无数据"] * 9
    assert "ll-c-bar" not in text


def test_the_cockpits_hourly_limit_is_the_one_that_people_set() -> None:
    made = MemoryCity()
    assert "上限 12" in read(made, "/cockpit")
    wanted = msgspec.structs.replace(Targets(), per_hour=Bound(4, 8))
    made.container().set_targets(wanted, by="administrator", version=0)
    assert "上限 8" in read(made, "/cockpit")


@pytest.fixture(scope="module")
def leaking() -> tuple[MemoryCity, list[Alarm]]:
    """A gas main under twelve households, one of them in grave danger."""
    city = MemoryCity()
    rule = city.rules.get_rule("gas.ch4")
    assert rule is not None
    group = {"group": "main:M-7", "incident": "gas-leak:main:M-7:first"}
    for number in range(12):
        severity, value = ("critical", 60.0) if number == 3 else ("major", 30.0 + number)
        at = city.clock.now() - 300_000 + number * 1_000
        event = city.event(city.of_kind("gas", number), rule, severity, at, value)
        city.happen(msgspec.structs.replace(event, first_out=number == 0, **group))
    found = [alarm for alarm in city.alarms.state.alarms.values() if alarm.group]
    return city, sorted(found, key=lambda alarm: alarm.raised_at)


def test_in_a_flood_the_list_keeps_critical_rows_and_one_for_the_rest(leaking: tuple[MemoryCity, list[Alarm]]) -> None:
    city, members = leaking
    text = read(city, "/alarms")
    assert "告警洪峰" in text
    listed = [alarm for alarm in members if f'id="alarm-{alarm.id}"' in text]
    assert listed == [members[3], members[-1]]
    assert "同一事件 11 条" in text
    whole = read(city, f"/alarms?state=all&incident={members[0].incident}")
    assert all(f'id="alarm-{alarm.id}"' in whole for alarm in members)
    assert "告警洪峰" not in whole
    assert "Alarm flood" in read(city, "/alarms", lang="en")


def test_below_ten_alarms_nothing_is_collapsed(city: MemoryCity) -> None:
    assert "告警洪峰" not in read(city, "/alarms")


def test_an_alarm_and_its_ticket_list_every_member_of_the_incident(leaking: tuple[MemoryCity, list[Alarm]]) -> None:
    city, members = leaking
    (ticket,) = city.tickets.state.tickets.values()
    for path in (f"/alarms/{members[5].id}", f"/tickets/{ticket.id}"):
        text = read(city, path)
        assert "同一事件 · 燃气管 M-7" in text
        assert "12 台仍在告警" in text
        assert all(f'href="/alarms/{alarm.id}"' in text for alarm in members)
        assert text.count("首报") == 1
    assert "Same incident · Gas main M-7" in read(city, f"/alarms/{members[5].id}", lang="en")


def test_an_alarm_that_stands_alone_lists_no_members(city: MemoryCity) -> None:
    alone = next(alarm for alarm in city.alarms.state.alarms.values() if not alarm.group)
    assert "同一事件" not in read(city, f"/alarms/{alone.id}")


def test_the_day_of_a_device_ends_with_the_mark_of_its_worst_alarm_not_of_its_newest() -> None:
    city = incident(MemoryCity())
    leak = find(city, severity="critical")
    early = city.rules.get_rule("gas.rising")
    assert early is not None
    city.happen(city.event(city.devices[leak.device], early, "warning", city.clock.now() - 5_000, 90.0))
    text = read(city, f"/devices/{leak.device}")
    assert re.findall(r'<path class="ll-c-last ll-s-(\w+)"', text) == ["critical"]
