"""Deadlines in the words of people: a policy as a table, two versions side by side, a draft's dates. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from services.api.language import vocabulary as voc
from services.api.language.words import N_, Words
from services.api.pages import formatting as fmt
from services.daytime import clock_of
from services.tickets.domain import Clock, ClockRun, Policy
from services.tickets.domain.foresight import Unusual
from services.tickets.domain.policy import TIMED
from services.tickets.handlers.policies import Preview

NAMES: Final = {
    "default": N_("平台默认"),
    "beijing": N_("北京"),
    "shanghai-street": N_("上海街镇"),
    "shandong": N_("山东"),
}
ABOUT: Final = {
    "default": N_("普通件按工作日计，重要件和紧急件昼夜连续计"),
    "beijing": N_("昼夜连续计时，不分工作日；可延期一次"),
    "shanghai-street": N_("普通件按工作日计；可延期一次"),
    "shandong": N_("普通件按工作日计，一个工作日内签收；可延期两次"),
}
UNITS: Final = {
    "m": (N_("1 分钟"), N_("{n} 分钟"), N_("分钟")),
    "h": (N_("1 小时"), N_("{n} 小时"), N_("小时")),
    "d": (N_("1 天"), N_("{n} 天"), N_("天（含节假日）")),
    "wh": (N_("1 个工作小时"), N_("{n} 个工作小时"), N_("工作小时")),
    "wd": (N_("1 个工作日"), N_("{n} 个工作日"), N_("工作日")),
}
"""A limit's unit: one of it, several, and as a choice."""
BEGINS: Final = {
    Clock.ACCEPT: N_("自登记"),
    Clock.DISPATCH: N_("自受理"),
    Clock.SIGN: N_("自派单"),
    Clock.CONTACT: N_("自派单"),
    Clock.ON_SITE: N_("自派单"),
    Clock.RESULT: N_("自派单"),
    Clock.FINISH: N_("自登记"),
    Clock.REDO: N_("自要求重办"),
    Clock.REVIEW: N_("自提交审批或核查"),
    Clock.CALLBACK: N_("自转回访"),
}
COLUMNS: Final = ("2", "1", "0")
"""Urgencies as the pages order them: the most urgent first."""
FREE: Final = N_("{name} {day} 放假")
WORKED: Final = N_("{day} 上班（{name}调休）")
LIMIT: Final = re.compile(r"([0-9]+)([a-z]+)")


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table: what, from when it counts, one cell an urgency."""

    name: str
    begins: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dated:
    """A date in the preview; ``before`` is the one by the policy in force where that differs."""

    at: str
    before: str = ""
    assumed: bool = False


def name_of(name: str, t: Words) -> str:
    return voc.say(NAMES, name, t)


def version_of(name: str, newest: Mapping[str, int], t: Words) -> str:
    """A policy that a line of the catalogue names, with its version where ``newest`` has it; '' for none."""
    if name not in newest:
        return name_of(name, t) if name else ""
    return t("{name} 第 {n} 版", name=name_of(name, t), n=newest[name])


def limit(words: str, t: Words) -> str:
    """``4wh`` as 4 个工作小时."""
    found = LIMIT.fullmatch(words)
    if found is None or found[2] not in UNITS:
        return words
    one, several, _ = UNITS[found[2]]
    return t(one) if found[1] == "1" else t(several, n=found[1])


def urgencies(t: Words) -> list[str]:
    return [t(voc.URGENCIES[code]) for code in COLUMNS]


def table(policy: Policy, t: Words) -> list[Line]:
    """Clock by urgency, then what only some urgencies know."""
    lines = [
        Line(
            voc.say(voc.CLOCKS, clock, t), t(BEGINS[clock]),
            tuple(limit(policy.limits[int(code)][clock], t) for code in COLUMNS),
        )
        for clock in TIMED
    ]  # fmt: skip
    never = t("不允许")
    for name, begins, row in (
        (t("可退单"), t("自派单"), policy.returns),
        (t("延期最多"), t("自办结期限"), policy.extension),
    ):
        cells = (limit(row[int(code)], t) if int(code) in row else never for code in COLUMNS[1:])
        lines.append(Line(name, begins, (never, *cells)))
    return lines


def rest(policy: Policy, t: Words) -> list[tuple[str, str]]:
    """What is the same for every urgency that knows it."""
    return [
        (t("延期次数"), t("最多 {n} 次", n=policy.extensions)),
        (t("等诉求人"), t("最长 {limit}", limit=limit(policy.wait, t))),
        (t("挂账"), t("最长 {limit}", limit=limit(f"{policy.park_days}d", t))),
        (t("办公时间"), office(policy, t)),
    ]


def office(policy: Policy, t: Words) -> str:
    return t("、").join(f"{clock_of(begin)}–{clock_of(end)}" for begin, end in policy.hours)


def differences(before: Policy, after: Policy, t: Words) -> list[tuple[str, str, str]]:
    """What differs: which figure, as it was, as it became."""
    old, new = (dict(_flat(policy, t)) for policy in (before, after))
    return [(name, old[name], new[name]) for name in new if old[name] != new[name]]


def _flat(policy: Policy, t: Words) -> list[tuple[str, str]]:
    columns = urgencies(t)
    cells = [
        (t("{urgency}：{clock}", urgency=column, clock=line.name), cell)
        for line in table(policy, t)
        for column, cell in zip(columns, line.cells, strict=True)
    ]
    return [*cells, *rest(policy, t)]


def dates(preview: Preview, now: int, t: Words) -> list[tuple[str, str, tuple[Dated, ...]]]:
    """The draft's dates as rows of the same table, each beside the one by the policy in force where they differ."""
    pairs = list(zip(preview.drafted, preview.in_force, strict=True))
    rows = [
        (
            voc.say(voc.CLOCKS, clock, t), t(BEGINS[clock]),
            tuple(_run(then.runs[clock], old.runs[clock], now, t) for then, old in pairs),
        )
        for clock in TIMED
    ]  # fmt: skip
    returned = tuple(_dated(then.return_until, old.return_until, now, t) for then, old in pairs)
    extended = tuple(_dated(then.extended_until, old.extended_until, now, t) for then, old in pairs)
    return [*rows, (t("可退单至"), t("自派单"), returned), (t("延期最迟至"), t("自办结期限"), extended)]


