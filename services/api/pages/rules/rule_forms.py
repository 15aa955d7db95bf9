"""A rule as a form and back: numbers beside their units, one box a severity. Pure.

What the form does not show (side conditions on a derived quantity) stays as the rule that it began
with has it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from sensors.kinds import CATEGORIES, KINDS, metric_of
from services.api.language import vocabulary as voc
from services.api.language.words import N_, Words
from services.api.pages.rules import rule_measures
from services.api.pages.rules.rule_conditions import conditions_in, lines_of
from services.api.pages.rules.rule_fields import read, shown
from services.api.pages.rules.rule_views import field_name
from services.api.pages.rules.rule_words import exact
from services.daytime import clock_of, minutes_of
from services.registry.domain.rule_drafts import plain
from streams.contracts import Days, Level, Refused, Rule, Severity
from streams.rules.problems import Problem, Weight

LEVEL_FIELDS: Final = {
    "limit": "number", "deadband": "number", "on_delay_ms": "duration", "repeat": "number",
    "unrefuted_ms": "duration", "off_delay_ms": "duration", "latch": "check", "ticket.category": "text",
    "ticket.urgency": "number", "ticket.normal_for_ms": "duration", "ticket.reopen_ms": "duration",
    "ticket.agreed_urgency": "number",
}  # fmt: skip
WHOLE: Final = {
    "name_zh": "text", "name_en": "text", "cause": "text", "response_zh": "text", "response_en": "text",
    "metric": "text", "op": "text", "family": "text", "no_data_periods": "number", "no_data_after_ms": "duration",
    "reorder_wait_ms": "duration", "realarm_after_ms": "duration", "max_shelve_ms": "duration",
    "second_approver": "check", "latch_over_range": "check", "enabled": "check", "list_only": "check",
}  # fmt: skip
LIMITLESS: Final = frozenset({"true", "silent"})
"""Comparisons whose form asks for no limit."""
LISTS: Final = ("group", "suppress_when")
SCOPE: Final = ("scope.area", "scope.model", "scope.device")
OPS: Final = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "true": N_("为真"), "silent": N_("无声")}
DAYS: Final = {"all": N_("每天"), "workday": N_("工作日"), "holiday": N_("休息日")}
HINTS: Final = {
    "limit": N_("要读数能够达到，且比上一级轻"),
    "deadband": N_("填不小于 0 的数，并小于到下一级的距离"),
    "repeat": N_("填 1 或更多的整数"),
    "on_delay_ms": N_("要短于判为无声的时间"),
    "unrefuted_ms": N_("要短于判为无声的时间"),
    "off_delay_ms": N_("填不小于 0 的时长"),
    "normal_for_ms": N_("填不小于 0 的时长"),
    "reopen_ms": N_("填不小于 0 的时长"),
    "no_data_after_ms": N_("填大于 0 的时长"),
    "no_data_periods": N_("填 1 或更多的整数"),
    "realarm_after_ms": N_("填大于 0 的时长，或留空"),
    "reorder_wait_ms": N_("告警会晚来这么久：填 0，至多短于判为无声的时间"),
    "severity": N_("从重到轻，每级一次"),
    "levels": N_("至少启用一个级别"),
    "category": N_("请从列表里选"),
    "urgency": N_("填 0、1 或 2"),
    "agreed_urgency": N_("填 0、1 或 2"),
    "metric": N_("请选这种设备确有的量"),
    "name_zh": N_("请写中文名称，最多 80 个字"),
    "name_en": N_("请写英文名称，最多 80 个字符"),
    "cause": N_("用小写字母、数字和连字符，例如 gas-leak"),
    "id": N_("用小写字母、数字，以点分段，例如 gas.kitchen，且未被占用"),
    "suppress_when": N_("不能互相抑制成圈，也不能抑制自己；名字要存在"),
    "scope.area": N_("填完整的区域代码：6、9、12、15 或 20 位数字"),
    "scope.attributes": N_("每行一项，写成 名=值"),
    "scope": N_("范围内没有设备，或都归更具体的规则管"),
    "group": N_("要填设备确有的属性名，且每组不超过 2,000 台"),
    "schedule.start": N_("写成 22:00"),
    "schedule.end": N_("写成 06:00"),
    "gate": N_("每行一项，写成 量 ge 数值"),
    "given": N_("每行一项，写成 量 ge 数值"),
    "measure.type": N_("请从列表里选"),
    "window_ms": N_("填大于 0 的时长"),
    "minimum": N_("填 2 到 16 的整数"),
    "other": N_("请选这种设备确有的另一个量"),
    "attribute": N_("请写设备属性名，例如 nominal_w"),
    "qualities": N_("请写质量标记，以逗号分开，例如 over_range"),
    "max_shelve_ms": N_("填最长搁置时间；0 表示永不搁置"),
    "response_zh": N_("请用中英文写明该做什么"),
    "list_only": N_("只列入清单的规则不开工单，请去掉工单类别"),
    "ticket": N_("提示级不开工单，请选不开工单"),
}
NUMBERS: Final = frozenset(
    {name.rpartition(".")[2] for name, kind in LEVEL_FIELDS.items() if kind in {"number", "duration"}}
    | {name for name, kind in WHOLE.items() if kind in {"number", "duration"}}
)
NO_REASON: Final = N_("请写修改理由，历史里会看到")
REST: Final = N_("此项不合要求")
SHOWN: Final = 60
"""Characters of what was typed that a message repeats."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem in the reader's words; ``at`` is the form's field, '' where none shows it."""

    at: str
    text: str
    warning: bool


