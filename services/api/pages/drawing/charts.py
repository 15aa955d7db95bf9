"""Server-rendered charts: SVG without style or script, colours by class, a sentence as their name. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from services.api.language.words import N_, Words
from services.api.pages.drawing import scales
from services.api.pages.drawing.scales import Frame, Point
from services.api.pages.drawing.shapes import LAST
from services.api.pages.drawing.svg import hatch as _hatch
from services.api.pages.drawing.svg import path as _path
from services.api.pages.drawing.svg import rect as _rect
from services.api.pages.drawing.svg import svg as _svg
from services.api.pages.drawing.svg import text as _text
from services.api.pages.formatting import DAY, hour_minute, local, number


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of a rule: a dashed line, and a wash on its bad side (``above`` or below it)."""

    severity: str
    value: float
    label: str
    above: bool = True


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened: an upright line with a word."""

    at: int
    label: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time during which an alarm of ``severity`` stood: a band at the foot, in its own ``lane`` from below."""

    start: int
    end: int
    severity: str
    lane: int = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a chart shows. ``gap``: a pause longer than this (ms) is missing data. ``flag``: a yes-or-no metric.

    ``counted`` are points that somebody's decision rests on; they are ringed.
    """

    points: Sequence[Point]
    start: int
    end: int
    unit: str
    name: str
    gap: int
    precision: int = 1
    limits: Sequence[Limit] = ()
    marks: Sequence[Mark] = ()
    stretches: Sequence[Stretch] = ()
    counted: Sequence[Point] = ()
    severity: str = ""
    flag: bool = False
    key: str = field(default="c")


def evidence(data: Evidence, t: Words, *, width: int = 332, height: int = 168) -> Markup:
    """The value in ink, limits as dashed lines over washes, events upright, gaps hatched."""
    points = [point for point in data.points if data.start <= point[0] <= data.end]
    frame = _frame(data, points, width, height)
    hatch = f"ll-hatch-{data.key}"
    parts = [
        _hatch(hatch),
        *_washes(data, frame),
        *_gaps(data, points, frame, hatch, t),
        *_axes(data, frame, t),
        *_limits(data, frame),
        *_stretches(data, frame),
        *_marks(data, frame),
        *_line(data, points, frame),
        *_counted(data, frame),
    ]
    return _svg(width, height, sentence(data, points, t), parts)


def sentence(data: Evidence, points: Sequence[Point], t: Words) -> str:
    """The chart in words: what, from when to when, the highest, the latest, what is missing."""
    span = t("{name} {start} 至 {end}", name=data.name, start=_when(data.start, data), end=_when(data.end, data))
    if not points:
        return t("{span}，无数据", span=span)
    highest, latest = max(points, key=lambda p: p[1]), points[-1]
    text = t(
        "{span}，最高 {highest}，最新 {latest}",
        span=span,
        highest=_said(highest[1], data, t),
        latest=_said(latest[1], data, t),
    )
    for limit in data.limits:
        text += t("，{label}", label=limit.label)
    for start, end in scales.silences(points, data.start, data.end, data.gap)[:3]:
        text += t("，{start} 至 {end} 无数据", start=_when(start, data), end=_when(end, data))
    return text


def hourly(counts: Sequence[tuple[int, int]], limit: int, t: Words, *, width: int = 300, height: int = 140) -> Markup:
    """Bars of (hour start, count) with the limit as a dashed line; only bars above it carry colour."""
    top = max([limit + 2, *(count for _, count in counts)])
    start, end = (counts[0][0], counts[-1][0] + 3_600_000) if counts else (0, 1)
    frame = Frame(26, 12, width - 4, height - 20, start, end, 0, top)
    slot = (frame.right - frame.left) / max(len(counts), 1)
    parts = []
    for index, (_, count) in enumerate(counts):
        style = "ll-c-over" if count > limit else "ll-c-bar"
        y = frame.y(count)
        parts.append(_rect(frame.left + index * slot + slot * 0.14, y, slot * 0.72, frame.bottom - y, style))
    parts += [_path(f"M{frame.left} {frame.bottom}H{frame.right}", "ll-c-axis")]
    parts += [_path(f"M{frame.left} {frame.y(limit):.1f}H{frame.right}", "ll-c-bound")]
    parts += [_text(frame.right, frame.y(limit) - 4, t("上限 {n}", n=limit), "end")]
    parts += [_text(frame.left - 4, frame.y(value) + 4, number(value), "end") for value in (0, top)]
    parts += [
        _text(frame.x(at) + slot / 2, height - 4, hour_minute(at), "middle")
        for at, _ in counts
        if local(at).hour % 6 == 0
    ]
    total = sum(count for _, count in counts)
    busiest = max((count for _, count in counts), default=0)
    label = t("24 小时告警 {n} 项，最多的一小时 {most} 项，上限 {limit}", n=total, most=busiest, limit=limit)
    return _svg(width, height, label, parts)


def gauge(value: float, target: float, low: float = 90.0, high: float = 100.0) -> Markup:
    """A bar on a stated, zoomed scale with a tick at the target."""

    def share(number_: float) -> float:
        return 100 * min(max((number_ - low) / (high - low), 0.0), 1.0)

    return Markup(
        '<svg class="ll-gauge" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="ll-g-ground" y="3" width="100" height="6"/>'
        '<rect class="ll-g-value" y="3" width="{value:.1f}" height="6"/>'
        '<rect class="ll-g-target" x="{target:.1f}" width="1.6" height="12"/></svg>'
    ).format(value=share(value), target=min(share(target), 98.4))


def _frame(data: Evidence, points: Sequence[Point], width: int, height: int) -> Frame:
    if data.flag:
        low, high = 0.0, 1.25
    else:
        low, high = scales.bounds([value for _, value in points], [limit.value for limit in data.limits])
    right = width - (76 if data.limits else 8)
    return Frame(34, 22, right, height - 20, data.start, data.end, low, high)


def _washes(data: Evidence, frame: Frame) -> list[Markup]:
    ordered = sorted(data.limits, key=lambda limit: limit.value)
    parts = []
    for index, limit in enumerate(ordered):
        if limit.above:
            above = [other.value for other in ordered[index + 1 :] if other.above]
            top, bottom = frame.y(above[0] if above else frame.high), frame.y(limit.value)
        else:
            below = [other.value for other in ordered[:index] if not other.above]
            top, bottom = frame.y(limit.value), frame.y(below[-1] if below else frame.low)
        wash = _rect(frame.left, top, frame.right - frame.left, bottom - top, f"ll-c-wash ll-s-{limit.severity}")
        parts.append(wash)
    return parts


def _limits(data: Evidence, frame: Frame) -> list[Markup]:
    parts, last = [], -100.0
    for limit in sorted(data.limits, key=lambda limit: -limit.value):
        y = frame.y(limit.value)
        parts.append(_path(f"M{frame.left} {y:.1f}H{frame.right}", f"ll-c-limit ll-s-{limit.severity}"))
        last = max(y + 4, last + 12)
        parts.append(_text(frame.right + 4, last, limit.label, "start", f"ll-c-limit-text ll-s-{limit.severity}"))
    return parts


def _axes(data: Evidence, frame: Frame, t: Words) -> list[Markup]:
    parts = [_path(f"M{frame.left} {frame.bottom}H{frame.right}", "ll-c-axis")]
    parts += [_text(2, 10, data.unit, "start")]
    if data.flag:
        parts += [_text(frame.left - 5, frame.y(v) + 4, t(word), "end") for v, word in ((0, N_("否")), (1, N_("是")))]
    else:
        ticks = scales.value_ticks(frame.low, frame.high)
        step = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
        digits = next((d for d in range(4) if abs(round(step, d) - step) < 1e-9), 4)
        parts += [_text(frame.left - 5, frame.y(v) + 4, number(v, digits), "end") for v in ticks]
    most = 4 if frame.right - frame.left < 400 else 8
    for at in scales.time_ticks(data.start, data.end, most):
        parts.append(_path(f"M{frame.x(at):.1f} {frame.bottom}v3", "ll-c-axis"))
        if frame.left + 12 <= frame.x(at) <= frame.right - 4:
            parts.append(_text(frame.x(at), frame.bottom + 15, _when(at, data), "middle"))
    return parts


def _gaps(data: Evidence, points: Sequence[Point], frame: Frame, hatch: str, t: Words) -> list[Markup]:
    parts = []
    for start, end in scales.silences(points, data.start, data.end, data.gap):
        x, wide = frame.x(start), frame.x(end) - frame.x(start)
        parts.append(
            Markup('<rect x="{:.1f}" y="{}" width="{:.1f}" height="{}" fill="url(#{})"/>').format(
                x, frame.top, wide, frame.bottom - frame.top, hatch
            )
        )
        if wide >= 44:
            parts.append(_text(x + wide / 2, frame.top + 14, t("无数据"), "middle", "ll-c-gap"))
    return parts


def _marks(data: Evidence, frame: Frame) -> list[Markup]:
    parts, taken = [], -100.0
    shown = [mark for mark in sorted(data.marks, key=lambda mark: mark.at) if data.start <= mark.at <= data.end]
    for mark in shown:
        x = frame.x(mark.at)
        parts.append(_path(f"M{x:.1f} {frame.top}V{frame.bottom}", "ll-c-when"))
        half = 6.0 * len(mark.label) if mark.label and ord(mark.label[0]) > 0x2E80 else 3.2 * len(mark.label)
        middle = min(max(x, frame.left + half), frame.right + 30 - half)
        if middle - half > taken:
            parts.append(_text(middle, frame.top - 5, mark.label, "middle", "ll-c-event"))
            taken = middle + half
    return parts


def _stretches(data: Evidence, frame: Frame) -> list[Markup]:
    return [
        _rect(
            frame.x(s.start),
            frame.bottom - 5 - 7 * s.lane,
            max(frame.x(s.end) - frame.x(s.start), 3),
            5,
            f"ll-c-last ll-s-{s.severity}",
        )
        for s in data.stretches
        if s.end >= data.start
    ]


def _line(data: Evidence, points: Sequence[Point], frame: Frame) -> list[Markup]:
    if not points:
        return []
    columns = int(frame.right - frame.left)
    commands = []
    for run in scales.runs(points, data.gap):
        thin = run if data.flag else scales.thinned(run, data.start, data.end, columns)
        commands.append(_stepped(thin, frame) if data.flag else _straight(thin, frame))
    at, value = points[-1]
    x, y = frame.x(at), frame.y(value)
    parts = [_path("".join(commands), "ll-c-value")]
    if data.severity in LAST:
        parts.append(
            Markup('<path class="ll-c-last ll-s-{}" transform="translate({:.1f} {:.1f})" d="{}"/>').format(
                data.severity, x, y, LAST[data.severity]
            )
        )
    else:
        parts.append(Markup('<circle class="ll-c-dot" cx="{:.1f}" cy="{:.1f}" r="3.5"/>').format(x, y))
    return parts


def _counted(data: Evidence, frame: Frame) -> list[Markup]:
    shown = [point for point in data.counted if data.start <= point[0] <= data.end]
    ring = Markup('<circle class="ll-c-counted" cx="{:.1f}" cy="{:.1f}" r="5"/>')
    return [ring.format(frame.x(at), frame.y(value)) for at, value in shown]


def _straight(run: Sequence[Point], frame: Frame) -> str:
    pairs = [f"{frame.x(at):.1f} {frame.y(value):.1f}" for at, value in run]
    return "M" + "L".join(pairs) + ("h.1" if len(pairs) == 1 else "")


def _stepped(run: Sequence[Point], frame: Frame) -> str:
    first = run[0]
    text = f"M{frame.x(first[0]):.1f} {frame.y(first[1]):.1f}"
    return text + "".join(f"H{frame.x(at):.1f}V{frame.y(value):.1f}" for at, value in run[1:])


def _when(at: int, data: Evidence) -> str:
    when = local(at)
    return f"{when.month}-{when.day}" if data.end - data.start > 2 * DAY else hour_minute(at)


def _said(value: float, data: Evidence, t: Words) -> str:
    if data.flag:
        return t("是") if value else t("否")
    return f"{number(value, data.precision)} {data.unit}".strip()
