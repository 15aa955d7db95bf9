"""Stored readings as the records the engine reads: one sample a message, batches by grid, a tick a minute. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import heappop, heappush
from itertools import groupby
from typing import Final, NamedTuple

from streams.contracts import Batch, Quality, Sample, Tick

TICK_MS: Final = 60_000
"""Timers tell their own due times, so a tick a minute gives the same alarms as one a second."""
GATEWAY: Final = "rehearsal"


class Stored(NamedTuple):
    """One stored reading; times in epoch ms, ``quality`` by name."""

    at: int
    device: str
    ts: int
    metric: str
    value: float
    quality: str
    flags: tuple[str, ...]


Stretch = tuple[int, int]
"""From and to, epoch ms of arrival."""


class Outages(NamedTuple):
    """When the log of inputs had no record at all, in order, for longer than the engine takes for chance.

    ``noted_from``: nothing is known of the time before it (None: of no time at all).
    """

    stretches: tuple[Stretch, ...] = ()
    noted_from: int | None = None


Window = tuple[int, Iterable[Stored]]
"""Readings of one stretch of device time, by arrival, and where the stretch ends."""


def by_arrival(windows: Iterable[Window]) -> Iterator[Stored]:
    """All readings in the order in which they arrived.

    Windows follow each other in device time and what arrived late lies in an earlier one: it is
    held back until its turn. What waits is the backlog, not the period.
    """
    waiting: list[Stored] = []
    for end, readings in windows:
        for reading in readings:
            while waiting and waiting[0] <= reading:
                yield heappop(waiting)
            if reading.at < end:
                yield reading
            else:
                heappush(waiting, reading)
        while waiting and waiting[0].at < end:
            yield heappop(waiting)
    while waiting:
        yield heappop(waiting)


def samples(readings: Iterable[Stored], kinds: Mapping[str, str]) -> Iterator[Sample]:
    """Messages as they came: the values of one device that share both times. ``kinds`` is by device."""
    for (at, device, ts), of_message in groupby(readings, key=lambda reading: reading[:3]):
        values: dict[str, float] = {}
        quality: dict[str, Quality] = {}
        flags: tuple[str, ...] = ()
        for reading in of_message:
            values[reading.metric] = reading.value
            if reading.quality != Quality.GOOD:
                quality[reading.metric] = Quality(reading.quality)
            flags = flags or reading.flags
        yield Sample(device, kinds[device], ts, at, values, quality, flags)


def records(
    arriving: Iterable[Sample],
    grids: Mapping[str, str],
    start: int,
    end: int,
    *,
    linger_ms: int = TICK_MS,
    away: Sequence[Stretch] = (),
) -> Iterator[Batch | Tick]:
    """What a gateway would have written: ``start`` and ``end`` are its clock, ``grids`` is by device.

    ``linger_ms``: samples of so long are one batch a grid. Where grids meet in a group it must be short.
    ``away``: when the log had no record, in order and within the clock; nobody wrote a tick then, so that the engine
    meets the same hole as it met live.
    """
    times = _times(start, end, away)
    due = next(times, None)
    for number, together in groupby(arriving, key=lambda sample: max(0, sample.at - start) // linger_ms):
        while due is not None and due <= start + number * linger_ms:
            yield Tick(GATEWAY, due)
            due = next(times, None)
        batches: dict[str, list[Sample]] = {}
        for sample in together:
            batches.setdefault(grids[sample.device], []).append(sample)
        for grid, of_grid in batches.items():
            yield Batch(GATEWAY, grid, of_grid[-1].at, tuple(of_grid))
    while due is not None:
        yield Tick(GATEWAY, due)
        due = next(times, None)


def _times(start: int, end: int, away: Iterable[Stretch]) -> Iterator[int]:
    """When ticks were written: each minute, and where the platform went away and came back."""
    now = start
    for since, until in away:
        yield from range(now, since, TICK_MS)
        yield since
        now = until
    yield from range(now, end, TICK_MS)
    yield end