def values_of(rule: Rule) -> dict[str, str]:
    """The form's fields as text; a check that is off is absent."""
    fields = plain(rule)
    found = {"id": rule.id, "kind": rule.kind, "version": str(rule.version)}
    for name, kind in WHOLE.items():
        found |= shown(name, kind, fields[name])
    for name in LISTS:
        found[name] = ", ".join(fields[name])
    found |= {name: getattr(rule.scope, name.partition(".")[2]) for name in SCOPE}
    found["scope.attributes"] = "\n".join(f"{name}={value}" for name, value in rule.scope.attributes.items())
    found["gate"] = lines_of(rule.gate)
    if rule.schedule is not None:
        start, end = clock_of(rule.schedule.start), clock_of(rule.schedule.end)
        found |= {"schedule.start": start, "schedule.end": end, "schedule.days": rule.schedule.days}
    found |= rule_measures.values_of(rule)
    for level in rule.levels:
        found |= {f"{level.severity}.on": "1", f"{level.severity}.given": lines_of(level.given)}
        flat = {**msgspec.to_builtins(level), **msgspec.structs.asdict(level)}
        ticket = msgspec.structs.asdict(level.ticket) if level.ticket else {}
        for name, kind in LEVEL_FIELDS.items():
            head, _, tail = name.partition(".")
            value = ticket.get(tail) if tail else flat[head]
            found |= shown(f"{level.severity}.{name}", kind, value)
    return found


def draft_of(values: Mapping[str, str], base: Rule) -> dict[str, Any]:
    """The rule's fields as the form has them; what cannot be read stays as it was typed, to be refused by field."""
    fields = plain(base)
    for name, kind in WHOLE.items():
        fields[name] = read(values, name, kind)
    for name in LISTS:
        fields[name] = [word for word in re.split(r"[\s,，、]+", values.get(name, "")) if word]
    scope = {name.partition(".")[2]: values.get(name, "").strip() for name in SCOPE}
    fields["scope"] = {**scope, "attributes": _attributes(values.get("scope.attributes", ""))}
    fields["gate"] = conditions_in(values.get("gate", ""), base.gate)
    fields["schedule"] = _schedule(values, fields["schedule"])
    fields["measure"] = rule_measures.draft_of(values, base)
    kept = {level.severity: level for level in base.levels}
    fields["levels"] = [_level(values, severity, kept.get(severity)) for severity in chosen(values)]
    return fields


def chosen(values: Mapping[str, str]) -> list[Severity]:
    """The severities whose box is ticked, from the worst down."""
    return [severity for severity in Severity if values.get(f"{severity}.on")]


def findings(problems: Iterable[Problem], values: Mapping[str, str], t: Words) -> list[Finding]:
    """Problems at the form's fields, each in the reader's words."""
    return [
        Finding(place(problem.field, values), _text(problem, values, t), problem.weight is Weight.WARNING)
        for problem in problems
    ]


def refused_for(refused: Refused, values: Mapping[str, str], t: Words) -> list[Finding]:
    """What a refusal lists under ``errors``; nothing where it lists nothing."""
    listed = refused.extra.get("errors")
    if not isinstance(listed, list):
        return []
    return findings([Problem(each["field"], each["value"], each["remedy"]) for each in listed], values, t)


def place(path: str, values: Mapping[str, str]) -> str:
    """The form's field for a path such as ``levels[0].ticket.category``."""
    found = re.match(r"levels\[(\d+)\]\.(.+)", path)
    if found:
        ticked = chosen(values)
        number = int(found[1])
        return f"{ticked[number]}.{found[2].partition('[')[0]}" if number < len(ticked) else ""
    if path.startswith(("scope.attributes", "gate", "measure.qualities")):
        return path.partition("[")[0] if not path.startswith("scope") else "scope.attributes"
    return {"levels": "critical.on", "scope": "scope.area"}.get(path, path)


