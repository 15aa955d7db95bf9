"""A rehearsal as its page shows it: both versions' numbers, what changed, one device's readings under both. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sensors.kinds import metric_of
from services.api.language.words import N_, Words
from services.api.pages import formatting as fmt
from services.api.pages.alarms.alarm_views import called
from services.api.pages.drawing import charts
from services.api.pages.ports import DeviceRow
from services.api.pages.rules.rule_views import limits
from services.rehearsal.domain import Change, Compared, Episode, Report, Sides
from streams.contracts import Rule

MOST: Final = 50
"""Rows of one table; nobody decides on the fifty-first."""
AROUND: Final = 6 * fmt.HOUR
IN_FORCE, REHEARSED = 0, 1
CHANGES: Final = {
    Change.NEW: N_("新增的告警"),
    Change.GONE: N_("不再有的告警"),
    Change.EARLIER: N_("提前的告警"),
    Change.LATER: N_("推后的告警"),
}


@dataclass(frozen=True, slots=True)
class Table:
    """The alarms that changed in one way; ``more`` are not shown."""

    change: str
    name: str
    total: int
    rows: Sequence[Mapping[str, Any]]
    more: int


def numbers(report: Report, t: Words) -> list[tuple[str, str, str]]:
    """Lines of (what, under the rehearsed version, under the one in force)."""
    days = (report.end - report.start) / fmt.DAY

    def line(name: str, sides: Sides, digits: int, share: float = 1.0) -> tuple[str, str, str]:
        before = "—" if sides.in_force is None else fmt.number(sides.in_force / share, digits)
        return name, fmt.number(sides.rehearsed / share, digits), before

    return [
        line(t("每天工单"), report.tickets_a_day, 2),
        line(t("每天告警"), report.alarms, 2, days),
        line(t("告警总数"), report.alarms, 0),
    ]


def absences(report: Report, t: Words) -> list[str]:
    """What the platform itself missed, and from when on that is known."""
    away, found = report.away, []
    if away.stretches:
        often, length = fmt.number(away.stretches), fmt.span(away.ms, t)
        found.append(t("期间平台有 {n} 段、共 {length}没有收到任何数据，未计为静默。", n=often, length=length))
    if away.noted_from is None:
        found.append(t("平台还没有记录过自己的中断：中断会被看成设备静默。"))
    elif away.unknown_before(report.start):
        when = fmt.moment(away.noted_from, report.end, t)
        found.append(t("平台自身的中断从 {when} 起才有记录，此前的中断会被看成设备静默。", when=when))
    return found


def tables(report: Report, address: str, places: Mapping[str, str], now: int, t: Words) -> list[Table]:
    """One a kind of change, also where it is empty: that nothing is lost is worth saying."""
    found = []
    for change, name in CHANGES.items():
        total = report.changes.get(change, 0)
        shown = [each for each in report.episodes if each.change is change][:MOST]
        rows = [_row(each, address, places, now, t) for each in shown]
        found.append(Table(change, t(name), total, rows, total - len(rows)))
    return found


def _row(each: Compared, address: str, places: Mapping[str, str], now: int, t: Words) -> dict[str, Any]:
    episode = each.either
    return {
        "device": episode.device,
        "place": places.get(episode.device) or called(episode.device, t),
        "when": fmt.moment(episode.at, now, t, seconds=True),
        "at": episode.at,
        "severity": str(episode.worst),
        "ticket": episode.ticket,
        "moved": _by(abs(each.moved_ms), t),
        "stood": fmt.span(max(episode.ended - episode.at, 0), t) if episode.ended is not None else t("到期末未恢复"),
        "chart": f"{address}&device={episode.device}&at={episode.at}#chart-title",
    }


def _by(ms: int, t: Words) -> str:
    """Seconds count here: a limit is moved for their sake."""
    return t("{n} 秒", n=fmt.number(ms / fmt.SECOND)) if ms < 10 * fmt.MINUTE else fmt.span(ms, t)


def drawn_device(report: Report, asked: str, fallback: str) -> str:
    """The device to draw: the asked one, or that of the first change, or any."""
    return asked or next((each.either.device for each in report.episodes), fallback)


def stretch(report: Report, at: int) -> tuple[int, int]:
    """What the chart covers: the period, or hours around ``at`` (0: the period)."""
    if not report.start <= at < report.end:
        return report.start, report.end
    return max(report.start, at - AROUND), min(report.end, at + AROUND)


def chart(
    rule: Rule, report: Report, device: DeviceRow, points: Sequence[tuple[int, float]], span: tuple[int, int], t: Words
) -> str:
    """One device's readings with the rehearsed limits; below them a band for each version's alarms."""
    known = metric_of(device.kind, rule.metric)
    start, end = span
    data = charts.Evidence(
        points=points,
        start=start,
        end=end,
        unit=known.unit if known else "",
        name=t.either(known.name_zh, known.name_en) if known else rule.metric,
        gap=max(3 * device.period_s * 1000, (end - start) // 84),
        precision=known.digits if known else 2,
        limits=limits(rule, t),
        stretches=_bands(report, device.id, span),
        flag=bool(known and known.boolean),
        key="rehearsal",
    )
    return charts.evidence(data, t, width=440, height=220)


def _bands(report: Report, device: str, span: tuple[int, int]) -> list[charts.Stretch]:
    def band(episode: Episode | None, lane: int) -> list[charts.Stretch]:
        if episode is None or episode.device != device:
            return []
        end = report.end if episode.ended is None else episode.ended
        if episode.at >= span[1] or end < span[0]:
            return []
        return [charts.Stretch(max(episode.at, span[0]), min(end, span[1]), str(episode.worst), lane)]

    lanes = [(each.in_force, IN_FORCE) for each in report.episodes]
    lanes += [(each.rehearsed, REHEARSED) for each in report.episodes]
    return [found for episode, lane in lanes for found in band(episode, lane)]
