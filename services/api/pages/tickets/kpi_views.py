"""Figures as the page says them: a rate with its counts and its target, a mean in words, no data as a dash. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from markupsafe import Markup

from services.api.language import vocabulary as voc
from services.api.language.words import N_, Words
from services.api.pages import formatting as fmt
from services.api.pages.drawing import trends
from services.api.pages.drawing.trends import Bar, Trend
from services.api.pages.tickets.spoken import word
from services.tickets.domain.figures import DURATIONS, MEASURES, FigureTicket, Measure, Scoring, Share
from services.tickets.handlers.figures import Row

NONE: Final = "—"
NAMES: Final = {
    Measure.SIGNED: N_("按时签收率"),
    Measure.RETURNED: N_("退单率"),
    Measure.REPEATED: N_("重复诉求率"),
    Measure.ON_TIME: N_("按时办结率"),
    Measure.RESPONSE: N_("响应率"),
    Measure.SOLUTION: N_("解决率"),
    Measure.SATISFACTION: N_("满意率"),
}
MEANS: Final = {
    "discover": N_("发现"),
    "accept": N_("受理"),
    "resolve": N_("处置"),
    "confirm": N_("核查确认"),
    "feed_back": N_("反馈"),
    "in_discovery": N_("发现阶段"),
    "in_dispatch": N_("派遣阶段"),
    "in_resolve": N_("处置阶段"),
    "in_feedback": N_("反馈阶段"),
}
NOT_YET: Final = N_("还没有办结的工单")
WITHOUT: Final = {
    "discover": N_("办结的工单都不是告警开的"),
    "accept": N_("办结的工单都没有受理这一步"),
    "resolve": N_("办结的工单都没有派人处置"),
    "confirm": N_("办结的工单都没有现场核查"),
    "feed_back": N_("办结的工单都没有答复来电人"),
}
"""Why a mean over tickets that were closed has nothing to count."""
SKIPPED: Final = N_("办结的工单都没有经过这个阶段")
EMPTY: Final = {
    Measure.RESPONSE: N_("无有效回访"),
    Measure.SOLUTION: N_("无有效回访"),
    Measure.SATISFACTION: N_("无有效回访"),
    Measure.SIGNED: N_("还没有要签收的工单"),
    Measure.ON_TIME: NOT_YET,
}
"""Why a card's rate has nothing to count."""
THREE: Final = (Measure.RESPONSE, Measure.SOLUTION, Measure.SATISFACTION)
FLOOR: Final = 0.8
"""The bars show 80 to 100 %, and say so: from 0 every good unit looks the same."""


@dataclass(frozen=True, slots=True)
class RateView:
    """``width`` and ``tick`` are percent of the bar; None draws none. ``below``: short of its target.

    ``why``: on a card, what is missing where there is no rate.
    """

    text: str
    counts: str
    address: str
    name: str
    below: bool
    width: float | None
    tick: float | None
    why: str = ""


def heads(t: Words) -> list[str]:
    return [t(NAMES[measure]) for measure in MEASURES]


def measure_name(measure: Measure, t: Words) -> str:
    return t(NAMES[measure])


def row(found: Row, name: str, scoring: Scoring, address: str) -> dict[str, Any]:
    tally = found.tally
    return {
        "name": name,
        "received": tally.received,
        "accepted": tally.accepted,
        "closed": tally.closed,
        "address": address,
        "score": percent(found.figures.score),
        "rates": [_rate(found, measure, scoring, address, "") for measure in MEASURES],
    }


def cards(found: Row, scoring: Scoring, address: str, t: Words) -> list[RateView]:
    """The three rates and the two of punctuality, large."""
    wanted = (*THREE, Measure.SIGNED, Measure.ON_TIME)
    return [
        replace(_rate(found, measure, scoring, address, t(NAMES[measure])), why=t(EMPTY[measure])) for measure in wanted
    ]


def _rate(found: Row, measure: Measure, scoring: Scoring, address: str, name: str) -> RateView:
    share, rate = found.tally.shares.get(measure, Share()), found.figures.rates[measure]
    target = scoring.targets.get(measure)
    return RateView(
        text=percent(rate),
        counts=f"{share.hits + share.half}/{share.of}" if share.of else "",
        address=f"{address}measure={measure}" if share.of and address else "",
        name=name,
        below=rate is not None and target is not None and rate < target,
        width=None if rate is None or target is None else _zoomed(rate),
        tick=None if target is None else _zoomed(target),
    )


def _zoomed(share: float) -> float:
    return max(0.0, (share - FLOOR) / (1 - FLOOR)) * 100


def percent(rate: float | None) -> str:
    return NONE if rate is None else f"{fmt.number(rate * 100, 1)}%"


def durations(found: Row, t: Words) -> list[tuple[str, str, str]]:
    """Name, mean, over how many tickets; instead of a mean that there is not, why: each is over closed tickets."""
    listed = []
    for name in DURATIONS:
        mean, span = found.figures.durations.get(name), found.tally.spans.get(name)
        why = WITHOUT.get(name, SKIPPED) if found.tally.closed else NOT_YET
        text = t(why) if mean is None else fmt.span(round(mean), t)
        listed.append((t(MEANS[name]), text, t("{n} 件", n=span.tickets) if span and span.tickets else ""))
    return listed


def charts(rows: Sequence[Row], scoring: Scoring, t: Words) -> list[tuple[str, Markup]]:
    """What came in, and how many were content, over the period."""
    windows = [(row, row.window) for row in rows if row.window]
    came = [Bar(window.start, window.end, float(row.tally.received)) for row, window in windows]
    rates = [(window, row.figures.rates[Measure.SATISFACTION]) for row, window in windows]
    content = [Bar(window.start, window.end, None if rate is None else rate * 100) for window, rate in rates]
    target = scoring.targets.get(Measure.SATISFACTION)
    received, satisfied = t("受理件"), t("满意率")
    shares = Trend(content, satisfied, "%", "content", target=target and target * 100, most=100.0, precision=1)
    return [
        (received, trends.drawn(Trend(came, received, t("件"), "came"), t)),
        (satisfied, trends.drawn(shares, t)),
    ]


def category(code: str, t: Words) -> str:
    return voc.category_name(code, t) if code else t("未归类")


def ticket(found: FigureTicket, units: Mapping[str, str], now: int, t: Words) -> dict[str, Any]:
    hit = {True: t("计入"), False: t("未计入"), None: ""}[found.hit]
    return {
        "id": found.id,
        "number": found.number,
        "title": word(found.title, t),
        "category": category(found.category, t),
        "unit": units.get(found.unit, found.unit) or t("未派单"),
        "opened": fmt.moment(found.opened_at, now, t),
        "closed": fmt.moment(found.closed_at, now, t) if found.closed_at else NONE,
        "hit": hit,
    }
