"""What a rule looks at and when it fires, in words: the pieces of every explanation. Pure."""

from typing import Final

import msgspec

from sensors.kinds import metric_of
from services.api.language.vocabulary import QUALITIES, TIME_UNITS, metric_name, say
from services.api.language.words import N_, Words
from services.api.pages import formatting as fmt
from services.daytime import clock_of
from streams.contracts import (
    Condition,
    Days,
    Flagged,
    Jump,
    Level,
    Members,
    Noise,
    Nominal,
    Op,
    Rate,
    Ratio,
    Rule,
    Schedule,
    Share,
    Sum,
    Unchanged,
    Value,
)

SIGNS: Final = {Op.GE: "≥", Op.GT: ">", Op.LE: "≤", Op.LT: "<"}
PERCENT: Final = (Share, Nominal, Members)
YES_OR_NO: Final = frozenset({Op.TRUE, Op.SILENT})
DAYS: Final = {Days.ALL: N_("每天"), Days.WORKDAY: N_("工作日"), Days.HOLIDAY: N_("休息日")}
TURNED: Final = {Op.GE: "≤", Op.GT: "≤", Op.LE: "≥", Op.LT: "≥"}
"""How a value stands to the limit less its deadband when the condition has gone."""


def plain(value: float, digits: int) -> str:
    """A limit without needless zeros: 50, 1.25."""
    text = fmt.number(value, max(digits, 2))
    return text.rstrip("0").rstrip(".") if "." in text else text


