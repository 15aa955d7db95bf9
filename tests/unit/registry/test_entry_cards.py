"""Entry cards: which card says what, what may be written on one, and what every kind of device is told."""

import json
from typing import Any

import pytest

from sensors.kinds import KINDS
from sensors.kinds.entry_advice import ENTRY_ADVICE
from services.audit import Did
from services.registry.domain import Area, EntryCard, Role, User, Wording
from services.registry.domain.entry_cards import areas_around, combined, rewritten
from services.registry.handlers import KeepEntryCards
from streams.contracts import Device, Refused
from tests.fakes.audit import MemoryChain
from tests.fakes.clock import ManualClock
from tests.fakes.registry import MemoryEntryCards, MemoryPlaces

GRID = "990101001001001"
BUILDING = f"{GRID}00001"
OF_THE_BUILDING = EntryCard(
    area=BUILDING, holder="王芳", phone="13800000000", valve="一层", avoid="勿乘电梯", version=2
)
MANAGER = User("manager", "经理", Role.GRID_MANAGER, scope="990101001")


class Shelf:
    def __init__(self) -> None:
        places = MemoryPlaces()
        places.add_areas([Area(GRID, "grid", "网格", "Grid"), Area(BUILDING, "building", "一栋", "Building 1")])
        places.add_devices([Device("gas-1", "gas", GRID, building=BUILDING)], by="seed", now=0)
        self.store = MemoryEntryCards(MemoryChain("registry"))
        self.keep = KeepEntryCards(self.store, places.devices, ManualClock(1))

    @property
    def log(self) -> list[Any]:
        return self.store.chain.entries


def test_every_part_comes_from_the_nearest_card_that_says_it() -> None:
    grid = EntryCard(area=GRID, holder="物业", phone="0571-8800", valve="总阀", version=1)
    device = EntryCard(device="gas-1", valve="厨房窗下", version=1)
    known = combined([grid, device, OF_THE_BUILDING])
    assert (known.holder, known.phone, known.valve, known.avoid) == ("王芳", "13800000000", "厨房窗下", "勿乘电梯")
    assert known.subject == f"area {BUILDING}"


def test_a_key_holder_without_a_number_is_not_given_another_ones() -> None:
    near = EntryCard(area=BUILDING, holder="李秀英", version=1)
    known = combined([EntryCard(area=GRID, holder="物业", phone="0571-8800", version=1), near])
    assert (known.holder, known.phone) == ("李秀英", "")


def test_a_place_that_nobody_wrote_of_has_an_empty_card() -> None:
    assert combined([]) == EntryCard()


def test_the_areas_around_a_place_come_nearest_first() -> None:
    assert areas_around(BUILDING) == (BUILDING, GRID, "990101001001", "990101001", "990101")
    assert areas_around("") == ()


@pytest.mark.parametrize(
    ("wording", "phone"),
    [
        (Wording("王芳"), "13800000000"),
        (Wording("李秀英"), ""),
        (Wording(""), ""),
        (Wording("王芳", ""), ""),
        (Wording("王芳", "+86 139-0000-0000"), "+86 139-0000-0000"),
    ],
    ids=["nothing said of it", "another key-holder", "no key-holder", "taken away", "another number"],
)
def test_a_number_stays_with_its_key_holder(wording: Wording, phone: str) -> None:
    after = rewritten(OF_THE_BUILDING, wording)
    assert (after.phone, after.version) == (phone, 3)


@pytest.mark.parametrize(
    ("wording", "field"),
    [
        (Wording("王芳", "电话"), "phone"),
        (Wording("王芳", "123"), "phone"),
        (Wording("", "13800000000"), "holder"),
        (Wording("x" * 201), "holder"),
        (Wording(valve="一\n二"), "valve"),
        (Wording(avoid="x" * 201), "avoid"),
    ],
)
def test_what_does_not_fit_is_named_and_no_number_repeated(wording: Wording, field: str) -> None:
    with pytest.raises(Refused) as refused:
        rewritten(EntryCard(area=BUILDING), wording)
    assert (refused.value.code, refused.value.extra["field"]) == ("fields", field)
    assert "13800000000" not in str(refused.value.extra)