def _run(then: ClockRun, old: ClockRun, now: int, t: Words) -> Dated:
    return replace(_dated(then.due, old.due, now, t), assumed=then.assumed)


def _dated(at: int | None, before: int | None, now: int, t: Words) -> Dated:
    if at is None:
        return Dated(t("不允许"))
    return Dated(day_and_time(at, now, t), "" if before in {None, at} else day_and_time(before or at, now, t))


def day_and_time(at: int, now: int, t: Words) -> str:
    """A date with its weekday, since working days are what is looked for; a day that ends says 24:00."""
    ends = fmt.hour_minute(at) == "00:00"
    shown = at - fmt.MINUTE if ends else at
    year = "" if fmt.local(shown).year == fmt.local(now).year else f"{fmt.local(shown).year} "
    return f"{year}{fmt.day(shown, t)} {'24:00' if ends else fmt.hour_minute(at)}"


def holidays(days: Sequence[Unusual], t: Words) -> list[str]:
    """Each holiday from its first free day to its last, and each weekend day that is worked for one."""
    runs: list[list[Unusual]] = []
    for day in days:
        last = runs[-1][-1] if runs else None
        goes_on = last and (last.works, last.zh) == (day.works, day.zh) and day.day - last.day == timedelta(1)
        if goes_on:
            runs[-1].append(day)
        else:
            runs.append([day])
    return [_holiday(run, t) for run in runs]


def _holiday(run: Sequence[Unusual], t: Words) -> str:
    name, first, last = t.either(run[0].zh, run[0].en), _day(run[0], t), _day(run[-1], t)
    span = first if first == last else f"{first}–{last}"
    return t(WORKED if run[0].works else FREE, day=span, name=name)


def _day(each: Unusual, t: Words) -> str:
    day = each.day
    return f"{day.month}月{day.day}日" if t.lang == "zh" else f"{day.day} {fmt.MONTHS[day.month - 1]}"
