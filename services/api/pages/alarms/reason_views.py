"""The panel that says why an alarm fired: the sentence, the limit, the delay running down, the chart. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from services.api.language.vocabulary import QUALITIES, SEVERITIES, say
from services.api.language.words import Words
from services.api.pages import formatting as fmt
from services.api.pages.alarms import countdown as cd
from services.api.pages.alarms import reasons
from services.api.pages.alarms.named import NOBODY, Named
from services.api.pages.drawing import charts
from services.api.pages.rules import rule_words as rw
from streams.contracts import AlarmEvent, Level, Op, Rule, Value

Series = Callable[[int, int], Sequence[tuple[int, float]]]
ROOM = 2 * fmt.MINUTE
"""Least time a chart shows before the first sample that counted and after the decision."""


@dataclass(frozen=True, slots=True)
class CountedView:
    """One sample of the run: its time, its value, and what was left to wait for after it."""

    ts: int
    value: str
    quality: str
    held: str
    left: str
    share: float
    place: str


@dataclass(frozen=True, slots=True)
class ReasonView:
    """What the panel shows; ``facts`` are pairs of a word and what it says."""

    headline: str
    facts: list[tuple[str, str]]
    counted: list[CountedView]
    chart: Markup | None
    steps: list[tuple[int, str]]


def view(
    place: str,
    events: Sequence[AlarmEvent],
    rules: Sequence[Rule | None],
    series: Series,
    now: int,
    t: Words,
    named: Named = NOBODY,
) -> ReasonView:
    """``rules`` are those in force at each event; ``series(start, end)`` reads the metric's history."""
    event = cd.deciding(events)
    rule = rules[list(events).index(event)]
    level = cd.level_of(rule, event) if rule else None
    run = cd.countdown(event, rule, level) if rule and level else None
    return ReasonView(
        headline=reasons.headline(place, events, rules, now, t, named),
        facts=_facts(event, rule, t) if rule else [],
        counted=[_counted(event, rule, sample, t) for sample in run.samples] if rule and run else [],
        chart=_chart(event, rule, run, series, now, t) if rule and run and run.samples else None,
        steps=[
            (events[i].at, reasons.told_of(events, rules, i, now, t, named)) for i in range(len(events) - 1, -1, -1)
        ],
    )


def _facts(event: AlarmEvent, rule: Rule, t: Words) -> list[tuple[str, str]]:
    level = cd.level_of(rule, event)
    if level is None or rule.op is Op.SILENT:
        return []
    facts = [
        (t("条件"), rw.whole_condition(rule, event.kind, level, level.limit, t)),
        *((t("前提"), rw.side(rule, event.kind, gate, t)) for gate in rule.gate),
        *([(t("时段"), rw.hours(rule.schedule, t))] if rule.schedule else []),
        (t("判定要求"), rw.need(level, t)),
        (t("恢复"), _clears(event, rule, level, t)),
    ]  # fmt: skip
    if level.unrefuted_ms is not None:
        facts.insert(-1, (t("或"), t("{span} 无反证", span=rw.exact(level.unrefuted_ms, t))))
    return facts


def _clears(event: AlarmEvent, rule: Rule, level: Level, t: Words) -> str:
    clear = rw.clearing(rule, event.kind, level, t)
    if not level.off_delay_ms:
        return t("{clear}，即恢复", clear=clear)
    return t("{clear}，保持 {off}", clear=clear, off=rw.exact(level.off_delay_ms, t))


def _counted(event: AlarmEvent, rule: Rule, counted: cd.Counted, t: Words) -> CountedView:
    sample = counted.sample
    level = cd.level_of(rule, event)
    delay = level.on_delay_ms if level else 0
    return CountedView(
        ts=cd.moment(sample),
        value=rw.said(rule, event.kind, sample.value, t),
        quality="" if sample.quality == "good" else say(QUALITIES, sample.quality, t),
        held=rw.exact(counted.held, t),
        left=_left(counted, t),
        share=100.0 * (1 - counted.left / delay) if delay else 100.0,
        place=f"{sample.partition}/{sample.offset}" if sample.offset >= 0 else "",
    )


def _left(counted: cd.Counted, t: Words) -> str:
    """What was still wanted after this sample."""
    if counted.decided:
        return t("已满足")
    parts = [t("还差 {span}", span=rw.exact(counted.left, t))] if counted.left else []
    parts += [t("还差 {n} 次", n=counted.missing)] if counted.missing else []
    return t("，").join(parts)


def _limit_word(event: AlarmEvent, rule: Rule) -> str:
    if event.limit is None or rule.op not in rw.SIGNS:
        return ""
    return f"{rw.SIGNS[rule.op]}{rw.plain(event.limit, rw.digits(rule, event.kind))}"


def _chart(event: AlarmEvent, rule: Rule, run: cd.Countdown, series: Series, now: int, t: Words) -> Markup:
    """The counted samples ringed, the limit, and the delay as a bar from the first of them to the decision."""
    points = [(cd.moment(counted.sample), counted.sample.value) for counted in run.samples]
    decided = max(event.at, points[-1][0])
    room = max(ROOM, (decided - run.since) // 2)
    start, end = run.since - room, min(now, decided + room)
    plain = isinstance(rule.measure, Value)
    severity = str(event.severity)
    limit = event.limit if rule.op not in rw.YES_OR_NO else None
    word = f"{say(SEVERITIES, severity, t)} {_limit_word(event, rule)}".strip()
    above = rule.op in {Op.GE, Op.GT}
    data = charts.Evidence(
        points=sorted({*points, *(series(start, end) if plain else ())}),
        start=start,
        end=max(end, decided),
        unit=rw.unit_word(rw.unit(rule, event.kind), t),
        name=rw.quantity(rule, event.kind, t),
        gap=end - start,
        precision=rw.digits(rule, event.kind),
        limits=[charts.Limit(severity, limit, word, above)] if limit is not None else [],
        marks=[charts.Mark(event.at, t("判定"))],
        stretches=[charts.Stretch(run.since, decided, severity)],
        counted=points,
        flag=limit is None,
        key="why",
    )
    return charts.evidence(data, t, width=440, height=190)
