"""What each action asks of a person: the fields of the table as form fields, and the answers back. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from services.api.language import vocabulary as voc
from services.api.language.words import N_, Words
from services.api.pages import formatting as fmt
from services.api.pages.ports import AreaRow, TicketRow, UnitRow
from services.api.pages.tickets.field_choices import Choice, answers_to, units_here
from services.tickets.domain.catalogue import DISTRICT
from services.tickets.domain.table import TRANSITIONS
from services.tickets.domain.words import Action, Scale, State

MAIN: Final = frozenset(
    {
        "accept",
        "verified",
        "classify",
        "dispatch",
        "sign",
        "arrive",
        "task_done",
        "finish",
        "check_ok",
        "callback",
        "return_ok",
        "extend_ok",
        "unpark",
    }
)
LABELS: Final = {
    "text": N_("说明"),
    "reason": N_("理由"),
    "outcome": N_("处置结果"),
    "category": N_("类别"),
    "area": N_("网格"),
    "urgency": N_("紧急程度"),
    "unit": N_("主办单位"),
    "assisting": N_("协办单位"),
    "place": N_("到场位置"),
    "photos": N_("现场照片"),
    "reading": N_("便携仪读数"),
    "sensor_dead": N_("传感器已坏，读数无法自证"),
    "contacted": N_("联系上了吗"),
    "solved": N_("解决了吗"),
    "satisfied": N_("满意吗"),
    "found": N_("现场属实吗"),
    "to": N_("转给谁"),
    "at": N_("转接时间"),
    "reference": N_("对方受理编号"),
    "told": N_("如何告知来电人"),
    "until": N_("截止时间"),
    "task": N_("子任务"),
    "plan": N_("挂账理由与计划"),
    "master": N_("主单编号"),
    "cites": N_("引用知识库条目，答复内容留空就用它的原话"),
    "wait.text": N_("要来电人回答什么"),
    "whistle.text": N_("请对方做什么"),
    "whistle.unit": N_("吹给哪个单位"),
    "return.unit": N_("建议转给"),
    "answer.text": N_("答复内容"),
    "finish.reason": N_("子任务未完成的理由"),
    "erase.reason": N_("为什么清除，将写入审计记录；清除后无法恢复"),
    "park.until": N_("复核日期，最长 90 天"),
    "extend.until": N_("申请延到"),
    "book.until": N_("约定回访时间"),
    "wait.until": N_("最迟等到"),
}
ERRORS: Final = {
    "text": N_("请写明情况，例如“已电话联系，约 14:00 上门”"),
    "reason": N_("请写明理由，对方会看到"),
    "outcome": N_("请写明做了什么、结果如何"),
    "category": N_("请选一个类别"),
    "area": N_("请选网格"),
    "urgency": N_("请选紧急程度"),
    "unit": N_("请选主办单位"),
    "place": N_("请写到场位置，例如“纺织新村 12栋 2单元”"),
    "contacted": N_("请选是否联系上"),
    "photos": N_("请拍一张或选一张照片"),
    "found": N_("请选现场是否属实"),
    "to": N_("请写转给哪里，例如“119”或“燃气公司”"),
    "at": N_("请选转接时间"),
    "reference": N_("请写对方的受理编号"),
    "told": N_("请写何时、怎样告知了来电人"),
    "until": N_("请选日期和时间"),
    "task": N_("请选子任务"),
    "plan": N_("请写明为什么暂不能办、打算何时怎样办"),
    "master": N_("请写主单编号，例如 LY-20261122-0009"),
}
KINDS: Final = {
    "text": "area", "reason": "area", "outcome": "area", "category": "select", "area": "select", "unit": "select",
    "urgency": "radio", "satisfied": "radio", "contacted": "yesno", "solved": "yesno", "sensor_dead": "check",
    "found": "yesno", "told": "area", "plan": "area", "at": "when", "until": "when", "task": "select",
    "photos": "photos", "assisting": "several", "cites": "select",
}  # fmt: skip
BACKSTOP: Final = N_("区级兜底")
"""Whoever has what no unit has; it is in no register of units, and may still be named."""
SKIPPED: Final = frozenset({"position", "photo"})
"""What a page asks in no words: a photo of another system is for programs; people here send the photo."""


@dataclass(frozen=True, slots=True)
class Field:
    """One input; ``rest`` are options that fit less, behind ``more``.

    ``kind``: text, area (several lines), select, radio, yesno, check, several (boxes), photos or when (local time).
    """

    name: str
    label: str
    kind: str
    required: bool
    options: tuple[tuple[str, str], ...] = ()
    value: str = ""
    rest: tuple[tuple[str, str], ...] = ()
    more: str = ""


@dataclass(frozen=True, slots=True)
class ActionForm:
    """A button, and the fields it asks for first; ``main`` leads the ticket on."""

    name: str
    label: str
    main: bool
    fields: tuple[Field, ...]


def actions(
    row: TicketRow, units: Sequence[UnitRow], areas: Sequence[AreaRow], now: int, t: Words, scale: Scale = Scale.THREE
) -> list[ActionForm]:
    """A form for each action that state and role allow, the next step first."""
    here = units_here(units, row, t, row.proposed)
    backed = here if row.lead == DISTRICT else here.with_((DISTRICT, t(BACKSTOP)))
    plain = choices(areas, t) | {"task": _tasks(row, units, t), "satisfied": satisfactions(scale, t)}
    options = {name: Choice(found) for name, found in plain.items()} | {
        "unit": here, "dispatch.unit": backed, "reassign.unit": backed, "cites": answers_to(row.answers, t),
        "assisting": units_here(units, row, t, (*row.proposed, *row.assisting)),
    }  # fmt: skip
    forms = [
        ActionForm(name, voc.say(voc.ACTIONS, name, t), name in MAIN, _fields(row, name, options, now, t))
        for name in row.allowed
    ]
    return sorted(forms, key=lambda form: not form.main)


def _tasks(row: TicketRow, units: Sequence[UnitRow], t: Words) -> tuple[tuple[str, str], ...]:
    """The sub-tasks that are not done yet, each with its unit."""
    names = {unit.id: t.either(unit.name_zh, unit.name_en) for unit in units}
    left = (task for task in row.tasks if task.done is None)
    return tuple((str(task.number), f"{task.number} {names.get(task.unit, task.unit)} {task.text}") for task in left)


def choices(areas: Sequence[AreaRow], t: Words) -> dict[str, tuple[tuple[str, str], ...]]:
    yes_no = (("true", t("是")), ("false", t("否")))
    return {
        "area": tuple((a.code, t.either(a.name_zh, a.name_en)) for a in areas if a.level == "grid"),
        "category": tuple(voc.categories(t).items()),
        "urgency": tuple((code, t(word)) for code, word in voc.URGENCIES.items()),
        "contacted": yes_no,
        "solved": yes_no,
        "found": yes_no,
    }


def satisfactions(scale: Scale, t: Words) -> tuple[tuple[str, str], ...]:
    """The answers of a scale, best first."""
    return tuple((str(answer), t(voc.SATISFACTION[answer])) for answer in scale.answers)


def asked(state: str, action: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The fields that an action must have and may have, one of ``a|b`` chosen."""
    rows = TRANSITIONS[State(state)].get(Action(action), ())
    if not rows:
        return (), ()
    required = tuple(_one(name) for name in rows[0].required)
    return required, tuple(name for name in rows[0].optional if name not in SKIPPED)


