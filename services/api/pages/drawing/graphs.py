"""Which chart answers which question: the window, the limits, the events around a reading."""

from collections.abc import Iterable, Sequence

from sensors.kinds import KINDS, metric_of
from services.api.door.auth import Caller
from services.api.language.vocabulary import SEVERITIES, say
from services.api.language.words import N_, Words
from services.api.pages import formatting as fmt
from services.api.pages.alarms.alarm_rows import AlarmRow
from services.api.pages.alarms.alarm_views import RANKS, is_group
from services.api.pages.drawing import charts
from services.api.pages.ports import DeviceRow, PageSource
from services.api.pages.rules.rule_words import SIGNS, plain
from services.api.pages.tickets.ticket_rows import EventRow
from streams.contracts import Op, Rule, Value

BEFORE = 12 * fmt.MINUTE
LONGEST = 7 * fmt.DAY
TOLD = {"sign": N_("签收"), "arrive": N_("到场"), "finish": N_("办结")}


def main_metric(kind: str, metric: str = "") -> str:
    """The metric to draw: the asked one, else the first that the kind measures."""
    known = KINDS.get(kind)
    if metric or known is None:
        return metric
    ruled = [rule.metric for rule in known.rules if rule.metric]
    return ruled[0] if ruled else known.metrics[0].key


def limits(rules: Iterable[Rule], kind: str, metric: str, attributes: dict[str, str], t: Words) -> list[charts.Limit]:
    """The limits in force on one metric, each severity once (its strictest)."""
    found: dict[tuple[str, bool], charts.Limit] = {}
    known = metric_of(kind, metric)
    for rule in rules:
        fits = all(attributes.get(name) == value for name, value in rule.scope.attributes.items())
        drawn = rule.metric == metric and rule.op in SIGNS and isinstance(rule.measure, Value)
        if rule.kind != kind or not drawn or not fits or not rule.enabled:
            continue
        above = rule.op in {Op.GE, Op.GT}
        digits = known.digits if known else 2
        for level in rule.levels:
            text = f"{say(SEVERITIES, level.severity, t)} {SIGNS[rule.op]}{plain(level.limit, digits)}"
            found.setdefault((level.severity, above), charts.Limit(level.severity, level.limit, text, above))
    return list(found.values())


def of_alarm(
    source: PageSource,
    who: Caller,
    alarm: AlarmRow,
    now: int,
    t: Words,
    *,
    events: Sequence[EventRow] = (),
    width: int = 332,
    height: int = 168,
    until: int | None = None,
) -> str:
    """From before the alarm until now (or until it had ended); "" of a group, which has no readings of its own."""
    if is_group(alarm.device):
        return ""
    device = source.device(who, alarm.device) or DeviceRow(alarm.device, alarm.kind, alarm.area, alarm.place)
    end = until or now
    lead = max(BEFORE, (end - alarm.since) // 4)
    marks = [charts.Mark(alarm.since, t("触发"))]
    if alarm.acked_at is not None:
        marks.append(charts.Mark(alarm.acked_at, t("确认")))
    marks += [charts.Mark(event.at, t(TOLD[event.action])) for event in events if event.action in TOLD]
    start = max(alarm.since - lead, end - LONGEST)
    return drawn(
        source, device, main_metric(alarm.kind, alarm.metric), start, end, t,
        marks=marks, severity=alarm.severity if alarm.open else "", width=width, height=height, key="alarm",
    )  # fmt: skip


def of_day(
    source: PageSource,
    device: DeviceRow,
    metric: str,
    alarms: Sequence[AlarmRow],
    now: int,
    t: Words,
    *,
    width: int = 940,
) -> str:
    """The last 24 hours of one metric with its alarms as bands along the foot."""
    mine = [alarm for alarm in alarms if alarm.metric == metric]
    stretches = [charts.Stretch(alarm.since, alarm.ended or now, alarm.severity) for alarm in mine]
    calling = [alarm.severity for alarm in mine if alarm.open and not alarm.hidden]
    worst = min(calling, key=lambda severity: RANKS.get(severity, 9), default="")
    return drawn(
        source, device, metric, now - fmt.DAY, now, t,
        stretches=stretches, severity=worst, width=width, height=200, key=metric,
    )  # fmt: skip


def drawn(
    source: PageSource,
    device: DeviceRow,
    metric: str,
    start: int,
    end: int,
    t: Words,
    *,
    marks: Sequence[charts.Mark] = (),
    stretches: Sequence[charts.Stretch] = (),
    severity: str = "",
    width: int = 332,
    height: int = 168,
    key: str = "c",
) -> str:
    """One chart of one metric of one device."""
    known = metric_of(device.kind, metric)
    step = 0 if end - start <= 3 * fmt.HOUR else fmt.MINUTE if end - start <= 49 * fmt.HOUR else fmt.HOUR
    data = charts.Evidence(
        points=source.series(device.id, metric, start, end),
        start=start,
        end=end,
        unit=known.unit if known else "",
        name=t.either(known.name_zh, known.name_en) if known else metric,
        gap=max(3 * device.period_s * 1000, 2 * step, 10_000),
        precision=known.digits if known else 2,
        limits=limits(source.rules(), device.kind, metric, device.attributes, t),
        marks=marks,
        stretches=stretches,
        severity=severity,
        flag=bool(known and known.boolean),
        key=key,
    )
    return charts.evidence(data, t, width=width, height=height)
