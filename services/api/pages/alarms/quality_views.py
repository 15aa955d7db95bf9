"""Alarm quality in the words of the pages: measures, charts, sources. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from services.alarms.domain.quality_figures import CLASSES, Counted, Mean, Quality
from services.alarms.domain.quality_findings import Finding, findings
from services.alarms.domain.quality_targets import DAY, Bound, Targets, Verdict
from services.api.language.vocabulary import ADVICE, MEASURES, PRIORITIES, VERDICTS, say
from services.api.language.words import Words
from services.api.pages import formatting as fmt
from services.api.pages.drawing import trends

SHARES: Final = frozenset({"flood_share", "top_share", "mix"})
LISTED: Final = 10
"""Sources and alarms that a list shows; the table above it has the whole number."""
COUNTS: Final = frozenset({"stale", "chattering", "fleeting"})


@dataclass(frozen=True, slots=True)
class Names:
    """How rules and devices are called; an unknown one is called by its id."""

    rules: Mapping[str, str]
    places: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CauseView:
    """A rule (and where one is to blame, a device) with its number of alarms."""

    rule: str
    rule_name: str
    device: str
    place: str
    number: int


@dataclass(frozen=True, slots=True)
class MeasureView:
    """One row of the table."""

    name: str
    value: str
    target: str
    limit: str
    verdict: str
    word: str
    advice: str
    causes: tuple[CauseView, ...]


@dataclass(frozen=True, slots=True)
class MixView:
    """One priority's share beside the wanted one, for a bar."""

    name: str
    share: str
    wanted: str
    width: float | None
    tick: float


@dataclass(frozen=True, slots=True)
class PositionView:
    """One position among others; ``poor`` counts the measures beyond their limit."""

    code: str
    name: str
    address: str
    alarms: str
    per_day: str
    flood: str
    in_flood: bool
    nuisance: str
    answer: str
    waiting: str
    poor: int
    verdict: str


@dataclass(frozen=True, slots=True)
class StaleView:
    """An alarm that stood for too long."""

    cause: CauseView
    episode: str
    since: int
    lasted: str
    still: bool


def measures(quality: Quality, targets: Targets, names: Names, t: Words) -> list[MeasureView]:
    """Every measure of the table, in its order."""
    return [_measure(finding, names, t) for finding in findings(quality, targets)]


def _measure(finding: Finding, names: Names, t: Words) -> MeasureView:
    act = finding.verdict in {Verdict.FAIR, Verdict.POOR, Verdict.FEW} and finding.causes
    return MeasureView(
        name=say(MEASURES, finding.measure, t),
        value=_figure(finding.measure, finding.value, t),
        target=_bound(finding.measure, finding.bound.target),
        limit=_bound(finding.measure, finding.bound.limit),
        verdict=str(finding.verdict),
        word=say(VERDICTS, str(finding.verdict), t),
        advice=say(ADVICE, finding.measure, t) if act else "",
        causes=tuple(_cause(cause, names) for cause in finding.causes),
    )


def _cause(counted: Counted, names: Names) -> CauseView:
    device, rule = counted.source
    return CauseView(rule, names.rules.get(rule, rule), device, names.places.get(device) or device, counted.number)


def _figure(measure: str, value: float | None, t: Words) -> str:
    if value is None:
        return t("无数据")
    if measure in SHARES:
        return percent(value)
    return fmt.number(value, 0 if measure in COUNTS else 1)


def _bound(measure: str, value: float) -> str:
    return percent(value) if measure in SHARES else f"{value:g}"


def percent(share: float) -> str:
    """A share to one digit where it is small, so that 0.4 % is not 0 %."""
    return f"{fmt.number(share * 100, 1 if share < 0.1 else 0)} %"


def facts(quality: Quality, t: Words) -> list[tuple[str, str]]:
    """What is told without a verdict: the standards give no figure for it."""
    _, hour, ten_minutes = quality.rates
    return [
        (t("新告警"), _count(quality.alarms, t)),
        (t("最忙的一小时"), _count(hour.worst, t)),
        (t("最忙的 10 分钟"), _count(ten_minutes.worst, t)),
        (t("超过上限的小时占比"), t("无数据") if hour.over is None else percent(hour.over)),
        (t("隐藏的告警（搁置、抑制、检修、积压）"), _count(quality.hidden, t)),
        (t("洪峰次数"), _count(quality.floods, t)),
        (t("平均确认时间"), _mean(quality.answers, t)),
        (t("最长确认时间"), _longest(quality.answers, t)),
        (t("未确认的告警"), _count(quality.waiting, t)),
        (t("平均恢复时间"), _mean(quality.returns, t)),
    ]


