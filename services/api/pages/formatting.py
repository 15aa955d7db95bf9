"""Numbers, ages and times as people read them: pure, in both languages, always Asia/Shanghai.

Times are epoch milliseconds; ``now`` is the server's, never the viewer's clock.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from services.api.language.words import Words

ZONE: Final = ZoneInfo("Asia/Shanghai")
SECOND: Final = 1_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS_ZH: Final = "一二三四五六日"
WEEKDAYS_EN: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@lru_cache(maxsize=4_096)
def local(at: int) -> datetime:
    """The wall clock in Shanghai at ``at``; a page asks for the same few moments over and over."""
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(ZONE)


def iso(at: int) -> str:
    """For ``<time datetime>``: seconds, with zone."""
    return local(at).isoformat(timespec="seconds")


def number(value: float, precision: int = 0) -> str:
    """With thousands commas and exactly the metric's precision; never "-0"."""
    rounded = round(value, precision)
    return f"{rounded + 0.0 if rounded else 0.0:,.{precision}f}"


def clock(at: int) -> str:
    """Hours, minutes and seconds."""
    return local(at).strftime("%H:%M:%S")


def hour_minute(at: int) -> str:
    return local(at).strftime("%H:%M")


def day(at: int, t: Words) -> str:
    """A date within the year with its weekday: 11月22日 周日."""
    when = local(at)
    if t.lang == "zh":
        return f"{when.month}月{when.day}日 周{WEEKDAYS_ZH[when.weekday()]}"
    return f"{WEEKDAYS_EN[when.weekday()]} {when.day} {MONTHS[when.month - 1]}"


def moment(at: int, now: int, t: Words, *, seconds: bool = False) -> str:
    """Same day 09:41; this year 11月22日 09:41; else 2026-11-22 09:41."""
    when, today = local(at), local(now)
    time = when.strftime("%H:%M:%S" if seconds else "%H:%M")
    if when.date() == today.date():
        return time
    if when.year != today.year:
        return f"{when:%Y-%m-%d} {time}"
    if t.lang == "zh":
        return f"{when.month}月{when.day}日 {time}"
    return f"{when.day} {MONTHS[when.month - 1]} {time}"


def near(at: int, now: int, t: Words) -> str:
    """A moment with its seconds while it is less than an hour away."""
    return moment(at, now, t, seconds=abs(now - at) < HOUR)


def span(length: int, t: Words) -> str:
    """A duration in its two largest units: 47 秒, 12 分, 3 时 12 分, 2 天 4 时."""
    length = max(length, 0)
    if length < MINUTE:
        return t("{n} 秒", n=length // SECOND)
    if length < HOUR:
        return t("{n} 分", n=length // MINUTE)
    if length < DAY:
        hours, minutes = length // HOUR, length % HOUR // MINUTE
        return t("{h} 时 {m:02d} 分", h=hours, m=minutes) if minutes else t("{h} 时", h=hours)
    days, hours = length // DAY, length % DAY // HOUR
    return t("{d} 天 {h} 时", d=days, h=hours) if hours else t("{d} 天", d=days)


def age(at: int, now: int, t: Words) -> str:
    """How long ago, under a day; beyond it the moment itself."""
    return span(now - at, t) if now - at < DAY else moment(at, now, t)


def ago(at: int, now: int, t: Words) -> str:
    """The age as a phrase: 12 分前."""
    return t("{age}前", age=span(now - at, t)) if now - at < DAY else moment(at, now, t)


def remaining(until: int, now: int, t: Words) -> str:
    """Time left: 4:13 under an hour, then 1 时 36 分, then 今天 17:00, 明天 09:00, then the date."""
    left = until - now
    if left < 0:
        return t("超时 {span}", span=span(-left, t))
    if left < HOUR:
        return f"{left // MINUTE}:{left % MINUTE // SECOND:02d}"
    if left < 6 * HOUR:
        return span(left, t)
    days = (_day_of_end(until) - local(now).date()) // timedelta(days=1)
    if days == 0:
        return t("今天 {time}", time=_end(until))
    if days == 1:
        return t("明天 {time}", time=_end(until))
    return _end_moment(until, now, t)


def due(at: int, now: int, t: Words) -> str:
    """A deadline: the time today, 明天 09:40, else with its date; a day that ends says 24:00."""
    if (_day_of_end(at) - local(now).date()).days == 1:
        return t("明天 {time}", time=_end(at))
    return _end_moment(at, now, t)


def _day_of_end(at: int) -> date:
    """The day that a deadline belongs to: midnight ends one, it begins none."""
    return local(at - 1).date()


def _end(at: int) -> str:
    return "24:00" if _day_of_end(at) != local(at).date() else hour_minute(at)


def _end_moment(at: int, now: int, t: Words) -> str:
    if _end(at) != "24:00":
        return moment(at, now, t)
    return moment(at - MINUTE, now, t).replace("23:59", "24:00")


def counts_down(until: int, now: int) -> bool:
    """Whether :func:`remaining` changes every second, so that the page may run it on."""
    return 0 <= until - now < HOUR


def length(size: int) -> str:
    """Bytes as a person reads them."""
    return f"{size} B" if size < 1_024 else f"{size / 1_024:.1f} kB"
