"""The loop that measures every position's alarm quality over the last day, and publishes it."""

import math
import threading
from dataclasses import dataclass, field
from typing import Final

from services.adapters import logging
from services.adapters.health import Health
from services.adapters.metrics import gauge
from services.adapters.retry import Stopped, until_available
from services.alarms.domain.quality_figures import Quality
from services.alarms.domain.quality_targets import DAY
from services.alarms.handlers import MeasureQuality
from services.ports import Clock
from streams.contracts import Refused
from streams.contracts.metrics import (
    ALARM_ANSWER,
    ALARM_FINDINGS,
    ALARM_FLOOD,
    ALARM_FLOOD_SHARE,
    ALARM_PRIORITY_SHARE,
    ALARM_QUALITY,
    ALARM_RATE,
    ALARM_RETURN,
    ALARM_TOP_SHARE,
)

NAME: Final = "quality"
WINDOWS: Final = ("day", "hour", "ten_minutes")


@dataclass(slots=True)
class QualityWatch:
    """Positions are areas of ``level``; one that had alarms keeps its gauges, back at 0, when it has none."""

    measure: MeasureQuality
    clock: Clock
    health: Health
    level: str
    every_s: float
    _known: set[str] = field(default_factory=set)
    _flooded: set[str] = field(default_factory=set)

    def run(self, stop: threading.Event) -> None:
        """Measure until ``stop``; a lost database is waited for."""
        try:
            while not stop.is_set():
                until_available(stop, NAME, self.look)
                self.health.beat(NAME)
                stop.wait(self.every_s)
        except Stopped:
            return

    def look(self) -> None:
        """Measure once. More transitions than can be read leave the figures as they were: their age tells."""
        now = self.clock.now()
        try:
            found = self.measure("", now - DAY, now, level=self.level, positions=sorted(self._known)).positions
        except Refused as refusal:
            logging.get(__name__).warning("alarm quality not measured", why=refusal.detail)
            return
        for position, quality in found.items():
            publish(position, quality)
        gauge(ALARM_QUALITY).set(now / 1000)
        self._known |= found.keys()
        flooded = {position for position, quality in found.items() if quality.in_flood}
        for position in flooded - self._flooded:
            rules = [counted.source.rule for counted in found[position].flood_rules[:3]]
            logging.get(__name__).warning("alarm flood", position=position, rules=rules)
        self._flooded = flooded


def publish(position: str, quality: Quality) -> None:
    """Set a position's gauges; what is not known is NaN, never 0."""
    for window, rate in zip(WINDOWS, quality.rates, strict=True):
        gauge(ALARM_RATE, position=position, window=window).set(_known(rate.last))
    gauge(ALARM_FLOOD, position=position).set(_known(quality.in_flood))
    gauge(ALARM_FLOOD_SHARE, position=position).set(_known(quality.flood_share))
    gauge(ALARM_TOP_SHARE, position=position).set(_known(quality.top_share))
    gauge(ALARM_FINDINGS, position=position, finding="stale").set(_known(quality.stale_count))
    gauge(ALARM_FINDINGS, position=position, finding="chattering").set(_known(quality.chattering_count))
    gauge(ALARM_FINDINGS, position=position, finding="fleeting").set(_known(quality.fleeting_count))
    for priority, share in quality.mix.items():
        gauge(ALARM_PRIORITY_SHARE, position=position, priority=priority).set(_known(share))
    gauge(ALARM_ANSWER, position=position).set(_known(quality.answers.mean) / 1000)
    gauge(ALARM_RETURN, position=position).set(_known(quality.returns.mean) / 1000)


def _known(value: float | None) -> float:
    return math.nan if value is None else float(value)
