"""What is hidden is shown as such: why nobody is called and no ticket comes, on list, cockpit, map and page."""

import html
import re
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from sensors.kinds import default_rules
from services.api.language.words import words
from services.api.pages.alarms.alarm_rows import AlarmRow
from services.api.pages.alarms.alarm_views import limit_text, shown_value, view
from streams.contracts import AlarmEvent, AlarmState, Cause, Severity
from tests.fakes.city import HOUR, MINUTE, MemoryCity
from tests.unit.pages.test_rule_pages import Visitor

RULES = {rule.id: rule for rule in default_rules()}


class Blackout:
    """A feeder without voltage, and one of its lamps that is out because of it."""

    def __init__(self, **hiding: Any) -> None:
        self.city = MemoryCity()
        lamp = self.city.of_kind("light")
        self.lamp, self.feeder = lamp, f"feeder:{lamp.attributes['feeder']}"
        now, whole = self.city.clock.now(), msgspec.structs.replace(lamp, id=f"feeder:{lamp.attributes['feeder']}")
        self.cause = self.event(whole, "light.feeder_dead", "major", now - 5 * MINUTE)
        self.city.happen(self.cause)
        out = self.event(lamp, "light.out", "minor", now - 2 * MINUTE)
        self.city.happen(msgspec.structs.replace(out, **(hiding or {"suppressed_by": self.cause.episode})))
        self.alarm = next(a for a in self.city.alarms.state.alarms.values() if a.device == lamp.id)
        self.reader = Visitor(self.city, "grid_manager")

    def event(self, device: Any, rule: str, severity: str, at: int) -> AlarmEvent:
        found = self.city.rules.get_rule(rule)
        assert found is not None
        return self.city.event(device, found, severity, at, 100.0)

    def read(self, path: str, lang: str = "zh") -> str:
        self.reader.cookies["linli_language"] = lang
        answer = self.reader.send("GET", path)
        assert answer.status_code == 200
        return html.unescape(answer.text)


@pytest.fixture(scope="module")
def blackout() -> Blackout:
    return Blackout()


def row_of(text: str, alarm: str) -> str:
    found = re.search(rf'<(tr|a)[^>]* id="alarm-{alarm}".*?</\1>', text, re.DOTALL)
    assert found is not None
    return found[0]


def test_the_list_names_what_suppresses_an_alarm_and_leads_there(blackout: Blackout) -> None:
    row = row_of(blackout.read("/alarms"), blackout.alarm.id)
    number = blackout.feeder.partition(":")[2]
    assert f"被“馈线 {number} 馈线无电压”抑制" in row
    assert f'href="/alarms/{blackout.cause.episode}"' in row
    assert "不开工单" in row
    assert 'class="ll-mark ll-s-none' in row
    assert "ll-strong" not in row
    english = row_of(blackout.read("/alarms", "en"), blackout.alarm.id)
    assert f"Suppressed by “Feeder {number} Feeder without voltage”" in english
    alone = row_of(blackout.read(f"/alarms?device={blackout.lamp.id}"), blackout.alarm.id)
    assert f"被“馈线 {number} 馈线无电压”抑制" in alone, "it is named though it is not on this list"


def test_a_groups_alarm_leads_to_no_device(blackout: Blackout) -> None:
    text = blackout.read("/alarms")
    assert blackout.feeder in text
    assert f'href="/devices/{blackout.feeder}"' not in text


def test_the_cockpit_counts_only_what_calls_and_lists_the_hidden_last(blackout: Blackout) -> None:
    text = blackout.read("/cockpit")
    assert "1 项 · 1 项未确认" in re.sub(r"<[^>]+>", "", text)
    assert "已隐藏 1 项，不催叫，不开工单" in text
    assert text.index(f'id="alarm-a-{blackout.cause.episode}"') < text.index("hidden-head")
    assert text.index("hidden-head") < text.index(f'id="alarm-{blackout.alarm.id}"')
    row = row_of(text, blackout.alarm.id)
    assert 'data-severity="none"' in row
    assert "ll-unseen" not in row
    chosen = blackout.read(f"/cockpit?alarm={blackout.alarm.id}")
    assert f'<a href="/cockpit?alarm={blackout.cause.episode}">被“' in chosen
    points = blackout.reader.send("GET", "/cockpit/abnormal").json()["features"]
    (lamp,) = [each["properties"] for each in points if each["properties"]["id"] == blackout.lamp.id]
    assert lamp["severity"] == "none"


def test_its_page_says_why_no_ticket_came(blackout: Blackout) -> None:
    text = blackout.read(f"/alarms/{blackout.alarm.id}")
    number = blackout.feeder.partition(":")[2]
    assert f"已有另一条告警“馈线 {number} 馈线无电压”说明同一件事，这一条被它抑制。" in text
    assert f'<a href="/alarms/{blackout.cause.episode}">被“馈线 {number} 馈线无电压”抑制</a>' in text
    assert "不催叫，不开工单" in text
    explained = blackout.reader.send("GET", f"/api/v1/alarms/{blackout.alarm.id}/explanation").json()["text"]
    assert f"“馈线 {number} 馈线无电压”" in explained["zh"]
    assert f"“Feeder {number} Feeder without voltage”" in explained["en"]


@pytest.mark.parametrize(
    ("hiding", "said"),
    [({"out_of_service": True}, "已停用"), ({"maintenance": True}, "设备检修中")],
)
def test_whatever_else_hides_it_is_said_too(hiding: dict[str, Any], said: str) -> None:
    found = Blackout(**hiding)
    assert said in row_of(found.read("/alarms"), found.alarm.id)
    assert said in row_of(found.read("/cockpit"), found.alarm.id)
    device = found.read(f"/devices/{found.lamp.id}")
    assert f'<a href="/alarms/{found.alarm.id}">路灯不亮</a>' in device
    assert f'<br><span class="ll-dim">{said}</span>' in device