def _text(problem: Problem, values: Mapping[str, str], t: Words) -> str:
    """The field, what stands in it, and what helps."""
    at = place(problem.field, values)
    typed = values.get(at, "").strip()
    if typed and f"{at}.unit" in values:
        typed = f"{typed} {voc.say(voc.TIME_UNITS, values[f'{at}.unit'], t)}"
    head, _, rest = at.partition(".")
    name = field_name(f"levels[{head}].{rest}" if head in list(Severity) and rest != "on" else problem.field, t)
    shown = t("{field}“{value}”", field=name, value=typed[:SHOWN]) if typed and rest != "on" else name
    return t("{field}：{hint}", field=shown, hint=_hint(problem, values, t))


def _hint(problem: Problem, values: Mapping[str, str], t: Words) -> str:
    field = problem.field
    leaf = field.rpartition(".")[2]
    if leaf in NUMBERS and isinstance(read(values, place(field, values), "number"), str):
        return t("请写数字")
    parts = (field, leaf, field.rpartition(".")[0], field.partition("[")[0])
    hint = t(next((HINTS[part] for part in parts if part in HINTS and (part != "levels" or part == field)), REST))
    if leaf == "limit":
        metric = metric_of(values.get("kind", ""), values.get("metric", ""))
        if metric is not None and values.get("measure.type", "value") == "value":
            unit = f"{metric.low:g} – {metric.high:g} {metric.unit}".strip()
            return t("{hint}（读数在 {range}）", hint=hint, range=unit)
        return hint
    if leaf in {"on_delay_ms", "unrefuted_ms"}:
        longest = read(values, "no_data_after_ms", "duration")
        return t("{hint}（{span}）", hint=hint, span=exact(longest, t)) if isinstance(longest, int) else hint
    plain_words = t.lang != "en" or leaf in NUMBERS or problem.remedy.startswith("Expected")
    return hint if plain_words else f"{hint} ({problem.remedy})"


def _level(values: Mapping[str, str], severity: Severity, kept: Level | None) -> dict[str, Any]:
    typed = {name: read(values, f"{severity}.{name}", kind) for name, kind in LEVEL_FIELDS.items()}
    ticket = {name.partition(".")[2]: value for name, value in typed.items() if name.startswith("ticket.")}
    level = {name: value for name, value in typed.items() if not name.startswith("ticket.")}
    policy = {name: value for name, value in ticket.items() if value != ""} if ticket["category"] else None
    given = conditions_in(values.get(f"{severity}.given", ""), kept.given if kept else ())
    found = {"severity": str(severity), **level, "ticket": policy, "given": given}
    if values.get("op") in LIMITLESS:
        default = kept or Level(severity)
        found |= {"limit": default.limit, "deadband": default.deadband}
    return found


def _attributes(text: str) -> dict[str, str]:
    pairs = [line.partition("=") for line in text.splitlines() if line.strip()]
    return {name.strip(): value.strip() for name, _, value in pairs}


def _minutes(text: str) -> int | str:
    """What is no time goes on as it was typed: the rule's own check names it."""
    found = minutes_of(text)
    return text if found is None else found


def _schedule(values: Mapping[str, str], before: Any) -> Any:
    start, end = values.get("schedule.start", "").strip(), values.get("schedule.end", "").strip()
    if not start and not end:
        return None
    zone = {"zone": before["zone"]} if before and "zone" in before else {}
    return {"start": _minutes(start), "end": _minutes(end), "days": values.get("schedule.days") or "all", **zone}


def options(base: Rule, t: Words) -> dict[str, list[tuple[str, str]]]:
    """What the form's lists offer."""
    kinds = [KINDS[base.kind]] if base.kind in KINDS else list(KINDS.values())
    metrics = {metric.key: metric for kind in kinds for metric in kind.metrics}
    offered = [(key, f"{t.either(m.name_zh, m.name_en)} {m.unit}".strip()) for key, m in metrics.items()]
    if not base.metric:
        offered = [("", t("（不看某个量）")), *offered]
    return {
        **rule_measures.options(t),
        "metric": offered,
        "op": [(code, t(word) if code in {"true", "silent"} else word) for code, word in OPS.items()],
        "schedule.days": [(day, t(DAYS[day])) for day in Days],
        "category": [("", t("不开工单")), *((code, voc.category_name(code, t)) for code in CATEGORIES)],
        "urgency": [("0", t("普通")), ("1", t("重要")), ("2", t("紧急"))],
    }