def test_a_card_is_written_by_versions_and_the_log_keeps_who_and_which_fields() -> None:
    shelf = Shelf()
    first = shelf.keep.write(Wording("王芳", "13800000000", "一层"), 0, by=MANAGER, area=BUILDING)
    assert (first.version, shelf.keep.around("gas-1", BUILDING).valve) == (1, "一层")
    with pytest.raises(Refused) as refused:
        shelf.keep.write(Wording("李秀英"), 0, by=MANAGER, area=BUILDING)
    assert (refused.value.code, refused.value.extra["current"]) == ("version", 1)
    (entry,) = shelf.log
    assert (entry.did, entry.by, entry.subject) == (Did.ENTRY_CARD, "manager", f"area {BUILDING}")
    assert json.loads(entry.detail) == {"fields": ["holder", "phone", "valve"], "version": 1}


@pytest.mark.parametrize(
    ("by", "place", "code"),
    [
        (User("w", "w", Role.GRID_WORKER), {"area": BUILDING}, "role"),
        (User("m", "m", Role.GRID_MANAGER, scope="990101002"), {"area": BUILDING}, "scope"),
        (User("m", "m", Role.GRID_MANAGER, scope="990101002"), {"device": "gas-1"}, "scope"),
        (MANAGER, {"device": "gas-9"}, "not_found"),
        (MANAGER, {"area": "990101001001009"}, "not_found"),
    ],
)
def test_a_card_is_written_by_who_keeps_devices_there(by: User, place: dict[str, str], code: str) -> None:
    shelf = Shelf()
    with pytest.raises(Refused) as refused:
        shelf.keep.write(Wording("王芳"), 0, by=by, **place)
    assert refused.value.code == code
    assert (shelf.store.kept, shelf.log) == ({}, [])


def test_a_number_is_shown_for_a_reason_that_is_kept_and_the_log_does_not_repeat_it() -> None:
    shelf = Shelf()
    shelf.keep.write(Wording("王芳", "13800000000"), 0, by=MANAGER, area=BUILDING)
    worker = User("fitter", "陈", Role.UNIT_HANDLER)
    card = shelf.keep.reveal("gas-1", BUILDING, by=worker, why="上门 关阀", number="LY-1")
    assert card.phone == "13800000000"
    entry = shelf.log[-1]
    assert (entry.did, entry.by, entry.subject) == (Did.UNMASK, "fitter", f"entry card area {BUILDING}")
    assert json.loads(entry.detail) == {"fields": ["phone"], "number": "LY-1", "why": "上门 关阀"}


@pytest.mark.parametrize(
    ("role", "area", "why", "code"),
    [
        (Role.UNIT_HANDLER, BUILDING, "x", "fields"),
        (Role.UNIT_HANDLER, GRID, "上门关阀", "not_found"),
        (Role.CITIZEN, BUILDING, "上门关阀", "role"),
    ],
    ids=["no reason", "no number", "no work on tickets"],
)
def test_a_number_that_is_not_shown_is_not_logged_as_seen(role: Role, area: str, why: str, code: str) -> None:
    shelf = Shelf()
    shelf.keep.write(Wording("王芳", "13800000000"), 0, by=MANAGER, area=BUILDING)
    with pytest.raises(Refused) as refused:
        shelf.keep.reveal("", area, by=User("x", "x", role), why=why, number="LY-1")
    assert refused.value.code == code
    assert [entry.did for entry in shelf.log] == [Did.ENTRY_CARD]


def test_every_kind_of_device_has_its_advice_in_both_languages() -> None:
    assert set(ENTRY_ADVICE) == set(KINDS)
    for advice in ENTRY_ADVICE.values():
        assert advice.never
        assert advice.first
        assert all(sentence.zh and sentence.en for sentence in (*advice.never, *advice.first))
