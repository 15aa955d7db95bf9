"""What was said with each step of a ticket, as its history shows it: to whom, until when, with what result. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from services.api.language import vocabulary as voc
from services.api.language.words import N_, Words
from services.api.pages import formatting as fmt
from services.api.pages.alarms.alarm_views import called
from services.api.pages.ports import UnitRow
from services.api.pages.tickets.ticket_forms import BACKSTOP, LABELS
from services.api.pages.tickets.ticket_rows import EventRow
from services.tickets.domain.catalogue import DISTRICT
from services.tickets.domain.words import Satisfaction

SAID: Final = (
    "unit", "assisting", "category", "urgency", "task", "place", "found", "outcome", "reading", "contacted", "solved",
    "satisfied", "to", "at", "reference", "until", "plan", "text", "told",
)  # fmt: skip
"""In the order of a sentence. A reason is the event's own ``why``; an area's code and a master's id say nothing."""
_UNTOLD: Final = "report"
"""What came with it is the report itself, which the page shows whole."""
_OF_SENSOR: Final = frozenset({"normal", "normal_latched", "realarm"})
_CARDS: Final = {"yellow": N_("{clock}：黄牌，快到时限"), "red": N_("{clock}：红牌，已超时")}
_LAPSED: Final = {
    "extend_no": N_("到时没有人审批，或紧急程度升高，按不同意办"),
    "return_no": N_("升为紧急，先处置再说"),
    "unpark": N_("到了复核日期，或又有告警，或升为紧急"),
    "wait_end": N_("等的期限到了，或又有告警，或升为紧急"),
}
"""Why the system did what else a person does."""
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
    if event.action == _UNTOLD:
        return ""
    if event.role == "system" and (text := _by_itself(event, t)):
        return text
    ways = _ways(units, now, t)
    given = ((name, event.carried.get(name)) for name in SAID)
    told = [
        _answer(t(LABELS.get(f"{event.action}.{name}") or LABELS[name]), text, t)
        for name, value in given
        if value not in (None, "", [], ()) and (text := ways.get(name, str)(value)) != event.why
    ]
    return t("；").join(told)


def reason(event: EventRow, t: Words) -> str:
    """Why it was done: in the words of who did it, or, where the system did, in the reader's."""
    years, number = event.carried.get("years"), event.carried.get("number")
    if isinstance(years, int):
        return t("归档满 {n} 年", n=years)
    if event.action == "unmerge" and number:
        state = voc.say(voc.TICKET_STATES, str(event.carried.get("state", "")), t)
        return t("主单 {number} {state}", number=number, state=state)
    return "" if event.action == _UNTOLD else event.why


def _by_itself(event: EventRow, t: Words) -> str:
    """What the system did by itself, where its name alone does not say it: which clock, how far up, why."""
    carried = event.carried
    if event.action == "raise":
        label, urgency = LABELS["urgency"], voc.URGENCIES[str(carried.get("urgency"))]
        return t("{what}：{said}", what=t(label), said=t(urgency))
    if event.action == "mark":
        clock, _, task = str(carried.get("clock", "")).partition("-")
        whose = f"{voc.say(voc.CLOCKS, clock, t)} {task}".strip()
        return t(_CARDS[str(carried.get("shown"))], clock=whose)
    if event.action == "escalate":
        return t("提到{level}", level=voc.say(voc.ESCALATION, str(carried.get("level", "")), t))
    if event.action == "master_done":
        return t("主单 {number}：{said}", number=carried.get("master", ""), said=carried.get("told", ""))
    return t(_LAPSED[event.action]) if event.action in _LAPSED else ""


def _answer(label: str, text: str, t: Words) -> str:
    """A label that asks is followed by its answer alone."""
    return f"{label} {text}" if label.endswith("?") else t("{what}：{said}", what=label, said=text)


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
        "urgency": lambda value: t(voc.URGENCIES[str(value)]),
        "found": yes_no,
        "contacted": yes_no,
        "solved": yes_no,
        "satisfied": lambda value: t(voc.SATISFACTION[Satisfaction(value)]),
        "at": when,
        "until": when,
    }