def exact(length: int, t: Words) -> str:
    """A duration without rounding, from days to seconds: a delay of 90 s is not "1 min"."""
    length = max(length, 0)
    parts = [
        (t("{d} 天", d=length // fmt.DAY), length // fmt.DAY),
        (t("{h} 时", h=length % fmt.DAY // fmt.HOUR), length % fmt.DAY // fmt.HOUR),
        (t("{n} 分", n=length % fmt.HOUR // fmt.MINUTE), length % fmt.HOUR // fmt.MINUTE),
        (t("{n} 秒", n=length % fmt.MINUTE // fmt.SECOND), length % fmt.MINUTE // fmt.SECOND),
    ]
    return " ".join(text for text, amount in parts if amount) or t("{n} 秒", n=0)


def quantity(rule: Rule, kind: str, t: Words) -> str:
    """The measured quantity by name: the metric itself, its slope, its share of time."""
    name = metric_name(kind, rule.metric, t)
    measure = rule.measure
    if isinstance(measure, Rate | Share | Noise):
        return _over_a_window(name, rule, measure, kind, t)
    match measure:
        case Sum(other=other):
            text = t("{name} 与 {other} 之和", name=name, other=metric_name(kind, other, t))
        case Ratio(other=other):
            text = t("{name} 与 {other} 之比", name=name, other=metric_name(kind, other, t))
        case Nominal():
            text = t("{name} 占应有值的比例", name=name)
        case Jump():
            text = t("{name} 与上一次读数之差", name=name)
        case Unchanged():
            text = t("{name} 不变的时长", name=name)
        case Flagged(qualities=qualities):
            named = t("、").join(say(QUALITIES, str(quality), t) for quality in qualities)
            text = t("{name} 被标为 {qualities}", name=name or t("任一读数"), qualities=named)
        case Members():
            text = t("这一组中异常设备的占比")
        case _:
            text = name
    return text


def _over_a_window(name: str, rule: Rule, measure: Rate | Share | Noise, kind: str, t: Words) -> str:
    window = exact(measure.window_ms, t)
    if isinstance(measure, Rate):
        return t("{name} 在 {window} 内的上升速度", name=name, window=window)
    if isinstance(measure, Noise):
        return t("{name} 在 {window} 内相邻读数的平均差", name=name, window=window)
    met = f"{SIGNS.get(measure.op, '')} {_number(kind, rule.metric, measure.limit, t)}".strip()
    return t("{name} {met} 在 {window} 内的时间占比", name=name, met=met, window=window)


def metric_unit(kind: str, metric: str) -> str:
    known = metric_of(kind, metric)
    return known.unit if known else ""


def unit(rule: Rule, kind: str) -> str:
    """The unit of that quantity."""
    own = metric_unit(kind, rule.metric)
    measure = rule.measure
    if isinstance(measure, PERCENT):
        return "%"
    if isinstance(measure, Rate):
        return f"{own}/h"
    if isinstance(measure, Unchanged):
        return "h"
    return "" if isinstance(measure, Ratio | Flagged) else own


def digits(rule: Rule, kind: str) -> int:
    """With how many digits that quantity is said."""
    if isinstance(rule.measure, PERCENT):
        return 0
    metric = metric_of(kind, rule.metric)
    return metric.digits if metric and isinstance(rule.measure, Value | Sum | Jump) else 2


def said(rule: Rule, kind: str, value: float | None, t: Words) -> str:
    """A value of that quantity with its unit; yes or no where it is only that."""
    if value is None:
        return t("无数据")
    if rule.op in YES_OR_NO:
        return t("是") if value else t("否")
    return f"{plain(value, digits(rule, kind))} {unit_word(unit(rule, kind), t)}".strip()


def condition(rule: Rule, kind: str, limit: float | None, t: Words) -> str:
    """What has to hold: 可燃气体 ≥ 25 %LEL."""
    name = quantity(rule, kind, t)
    if rule.op is Op.SILENT:
        return t("没有任何消息")
    if isinstance(rule.measure, Flagged):
        return name
    if rule.op is Op.TRUE or limit is None:
        return t("{name}为是", name=name)
    return f"{name} {SIGNS[rule.op]} {said(rule, kind, limit, t)}"


def side(rule: Rule, kind: str, given: Condition, t: Words) -> str:
    """What has to hold besides: 甲烷 在 6 时 内的上升速度 ≥ 0.05 %VOL/h."""
    alone = msgspec.structs.replace(rule, metric=given.metric, op=given.op, measure=given.measure)
    return condition(alone, kind, given.limit, t)


def whole_condition(rule: Rule, kind: str, level: Level, limit: float | None, t: Words) -> str:
    """The condition of a level with everything that has to hold at the same time."""
    return t("，且 ").join([condition(rule, kind, limit, t), *(side(rule, kind, each, t) for each in level.given)])


def hours(schedule: Schedule, t: Words) -> str:
    """When a rule looks at all: 每天 22:00 – 06:00."""
    return f"{t(DAYS[schedule.days])} {clock_of(schedule.start)} – {clock_of(schedule.end)}"


def clearing(rule: Rule, kind: str, level: Level, t: Words) -> str:
    """What has to hold for the condition to be gone: 可燃气体 ≤ 20 %LEL."""
    name = quantity(rule, kind, t)
    if rule.op is Op.SILENT:
        return t("收到一条消息")
    if isinstance(rule.measure, Flagged):
        return t("读数不再被标记")
    if rule.op is Op.TRUE:
        return t("{name}为否", name=name)
    limit = cleared_at(rule, level)
    sign = TURNED[rule.op] if level.deadband else {"≥": "<", ">": "≤", "≤": ">", "<": "≥"}[SIGNS[rule.op]]
    return f"{name} {sign} {said(rule, kind, limit, t)}"


def cleared_at(rule: Rule, level: Level) -> float | None:
    """The limit less its deadband; None where there is only yes or no."""
    if rule.op in YES_OR_NO:
        return None
    return level.limit - level.deadband if rule.op in {Op.GE, Op.GT} else level.limit + level.deadband


def need(level: Level, t: Words) -> str:
    """What confirms a level: so long, so many readings."""
    delay = exact(level.on_delay_ms, t)
    if level.on_delay_ms and level.repeat > 1:
        return t("持续 {delay} 且至少 {n} 次读数", delay=delay, n=level.repeat)
    if level.on_delay_ms:
        return t("持续 {delay}", delay=delay)
    if level.repeat == 1:
        return t("一次读数")
    return t("至少 {n} 次读数", n=level.repeat)


def unit_word(unit: str, t: Words) -> str:
    """A unit as it is read: 小时 and 天 instead of h and d; every other one is the same in all languages."""
    return say(TIME_UNITS, unit, t)


def _number(kind: str, metric: str, value: float, t: Words) -> str:
    known = metric_of(kind, metric)
    return f"{plain(value, known.digits if known else 2)} {unit_word(known.unit if known else '', t)}".strip()
