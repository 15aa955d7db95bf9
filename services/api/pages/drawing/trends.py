"""Charts of a figure over days or hours against its target and limit; a slot without data is hatched. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from services.api.language.words import Words
from services.api.pages.drawing import scales, svg
from services.api.pages.drawing.scales import Frame
from services.api.pages.formatting import DAY, hour_minute, local, number


@dataclass(frozen=True, slots=True)
class Bar:
    """One slot; ``value`` None is no data."""

    start: int
    end: int
    value: float | None


@dataclass(frozen=True, slots=True)
class Trend:
    """What a chart shows. ``target`` and ``limit`` are drawn where they are given; ``key`` names its hatch.

    ``most``: no value can be higher, as 100 % cannot; the axis ends there.
    """

    bars: Sequence[Bar]
    name: str
    unit: str
    key: str
    target: float | None = None
    limit: float | None = None
    precision: int = 0
    most: float | None = None


def drawn(trend: Trend, t: Words, *, width: int = 460, height: int = 150) -> Markup:
    """Bars in grey, those beyond the limit in colour, target and limit as dashed lines with their words."""
    known = [bar.value for bar in trend.bars if bar.value is not None]
    lines = [value for value in (trend.target, trend.limit) if value is not None]
    low, high = scales.bounds([0.0, *known], lines)
    high = high if trend.most is None else min(high, trend.most)
    start, end = (trend.bars[0].start, trend.bars[-1].end) if trend.bars else (0, 1)
    frame = Frame(40, 24, width - (64 if lines else 6), height - 20, start, end, min(low, 0.0), high)
    parts = [svg.hatch(f"ll-hatch-{trend.key}"), svg.text(2, 10, trend.unit, "start")]
    parts += [part for bar in trend.bars for part in _bar(bar, trend, frame)]
    parts += [svg.path(f"M{frame.left} {frame.bottom}H{frame.right}", "ll-c-axis")]
    parts += _values(frame, trend)
    parts += _bounds(trend, frame, t)
    parts += [
        svg.text(frame.x(bar.start + (bar.end - bar.start) / 2), height - 5, _when(bar), "middle")
        for bar in _labelled(trend.bars)
    ]
    return svg.svg(width, height, sentence(trend, t), parts)


def sentence(trend: Trend, t: Words) -> str:
    """The chart in words: the newest, the highest, what is missing."""
    known = [bar for bar in trend.bars if bar.value is not None]
    if not known:
        return t("{name}，无数据", name=trend.name)
    newest, highest = known[-1], max(known, key=lambda bar: bar.value or 0.0)
    text = t(
        "{name}，最新 {newest}，最高 {highest}（{when}）",
        name=trend.name, newest=_said(newest, trend), highest=_said(highest, trend), when=_when(highest),
    )  # fmt: skip
    if trend.limit is not None:
        text += t("，上限 {limit}", limit=_plain(trend.limit, trend))
    missing = len(trend.bars) - len(known)
    return text + t("，{n} 段无数据", n=missing) if missing else text


def _bar(bar: Bar, trend: Trend, frame: Frame) -> list[Markup]:
    left, right = frame.x(bar.start), frame.x(bar.end)
    if bar.value is None:
        hatched = Markup('<rect x="{:.1f}" y="{}" width="{:.1f}" height="{}" fill="url(#ll-hatch-{})"/>')
        return [hatched.format(left, frame.top, right - left, frame.bottom - frame.top, trend.key)]
    over = trend.limit is not None and bar.value > trend.limit
    inset, y = (right - left) * 0.14, frame.y(bar.value)
    style = "ll-c-over" if over else "ll-c-bar"
    return [svg.rect(left + inset, y, right - left - 2 * inset, frame.bottom - y, style)]


def _bounds(trend: Trend, frame: Frame, t: Words) -> list[Markup]:
    """One line where target and limit are the same; labels that would touch are moved apart."""
    words = {trend.target: t("目标"), trend.limit: t("上限")}
    parts, last = [], -100.0
    for value in sorted((value for value in words if value is not None), reverse=True):
        y = frame.y(value)
        last = max(y + 4, last + 12)
        label = f"{words[value]} {_plain(value, trend)}"
        parts.append(svg.path(f"M{frame.left} {y:.1f}H{frame.right}", "ll-c-bound"))
        parts.append(svg.text(frame.right + 4, last, label, "start"))
    return parts


def _values(frame: Frame, trend: Trend) -> list[Markup]:
    ticks = scales.value_ticks(frame.low, frame.high, 3)
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
    digits = next((digits for digits in range(4) if abs(round(step, digits) - step) < 1e-9), trend.precision)
    return [svg.text(frame.left - 5, frame.y(value) + 4, number(value, digits), "end") for value in ticks]


def _labelled(bars: Sequence[Bar]) -> list[Bar]:
    """At most eight labels, evenly spaced; a slot that is cut short has no room for one."""
    every = max(-(-len(bars) // 8), 1)
    whole = max((bar.end - bar.start for bar in bars), default=0)
    return [
        bar for index, bar in enumerate(bars)
        if index % every == every // 2 and 2 * (bar.end - bar.start) >= whole
    ]  # fmt: skip


def _when(bar: Bar) -> str:
    """A day by its date, an hour by its time."""
    when = local(bar.start)
    return f"{when.month}-{when.day}" if bar.end - bar.start > DAY / 12 else hour_minute(bar.start)


def _said(bar: Bar, trend: Trend) -> str:
    return f"{number(bar.value or 0.0, trend.precision)} {trend.unit}".strip()


def _plain(value: float, trend: Trend) -> str:
    text = number(value, max(trend.precision, 2))
    return text.rstrip("0").rstrip(".") if "." in text else text
