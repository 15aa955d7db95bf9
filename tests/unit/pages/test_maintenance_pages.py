"""Maintenance on the pages: a reason is asked for, kept and shown, and what was forgotten stands at the top."""

import html
from typing import Any

import msgspec
import pytest

from services.audit import Did
from services.registry.domain.maintenance import LONG_MS
from streams.contracts import AlarmEvent, Device, DeviceState
from tests.fakes.city import HOUR, MINUTE, MemoryCity
from tests.unit.pages.test_rule_pages import Form, Visitor


@pytest.fixture
def city() -> MemoryCity:
    return MemoryCity()


@pytest.fixture
def manager(city: MemoryCity) -> Visitor:
    return Visitor(city, "grid_manager")


def text(visitor: Visitor, path: str) -> str:
    answer = visitor.send("GET", path)
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


def begin(visitor: Visitor, device: str, why: str, version: int = 1) -> Any:
    sent = {**visitor.csrf, "version": str(version), "state": "maintenance", "why": why}
    return visitor.send("POST", f"/devices/{device}/state", sent)


def alarm_of(city: MemoryCity, device: Device) -> AlarmEvent:
    rule = city.rules.get_rule("gas.ch4")
    assert rule is not None
    event = city.event(device, rule, "critical", city.clock.now() - MINUTE, 58.0)
    return msgspec.structs.replace(event, maintenance=True)


def test_the_reason_is_asked_for_and_shown_with_who_and_since_when(city: MemoryCity, manager: Visitor) -> None:
    gas = city.of_kind("gas")
    assert Form(text(manager, f"/devices/{gas.id}"), "state-form").fields["why"] == ""
    assert begin(manager, gas.id, "换传感器").status_code == 303
    city.clock.advance(3 * HOUR)
    page = text(manager, f"/devices/{gas.id}")
    part = page.partition('id="maintenance"')[2].partition("</dl>")[0]
    name = next(user.name for user in city.people.list_users() if user.id == "grid_manager")
    assert all(said in part for said in ("检修中", "已 3 时", name, "换传感器"))
    assert Form(page, "state-form").fields == {**manager.csrf, "version": "2", "state": "active"}
    assert [e.by for e in city.people.chain.entries if e.did == Did.MAINTENANCE] == ["grid_manager"]


@pytest.mark.parametrize("why", ["", "  ", "修", "修" * 201])
def test_without_a_reason_nothing_changes_and_what_was_typed_stays(
    city: MemoryCity, manager: Visitor, why: str
) -> None:
    gas = city.of_kind("gas")
    answer = begin(manager, gas.id, why)
    assert answer.status_code == 422
    assert "请写清检修理由" in answer.text
    assert Form(answer.text, "state-form").fields["why"] == why.strip()
    assert city.places.devices.devices[gas.id].state is DeviceState.ACTIVE


def test_who_was_too_late_sees_the_device_as_it_is_now(city: MemoryCity, manager: Visitor) -> None:
    gas = city.of_kind("gas")
    begin(manager, gas.id, "换传感器")
    late = begin(manager, gas.id, "检查一下")
    assert late.status_code == 409
    assert "刚被别人改过" in late.text
    assert Form(late.text, "state-form").fields["state"] == "active"


def test_the_list_has_the_longest_first_and_marks_what_was_forgotten(city: MemoryCity, manager: Visitor) -> None:
    assert "没有设备在检修" in text(manager, "/devices?health=maintenance")
    area = manager_area(city)
    first, second, lamp = [d for d in city.devices.values() if d.area.startswith(area)][:3]
    begin(manager, second.id, "等配件")
    city.clock.advance(LONG_MS + HOUR)
    manager = Visitor(city, "grid_manager")
    begin(manager, first.id, "换传感器")
    page = text(manager, "/devices?health=maintenance").partition("检修中的设备")[2]
    assert page.index(second.id) < page.index(first.id)
    assert "等配件" in page
    assert page.count("<b>7 天 1 时</b>") == 1, "only what was forgotten is marked"
    assert lamp.id not in page
    other = next(kind for kind in ("gas", "light", "septic", "parking") if kind not in {first.kind, second.kind})
    assert first.id not in text(manager, f"/devices?health=maintenance&kind={other}")


def test_the_list_of_alarms_says_what_is_hidden_and_leads_to_who_did_it(city: MemoryCity, manager: Visitor) -> None:
    assert "在检修" not in text(manager, "/alarms")
    gas = city.of_kind("gas")
    begin(manager, gas.id, "换传感器")
    city.clock.advance(HOUR)
    event = alarm_of(city, gas)
    city.happen(event)
    page = text(manager, "/alarms")
    assert 'href="/devices?health=maintenance">1 台设备在检修' in page
    assert "设备检修中：换传感器" in page
    alarm = text(manager, f"/alarms/{event.episode}")
    assert "设备检修中" in alarm
    assert "换传感器" in alarm.partition('id="alarm-holds"')[2].partition("</section>")[0]


def test_nobody_is_shown_what_lies_outside_their_area(city: MemoryCity) -> None:
    area = manager_area(city)
    elsewhere = next(d for d in city.devices.values() if not d.area.startswith(area))
    begin(Visitor(city, "administrator"), elsewhere.id, "换传感器")
    assert elsewhere.id in text(Visitor(city, "administrator"), "/devices?health=maintenance")
    assert "没有设备在检修" in text(Visitor(city, "grid_manager"), "/devices?health=maintenance")


def manager_area(city: MemoryCity) -> str:
    return next(user.scope for user in city.people.list_users() if user.id == "grid_manager")
