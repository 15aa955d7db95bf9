"""What is remembered of one metric over time, and the quantities that come of it.

A window is fed with good values only. Its times are by one clock: the device's, or arrival times
while that clock is not believed; when the clock changes the window begins anew (alarms.md rule 6).
"""

from array import array
from collections.abc import Callable, Sequence
from functools import partial
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
Take = Callable[["Window[float]", int, float], float | None]
Summary = Callable[[Sequence[float], Sequence[float]], float]
CLOCK, RESULT, TIME, VALUE = range(4)
NEWEST: Final = -2
"""The newest point's time; in an empty window the clock's number, which is less than any time."""
NONE: Final = float("nan")


def empty(clock: int) -> "Window[float]":
    return Window("d", (clock, NONE))


def result(window: "Window[float]") -> float | None:
    """The quantity at the last point, where there was one."""
    last = window[RESULT]
    return None if isnan(last) else last


def feed(window: "Window[float]", take: Take, t: int, value: float, clock: int) -> float | None:
    """Take one value in; gives the quantity, or None where nothing new can be said.

    The same moment again says the same again; an older one, and a second value within a slot, nothing.
    """
    if window[CLOCK] != clock:
        window[:] = empty(clock)
    newest = window[NEWEST]
    if t <= newest:
        return result(window) if t == newest else None
    return take(window, t, value)


def taker(measure: Remembering) -> Take:
    """How a measure takes in a value that is newer than all in the window."""
    match measure:
        case Jump():
            return _jump
        case Unchanged():
            return partial(_stillness, measure.tolerance)
        case Rate():
            return partial(_thinned, measure, measure.window_ms // SLOTS or 1, slope)
        case Share():
            return partial(_thinned, measure, measure.window_ms // SLOTS or 1, partial(_share, measure))
        case Noise():
            return partial(_thinned, measure, measure.window_ms // SLOTS or 1, _noise)


def _jump(window: "Window[float]", t: int, value: float) -> float | None:
    found = abs(value - window[-1]) if len(window) > TIME else None
    window[RESULT] = NONE if found is None else found
    window[TIME:] = Window("d", (t, value))
    return found


def _stillness(tolerance: float, window: "Window[float]", t: int, value: float) -> float:
    """Hours since the value last moved; the two points say when that was, and when it was last seen."""
    moved = len(window) == TIME or abs(value - window[VALUE]) > tolerance
    if moved or abs(value) <= tolerance:
        window[TIME:] = Window("d", (t, value, t, value))
        window[RESULT] = 0.0
        return 0.0
    window[NEWEST] = t
    found = window[RESULT] = (t - window[TIME]) / HOUR_MS
    return found


def _thinned(
    measure: Rate | Share | Noise, slot: int, summary: Summary, window: "Window[float]", t: int, value: float
) -> float | None:
    """The first value of each slot is a point; a window too short or too thin says nothing."""
    if t // slot == window[NEWEST] // slot:
        return None
    window.append(t)
    window.append(value)
    oldest = t - measure.window_ms
    while window[TIME] < oldest:
        del window[TIME : TIME + 2]
    count = len(window) // 2 - 1
    if count < 2 or count < measure.minimum or 2 * (t - window[TIME]) < measure.window_ms:
        window[RESULT] = NONE
        return None
    found = window[RESULT] = summary(window[TIME::2], window[VALUE::2])
    return found


def slope(times: Sequence[float], values: Sequence[float]) -> float:
    """Slope by least squares in units per hour; the times, in ms, are not all the same."""
    n = len(times)
    mean_t, mean_v = sum(times) / n, sum(values) / n
    above = below = 0.0
    for time, value in zip(times, values, strict=True):
        dt = time - mean_t
        above += dt * (value - mean_v)
        below += dt * dt
    return above / below * HOUR_MS


def _share(measure: Share, times: Sequence[float], values: Sequence[float]) -> float:
    over = sum(
        after - before
        for (before, after), value in zip(pairwise(times), values, strict=False)
        if meets_limit(measure.op, measure.limit, value)
    )
    return 100.0 * over / (times[-1] - times[0])


def _noise(_: Sequence[float], values: Sequence[float]) -> float:
    return sum(abs(after - before) for before, after in pairwise(values)) / (len(values) - 1)
