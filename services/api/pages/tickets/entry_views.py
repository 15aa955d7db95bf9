"""The entry card as a ticket, a worker's phone and a device's page show it."""

from dataclasses import dataclass
from typing import Any, Final

from services.api.container import Container
from services.api.devices.entry_cards import advice_for, shown_to, unmaskable
from services.api.language.words import N_
from services.api.pages.desk import Visit
from services.api.pages.ports import TicketRow
from services.registry.domain import EntryCard, Permission
from streams.contracts import Device

LEVELS: Final = (("building", N_("整栋楼")), ("device", N_("只这台设备")), ("grid", N_("整个网格")))
WRONG: Final = {
    "holder": N_("请写明是谁的电话，不超过 200 字"),
    "phone": N_("电话要 4 到 20 位数字，可带空格和横线"),
    "valve": N_("阀门位置写成一行，不超过 200 字"),
    "avoid": N_("本处注意写成一行，不超过 200 字"),
}


@dataclass(frozen=True, slots=True)
class EntryView:
    """A card as a page shows it; ``unmaskable``: its number can be asked for on the ticket."""

    card: EntryCard
    never: list[str]
    first: list[str]
    unmaskable: bool = False


def of_ticket(container: Container, visit: Visit, row: TicketRow, shown: EntryCard | None = None) -> EntryView | None:
    """The card of a sensor ticket's place, for those who work on tickets; ``shown`` has the number, asked for."""
    if row.source != "sensor" or not visit.may(Permission.TICKETS):
        return None
    if shown is not None:
        return _view(visit, shown, row.kind)
    card = container.entry_cards.around(row.device, row.building or row.area)
    return _view(visit, shown_to(visit.caller, card), row.kind, asks=unmaskable(visit.caller, card))


def of_device(container: Container, visit: Visit, device: Device, level: str) -> dict[str, Any]:
    """What a device's page shows: what is known of its place, and the card of ``level`` to write."""
    chosen, own = chosen_card(container, device, level)
    known = container.entry_cards.around(device.id, device.building or device.area)
    return {
        "entry": _view(visit, shown_to(visit.caller, known), device.kind),
        "own": shown_to(visit.caller, own),
        "card": chosen,
        "levels": [(name, visit.t(label)) for name, label in LEVELS if name != "building" or device.building],
        "editing": level != "",
        "wrong": {},
        "written": {},
    }


def chosen_card(container: Container, device: Device, level: str) -> tuple[str, EntryCard]:
    """Which of the cards around a device is written: the building's where it has one, unless another is asked for."""
    places = {"device": {"device": device.id}, "grid": {"area": device.area}}
    if device.building:
        places["building"] = {"area": device.building}
    chosen = level if level in places else "building" if device.building else "device"
    return chosen, container.entry_cards.of(**places[chosen])


def _view(visit: Visit, card: EntryCard, kind: str, *, asks: bool = False) -> EntryView:
    advice, t = advice_for(kind), visit.t
    never, first = ([t.either(one.zh, one.en) for one in part] for part in (advice.never, advice.first))
    return EntryView(card, never, first, asks)
