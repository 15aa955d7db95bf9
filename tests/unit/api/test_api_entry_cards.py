"""Entry cards through the API: who sees the number, who writes, and what stays in the log."""

from typing import Any

import httpx
import pytest

from services.audit import Did
from tests.fakes.api import HERE, MemoryPlatform

PHONE = "138 0000 0001"
CARD = {"version": 0, "holder": "楼长 王芳", "phone": PHONE, "valve": "一层楼梯间", "avoid": "勿乘电梯"}


def put(platform: MemoryPlatform, path: str, body: dict[str, Any]) -> httpx.Response:
    return platform.ask("PUT", path, json=body, headers=platform.as_("grid_manager").headers)


@pytest.fixture
def platform() -> MemoryPlatform:
    platform = MemoryPlatform()
    written = put(platform, f"/api/v1/areas/{HERE}/entry-card", CARD)
    assert written.status_code == 200, written.text
    return platform


def test_a_sensor_ticket_carries_its_entry_card(platform: MemoryPlatform) -> None:
    ticket = platform.tickets_of["e1"]
    card = platform.as_("unit_handler").get(f"/api/v1/tickets/{ticket}/entry-card").json()
    known = card["known"]
    assert (known["holder"], known["valve"], known["avoid"]) == ("楼长 王芳", "一层楼梯间", "勿乘电梯")
    assert (known["phone"], card["unmaskable"]) == ("138******0001", True)
    assert {"zh": "不在室内打电话", "en": "Do not use a telephone inside"} in card["never"]
    assert card["first"]


def test_those_who_call_back_see_the_number_and_others_ask_for_it_with_a_reason(platform: MemoryPlatform) -> None:
    address = f"/api/v1/tickets/{platform.tickets_of['e1']}"
    assert platform.as_("operator").get(f"{address}/entry-card").json()["known"]["phone"] == PHONE
    worker = platform.as_("grid_worker")
    assert worker.post(f"{address}/key-holder", {"reason": "x"}).status_code == 422
    shown = worker.post(f"{address}/key-holder", {"reason": "上门取钥匙"})
    assert (shown.status_code, shown.json()["known"]["phone"]) == (200, PHONE)
    assert worker.get(f"{address}/entry-card").json()["known"]["phone"] != PHONE
    [entry] = [entry for entry in platform.people.chain.entries if entry.did == Did.UNMASK]
    assert (entry.by, entry.subject) == ("grid_worker", f"entry card area {HERE}")
    assert PHONE not in entry.detail


def test_a_devices_own_card_goes_before_its_grids(platform: MemoryPlatform) -> None:
    address = "/api/v1/devices/gas-1/entry-card"
    written = put(platform, address, {"version": 0, "valve": "厨房窗下"}).json()
    assert (written["known"]["valve"], written["known"]["holder"]) == ("厨房窗下", "楼长 王芳")
    assert (written["own"]["version"], written["own"]["device"]) == (1, "gas-1")
    late = put(platform, address, {"version": 0})
    assert (late.status_code, late.json()["current"]) == (409, 1)


def test_a_citizen_sees_no_key_holder_of_their_own_ticket(platform: MemoryPlatform) -> None:
    citizen = platform.as_("citizen")
    made = citizen.post("/api/v1/tickets", {"title": "有气味", "place": "7栋", "area": HERE, "device": "gas-1"})
    assert made.status_code == 201, made.text
    assert citizen.get(f"/api/v1/tickets/{made.json()['id']}/entry-card").status_code == 403
