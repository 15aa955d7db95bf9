"""What is remembered of one metric over time, and the quantities that come of it.

A window is fed with good values only. Its times are by one clock: the device's, or arrival times
while that clock is not believed; when the clock changes the window begins anew (alarms.md rule 6).
"""

from array import array
from itertools import pairwise
from typing import Final

from streams.contracts import SLOTS, Jump, Noise, Rate, Share, Unchanged
from streams.rules.conditions import meets_limit

HOUR_MS: Final = 3_600_000.0

Remembering = Rate | Share | Noise | Jump | Unchanged


class Window:
    """Points in order of time, at most one a slot. ``result`` is the quantity at the last point."""

    __slots__ = ("clock", "result", "times", "values")

    def __init__(self, clock: int, times: "array[int]", values: "array[float]", result: float | None = None) -> None:
        self.clock = clock
        self.times = times
        self.values = values
        self.result = result

    @classmethod
    def empty(cls, clock: int) -> "Window":
        return cls(clock, array("q"), array("d"))

    def fork(self) -> "Window":
        return Window(self.clock, self.times[:], self.values[:], self.result)


def feed(window: Window, measure: Remembering, t: int, value: float, clock: int) -> float | None:
    """Take one value in; gives the quantity, or None where nothing new can be said.

    The same moment again says the same again; an older one, and a second value within a slot, nothing.
    """
    if clock != window.clock:
        window.clock = clock
        window.result = None
        del window.times[:], window.values[:]
    times = window.times
    if times and t <= times[-1]:
        return window.result if t == times[-1] else None
    match measure:
        case Jump():
            window.result = abs(value - window.values[-1]) if times else None
            _keep_only(window, t, value)
        case Unchanged():
            window.result = _stillness(window, measure, t, value)
        case Rate() | Share() | Noise():
            slot = max(1, measure.window_ms // SLOTS)
            if times and t // slot == times[-1] // slot:
                return None
            _append(window, measure.window_ms, t, value)
            window.result = _summary(window, measure)
    return window.result


def _keep_only(window: Window, t: int, value: float) -> None:
    del window.times[:], window.values[:]
    window.times.append(t)
    window.values.append(value)


def _append(window: Window, width: int, t: int, value: float) -> None:
    times = window.times
    times.append(t)
    window.values.append(value)
    oldest = t - width
    if times[0] < oldest:
        gone = next(index for index, time in enumerate(times) if time >= oldest)
        del times[:gone]
        del window.values[:gone]


def _stillness(window: Window, measure: Unchanged, t: int, value: float) -> float:
    """Hours since the value last moved; ``times`` holds when that was, and when it was last seen."""
    times, values = window.times, window.values
    if not times or abs(value) <= measure.tolerance or abs(value - values[0]) > measure.tolerance:
        del times[:], values[:]
        times.extend((t, t))
        values.extend((value, value))
        return 0.0
    times[1] = t
    return (t - times[0]) / HOUR_MS


def _summary(window: Window, measure: Rate | Share | Noise) -> float | None:
    times = window.times
    if len(times) < max(2, measure.minimum) or 2 * (times[-1] - times[0]) < measure.window_ms:
        return None
    match measure:
        case Rate():
            return slope(times, window.values)
        case Share():
            return _share(window, measure)
        case Noise():
            values = window.values
            steps = [abs(after - before) for before, after in pairwise(values)]
            return sum(steps) / len(steps)


def slope(times: "array[int]", values: "array[float]") -> float:
    """Slope by least squares in units per hour; the times, in ms, are not all the same."""
    n = len(times)
    first = times[0]
    mean_t = sum(times) / n - first
    mean_v = sum(values) / n
    above = below = 0.0
    for time, value in zip(times, values, strict=True):
        dt = time - first - mean_t
        above += dt * (value - mean_v)
        below += dt * dt
    return above / below * HOUR_MS


def _share(window: Window, measure: Share) -> float:
    times, values = window.times, window.values
    over = sum(
        after - before
        for (before, after), value in zip(pairwise(times), values, strict=False)
        if meets_limit(measure.op, measure.limit, value)
    )
    return 100.0 * over / (times[-1] - times[0])
