"""Rules as the pages show them: list rows, the preview of limits, versions and their differences. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sensors.kinds import metric_of
from services.api.language import vocabulary as voc
from services.api.language.words import N_, Words
from services.api.pages import formatting as fmt
from services.api.pages.drawing import charts
from services.api.pages.ports import DeviceRow
from services.api.pages.rules.rule_words import SIGNS, exact, plain
from services.daytime import clock_of
from services.registry.domain import Applied, Difference, Standing
from services.registry.domain.rules import unit_of
from streams.contracts import Level, Op, Rule, Value

WEEK: Final = 7 * fmt.DAY
STANDINGS: Final = {
    Standing.IN_FORCE: N_("生效"),
    Standing.DISABLED: N_("规则已停用"),
    Standing.BEATEN: N_("让位于更具体的 {about}"),
    Standing.AREA: N_("不在区域 {about}"),
    Standing.MODEL: N_("型号不是 {about}"),
    Standing.DEVICE: N_("只管 {about}"),
    Standing.ATTRIBUTE: N_("属性不是 {about}"),
}
FIELDS: Final = {
    "kind": N_("种类"),
    "id": N_("编号"),
    "scope": N_("范围"),
    "levels": N_("级别"),
    "ticket": N_("工单"),
    "health": N_("设备自身的告警"),
    "qualities": N_("质量标记"),
    "enabled": N_("启用"), "metric": N_("量"), "op": N_("比较"), "cause": N_("隐患代码"), "name_zh": N_("中文名称"),
    "name_en": N_("英文名称"), "response_zh": N_("处置要点（中文）"), "response_en": N_("处置要点（英文）"),
    "family": N_("同族"), "group": N_("分组属性"), "suppress_when": N_("被这些规则抑制"),
    "scope.area": N_("区域"), "scope.model": N_("型号"), "scope.device": N_("设备"), "scope.attributes": N_("属性"),
    "gate": N_("前提条件"), "schedule.start": N_("开始时刻"), "schedule.end": N_("结束时刻"),
    "schedule.days": N_("日子"), "no_data_periods": N_("判为无声的周期数"), "no_data_after_ms": N_("至少无声"),
    "reorder_wait_ms": N_("等待乱序"), "realarm_after_ms": N_("再次催叫"), "max_shelve_ms": N_("最长搁置"),
    "second_approver": N_("搁置须两人"), "latch_over_range": N_("超量程即最高级并锁定"),
    "list_only": N_("只列入清单"), "limit": N_("限值"), "deadband": N_("回差"), "on_delay_ms": N_("触发延时"),
    "repeat": N_("次数"), "unrefuted_ms": N_("无反证时间"), "off_delay_ms": N_("恢复延时"), "latch": N_("须人工复位"),
    "ticket.category": N_("工单类别"), "ticket.urgency": N_("紧急程度"), "ticket.normal_for_ms": N_("正常保持"),
    "ticket.reopen_ms": N_("重开窗口"), "ticket.agreed_urgency": N_("同楼两台印证时"),
    "given": N_("还须满足"), "severity": N_("级别"), "window_ms": N_("窗口"), "minimum": N_("最少点数"),
    "tolerance": N_("容差"), "other": N_("另一个量"), "attribute": N_("额定值属性"), "dimming": N_("调光量"),
    "silent_periods": N_("无声周期数"), "measure.type": N_("看什么"),
    "type": N_("类型"), "measure.limit": N_("成员限值"),
    "schedule.zone": N_("时区"), "of": N_("成员看什么"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DifferenceView:
    """One line of a comparison."""

    field: str
    path: str
    before: str
    after: str


def rows(rule: Rule, hits: Mapping[str, int], t: Words) -> Iterator[dict[str, Any]]:
    """A rule's lines in the list, one a level."""
    for index, level in enumerate(rule.levels):
        yield {
            "first": index == 0,
            "lines": len(rule.levels),
            "id": rule.id,
            "name": t.either(rule.name_zh, rule.name_en),
            "kind": voc.kind_name(rule.kind, t) if rule.kind != "*" else t("全部"),
            "severity": str(level.severity),
            "limit": limit_text(rule, level, t),
            "raises": raises(level, t),
            "clears": clears(level, t),
            "version": rule.version,
            "enabled": rule.enabled,
            "hits": hits.get(rule.id, 0),
        }


