"""What a sensor kind is: metrics with their limits, default rules, an example and a daily life, all as data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from streams.contracts import Quality, Rule

NEGATIVE_DRIFT = 0.05
"""A value this share of the range below its lower end is drift, not a fault (alarms.md rule 1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One quantity of a kind.

    ``low``..``high`` is the valid range. ``over`` (gas metrics): a value above ``high`` and up to
    ``over`` is over-range, which counts as the top limit; beyond ``over`` it is nonsense. ``digits``
    are shown, ``scale`` is what history multiplies by to store an integer. ``sentinels`` are values
    that vendors write into the field to mean something else. ``process`` is False for housekeeping
    (battery, meter), which a sensor fault or a self-test does not spoil.
    """

    key: str
    unit: str
    name_zh: str
    name_en: str
    low: float
    high: float
    digits: int = 0
    scale: int = 1
    over: float | None = None
    boolean: bool = False
    sentinels: frozenset[float] = frozenset()
    process: bool = True

    def judge(self, value: float) -> Quality:
        """Judge a bare value, without the flags of its message."""
        if value in self.sentinels:
            return Quality.SENTINEL
        if self.low <= value <= self.high:
            return Quality.GOOD
        if value > self.high:
            return Quality.OVER_RANGE if self.over is not None and value <= self.over else Quality.OUT_OF_RANGE
        drift = 0.0 if self.boolean else NEGATIVE_DRIFT * (self.high - self.low)
        return Quality.GOOD if self.low == 0.0 and value >= -drift else Quality.OUT_OF_RANGE


def switch(key: str, name_zh: str, name_en: str) -> Metric:
    """A metric that is true (1.0) or false (0.0)."""
    return Metric(key=key, unit="", name_zh=name_zh, name_en=name_en, low=0.0, high=1.0, boolean=True)


BATTERY = Metric(
    key="battery_pct", unit="%", name_zh="电量", name_en="Battery", low=0.0, high=100.0, scale=10, process=False
)


class Rng(Protocol):
    """The part of ``random.Random`` that a daily life uses; seeded and passed in by the simulator."""

    def random(self) -> float: ...
    def uniform(self, a: float, b: float, /) -> float: ...
    def gauss(self, mu: float = ..., sigma: float = ...) -> float: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One device at one time: all that ``simulate`` may know.

    ``at`` is epoch ms; ``previous`` what the device said ``elapsed_s`` ago (empty at first);
    ``character`` a number in 0..1 that stays with the device.
    """

    at: int
    lon: float
    lat: float
    rng: Rng
    character: float = 0.5
    elapsed_s: float = 0.0
    previous: Mapping[str, float] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A message as it arrives, and what must come out of it; decoded by a test, reused by the docs.

    ``model`` is what the registry says of the device, ``device`` and ``kind`` what the sample names.
    """

    topic: str
    payload: bytes
    device: str
    kind: str
    values: Mapping[str, float]
    quality: Mapping[str, Quality] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    model: str = ""
    ts: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of sensor. ``period_s`` is its usual reporting period.

    ``harmless_faults`` are fault codes that say nothing against its measurements.
    """

    key: str
    name_zh: str
    name_en: str
    metrics: tuple[Metric, ...]
    rules: tuple[Rule, ...]
    example: Example
    simulate: Callable[[Moment], dict[str, float]]
    period_s: int
    harmless_faults: frozenset[str] = frozenset()
