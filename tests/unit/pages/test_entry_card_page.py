"""The entry card on the ticket's page, on the worker's phone, and on the device's page, where it is written."""

import re
from dataclasses import dataclass

import pytest

from services.audit import Did
from streams.contracts import Device
from tests.fakes.city import MINUTE, MemoryCity
from tests.unit.pages.test_people_pages import ask

FORM = {"card": "building", "holder": "楼长 赵敏", "phone": "139 0000 0001", "valve": "门卫室后墙", "avoid": "勿乘梯"}


@dataclass
class Scene:
    city: MemoryCity
    device: Device
    ticket: str

    def part(self, role: str, path: str, form: dict[str, str] | None = None, *, seen: str = "") -> str:
        """The entry card's part of a page."""
        text = ask(self.city, self.city.session(role), path, form, seen=seen).text
        return text.partition('id="entry"')[2].partition("</section>")[0]


@pytest.fixture
def scene() -> Scene:
    city = MemoryCity()
    device, rule = city.of_kind("gas"), city.rules.get_rule("gas.ch4")
    assert rule is not None
    leak = city.event(device, rule, "critical", city.clock.now() - MINUTE, 58.0)
    city.happen(leak)
    return Scene(city, device, city.ticket_of(leak.episode))


@pytest.mark.parametrize("page", ["tickets", "tasks"])
def test_a_worker_sees_the_card_and_asks_for_the_number_with_a_reason(scene: Scene, page: str) -> None:
    address = f"/{page}/{scene.ticket}"
    card = scene.part("unit_handler", address)
    for said in ("钥匙保管人", "楼长", "138****", "阀门位置", "不要", "不在室内打电话"):
        assert said in card
    asking = {"reason": "上门关阀", "next": address}
    shown = scene.part("unit_handler", f"/tickets/{scene.ticket}/key-holder", asking, seen=address)
    assert re.search(r'href="tel:1380000\d{4}"', shown)
    assert [entry.by for entry in scene.city.people.chain.entries if entry.did == Did.UNMASK] == ["unit_handler"]
    assert "138****" in scene.part("unit_handler", address)


def test_without_a_reason_no_number_is_shown(scene: Scene) -> None:
    address = f"/tickets/{scene.ticket}"
    asked = ask(scene.city, scene.city.session("unit_handler"), f"{address}/key-holder", {"reason": "x"}, seen=address)
    assert asked.status_code == 422
    assert "tel:1380000" not in asked.text


def test_whoever_keeps_devices_writes_the_buildings_card_on_the_devices_page(scene: Scene) -> None:
    address = f"/devices/{scene.device.id}"
    assert "改入户卡" not in scene.part("unit_handler", address)
    session = scene.city.session("administrator")
    version = re.search(r'name="version" value="(\d+)"', scene.part("administrator", address))
    assert version is not None
    form = FORM | {"version": version[1]}
    written = ask(scene.city, session, f"{address}/entry-card", form, seen=address)
    assert written.headers["location"] == f"{address}?said=entry_card#entry"
    assert "楼长 赵敏" in scene.part("operator", f"/tickets/{scene.ticket}")
    assert "139 0000 0001" in scene.part("operator", f"/tickets/{scene.ticket}")
    kept = form | {"version": str(int(version[1]) + 1), "phone": "", "valve": "地下室"}
    ask(scene.city, session, f"{address}/entry-card", kept, seen=address)
    assert "139 0000 0001" in scene.part("operator", address)
    stale = ask(scene.city, session, f"{address}/entry-card", form, seen=address)
    assert stale.status_code == 409


def test_what_does_not_fit_is_said_beside_its_field_and_nothing_written_is_lost(scene: Scene) -> None:
    address = f"/devices/{scene.device.id}"
    session = scene.city.session("administrator")
    wrong = FORM | {"card": "device", "version": "0", "phone": "没有"}
    page = ask(scene.city, session, f"{address}/entry-card", wrong, seen=address)
    assert page.status_code == 422
    assert "电话要 4 到 20 位数字" in page.text
    assert 'value="门卫室后墙"' in page.text
