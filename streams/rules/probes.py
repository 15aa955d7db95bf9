"""Looking at one quantity of one device: the measure of a rule, of a gate, of a level's side condition.

A probe gives a number, or None for "cannot be evaluated now", which neither fires nor clears.
"""

from collections.abc import Iterable
from math import isnan
from typing import Protocol

from streams.contracts import (
    Condition,
    Device,
    Flagged,
    Measure,
    Members,
    Nominal,
    Quality,
    Ratio,
    Rule,
    Sample,
    Schedule,
    Sum,
    Value,
)
from streams.rules.clock import Clock
from streams.rules.conditions import EVERYTHING, Interval, meets_limit, quiet_interval, silent_after_ms
from streams.rules.schedule import open_at
from streams.rules.windows import CLOCK, NEWEST, Remembering, Take, Window, empty, feed, result, taker

NOTHING = 1e-9
"""Below this a divisor is no divisor."""


class Known(Protocol):
    """What a probe asks of a device besides the sample at hand: its track."""

    device: Device
    clock: Clock
    windows: dict[str, "Window[float]"]

    @property
    def period_ms(self) -> int: ...

    def seen(self, metric: str) -> Sample | None: ...


class Probe:
    """One measure of one metric, ready to be looked through.

    ``key`` names its window in a device's state, "" where it needs none. ``calm`` is the open
    interval in which the value changes nothing for a device at rest.
    """

    __slots__ = ("calm", "inputs", "key", "measure", "metric", "rule", "take")

    def __init__(self, rule: Rule, metric: str, measure: Measure, calm: Interval = EVERYTHING) -> None:
        self.rule = rule
        self.metric = metric
        self.measure = measure
        self.calm = calm
        self.key = window_key(metric, measure)
        self.take = taker(measure) if isinstance(measure, Remembering) else None
        self.inputs = (metric, *(name for name in _others(measure) if name))

    def look(self, given: "Given", fresh: bool = True) -> float | None:
        """The quantity now; ``fresh`` False takes what a window last said where the sample adds nothing."""
        measure = self.measure
        if self.take is not None:
            return self._remembered(given, self.take, fresh=fresh)
        if isinstance(measure, Flagged):
            return given.flagged(self.metric, measure)
        value = given.value(self.metric, self.rule)
        if value is None or isinstance(measure, Value):
            return value
        if isinstance(measure, Nominal):
            return self._of_nominal(given, value, measure)
        return self._with_other(given, value, measure)

    def _with_other(self, given: "Given", value: float, measure: Measure) -> float | None:
        other = given.value(measure.other, self.rule) if isinstance(measure, Sum | Ratio) else None
        if other is None:
            return None
        if isinstance(measure, Sum):
            return value + other
        return value / other if abs(other) > NOTHING else None

    def _remembered(self, given: "Given", take: Take, *, fresh: bool) -> float | None:
        window = given.windows.get(self.key)
        if window is None:
            window = given.windows[self.key] = empty(given.clock)
        value = given.sampled(self.metric)
        said = feed(window, take, given.time, value, given.clock) if value is not None else None
        if said is not None or fresh:
            return said
        return result(window)

    def _of_nominal(self, given: "Given", value: float, measure: Nominal) -> float | None:
        nominal = _number(given.device.attributes.get(measure.attribute, ""))
        dimmed = measure.dimming and given.knows(measure.dimming)
        dimming = given.value(measure.dimming, self.rule) if dimmed else 100.0
        if nominal is None or dimming is None:
            return None
        expected = nominal * dimming / 100.0
        return 100.0 * value / expected if expected > NOTHING else None


