"""What people said with each step of a ticket, as its history shows it: to whom, until when, with what result. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from services.api.pages import formatting as fmt
from services.api.pages import vocabulary as voc
from services.api.pages.alarms.alarm_views import called
from services.api.pages.ports import UnitRow
from services.api.pages.tickets.ticket_forms import BACKSTOP, LABELS, SATISFACTION, URGENCIES
from services.api.pages.tickets.ticket_rows import EventRow
from services.api.pages.words import Words
from services.tickets.domain.catalogue import DISTRICT
from services.tickets.domain.words import Satisfaction

SAID: Final = (
    "unit", "assisting", "category", "urgency", "task", "place", "found", "outcome", "reading", "contacted", "solved",
    "satisfied", "to", "at", "reference", "until", "plan", "text", "told",
)  # fmt: skip
"""In the order of a sentence. A reason is the event's own ``why``; an area's code and a master's id say nothing."""
_UNTOLD: Final = frozenset({"report", "raise", "mark", "escalate"})
"""Their evidence is the report itself, which the page shows whole, or a machine's."""
_OF_SENSOR: Final = frozenset({"normal", "normal_latched", "realarm"})
Say = Callable[[Any], str]


def unit_names(units: Sequence[UnitRow], t: Words) -> dict[str, str]:
    """Name by id, with the district's, which is in no register of units."""
    return {unit.id: t.either(unit.name_zh, unit.name_en) for unit in units} | {DISTRICT: t(BACKSTOP)}


def devices_of(events: Sequence[EventRow]) -> frozenset[str]:
    """Whose alarms the log tells of."""
    return frozenset(filter(None, map(_device, events)))


def said(event: EventRow, units: Mapping[str, str], now: int, t: Words, *, several: bool = False) -> str:
    """One line of what an action carried; '' where it carried nothing that its reason does not say.

    ``several``: the incident is of several devices, so whose alarm came or went has to be said.
    """
    if event.action in _OF_SENSOR:
        return t("设备 {device}", device=called(_device(event), t)) if several and _device(event) else ""
    if event.action in _UNTOLD:
        return ""
    ways = _ways(units, now, t)
    given = ((name, event.carried.get(name)) for name in SAID)
    told = [
        t("{what}：{said}", what=t(LABELS.get(f"{event.action}.{name}") or LABELS[name]), said=text)
        for name, value in given
        if value not in (None, "", [], ()) and (text := ways.get(name, str)(value)) != event.why
    ]
    return t("；").join(told)


def _device(event: EventRow) -> str:
    episode = event.carried.get("episode")
    return str(episode.get("device", "")) if isinstance(episode, Mapping) else ""


def _ways(units: Mapping[str, str], now: int, t: Words) -> dict[str, Say]:
    def unit(value: Any) -> str:
        return units.get(str(value), str(value))

    def when(value: Any) -> str:
        return fmt.due(int(value), now, t)

    def yes_no(value: Any) -> str:
        return t("是") if value else t("否")

    return {
        "unit": unit,
        "assisting": lambda value: t("、").join(unit(one) for one in value),
        "category": lambda value: voc.category_name(str(value), t),
        "urgency": lambda value: t(URGENCIES[str(value)]),
        "found": yes_no,
        "contacted": yes_no,
        "solved": yes_no,
        "satisfied": lambda value: t(SATISFACTION[Satisfaction(value)]),
        "at": when,
        "until": when,
    }