def limit_text(rule: Rule, level: Level, t: Words) -> str:
    if rule.op is Op.SILENT:
        return t("{n} 个周期无声", n=rule.no_data_periods)
    if rule.op not in SIGNS:
        return t("是")
    known = metric_of(rule.kind, rule.metric)
    unit = voc.say(voc.TIME_UNITS, unit_of(rule), t)
    return f"{SIGNS[rule.op]} {plain(level.limit, known.digits if known else 2)} {unit}".strip()


def raises(level: Level, t: Words) -> str:
    """How a level comes on, without a delay of nothing; 90 s are not "1 min"."""
    if level.on_delay_ms:
        text = t("持续 {span} 且 {n} 次", span=exact(level.on_delay_ms, t), n=level.repeat)
    else:
        text = t("连续 {n} 次", n=level.repeat) if level.repeat > 1 else t("立即")
    if level.unrefuted_ms is not None:
        text += t("，或 {span} 无反证", span=exact(level.unrefuted_ms, t))
    return text


def clears(level: Level, t: Words) -> str:
    text = t("恢复 {span}", span=exact(level.off_delay_ms, t)) if level.off_delay_ms else t("恢复即解除")
    return text + t("，须人工复位") if level.latch else text


def field_name(path: str, t: Words) -> str:
    """A field's path in words; a level's fields carry its severity."""
    head, _, rest = path.partition("].")
    if path.startswith("levels["):
        severity = voc.say(voc.SEVERITIES, head.removeprefix("levels["), t)
        return f"{severity} {field_name(rest, t)}"
    if path.startswith("scope.attributes."):
        return f"{t(FIELDS['scope.attributes'])} {path.rpartition('.')[2]}"
    leaf = path.rpartition(".")[2]
    return t(FIELDS.get(path, FIELDS.get(leaf, path)))


def difference(found: Difference, t: Words) -> DifferenceView:
    before, after = (_value(value, found.unit, t) for value in (found.before, found.after))
    return DifferenceView(field_name(found.field, t), found.field, before, after)


def _value(value: Any, unit: str, t: Words) -> str:
    if value is None:
        return "—"
    if isinstance(value, bool):
        return t("是") if value else t("否")
    if unit == "ms":
        return exact(int(value), t)
    if unit == "min":
        return clock_of(int(value))
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"{text} {unit}".strip()


def applied(found: Applied, t: Words) -> dict[str, Any]:
    """A rule on a device's page."""
    return {
        "id": found.rule.id,
        "name": t.either(found.rule.name_zh, found.rule.name_en),
        "in_force": found.standing is Standing.IN_FORCE,
        "why": t(STANDINGS[found.standing], about=found.about),
        "limits": [(str(level.severity), limit_text(found.rule, level, t)) for level in found.rule.levels],
        "version": found.rule.version,
    }


def preview(rule: Rule, device: DeviceRow, points: Sequence[tuple[int, float]], now: int, t: Words) -> str:
    """The last week of one device with the rule's limits over it."""
    known = metric_of(device.kind, rule.metric)
    data = charts.Evidence(
        points=points,
        start=now - WEEK,
        end=now,
        unit=known.unit if known else "",
        name=t.either(known.name_zh, known.name_en) if known else rule.metric,
        gap=max(3 * device.period_s * 1000, 2 * fmt.HOUR),
        precision=known.digits if known else 2,
        limits=limits(rule, t),
        flag=bool(known and known.boolean),
        key="preview",
    )
    return charts.evidence(data, t, width=420, height=220)


def limits(rule: Rule, t: Words) -> list[charts.Limit]:
    """The levels as lines; none where the rule looks at a derived quantity, which the chart does not draw."""
    if rule.op not in SIGNS or not isinstance(rule.measure, Value):
        return []
    known = metric_of(rule.kind, rule.metric)
    digits, above = known.digits if known else 2, rule.op in {Op.GE, Op.GT}
    return [
        charts.Limit(
            str(level.severity), level.limit,
            f"{voc.say(voc.SEVERITIES, level.severity, t)} {SIGNS[rule.op]}{plain(level.limit, digits)}", above,
        )
        for level in rule.levels
    ]  # fmt: skip