def asks(row: TicketRow, field: str) -> bool:
    """Whether a form of the ticket has the field."""
    return any(
        field in (*required, *optional) for required, optional in (asked(row.state, each) for each in row.allowed)
    )


def _one(name: str) -> str:
    return next(part for part in name.split("|") if part not in SKIPPED)


def _fields(row: TicketRow, action: str, options: Mapping[str, Choice], now: int, t: Words) -> tuple[Field, ...]:
    required, optional = asked(row.state, action)
    if not required and set(optional) <= {"text"} and action != "note":
        return ()
    known = {"category": row.category, "area": row.area[:15], "urgency": str(row.urgency), "place": row.place,
             "unit": row.proposed[0] if row.proposed and action == "dispatch" else "",
             "assisting": " ".join(row.proposed[1:] if action == "dispatch" else row.assisting),
             "at": written(now)}  # fmt: skip
    return tuple(
        Field(
            name,
            t(LABELS.get(f"{action}.{name}") or LABELS.get(name, name)),
            KINDS.get(name, "text"),
            name in required and not (action == "answer" and row.answers),  # what is cited says it, too
            (offered := options.get(f"{action}.{name}") or options.get(name) or Choice(())).options,
            known.get(name, ""),
            offered.rest,
            offered.label,
        )
        for name in (*required, *optional)
        if name != "cites" or row.answers
    )


def answers(state: str, action: str, sent: Mapping[str, str]) -> dict[str, Any]:
    """What a form's text means: numbers, yes and no; empty fields are left out."""
    if action not in {str(known) for known in Action}:
        return {}
    required, optional = asked(state, action)
    values: dict[str, Any] = {}
    for name in (*required, *optional):
        text = sent.get(name, "").strip()
        if not text:
            continue
        meaning = _MEANINGS.get(name, str)(text)
        if meaning is not None:
            values[name] = meaning
    return values


def written(at: int) -> str:
    """A time as an input for local times writes it: 2026-11-22T09:41."""
    return fmt.local(at).strftime("%Y-%m-%dT%H:%M")


def read(text: str) -> int | None:
    """A time from such an input, epoch ms; None when it is none."""
    try:
        return round(datetime.fromisoformat(text).replace(tzinfo=fmt.ZONE).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def _true(text: str) -> bool:
    return text == "true"


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0


_MEANINGS: Final[Mapping[str, Callable[[str], Any]]] = {
    "contacted": _true, "solved": _true, "sensor_dead": _true, "found": _true, "urgency": _count, "task": _count,
    "at": read, "until": read, "photos": str.split, "assisting": str.split,
}  # fmt: skip


def missing(state: str, action: str, values: Mapping[str, Any], t: Words) -> dict[str, str]:
    """An error for each required field that is empty, saying how to fill it."""
    required, _ = asked(state, action)
    return {name: t(ERRORS.get(name, N_("请填写此项"))) for name in required if name not in values}
