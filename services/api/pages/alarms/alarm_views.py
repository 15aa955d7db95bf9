"""Alarms as the cockpit shows them: one line, one value, one mark. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sensors.kinds import metric_of
from sensors.kinds.groups import GROUPS, group_name
from services.api.pages import formatting as fmt
from services.api.pages.ports import AlarmRow
from services.api.pages.vocabulary import ALARM_STATES, SEVERITIES, TICKET_STATES, kind_name, say
from services.api.pages.words import N_, Words
from streams.contracts import Members, Op, Rule

RANKS = {"critical": 0, "major": 1, "minor": 2, "warning": 3}
VOL_AT_100_LEL = 5.0
CLOCK = "device.clock"
BUILT_IN = {CLOCK: N_("设备时钟偏差"), "engine.isolated": N_("检测已停用")}
"""The engine's own rules, which no registry keeps; a clock's value is its offset in ms."""


@dataclass(frozen=True, slots=True)
class AlarmView:
    """What a row and the detail say; ``row`` is the fact behind it."""

    row: AlarmRow
    title: str
    kind: str
    rule: str
    severity: str
    state: str
    value: str
    unit: str
    limit: str
    also: str
    age: str
    since: str
    ticket: str

    @property
    def mark(self) -> str:
        return self.row.severity


def view(row: AlarmRow, rules: Mapping[str, Rule], now: int, t: Words) -> AlarmView:
    """Say one alarm."""
    rule = rules.get(row.rule)
    value, unit = shown_value(row, rule, now, t)
    return AlarmView(
        row=row,
        title=row.place or called(row.device, t),
        kind=kind_name(row.kind, t),
        rule=t.either(rule.name_zh, rule.name_en) if rule else say(BUILT_IN, row.rule, t),
        severity=say(SEVERITIES, row.severity, t),
        state=say(ALARM_STATES, row.state, t),
        value=value,
        unit=unit,
        limit=limit_text(row, rule, t),
        also=both_units(row.metric, row.value),
        age=fmt.age(row.since, now, t),
        since=fmt.near(row.since, now, t),
        ticket=_ticket(row, t),
    )


def ordered(rows: Sequence[AlarmRow]) -> list[AlarmRow]:
    """By severity, then what waits for someone, then the newest first; warnings last."""
    return sorted(rows, key=lambda row: (RANKS.get(row.severity, 9), not row.waits, -row.since, row.id))


def shown_value(row: AlarmRow, rule: Rule | None, now: int, t: Words) -> tuple[str, str]:
    """The value and its unit; how long, where the value is only yes or no."""
    if rule is not None and rule.op is Op.SILENT:
        return t("离线"), ""
    metric = metric_of(row.kind, row.metric)
    if metric is not None and metric.boolean:
        return fmt.span(now - row.since, t), ""
    if row.value is None:
        return t("无数据"), ""
    if rule is not None and isinstance(rule.measure, Members):
        return fmt.number(row.value, 0), "%"
    if row.rule == CLOCK:
        return fmt.span(int(row.value), t), ""
    return fmt.number(row.value, metric.digits if metric else 1), metric.unit if metric else ""


SIGNS = {Op.GE: "≥", Op.GT: ">", Op.LE: "≤", Op.LT: "<"}


def limit_text(row: AlarmRow, rule: Rule | None, t: Words) -> str:
    if rule is None or rule.op not in SIGNS or row.limit is None:
        return ""
    metric = metric_of(row.kind, row.metric)
    return t("限值 {sign}{limit}", sign=SIGNS[rule.op], limit=plain(row.limit, metric.digits if metric else 2))


def plain(value: float, digits: int) -> str:
    """A limit without needless zeros: 50, 1.25."""
    text = fmt.number(value, max(digits, 2))
    return text.rstrip("0").rstrip(".") if "." in text else text


def both_units(metric: str, value: float | None) -> str:
    """Methane in its other unit: %LEL and %VOL are always shown together."""
    if value is None:
        return ""
    if metric == "ch4_vol":
        return f"{fmt.number(value / VOL_AT_100_LEL * 100, 0)} %LEL"
    if metric == "ch4_lel":
        return f"{fmt.number(value * VOL_AT_100_LEL / 100, 2)} %VOL"
    return ""


def called(subject: str, t: Words) -> str:
    """A group by its name, a device by its id."""
    if subject.partition(":")[0] not in GROUPS:
        return subject
    name = group_name(subject)
    return t.either(name.name_zh, name.name_en)


def counts(rows: Sequence[AlarmRow]) -> dict[str, int]:
    return {severity: sum(row.severity == severity for row in rows) for severity in RANKS}


def _ticket(row: AlarmRow, t: Words) -> str:
    if not row.ticket_number:
        return t("不开工单") if row.severity == "warning" else ""
    return t("{state} {number}", state=say(TICKET_STATES, row.ticket_state, t), number=row.ticket_number[-4:])


@dataclass(frozen=True, slots=True)
class NearView:
    """A device close to its first limit, for a calm day."""

    device: str
    place: str
    value: str
    unit: str
    share: float


CALM_HEADING = N_("离限值最近")


def nearest(rows: Sequence[NearView], most: int = 8) -> list[NearView]:
    return [replace(row, share=min(row.share, 1.0)) for row in sorted(rows, key=lambda row: -row.share)[:most]]
