"""What is remembered of one metric over time, and the quantities that come of it.

A window is fed with good values only. Its times are by one clock: the device's, or arrival times
while that clock is not believed; when the clock changes the window begins anew (alarms.md rule 6).
"""

from array import array
from collections.abc import Sequence
from itertools import pairwise
from math import isnan
from typing import Final

from streams.contracts import SLOTS, Jump, Noise, Rate, Share, Unchanged
from streams.rules.conditions import meets_limit

HOUR_MS: Final = 3_600_000.0

Remembering = Rate | Share | Noise | Jump | Unchanged


Window = array
"""Clock, quantity at the last point (NaN: none), then time, value, time, value … in order of time.

One flat array of floats, in which epoch milliseconds are exact: a million devices have two each.
"""
CLOCK, RESULT, TIME, VALUE = range(4)
NONE: Final = float("nan")


def empty(clock: int) -> "Window[float]":
    return Window("d", (clock, NONE))


def result(window: "Window[float]") -> float | None:
    """The quantity at the last point, where there was one."""
    last = window[RESULT]
    return None if isnan(last) else last


def feed(window: "Window[float]", measure: Remembering, t: int, value: float, clock: int) -> float | None:
    """Take one value in; gives the quantity, or None where nothing new can be said.

    The same moment again says the same again; an older one, and a second value within a slot, nothing.
    """
    if window[CLOCK] != clock:
        window[:] = empty(clock)
    newest = window[-2] if len(window) > TIME else None
    if newest is not None and t <= newest:
        return result(window) if t == newest else None
    found: float | None = None
    match measure:
        case Jump():
            found = abs(value - window[-1]) if newest is not None else None
            window[TIME:] = Window("d", (t, value))
        case Unchanged():
            found = _stillness(window, measure, t, value)
        case Rate() | Share() | Noise():
            slot = max(1, measure.window_ms // SLOTS)
            if newest is not None and t // slot == newest // slot:
                return None
            _append(window, measure.window_ms, t, value)
            found = _summary(window, measure)
    window[RESULT] = NONE if found is None else found
    return found


def _append(window: "Window[float]", width: int, t: int, value: float) -> None:
    window.append(t)
    window.append(value)
    oldest = t - width
    if window[TIME] < oldest:
        kept = next(place for place in range(TIME, len(window), 2) if window[place] >= oldest)
        del window[TIME:kept]


def _stillness(window: "Window[float]", measure: Unchanged, t: int, value: float) -> float:
    """Hours since the value last moved; the two points say when that was, and when it was last seen."""
    moved = len(window) == TIME or abs(value - window[VALUE]) > measure.tolerance
    if moved or abs(value) <= measure.tolerance:
        window[TIME:] = Window("d", (t, value, t, value))
        return 0.0
    window[-2] = t
    return (t - window[TIME]) / HOUR_MS


def _summary(window: "Window[float]", measure: Rate | Share | Noise) -> float | None:
    times = window[TIME::2]
    if len(times) < max(2, measure.minimum) or 2 * (times[-1] - times[0]) < measure.window_ms:
        return None
    values = window[VALUE::2]
    match measure:
        case Rate():
            return slope(times, values)
        case Share():
            return _share(times, values, measure)
        case Noise():
            steps = [abs(after - before) for before, after in pairwise(values)]
            return sum(steps) / len(steps)


def slope(times: Sequence[float], values: Sequence[float]) -> float:
    """Slope by least squares in units per hour; the times, in ms, are not all the same."""
    n = len(times)
    first = times[0]
    mean_t = sum(time - first for time in times) / n
    mean_v = sum(values) / n
    above = below = 0.0
    for time, value in zip(times, values, strict=True):
        dt = time - first - mean_t
        above += dt * (value - mean_v)
        below += dt * dt
    return above / below * HOUR_MS


def _share(times: Sequence[float], values: Sequence[float], measure: Share) -> float:
    over = sum(
        after - before
        for (before, after), value in zip(pairwise(times), values, strict=False)
        if meets_limit(measure.op, measure.limit, value)
    )
    return 100.0 * over / (times[-1] - times[0])