class Given:
    """What is known of a device at one sample: its values, the ones before, its windows."""

    __slots__ = ("clock", "device", "sample", "time", "track", "windows")

    def __init__(self, track: Known, sample: Sample, time: int, clock: int) -> None:
        self.track = track
        self.device = track.device
        self.windows = track.windows
        self.sample = sample
        self.time = time
        self.clock = clock

    def sampled(self, metric: str) -> float | None:
        """A good value that this very sample carries."""
        sample = self.sample
        value = sample.values.get(metric)
        return None if value is None or isnan(value) or not good(sample, metric) else value

    def value(self, metric: str, rule: Rule) -> float | None:
        """The newest value, if it is good and not older than the rule allows."""
        sample = self.sample
        if metric in sample.values:
            return sample.values[metric] if good(sample, metric) else None
        last = self.track.seen(metric)
        if last is None or not good(last, metric):
            return None
        return last.values[metric] if sample.at - last.at <= silent_after_ms(rule, self.track.period_ms) else None

    def knows(self, metric: str) -> bool:
        """Whether the device has ever said it."""
        return metric in self.sample.values or self.track.seen(metric) is not None

    def flagged(self, metric: str, measure: Flagged) -> float | None:
        """1.0 where a value has one of the qualities; a message without the metric says nothing."""
        sample = self.sample
        if not sample.values or (metric and metric not in sample.values):
            return None
        names = (metric,) if metric else sample.values
        return float(any(sample.quality.get(name, Quality.GOOD) in measure.qualities for name in names))


class Side:
    """A side condition: a gate of a rule, or what a level holds only with."""

    __slots__ = ("condition", "probe")

    def __init__(self, rule: Rule, condition: Condition) -> None:
        self.condition = condition
        quiet = quiet_interval(condition.op, (condition.limit,))
        self.probe = Probe(rule, condition.metric, condition.measure, quiet)

    def holds(self, given: Given) -> bool | None:
        value = self.probe.look(given, fresh=False)
        return None if value is None else meets_limit(self.condition.op, self.condition.limit, value)


class Watch:
    """What the fast path must look at for one rule: a probe, and what makes it count."""

    __slots__ = ("gates", "probe", "schedule")

    def __init__(self, probe: Probe, gates: tuple[Side, ...] = (), schedule: Schedule | None = None) -> None:
        self.probe = probe
        self.gates = gates
        self.schedule = schedule

    def quickly(self, track: Known, sample: Sample) -> bool | None:
        """:meth:`at_rest` for a sample in good order; None where more has to be looked at."""
        probe = self.probe
        value = sample.values.get(probe.metric)
        take = probe.take
        if take is None:
            return None
        if value is None or isnan(value):
            return True
        window = track.windows.get(probe.key)
        if window is None or window[CLOCK] != track.clock.life or not window[NEWEST] < sample.ts:
            return None
        number = take(window, sample.ts, value)
        low, high = probe.calm
        return True if number is None or low < number < high else None

    def at_rest(self, given: Given) -> bool:
        """Whether a sample leaves a device at rest as it is; feeds the probe's window."""
        low, high = self.probe.calm
        value = self.probe.look(given)
        if value is None or low < value < high:
            return True
        return not evaluable(self.gates, self.schedule, given)


def at_rest(track: Known, watches: Iterable[Watch], sample: Sample) -> bool:
    """Ask the watches of a quiet device; a bug among them is met again, and isolated, on the careful path."""
    given: Given | None = None
    try:
        for watch in watches:
            if watch.quickly(track, sample):
                continue
            given = given or Given(track, sample, sample.ts, track.clock.life)
            if not watch.at_rest(given):
                return False
    except Exception:  # noqa: BLE001 - see above
        return False
    return True


def evaluable(gates: tuple[Side, ...], schedule: Schedule | None, given: Given) -> bool:
    """Whether a rule may be judged now: its schedule is open and every gate is known to hold."""
    if schedule is not None and not open_at(schedule, given.time):
        return False
    return all(side.holds(given) for side in gates)


def good(sample: Sample, metric: str) -> bool:
    """Whether the sample's value of ``metric`` may be believed."""
    return not sample.quality or sample.quality.get(metric, Quality.GOOD) is Quality.GOOD


def window_key(metric: str, measure: Measure) -> str:
    """The name of a measure's window: the same for every rule that looks through the same one."""
    if not isinstance(measure, Remembering):
        return ""
    fields = (getattr(measure, name) for name in measure.__struct_fields__)
    return "|".join((type(measure).__name__, metric, *(f"{field}" for field in fields)))


def _others(measure: Measure) -> tuple[str, ...]:
    if isinstance(measure, Sum | Ratio):
        return (measure.other,)
    if isinstance(measure, Nominal):
        return (measure.dimming,)
    if isinstance(measure, Members) and isinstance(measure.of, Nominal):
        return (measure.of.dimming,)
    return ()


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