def _count(value: int | None, t: Words) -> str:
    return t("无数据") if value is None else fmt.number(value)


def _mean(mean: Mean, t: Words) -> str:
    if mean.mean is None:
        return t("无数据")
    return t("{span}（{n} 次）", span=fmt.span(round(mean.mean), t), n=fmt.number(mean.count))


def _longest(mean: Mean, t: Words) -> str:
    return t("无数据") if mean.worst is None else fmt.span(mean.worst, t)


def charts(quality: Quality, targets: Targets, slot: int, t: Words) -> list[tuple[str, Markup]]:
    """New alarms, time in flood and time to acknowledge over the period, each with its heading."""
    daily = slot == DAY
    rate: Bound = targets.per_day if daily else targets.per_hour
    alarms, floods, answers = t("新告警"), t("洪峰时间占比"), t("平均确认时间")
    every = t("每天") if daily else t("每小时")
    share = targets.flood_share

    def bars(of: str, factor: float = 1.0) -> list[trends.Bar]:
        values = [(point, getattr(point, of)) for point in quality.trend]
        return [trends.Bar(point.start, point.end, None if v is None else v * factor) for point, v in values]

    made = [
        trends.Trend(bars("alarms"), alarms, t("项"), "alarms", rate.target, rate.limit),
        trends.Trend(bars("flood_share", 100.0), floods, "%", "floods", None, share.limit * 100, 1),
        trends.Trend(bars("answer_ms", 1 / fmt.MINUTE), answers, t("分"), "answers", precision=1),
    ]
    return [(f"{trend.name} · {every}", trends.drawn(trend, t)) for trend in made]


def mix(quality: Quality, targets: Targets, t: Words) -> list[MixView]:
    views = []
    for name in CLASSES:
        share, wanted = quality.mix[name], getattr(targets.mix, name)
        shown = t("无数据") if share is None else percent(share)
        width = None if share is None else share * 100
        views.append(MixView(say(PRIORITIES, name, t), shown, percent(wanted), width, wanted * 100))
    return views


def sources(quality: Quality, names: Names, t: Words) -> list[tuple[str, str, list[CauseView]]]:
    """Lists of sources: what they are, how the number reads, who they are."""
    lists = (
        (t("最多的来源"), t("告警"), quality.top),
        (t("抖动来源"), t("一分钟内最多"), quality.chattering),
        (t("瞬时告警"), t("次数"), quality.fleeting),
    )
    return [(heading, number, [_cause(one, names) for one in counted[:LISTED]]) for heading, number, counted in lists]


def stale(quality: Quality, names: Names, now: int, t: Words) -> list[StaleView]:
    return [
        StaleView(
            _cause(Counted(one.source, 1), names), one.episode, one.since,
            fmt.span((one.until or now) - one.since, t), one.until is None,
        )
        for one in quality.stale[:LISTED]
    ]  # fmt: skip


def position(quality: Quality, name: str, targets: Targets, address: str, t: Words) -> PositionView:
    found = findings(quality, targets)
    poor = sum(finding.verdict is Verdict.POOR for finding in found)
    nuisance = (quality.stale_count, quality.chattering_count, quality.fleeting_count)
    day = quality.rates[0].mean
    verdict = "none" if quality.alarms is None else "poor" if poor else "good"
    return PositionView(
        code=quality.position, name=name, address=address, alarms=_count(quality.alarms, t),
        per_day=t("无数据") if day is None else fmt.number(day, 1),
        flood=t("无数据") if quality.flood_share is None else percent(quality.flood_share),
        in_flood=bool(quality.in_flood),
        nuisance=t("无数据") if None in nuisance else " · ".join(str(count) for count in nuisance),
        answer=_mean(quality.answers, t), waiting=_count(quality.waiting, t), poor=poor, verdict=verdict,
    )  # fmt: skip
