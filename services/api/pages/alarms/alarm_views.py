"""Alarms as the cockpit shows them: one line, one value, one mark. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sensors.kinds import metric_of
from sensors.kinds.groups import GROUPS, group_name
from services.api.language.vocabulary import ALARM_STATES, SEVERITIES, TICKET_STATES, kind_name, say
from services.api.language.words import N_, Words
from services.api.pages import formatting as fmt
from services.api.pages.alarms.alarm_rows import AlarmRow
from services.api.pages.alarms.hidden import hidden
from services.api.pages.rules import rule_words as rw
from streams.contracts import Flagged, Op, Rule, Value

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
    hidden: str = ""
    icon: str = ""

    @property
    def mark(self) -> str:
        """The shape that shows it: a cross where it has ended or nobody is called because of it."""
        return self.row.severity if self.row.open and not self.row.hidden else "none"


def views(rows: Sequence[AlarmRow], rules: Mapping[str, Rule], now: int, t: Words) -> list[AlarmView]:
    """Say several, among which those may be that hide others."""
    titles = {row.episode: title(row, rules, t) for row in rows}
    return [view(row, rules, now, t, titles) for row in rows]


def title(row: AlarmRow, rules: Mapping[str, Rule], t: Words) -> str:
    """The place and the rule: how one alarm names another."""
    return f"{row.place or called(row.device, t)} {rule_name(row.rule, rules, t)}"


def rule_name(name: str, rules: Mapping[str, Rule], t: Words) -> str:
    rule = rules.get(name)
    return t.either(rule.name_zh, rule.name_en) if rule else say(BUILT_IN, name, t)


def view(
    row: AlarmRow, rules: Mapping[str, Rule], now: int, t: Words, titles: Mapping[str, str] | None = None
) -> AlarmView:
    """Say one alarm. ``titles``: of the alarms that may hide it, by episode."""
    rule = rules.get(row.rule)
    value, unit = shown_value(row, rule, now, t)
    return AlarmView(
        row=row,
        title=row.place or called(row.device, t),
        kind=called(row.device, t).partition(" ")[0] if mixed(row, rule) else kind_name(row.kind, t),
        rule=rule_name(row.rule, rules, t),
        severity=say(SEVERITIES, row.severity, t),
        state=say(ALARM_STATES, row.state, t),
        value=value,
        unit=unit,
        limit=limit_text(row, rule, t),
        also=both_units(row.metric, row.value) if rule is None or isinstance(rule.measure, Value) else "",
        age=fmt.age(row.since, now, t),
        since=fmt.near(row.since, now, t),
        ticket=_ticket(row, t),
        hidden=hidden(row, titles or {}, now, t),
        icon="device" if mixed(row, rule) else row.kind,
    )


def ordered(rows: Sequence[AlarmRow]) -> list[AlarmRow]:
    """By severity, then what waits for someone, then the newest first; warnings late, what is hidden last."""
    return sorted(rows, key=lambda row: (row.hidden, RANKS.get(row.severity, 9), not row.waits, -row.since, row.id))


def shown_value(row: AlarmRow, rule: Rule | None, now: int, t: Words) -> tuple[str, str]:
    """The value and its unit; how long, where the value is only yes or no. A rate is no reading: its unit says so."""
    if rule is not None and rule.op is Op.SILENT:
        return t("离线"), ""
    metric = metric_of(row.kind, row.metric)
    if (metric is not None and metric.boolean) or (rule is not None and isinstance(rule.measure, Flagged)):
        return fmt.span(now - row.since, t), ""
    if row.value is None:
        return t("无数据"), ""
    if row.rule == CLOCK:
        return fmt.span(int(row.value), t), ""
    if rule is not None and not isinstance(rule.measure, Value):
        return fmt.number(row.value, rw.digits(rule, row.kind)), rw.unit_word(rw.unit(rule, row.kind), t)
    return fmt.number(row.value, metric.digits if metric else 1), rw.unit_word(metric.unit if metric else "", t)


def limit_text(row: AlarmRow, rule: Rule | None, t: Words) -> str:
    if rule is None or rule.op not in rw.SIGNS or row.limit is None:
        return ""
    return t("限值 {sign}{limit}", sign=rw.SIGNS[rule.op], limit=rw.plain(row.limit, rw.digits(rule, row.kind)))


def both_units(metric: str, value: float | None) -> str:
    """Methane in its other unit: %LEL and %VOL are always shown together."""
    if value is None:
        return ""
    if metric == "ch4_vol":
        return f"{fmt.number(value / VOL_AT_100_LEL * 100, 0)} %LEL"
    if metric == "ch4_lel":
        return f"{fmt.number(value * VOL_AT_100_LEL / 100, 2)} %VOL"
    return ""


def is_group(subject: str) -> bool:
    """A group has no readings of its own."""
    return subject.partition(":")[0] in GROUPS


def mixed(row: AlarmRow, rule: Rule | None) -> bool:
    """Devices of several kinds stand behind it, as behind a gateway: the first one's kind says nothing."""
    return is_group(row.device) and rule is not None and rule.kind == "*"


def called(subject: str, t: Words) -> str:
    """A group by its name, a device by its id."""
    if not is_group(subject):
        return subject
    name = group_name(subject)
    return t.either(name.name_zh, name.name_en)


def counts(rows: Sequence[AlarmRow]) -> dict[str, int]:
    """Those that are not hidden, by severity."""
    return {severity: sum(row.severity == severity and not row.hidden for row in rows) for severity in RANKS}


def _ticket(row: AlarmRow, t: Words) -> str:
    if not row.ticket_number:
        return t("不开工单") if row.severity == "warning" or (row.hidden and row.open) else ""
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