def test_a_shelving_that_has_run_out_hides_nothing_any_more() -> None:
    found = Blackout(shelved_until=MemoryCity().clock.now() + HOUR)
    assert "已搁置到 " in row_of(found.read("/alarms"), found.alarm.id)
    event = next(e for e in found.city.alarms.state.events.values() if e.episode == found.alarm.episode)
    found.city.step(event, AlarmState.ACTIVE_UNACK, Cause.SHOWN, shelved_until=None)
    row = row_of(found.read("/alarms"), found.alarm.id)
    assert "已搁置" not in row
    assert "ll-strong" in row


def test_what_has_ended_is_not_called_hidden_any_more() -> None:
    found = Blackout(maintenance=True)
    event = next(e for e in found.city.alarms.state.events.values() if e.episode == found.alarm.episode)
    found.city.step(event, AlarmState.NORMAL, Cause.CLOSED, by="grid_manager", maintenance=True)
    assert "设备检修中" not in row_of(found.read("/alarms?state=all"), found.alarm.id)
    assert "不催叫，不开工单" not in found.read(f"/alarms/{found.alarm.id}")


def alarm(rule: str, kind: str, value: float, **more: Any) -> AlarmRow:
    found = RULES[rule]
    return AlarmRow(
        id="a", episode="e", device="d", kind=kind, rule=rule, metric=found.metric, severity=str(Severity.WARNING),
        state="active_unack", since=0, area="", value=value, limit=found.levels[0].limit, **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "kind", "value", "shown", "limit", "also"),
    [
        ("gas.ch4", "gas", 58.0, ("58.0", "%LEL"), "限值 ≥50", "2.90 %VOL"),
        ("gas.rising", "gas", 106.434, ("106.43", "%LEL/h"), "限值 ≥60", ""),
        ("gas.noisy", "gas", 5.44, ("5.44", "%LEL"), "限值 ≥5", ""),
        ("gas.over_range", "gas", 1.0, ("10 分", ""), "", ""),
        ("gas.alarm", "gas", 1.0, ("10 分", ""), "", ""),
        ("gas.stuck", "gas", 49.5, ("49.50", "小时"), "限值 ≥48", ""),
        ("gas.silent", "gas", 1.0, ("离线", ""), "", ""),
        ("septic.rising", "septic", 0.3, ("0.30", "%VOL/h"), "限值 ≥0.25", ""),
        ("septic.persistent", "septic", 62.5, ("62", "%"), "限值 ≥50", ""),
        ("light.out", "light", 3.2, ("3", "%"), "限值 <10", ""),
        ("light.feeder_dead", "light", 50.0, ("50", "%"), "限值 ≥30", ""),
    ],
)
def test_a_value_has_the_unit_of_what_the_rule_looks_at(
    rule: str, kind: str, value: float, shown: tuple[str, str], limit: str, also: str
) -> None:
    row, t = alarm(rule, kind, value), words("zh")
    assert shown_value(row, RULES[rule], 10 * MINUTE, t) == shown
    assert limit_text(row, RULES[rule], t) == limit
    assert view(row, RULES, 10 * MINUTE, t).also == also


def test_the_page_of_what_hides_others_lists_them_and_they_name_it(blackout: Blackout) -> None:
    cause = next(a for a in blackout.city.alarms.state.alarms.values() if a.device == blackout.feeder)
    page = blackout.read(f"/alarms/{cause.id}")
    part = page.partition('id="hides"')[2].partition("</section>")[0]
    assert "被它抑制的告警" in part
    assert "1 项未结束" in part
    assert f'href="/alarms/{blackout.alarm.id}"' in part
    assert 'id="hides"' not in blackout.read(f"/alarms/{blackout.alarm.id}"), "it hides nothing itself"
    device = blackout.read(f"/devices/{blackout.lamp.id}")
    assert f'href="/alarms/{blackout.cause.episode}">被“馈线' in device, "by its name, and not as another alarm"
    listed = blackout.read(f"/alarms?state=all&suppressed_by={blackout.cause.episode}")
    assert f'id="alarm-{blackout.alarm.id}"' in listed
    assert f'id="alarm-{cause.id}"' not in listed


def test_a_group_is_shown_without_the_chart_of_a_device_that_it_is_not(blackout: Blackout) -> None:
    cause = next(a for a in blackout.city.alarms.state.alarms.values() if a.device == blackout.feeder)
    body = blackout.read(f"/alarms/{cause.id}").partition('class="ll-big"')[2].partition("</section>")[0]
    assert "<svg" not in body
    assert 'id="detail-chart"' not in blackout.read(f"/cockpit?alarm={cause.id}")
    assert 'id="detail-chart"' in blackout.read(f"/cockpit?alarm={blackout.alarm.id}")


def test_a_gateway_is_of_no_kind_of_the_devices_behind_it() -> None:
    silent = alarm("gas.silent", "gas", 100.0)
    gateway = replace(silent, device="gateway:GW-002", rule="gateway.down")
    shown = view(gateway, RULES, HOUR, words("zh"))
    assert (shown.kind, shown.icon, shown.title) == ("网关", "device", "网关 GW-002")
    assert view(silent, RULES, HOUR, words("zh")).icon == "gas"


def test_the_reason_of_a_maintenance_is_given_only_where_nothing_else_hides() -> None:
    absent = alarm("gas.silent", "gas", 1.0, maintenance=True)
    assert absent.by_maintenance_alone
    for more in ({"suppressed_by": "e9"}, {"shelved_until": HOUR}, {"out_of_service": True}, {"maintenance": False}):
        assert not replace(absent, **more).by_maintenance_alone
